/** First byte of each command (NTAG213/215/216 and MF0ULX1 data sheets, section 10). */
export const CODE = {
  getVersion: 0x60,
  read: 0x30,
  fastRead: 0x3a,
  write: 0xa2,
  compatibilityWrite: 0xa0,
  passwordAuth: 0x1b,
  readSignature: 0x3c,
  readCounter: 0x39,
  incrementCounter: 0xa5,
  checkTearing: 0x3e,
  halt: 0x50,
} as const;

/** Bytes of each command without its CRC. A command of another length is refused. */
export const COMMAND_BYTES: ReadonlyMap<number, number> = new Map([
  [CODE.getVersion, 1],
  [CODE.read, 2],
  [CODE.fastRead, 3],
  [CODE.write, 6],
  [CODE.compatibilityWrite, 2],
  [CODE.passwordAuth, 5],
  [CODE.readSignature, 2],
  [CODE.readCounter, 2],
  [CODE.incrementCounter, 6],
  [CODE.checkTearing, 2],
  [CODE.halt, 2],
]);
/** Second part of COMPATIBILITY_WRITE: 16 bytes, of which the first four are written. No command is as long. */
export const COMPATIBILITY_BYTES = 16;

/**
 * What a chip says to a command; an ACK is one byte. "nak": it refused, did nothing, and is no longer selected.
 * "silent": it is not selected, or has nothing to say.
 */
export type ChipAnswer = Uint8Array | "nak" | "silent";

/** How a chip came to be selected: the field came on, or it was woken in a field that stayed on. */
export type Wake = "power-up" | "reselect";

/** Which operation a command is, to whoever counts what can be cut. */
export function operationOf(command: Uint8Array): "card-read" | "card-write" | "card-count" {
  if (command.length === COMPATIBILITY_BYTES) return "card-write";
  if (command[0] === CODE.incrementCounter) return "card-count";
  return command[0] === CODE.write || command[0] === CODE.compatibilityWrite ? "card-write" : "card-read";
}
