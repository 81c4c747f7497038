import { bigEndian, concat, MAC_BYTES, readBigEndian } from "@cachet/card-layout";
import { HeldByTicket } from "./account-visit.ts";
import { base32Bytes, base32Of } from "./base32.ts";
import { decodeCbor, encodeCbor } from "./cbor.ts";
import { CARD_MAX, StoredEffect } from "./effect.ts";
import { isFormatError } from "./entry.ts";
import { programmeNumber, StoredSale } from "./intent.ts";
import { type Decoded, integer, key, list, map, maybe, truth, uint } from "./schema.ts";

/**
 * The code of a receipt: what another terminal of the same merchant needs to take a sale back without the journal of the one that
 * sold. Base32 of RFC 4648 (section 6), upper case, without padding: any scanner types it on any keyboard. The bytes:
 *
 *   format u8 = 1 · merchant u16 · body (CBOR map, below) · generation of the receipt key u8 · MAC, 8 bytes
 *
 * The MAC is HMAC-SHA-256 under the merchant's receipt key over "cachet/refund-code/1" and everything before the generation, cut to its
 * first 8 bytes. Golden bytes: firmware/vectors/receipt-code-1.json.
 */
export const RECEIPT_CODE_BYTES_MAX = 240;
const FORMAT = 1;
const HEAD_BYTES = 3;
const TAIL_BYTES = 1 + MAC_BYTES;

/** A sale as it was committed. */
export const ReceiptCode = map({
  terminal: key(1, integer({ min: 1, max: 0xffff })),
  /** The sale's entry in the journal of that terminal. */
  ticket: key(2, integer({ min: 1, max: 0xffff_ffff })),
  card: key(3, uint(CARD_MAX)),
  /** When, seconds since 1970. */
  utc: key(4, uint()),
  sale: key(5, StoredSale),
  /** Programmes whose area was committed, in the order of evaluation. */
  areas: key(
    6,
    list(
      map({
        programme: key(1, programmeNumber),
        version: key(2, uint(0xffff)),
        effects: key(3, list(StoredEffect, 100)),
      }),
      8,
    ),
  ),
  /** There where lines were too many and are merged: then only the whole goes back. */
  merged: maybe(7, truth),
  /** There where no card was: only the terminal that sold takes it back. */
  account: maybe(8, truth),
  /** What its holder has, of a receipt that carries points. */
  holds: maybe(9, list(HeldByTicket, 64)),
});
export type ReceiptCode = Decoded<typeof ReceiptCode>;

/** What the MAC is over. */
export function receiptCodeMessage(merchant: number, code: ReceiptCode): Uint8Array {
  return concat(Uint8Array.of(FORMAT), bigEndian(merchant, 2), encodeCbor(ReceiptCode.encode(code)));
}

/** The text of a code; null where it is too long to be scanned. */
export function receiptCodeText(message: Uint8Array, generation: number, mac: Uint8Array): string | null {
  const bytes = concat(message, Uint8Array.of(generation), mac);
  return bytes.length > RECEIPT_CODE_BYTES_MAX ? null : base32Of(bytes);
}

/** A code before its MAC is checked: nothing of it is believed but whose it says that it is. */
export interface SealedCode {
  readonly merchant: number;
  readonly message: Uint8Array;
  readonly generation: number;
  readonly mac: Uint8Array;
}

/** Takes a scanned text apart; null where it is no code of this format. */
export function splitReceiptCode(text: string): SealedCode | null {
  const bytes = base32Bytes(text);
  if (bytes === null || bytes.length <= HEAD_BYTES + TAIL_BYTES || bytes.length > RECEIPT_CODE_BYTES_MAX) return null;
  if (bytes[0] !== FORMAT) return null;
  const tail = bytes.length - TAIL_BYTES;
  return {
    merchant: readBigEndian(bytes, 1, 2),
    message: bytes.slice(0, tail),
    generation: bytes[tail]!,
    mac: bytes.slice(tail + 1),
  };
}

/** What a code says, once its MAC is right; null where it is not of the format. */
export function readReceiptCode({ message }: SealedCode): ReceiptCode | null {
  try {
    return ReceiptCode.decode(decodeCbor(message.subarray(HEAD_BYTES)), "code");
  } catch (error) {
    if (isFormatError(error)) return null;
    throw error;
  }
}

/** Adds up numbers by place: `places[i]` says where number `i` goes. */
function addAt(places: readonly number[], count: number, values: readonly number[]): number[] {
  const sums = Array.from({ length: count }, () => 0);
  for (const [i, value] of values.entries()) sums[places[i]!]! += value;
  return sums;
}

/** The same sale with one line for each category, so that its code is shorter. */
export function withMergedLines(code: ReceiptCode): ReceiptCode {
  const { lines } = code.sale;
  const categories = [...new Set(lines.map(({ category }) => category))];
  const places = lines.map(({ category }) => categories.indexOf(category));
  const amounts = addAt(
    places,
    categories.length,
    lines.map(({ amount }) => amount),
  );
  const quantities = addAt(
    places,
    categories.length,
    lines.map(({ quantity }) => quantity),
  );
  const merged = categories.map((category, i) => ({
    amount: amounts[i]!,
    quantity: quantities[i]!,
    ...(category === undefined ? {} : { category }),
  }));
  const shared = (effect: StoredEffect): StoredEffect =>
    effect.shares?.length === lines.length
      ? { ...effect, shares: addAt(places, categories.length, effect.shares) }
      : effect;
  return {
    ...code,
    sale: { ...code.sale, lines: merged },
    areas: code.areas.map((area) => ({ ...area, effects: area.effects.map(shared) })),
    merged: true,
  };
}
