import type { ReceiptTexts, Said } from "../hal/index.ts";

/** A name of a programme where a line begins with it: points, Points. */
export const capital = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1);

/** What belongs to a sentence, once it is in words itself. */
type Worded<Parts> = { readonly [Place in keyof Parts]: [Said] extends [Parts[Place]] ? string : Parts[Place] };

/** Every sentence of a receipt in one language. A language that lacks one does not compile. */
export type ReceiptMessages = {
  readonly [Name in keyof ReceiptTexts]: (...parts: Worded<ReceiptTexts[Name]>) => string;
};
