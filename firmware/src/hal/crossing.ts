import { bytesOf, charactersOf } from "./characters.ts";

/**
 * How values cross between app and supervisor: JSON in which a byte string is written as "~b" and one character for each
 * byte (U+0000 to U+00FF), and a text that begins with "~" as "~t" and the text. Keys of objects are plain words. Characters cost the engines far less than digits.
 */
const MARK = "~";
const BYTES = "~b";
const TEXT = "~t";
const MARKED = 2;
/** Text form of a HAL argument list or answer. */
export function toCrossing(value: unknown): string {
  return JSON.stringify(value ?? null, function (this: Readonly<Record<string, unknown>>, key, item: unknown) {
    // Looked up again: a subclass of Uint8Array may have turned itself into something else by now.
    const raw = this[key];
    if (raw instanceof Uint8Array) return BYTES + charactersOf(raw);
    return typeof item === "string" && item.startsWith(MARK) ? TEXT + item : item;
  });
}

function revive(item: unknown): unknown {
  if (typeof item !== "string" || !item.startsWith(MARK)) return item;
  const said = item.slice(MARKED);
  return item.startsWith(BYTES) ? bytesOf(said) : said;
}

/** The value again. Trusts its input: both sides write it with `toCrossing`. */
export function fromCrossing(text: string): unknown {
  const value: unknown = JSON.parse(text);
  if (typeof value !== "object") return revive(value);
  return text.includes(`"${MARK}`) ? JSON.parse(text, (_key, item: unknown) => revive(item)) : value;
}

/** Every call the app can make, by name. */
export const HAL_METHODS = [
  "facts",
  "settings",
  "keepSettings",
  "state",
  "now",
  "healthy",
  "waitCard",
  "exchange",
  "hash",
  "seal",
  "open",
  "sealCode",
  "openCode",
  "password",
  "lookup",
  "newVisit",
  "ticket",
  "lastTicket",
  "lastVisit",
  "visits",
  "refundedHere",
  "isAdded",
  "given",
  "entry",
  "intend",
  "settle",
  "giveBack",
  "account",
  "enter",
  "phone",
  "refuse",
  "nextEvent",
  "show",
  "print",
  "report",
] as const;
export type HalMethod = (typeof HAL_METHODS)[number];
/** A call by which the app says that it failed; it gets no answer. */
export const FAULT_METHOD = "fault";
