/**
 * Bytes that ISO/IEC 14443-3 Type A gives to every card: the CRC of a frame, and the check bytes of a UID.
 *
 *   page of a Type 2 chip   0               1        2
 *   bytes                   UID0-2  BCC0    UID3-6   BCC1  …
 */
const CASCADE_TAG = 0x88;
const UID_BYTES = 7;

/** CRC_A (6.2.4 and annex B): x16 + x12 + x5 + 1, reflected, from 6363. The two bytes as they are sent, low byte first. */
export function crcA(frame: Uint8Array): Uint8Array {
  let crc = 0x6363;
  for (const byte of frame) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >> 1) ^ 0x8408 : crc >> 1;
  }
  return Uint8Array.of(crc & 0xff, crc >> 8);
}

/** The check bytes of a 7-byte UID (6.5.4): BCC0 covers the cascade tag and UID0-2, BCC1 covers UID3-6. Throws on another length. */
export function uidCheckBytes(uid: Uint8Array): { readonly bcc0: number; readonly bcc1: number } {
  if (uid.length !== UID_BYTES) throw new RangeError(`uidCheckBytes: a UID of ${uid.length} bytes`);
  return {
    bcc0: CASCADE_TAG ^ uid[0]! ^ uid[1]! ^ uid[2]!,
    bcc1: uid[3]! ^ uid[4]! ^ uid[5]! ^ uid[6]!,
  };
}

/** The 7-byte UID in the first nine bytes of a Type 2 chip's memory; null when they are fewer or a check byte is wrong. */
export function uidOfPages(memory: Uint8Array): Uint8Array | null {
  if (memory.length < 9) return null;
  const uid = Uint8Array.of(...memory.subarray(0, 3), ...memory.subarray(4, 8));
  const { bcc0, bcc1 } = uidCheckBytes(uid);
  return memory[3] === bcc0 && memory[8] === bcc1 ? uid : null;
}
