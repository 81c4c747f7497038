import { PAGE_BYTES } from "../media/card-map.ts";
import * as type2 from "../media/type2.ts";
import { concat } from "../record/bytes.ts";

/** Sends one APDU; null where no whole answer came. */
export type Transmit = (apdu: Uint8Array) => Promise<Uint8Array | null>;

/**
 * What a reader told about one command. `nak`: the chip certainly refused it. `no-answer`: the reader got none, or one it could
 * not read: with many readers a NAK looks like this too. `not-passed`: this reader does not pass such a command; the chip never had
 * it. `gone`: not even the reader answered.
 */
export type Told = Uint8Array | "nak" | "no-answer" | "not-passed" | "gone";

/** One way through a reader to the chip. `open` and `close` stand around the commands of one exchange. */
export interface Way {
  readonly name: "in-communicate-thru" | "transparent" | "pages";
  open(transmit: Transmit): Promise<"open" | "not-passed" | "gone">;
  send(transmit: Transmit, command: Uint8Array): Promise<Told>;
  close(transmit: Transmit): Promise<void>;
}

const FAST_READ = 0x3a;
const READ = 0x30;
const WRITE = 0xa2;
const COMPATIBILITY_WRITE = 0xa0;
const INCREMENT = 0xa5;
const GET_VERSION = 0x60;
const CHECK_TEARING = 0x3e;
const ACK = Uint8Array.of(type2.ACK);

/** Whether a command changes what the chip holds. */
export const changes = (command: Uint8Array): boolean =>
  command[0] === WRITE || command[0] === COMPATIBILITY_WRITE || command[0] === INCREMENT;

/** The data of an answer with the status word 9000, else null. */
export function succeeded(answer: Uint8Array): Uint8Array | null {
  return answer.at(-2) === 0x90 && answer.at(-1) === 0x00 ? answer.subarray(0, -2) : null;
}

/** A pseudo-APDU with data: FF INS P1 P2 Lc data. */
const pseudo = (ins: number, p1: number, p2: number, body: readonly number[]): Uint8Array =>
  Uint8Array.of(0xff, ins, p1, p2, body.length, ...body);

/**
 * Readers with a PN53x chip, as those of ACS: `FF 00 00 00 Lc D4 42 command` is answered with `D5 43 status answer` (PN532 user
 * manual, section 7.3.9 InCommunicateThru).
 */
export const inCommunicateThru: Way = {
  name: "in-communicate-thru",
  open: async () => "open",
  async send(transmit, command) {
    const answer = await transmit(pseudo(0x00, 0x00, 0x00, [0xd4, 0x42, ...command]));
    if (answer === null) return "gone";
    const told = succeeded(answer);
    if (told === null || told[0] !== 0xd5 || told[1] !== 0x43 || told.length < 3) return "not-passed";
    return (told[2]! & PN53X_ERROR) === 0 ? meant(command, told.slice(3)) : "no-answer";
  },
  close: async () => {},
};
/** Error code in a PN53x status byte; the two bits above are chaining flags (PN532 user manual, section 7.1). */
const PN53X_ERROR = 0x3f;

/** An answer as the chip meant it: an ACK may have been swallowed by the reader, a NAK is a single byte that is none. */
function meant(command: Uint8Array, answer: Uint8Array): Told {
  if (answer.length === 0) return changes(command) ? ACK : "no-answer";
  const isFourBits = answer.length === 1 && command[0] !== CHECK_TEARING;
  return isFourBits && answer[0] !== type2.ACK ? "nak" : answer;
}

const TRANSPARENT = 0xc2;
/** ISO/IEC 14443 type A, layer 3. */
const LAYER_3 = [0x8f, 0x02, 0x00, 0x03] as const;
/** Longer than a write takes in EEPROM: 30 ms, in microseconds, least significant byte first. */
const TIMER = [0x5f, 0x46, 0x04, 0x30, 0x75, 0x00, 0x00] as const;

