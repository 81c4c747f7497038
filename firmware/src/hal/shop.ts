/** A language that staff and customers read. */
export type Language = "fr" | "en";

/** How the shop set its terminal. They may change between two calls. */
export interface ShopSettings {
  readonly language: Language;
  readonly beep: boolean;
}
