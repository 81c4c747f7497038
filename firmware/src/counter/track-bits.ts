import type { Swipe } from "../hal/index.ts";
import { swipeOfText } from "./stripe.ts";

/** Track 2 and 3 characters: four bits, lowest first, and a bit that makes their number odd (ISO/IEC 7811-2). */
const BITS = 5;
const START = 0x0b;
const END = 0x0f;
const FIRST_CHARACTER = 0x30;
/** Characters of the longest track, sentinels and check character with them. */
const CHARACTERS_MAX = 107;

const valueAt = (bits: Uint8Array, at: number): number =>
  bits[at]! | (bits[at + 1]! << 1) | (bits[at + 2]! << 2) | (bits[at + 3]! << 3);
const isOdd = (bits: Uint8Array, at: number): boolean =>
  (bits[at]! + bits[at + 1]! + bits[at + 2]! + bits[at + 3]! + bits[at + 4]!) % 2 === 1;

/** A track read in one direction: its text with sentinels, or what is wrong with it. */
function inOneDirection(bits: Uint8Array): Uint8Array | "cut" | "damaged" {
  // Clocking zeros come first: the start sentinel is the first one there is.
  const first = bits.indexOf(1);
  if (first < 0 || first + BITS > bits.length) return "cut";
  if (valueAt(bits, first) !== START || !isOdd(bits, first)) return "damaged";
  const text = new Uint8Array(CHARACTERS_MAX);
  let check = 0;
  for (let i = 0; i < CHARACTERS_MAX; i += 1) {
    const at = first + i * BITS;
    if (at + BITS > bits.length) return clearedAs(text, "cut");
    if (!isOdd(bits, at)) return clearedAs(text, "damaged");
    const value = valueAt(bits, at);
    text[i] = FIRST_CHARACTER + value;
    check ^= value;
    if (value !== END) continue;
    if (at + 2 * BITS > bits.length) return clearedAs(text, "cut");
    const isRight = valueAt(bits, at + BITS) === check && isOdd(bits, at + BITS);
    const track = isRight ? text.slice(0, i + 1) : null;
    text.fill(0);
    return track ?? "damaged";
  }
  return clearedAs(text, "damaged");
}

function clearedAs<T>(bytes: Uint8Array, answer: T): T {
  bytes.fill(0);
  return answer;
}

/**
 * What the raw bits of track 2 say, in whichever direction the card was drawn. `order`: which bit of each byte the reader saw first. Parity and
 * check character are right, or the swipe is unreadable. The bytes are cleared.
 */
export function swipeOfBits(bytes: Uint8Array, order: "lowest-first" | "highest-first"): Swipe {
  const bits = new Uint8Array(bytes.length * 8);
  for (let i = 0; i < bits.length; i += 1)
    bits[i] = (bytes[i >> 3]! >> (order === "lowest-first" ? i & 7 : 7 - (i & 7))) & 1;
  bytes.fill(0);
  try {
    const ahead = inOneDirection(bits);
    if (typeof ahead !== "string") return swipeOfText(ahead);
    const back = inOneDirection(bits.reverse());
    if (typeof back !== "string") return swipeOfText(back);
    return { kind: "unreadable", why: ahead === "cut" || back === "cut" ? "cut" : "damaged" };
  } finally {
    bits.fill(0);
  }
}
