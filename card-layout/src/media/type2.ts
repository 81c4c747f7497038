import type { Chip } from "./card-map.ts";

/**
 * Commands of NFC Forum Type 2 chips as NXP's data sheets give them (NTAG21x section 10, MF0ULx1 section 10),
 * without the CRC, which the reader adds.
 */
export const READ_BYTES = 16;

export const getVersion = (): Uint8Array => Uint8Array.of(0x60);
/** Four pages from `page`. */
export const read = (page: number): Uint8Array => Uint8Array.of(0x30, page);
/** Pages `first` to `last`, both included. */
export const fastRead = (first: number, last: number): Uint8Array => Uint8Array.of(0x3a, first, last);
/** One page. The answer is the 4-bit ACK, delivered as one byte. */
export const write = (page: number, four: Uint8Array): Uint8Array =>
  Uint8Array.of(0xa2, page, four[0]!, four[1]!, four[2]!, four[3]!);

/** Anything else is a NAK. */
export const ACK = 0x0a;

export function isAck(answer: Uint8Array): boolean {
  return answer.length === 1 && answer[0] === ACK;
}

/** A one-byte answer that is no ACK. */
export function isNak(answer: Uint8Array): boolean {
  return answer.length === 1 && answer[0] !== ACK;
}

/** GET_VERSION bytes that tell the chips apart: product (2), subtype (3), major (4), minor (5), storage (6). */
const VERSIONS: readonly { readonly chip: Chip; readonly product: number; readonly storage: number }[] = [
  { chip: "MF0UL11", product: 0x03, storage: 0x0b },
  { chip: "MF0UL21", product: 0x03, storage: 0x0e },
  { chip: "NTAG213", product: 0x04, storage: 0x0f },
  { chip: "NTAG215", product: 0x04, storage: 0x11 },
  { chip: "NTAG216", product: 0x04, storage: 0x13 },
];
const MAJOR_OF_FAMILY = 0x01;

/** The chip that gives this GET_VERSION answer, or null: not a medium of ours. */
export function chipOf(version: Uint8Array): Chip | null {
  if (version.length !== 8 || version[4] !== MAJOR_OF_FAMILY) return null;
  return VERSIONS.find((known) => known.product === version[2] && known.storage === version[6])?.chip ?? null;
}
