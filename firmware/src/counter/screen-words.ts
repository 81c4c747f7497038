import type { Choice, Held, ScreenName, ScreenTexts, TypingFault } from "../hal/index.ts";

/** What a screen says: a title, and the one line that staff read. */
export interface Words {
  readonly title: string;
  readonly line: string;
}

/** Every word of the screens in one language. A language that lacks one does not compile. */
export interface ScreenMessages {
  readonly screens: { readonly [Name in ScreenName]: (texts: ScreenTexts[Name]) => Words };
  readonly choices: Readonly<Record<Extract<Choice, string>, string>>;
  readonly line: (place: number, cents: number, isChosen: boolean) => string;
  readonly faults: Readonly<Record<TypingFault, string>>;
  readonly training: string;
  /** What the green key and the red key do. */
  readonly ok: string;
  readonly cancel: string;
}

/** What a card holds, money first, two things at most: a line is short. */
export function heldTexts(held: readonly Held[], euros: (cents: number) => string): string[] {
  const money = held.filter((one) => "cents" in one);
  return [...money, ...held.filter((one) => !("cents" in one))].slice(0, 2).map((one) => {
    if ("cents" in one) return euros(one.cents);
    return "grid" in one ? `${one.stamps}/${one.grid}` : `${one.count} ${one.of}`;
  });
}

/** Parts that say something, one behind the other. */
export const dotted = (parts: readonly string[]): string => parts.filter((part) => part !== "").join(" · ");
