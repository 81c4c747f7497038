import type { ChipInField } from "./chip-in-field.ts";

/** Whether the program has the chip for itself, unpolled by the reader. */
export interface TransparentSession {
  isOpen: boolean;
}

const START = 0x81;
const END = 0x82;
const RF_OFF = 0x83;
const RF_ON = 0x84;
const SWITCH_PROTOCOL = 0x8f;
const TRANSCEIVE = 0x95;

/** What became of the data object at an index: C0 03 index SW1 SW2, and the status word of the APDU. */
const outcome = (sw: number, ...rest: readonly number[]): Uint8Array =>
  Uint8Array.of(0xc0, 0x03, 0x00, sw >> 8, sw & 0xff, ...rest, 0x90, 0x00);
const DONE = 0x9000;
const NO_SESSION = 0x6985;
const NO_ANSWER = 0x6401;
const NOT_SUPPORTED = 0x6a81;
/** A 4-bit answer: valid bits of the last byte, then the bits themselves. */
const FOUR_BITS = [0x92, 0x01, 0x04, 0x96, 0x02, 0x00, 0x00, 0x97, 0x01] as const;
const WHOLE_BYTES = [0x92, 0x01, 0x00, 0x96, 0x02, 0x00, 0x00, 0x97] as const;

/** The value of the first object with this tag among tag-length-value objects (tags 5F xx have two bytes). */
function objectWith(tag: number, objects: Uint8Array): Uint8Array | null {
  for (let at = 0; at + 1 < objects.length; ) {
    const head = objects[at] === 0x5f ? 2 : 1;
    const length = objects[at + head] ?? 0;
    if (objects[at] === tag) return objects.subarray(at + head + 1, at + head + 1 + length);
    at += head + 1 + length;
  }
  return null;
}

/**
 * Answers FF C2 00 P2: manage a session (P2 = 00), transparent exchange (01), switch protocol (02). PC/SC part 3 supplement for
 * contactless cards, 2.02, section 3.
 */
export function transparentAnswer(
  session: TransparentSession,
  chip: ChipInField,
  apdu: Uint8Array,
  send: (command: Uint8Array) => Uint8Array | "nak" | "silent",
): Uint8Array {
  const p2 = apdu[3];
  const objects = apdu.subarray(5, 5 + (apdu[4] ?? 0));
  if (p2 === 0x00 && objects[0] === START) session.isOpen = true;
  else if (!session.isOpen) return outcome(NO_SESSION);
  if (p2 === 0x00) return manage(session, chip, objects[0] ?? 0);
  if (p2 === 0x02) {
    const protocol = objectWith(SWITCH_PROTOCOL, objects);
    // 00 03: ISO/IEC 14443 type A, layer 3. Going there selects the chip.
    if (protocol?.[0] !== 0x00 || protocol[1] !== 0x03) return outcome(NOT_SUPPORTED);
    chip.select();
    return outcome(DONE);
  }
  const command = p2 === 0x01 ? objectWith(TRANSCEIVE, objects) : null;
  return command === null ? outcome(NOT_SUPPORTED) : exchanged(send(command));
}

function manage(session: TransparentSession, chip: ChipInField, tag: number): Uint8Array {
  if (tag === END) session.isOpen = false;
  else if (tag === RF_ON) chip.select();
  else if (tag !== START && tag !== RF_OFF) return outcome(NOT_SUPPORTED);
  return outcome(DONE);
}

function exchanged(answer: Uint8Array | "nak" | "silent"): Uint8Array {
  if (answer === "silent") return outcome(NO_ANSWER);
  if (answer === "nak") return outcome(DONE, ...FOUR_BITS, 0x00);
  const isAck = answer.length === 1 && answer[0] === 0x0a;
  return isAck ? outcome(DONE, ...FOUR_BITS, 0x0a) : outcome(DONE, ...WHOLE_BYTES, answer.length, ...answer);
}
