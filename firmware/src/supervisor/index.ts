/** Boots and sandboxes the app, keeps keys and journal. Meets the app only as the bytes of an image. */
export * from "./crypto.ts";
export { ListDamaged } from "./held-list.ts";
export type { CollectedBatch } from "./journal-keeper.ts";
export * from "./key-store.ts";
export * from "./list-store.ts";
export * from "./supervisor.ts";
