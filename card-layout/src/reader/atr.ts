import { readBigEndian, sameBytes } from "../record/bytes.ts";

/**
 * ATR that a reader makes up for a storage card (PC/SC part 3, section 3.1.3.2.3.2):
 *
 *   byte    field
 *   0-3     3B 8F 80 01      TS, T0 with 15 historical bytes, TD1, TD2
 *   4-6     80 4F 0C         category indicator, application identifier, its length
 *   7-11    A0 00 00 03 06   RID of the PC/SC workgroup
 *   12      SS               standard; 03 = ISO/IEC 14443 A part 3
 *   13-14   NN NN            card name
 *   15-18   00 00 00 00      for later use
 *   19      TCK              exclusive or of bytes 1 to 18
 */
const HEAD = Uint8Array.of(0x3b, 0x8f, 0x80, 0x01, 0x80, 0x4f, 0x0c, 0xa0, 0x00, 0x00, 0x03, 0x06);
const ATR_BYTES = 20;

/** Kinds of cards that a name code tells apart. `ultralight` stands for the whole Type 2 family: most readers give it to NTAG and EV1. */
export type AtrFamily = "ultralight" | "ultralight-c" | "ultralight-ev1" | "classic-mini" | "classic-1k" | "classic-4k";

/** Codes of the supplemental document to part 3. */
const FAMILIES: ReadonlyMap<number, AtrFamily> = new Map([
  [0x0001, "classic-1k"],
  [0x0002, "classic-4k"],
  [0x0003, "ultralight"],
  [0x0026, "classic-mini"],
  [0x003a, "ultralight-c"],
  [0x003d, "ultralight-ev1"],
] as const);

export interface StorageCardAtr {
  readonly standard: number;
  readonly nameCode: number;
  /** Null for a name code of another card, or of one reader's own. */
  readonly family: AtrFamily | null;
}

/** What a storage card's ATR says; null when it is that of something else, or its check byte is wrong. */
export function atrFamily(atr: Uint8Array): StorageCardAtr | null {
  if (atr.length !== ATR_BYTES || !sameBytes(atr.subarray(0, HEAD.length), HEAD)) return null;
  if (atr.subarray(1).reduce((check, byte) => check ^ byte, 0) !== 0) return null;
  const nameCode = readBigEndian(atr, 13, 2);
  return { standard: atr[12]!, nameCode, family: FAMILIES.get(nameCode) ?? null };
}
