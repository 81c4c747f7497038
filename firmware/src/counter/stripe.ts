import { readStripeIdentity } from "@cachet/card-layout";
import type { Swipe, SwipeFault } from "../hal/index.ts";

/**
 * Characters of up to three tracks with their sentinels, as a reader gives them in one go: 79, 40 and 107 (ISO/IEC 7811-2), a check character
 * behind each where the reader sends it, and what readers put around them.
 */
export const TRACKS_MAX = 256;

const code = (character: string): number => character.charCodeAt(0);
const [SPACE, PERCENT, END, EQUALS, ZERO, NINE] = [code(" "), code("%"), code("?"), code("="), code("0"), code("9")];
const [LETTER_B, LETTER_E] = [code("B"), code("E")];
/** Start sentinels: of track 1, of track 2, and what readers send for that of track 3. */
const STARTS: readonly number[] = [PERCENT, code(";"), code("+"), code("#")];
/** Whether a character begins a track. No key of a counter is one of them. */
export const isStripeStart = (character: number): boolean => STARTS.includes(character);
const isDigit = (character: number | undefined): boolean =>
  character !== undefined && character >= ZERO && character <= NINE;
const digitAt = (track: Uint8Array, at: number): number => track[at]! - ZERO;

/** How many digits a track begins with, from a place on. */
function digitsFrom(track: Uint8Array, from: number): number {
  let at = from;
  while (isDigit(track[at])) at += 1;
  return at - from;
}

function isLuhn(track: Uint8Array, from: number, length: number): boolean {
  let sum = 0;
  for (let i = 0; i < length; i += 1) {
    const digit = digitAt(track, from + length - 1 - i);
    const doubled = i % 2 === 1 ? 2 * digit : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}

/** Whether a number begins as those of payment cards do (ISO/IEC 7812): 22 to 27 of Mastercard, 3, 4, 5 and 6. */
function isPaymentRange(track: Uint8Array, from: number): boolean {
  const [first, second] = [digitAt(track, from), digitAt(track, from + 1)];
  return (first >= 3 && first <= 6) || (first === 2 && second >= 2 && second <= 7);
}

/** Whether YYMM stands somewhere. */
function hasExpiry(track: Uint8Array, from: number): boolean {
  const month = digitAt(track, from + 2) * 10 + digitAt(track, from + 3);
  return digitsFrom(track, from) >= 4 && month >= 1 && month <= 12;
}

/** American and Canadian driving licences begin with 636, and look like payment cards otherwise (AAMVA). */
const isLicence = (track: Uint8Array, from: number): boolean =>
  digitAt(track, from) === 6 && digitAt(track, from + 1) === 3 && digitAt(track, from + 2) === 6;

/**
 * Whether characters are those of a payment card's track 2, from a place on: 12 to 19 digits, a separator, and an expiry or none. Without
 * a separator by range and check digit: some readers leave it out, and some people type the number.
 */
export function isBankNumber(text: Uint8Array, from: number): boolean {
  const length = digitsFrom(text, from);
  const after = from + length + 1;
  if (text[after - 1] === EQUALS)
    return length >= 12 && length <= 19 && !isLicence(text, from) && (hasExpiry(text, after) || text[after] === EQUALS);
  if (length < 12 || !isPaymentRange(text, from)) return false;
  return [12, 13, 14, 15, 16, 17, 18, 19].some((digits) => digits <= length && isLuhn(text, from, digits));
}

/** A payment card by its track 1: format B and a number. */
const isBankTrack1 = (track: Uint8Array): boolean => track[1] === LETTER_B && digitsFrom(track, 2) >= 12;

const textOf = (digits: Uint8Array): string => String.fromCharCode(...digits);

/** What one track between its sentinels says. */
function trackSwipe(track: Uint8Array): Swipe {
  const unreadable = (why: SwipeFault): Swipe => ({ kind: "unreadable", why });
  const [start, first] = track;
  if (start === PERCENT) {
    if (isBankTrack1(track)) return { kind: "bank-card" };
    return unreadable(track.length === 3 && first === LETTER_E ? "damaged" : "not-ours");
  }
  if (track.length === 3 && first === LETTER_E) return unreadable("damaged");
  if (isBankNumber(track, 1)) return { kind: "bank-card" };
  const digits = track.subarray(1, -1);
  // Ours is looked at last: no digit of another card becomes a text.
  const isLikeOurs = digits.length === 15 && digitsFrom(track, 1) === 15 && digitAt(track, 1) === 2;
  if (!isLikeOurs || digitAt(track, 2) !== 8) return unreadable("not-ours");
  const number = readStripeIdentity(textOf(digits));
  return number === null ? unreadable("damaged") : { kind: "account", number };
}

/** Whether the check character behind a track is right: the exclusive or of all its characters' values. */
function isRightCheck(track: Uint8Array, check: number): boolean {
  const [first, mask] = track[0] === PERCENT ? [0x20, 0x3f] : [0x30, 0x0f];
  let sum = (check - first) & mask;
  for (const character of track) sum ^= (character - first) & mask;
  return sum === 0;
}

/** What each track of a reader's text says, with the check characters behind them where it sends them. */
function swipesOf(text: Uint8Array): Swipe[] {
  const swipes: Swipe[] = [];
  let at = 0;
  while (at < text.length) {
    if (!STARTS.includes(text[at]!)) {
      at += 1;
      continue;
    }
    const length = text.subarray(at).findIndex((character) => character === END || character < SPACE) + 1;
    const track = text.subarray(at, at + length);
    at += Math.max(1, length);
    // Readers say in control characters, too, what they could not read.
    if (track.at(-1) !== END) {
      swipes.push({ kind: "unreadable", why: "cut" });
      continue;
    }
    const swipe = trackSwipe(track);
    const [check, next] = [text[at] ?? 0, text[at + 1] ?? 0];
    // A check character may be any, a sentinel too: then another track, a control character or nothing follows.
    const isCheck = check >= SPACE && (!STARTS.includes(check) || STARTS.includes(next) || next < SPACE);
    const isDamaged = isCheck && swipe.kind === "account" && !isRightCheck(track, check);
    swipes.push(isDamaged ? { kind: "unreadable", why: "damaged" } : swipe);
    if (isCheck) at += 1;
  }
  return swipes;
}

/**
 * What the text of a swipe says: tracks with their sentinels, one behind the other, in upper case, with or without check characters.
 * A bank card on any track makes it one; two accounts make it none. The bytes are cleared, whatever they said.
 */
export function swipeOfText(text: Uint8Array): Swipe {
  try {
    if (text.length > TRACKS_MAX) return { kind: "unreadable", why: "too-long" };
    const swipes = swipesOf(text);
    const bank = swipes.find(({ kind }) => kind === "bank-card");
    if (bank !== undefined) return bank;
    const accounts = swipes.flatMap((swipe) => (swipe.kind === "account" ? [swipe.number] : []));
    const [number] = accounts;
    if (number === undefined) return swipes.find(isFault) ?? swipes[0] ?? { kind: "unreadable", why: "cut" };
    return accounts.every((other) => other === number)
      ? { kind: "account", number }
      : { kind: "unreadable", why: "damaged" };
  } finally {
    text.fill(0);
  }
}

const isFault = (swipe: Swipe): boolean => swipe.kind === "unreadable" && swipe.why !== "not-ours";