/** Readers with transparent sessions: `FF C2` (PC/SC part 3 supplement for contactless cards, 2.02, section 3). */
export const transparent: Way = {
  name: "transparent",
  async open(transmit) {
    for (const apdu of [pseudo(TRANSPARENT, 0, 0x00, [0x81, 0x00]), pseudo(TRANSPARENT, 0, 0x02, LAYER_3)]) {
      const answer = await transmit(apdu);
      if (answer === null) return "gone";
      if (outcomeOf(answer) !== 0x9000) return "not-passed";
    }
    return "open";
  },
  async send(transmit, command) {
    const objects = [...TIMER, 0x95, command.length, ...command];
    const answer = await transmit(Uint8Array.of(...pseudo(TRANSPARENT, 0, 0x01, objects), 0x00));
    if (answer === null) return "gone";
    if (succeeded(answer) === null) return "not-passed";
    const response = objectIn(answer, 0x97);
    return outcomeOf(answer) === 0x9000 && response !== null ? meant(command, response.slice()) : "no-answer";
  },
  async close(transmit) {
    await transmit(pseudo(TRANSPARENT, 0, 0x00, [0x82, 0x00]));
  },
};

/** The value of the tag-length-value object with this tag, before the status word. */
function objectIn(answer: Uint8Array, tag: number): Uint8Array | null {
  const end = answer.length - 2;
  for (let at = 0; at + 1 < end; at += 2 + answer[at + 1]!)
    if (answer[at] === tag && at + 2 + answer[at + 1]! <= end) return answer.subarray(at + 2, at + 2 + answer[at + 1]!);
  return null;
}

/** What became of the function: the status word inside the object C0, or that of the APDU where it failed as a whole. */
function outcomeOf(answer: Uint8Array): number {
  const outcome = succeeded(answer) === null ? null : objectIn(answer, 0xc0);
  return outcome?.length === 3 ? (outcome[1]! << 8) | outcome[2]! : 0;
}

const BLOCK_BYTES = 16;

/**
 * Readers that only read and write pages: `FF B0` and `FF D6` (PC/SC part 3, sections 3.2.2.1.8 and 3.2.2.1.9). FAST_READ is put
 * together from reads; GET_VERSION is told from the capability container, which only an NTAG21x fills in this way.
 */
export const pages: Way = {
  name: "pages",
  open: async () => "open",
  send(transmit, command) {
    const [code, first = 0, last = 0] = command as unknown as number[];
    if (code === READ) return readBlock(transmit, first, BLOCK_BYTES);
    if (code === FAST_READ) return readRange(transmit, first, last);
    if (code === WRITE) return writePage(transmit, first, command.subarray(2));
    return code === GET_VERSION ? versionFromContainer(transmit) : Promise.resolve("not-passed");
  },
  close: async () => {},
};

async function readBlock(transmit: Transmit, page: number, length: number): Promise<Told> {
  const answer = await transmit(Uint8Array.of(0xff, 0xb0, 0x00, page, length));
  if (answer === null) return "gone";
  const block = succeeded(answer);
  return block?.length === length ? block.slice() : "no-answer";
}

/**
 * A READ that reaches over the end of the memory, or into protected pages, goes on at page 0 where FAST_READ would refuse. The
 * pages one may read have no gaps, so the last one is read by itself first: if the chip gives it, it gives all.
 */
async function readRange(transmit: Transmit, first: number, last: number): Promise<Told> {
  if (first > last) return "nak";
  const end = await readBlock(transmit, last, PAGE_BYTES);
  if (typeof end === "string") return end;
  const parts: Uint8Array[] = [];
  for (let page = first; page < last; page += BLOCK_BYTES / PAGE_BYTES) {
    const part = await readBlock(transmit, page, Math.min(BLOCK_BYTES, (last - page) * PAGE_BYTES));
    if (typeof part === "string") return part;
    parts.push(part);
  }
  return concat(...parts, end);
}

async function writePage(transmit: Transmit, page: number, four: Uint8Array): Promise<Told> {
  const answer = await transmit(pseudo(0xd6, 0x00, page, [...four]));
  if (answer === null) return "gone";
  return succeeded(answer) === null ? "no-answer" : ACK;
}

/** Byte 2 of the capability container (NTAG213/215/216 data sheet, section 8.5.6) and the GET_VERSION answer of that chip. */
const STORAGE_BY_CONTAINER: ReadonlyMap<number, number> = new Map([
  [0x12, 0x0f],
  [0x3e, 0x11],
  [0x6d, 0x13],
]);

async function versionFromContainer(transmit: Transmit): Promise<Told> {
  const container = await readBlock(transmit, 3, PAGE_BYTES);
  if (typeof container === "string") return container;
  const storage = container[0] === 0xe1 ? STORAGE_BY_CONTAINER.get(container[2]!) : undefined;
  return storage === undefined ? "not-passed" : Uint8Array.of(0x00, 0x04, 0x04, 0x02, 0x01, 0x00, storage, 0x03);
}
