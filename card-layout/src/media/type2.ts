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

/** The value of a one-way counter (MF0ULx1): three bytes, least significant first. NTAG21x has counter 2 only, and nobody can write it. */
export const readCounter = (counter: number): Uint8Array => Uint8Array.of(0x39, counter);

/** Adds `by` to a one-way counter (MF0ULx1). The answer is an ACK; a NAK where it would overflow. */
export const incrementCounter = (counter: number, by: number): Uint8Array =>
  Uint8Array.of(0xa5, counter, by & 0xff, (by >> 8) & 0xff, (by >> 16) & 0xff, 0);

/** Whether an increment of this counter was ever cut (MF0ULx1): one byte, `NOT_TORN` where none was. */
export const checkTearing = (counter: number): Uint8Array => Uint8Array.of(0x3e, counter);
export const NOT_TORN = 0xbd;

/** Opens the protected pages until the chip leaves the field or says NAK. The answer is the two bytes of PACK. */
export const passwordAuth = (password: Uint8Array): Uint8Array =>
  Uint8Array.of(0x1b, password[0]!, password[1]!, password[2]!, password[3]!);

/** The maker's signature over the UID: 32 bytes. */
export const readSignature = (): Uint8Array => Uint8Array.of(0x3c, 0x00);

/** How an ACK is handed on: the 4-bit value Ah as one byte. */
export const ACK = 0x0a;

export function isAck(answer: Uint8Array | undefined): boolean {
  return answer?.length === 1 && answer[0] === ACK;
}

/** What became of a list of commands sent one after the other. */
export interface Exchange {
  /** One answer for each command that was answered, in their order; an ACK as one byte. */
  readonly answers: readonly Uint8Array[];
  /**
   * `done`: every command was answered. `nak`: the chip refused the command behind the last answer and did nothing for it; it
   * has forgotten its password, and the next exchange finds it selected anew. `gone`: the command behind the last answer got
   * none: it may have happened, not happened, or left torn bytes. Commands behind it were not sent.
   */
  readonly end: "done" | "nak" | "gone";
}

/** Three bytes of a counter as a number; null when these are not three bytes. */
export function counterOf(answer: Uint8Array): number | null {
  return answer.length === 3 ? answer[0]! | (answer[1]! << 8) | (answer[2]! << 16) : null;
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
