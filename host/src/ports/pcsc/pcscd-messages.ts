/**
 * What pcscd and its clients say to each other over its Unix socket (pcsc-lite, winscard_msg.h, protocol 4:4 and later). All
 * integers little-endian 32 bits. A request is a header { body length, command } and a body; an answer is the same body, filled in,
 * without header.
 */
export const PROTOCOL_MAJOR = 4;
/** The oldest minor spoken here: pcsc-lite 1.8.24 to 2.2. Later ones name theirs when they refuse it. */
export const PROTOCOL_MINOR = 4;

export const COMMAND = {
  establish: 0x01,
  connect: 0x04,
  reconnect: 0x05,
  disconnect: 0x06,
  begin: 0x07,
  end: 0x08,
  transmit: 0x09,
  version: 0x11,
  states: 0x12,
  wait: 0x13,
} as const;

export const SHARE_SHARED = 2;
/** T=0 or T=1, as the card offers. */
export const PROTOCOLS_ANY = 3;
export const LEAVE_CARD = 0;
export const UNPOWER_CARD = 2;

const NAME_BYTES = 128;
const ATR_BYTES = 36;
const STATE_BYTES = NAME_BYTES + 4 + 4 + 4 + ATR_BYTES + 4 + 4;
const READERS_MAX = 16;
/** The answer to `states` and the first answer to `wait`. */
export const STATES_BYTES = STATE_BYTES * READERS_MAX;
/** The second answer to `wait`, when something changed: { timeout, rv }. */
export const CHANGE_BYTES = 8;
/** Bit of a reader's state: a card is there. */
const STATE_PRESENT = 4;
/** Protocol control information of an SCARD_IO_REQUEST on 64-bit systems: { protocol, length }. */
const PCI_BYTES = 16;
/** Largest short answer: 256 bytes and status word. */
const ANSWER_MAX = 258;
export const TRANSMIT_BYTES = 32;

/** A request with its header. */
export function message(command: number, body: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(8 + body.length);
  bytes.set(words(body.length, command));
  bytes.set(body, 8);
  return bytes;
}

/** 32-bit integers one after the other. */
export function words(...values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(4 * values.length);
  const view = new DataView(bytes.buffer);
  for (const [i, value] of values.entries()) view.setUint32(4 * i, value, true);
  return bytes;
}

/** The integer at `index`, counted in integers. */
export function word(body: Uint8Array, index: number): number {
  return new DataView(body.buffer, body.byteOffset).getUint32(4 * index, true);
}

/** The last integer of every body but `states`: what became of the call. */
export const resultOf = (body: Uint8Array): number => word(body, body.length / 4 - 1);

/** Body of `connect`: { context, name[128], share mode, protocols, handle, active protocol, rv }. */
export function connectBody(context: number, reader: string): Uint8Array {
  const body = new Uint8Array(4 + NAME_BYTES + 20);
  body.set(words(context));
  body.set(new TextEncoder().encode(reader).subarray(0, NAME_BYTES - 1), 4);
  body.set(words(SHARE_SHARED, PROTOCOLS_ANY, 0, 0, 0), 4 + NAME_BYTES);
  return body;
}

/** Handle and active protocol of an answered `connect`. */
export const connected = (body: Uint8Array): { readonly handle: number; readonly protocol: number } => ({
  handle: word(body, 35),
  protocol: word(body, 36),
});

/** Body of `transmit`: { handle, protocol, PCI length, length, answer's protocol, its PCI length, its most, rv }; the APDU follows the message. */
export const transmitBody = (handle: number, protocol: number, length: number): Uint8Array =>
  words(handle, protocol, PCI_BYTES, length, protocol, PCI_BYTES, ANSWER_MAX, 0);

/** How many bytes follow an answered `transmit`. */
export const answerLength = (body: Uint8Array): number => word(body, 6);

/** One reader as pcscd sees it. `events` counts cards that came or went. */
export interface ReaderState {
  readonly name: string;
  readonly events: number;
  readonly card: boolean;
  readonly atr: Uint8Array;
}

/** The readers in an answer to `states` or `wait`; empty places left out. */
export function readerStates(body: Uint8Array): ReaderState[] {
  const places = Array.from({ length: READERS_MAX }, (_, i) => body.subarray(i * STATE_BYTES, (i + 1) * STATE_BYTES));
  return places.flatMap((place) => {
    const end = place.indexOf(0);
    if (end === 0) return [];
    const name = new TextDecoder().decode(place.subarray(0, Math.min(end, NAME_BYTES)));
    const atrLength = Math.min(word(place, 44), ATR_BYTES);
    return [
      {
        name,
        events: word(place, 32),
        card: (word(place, 33) & STATE_PRESENT) !== 0,
        atr: place.slice(140, 140 + atrLength),
      },
    ];
  });
}
