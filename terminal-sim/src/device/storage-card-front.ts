import type { ChipInField } from "./chip-in-field.ts";
import { type TransparentSession, transparentAnswer } from "./transparent-session.ts";

/**
 * What a reader lets through. `acs`: raw commands in PN53x InCommunicateThru, as ACS readers do. `transparent`: raw commands in
 * a transparent session (PC/SC part 3 supplement, 2.02). `plain`: only the pseudo-APDUs that read and write.
 */
export const READER_PROFILES = ["acs", "transparent", "plain"] as const;
export type ReaderProfile = (typeof READER_PROFILES)[number];

/** Whether the card stays for a command, or leaves before the chip has it, or after, so that only the answer is lost. */
export type Leaving = "stays" | "before" | "after";

export interface FrontOptions {
  readonly profile?: ReaderProfile;
  /** Asked before every command to the chip. What a cut inside a command leaves, it does to the chip itself, and says "before". */
  readonly leaves?: (command: Uint8Array) => Leaving;
}

/**
 * Answer to reset of an ISO/IEC 14443-3 A storage card, name code 0003h "Mifare Ultralight", as most readers give it for every Type
 * 2 chip (PC/SC part 3, section 3.1.3.2.3.1).
 */
const ATR = Uint8Array.of(
  ...[0x3b, 0x8f, 0x80, 0x01, 0x80, 0x4f, 0x0c, 0xa0, 0x00, 0x00, 0x03, 0x06, 0x03, 0x00, 0x03],
  ...[0, 0, 0, 0, 0x68],
);
const FIRMWARE = new TextEncoder().encode("CACHETSIM1");

const OK = [0x90, 0x00] as const;
const FAILED = Uint8Array.of(0x63, 0x00);
const WRONG_LENGTH = Uint8Array.of(0x67, 0x00);
const NOT_SUPPORTED = Uint8Array.of(0x6a, 0x81);
const UNKNOWN_INS = Uint8Array.of(0x6d, 0x00);
const UNKNOWN_CLA = Uint8Array.of(0x6e, 0x00);
/** PN532 user manual, section 7.1: time-out. A NAK looks the same. */
const PN53X_TIMEOUT = 0x01;
const PAGE_BYTES = 4;
const READ_MAX = 16;

const good = (...bytes: readonly number[]): Uint8Array => Uint8Array.of(...bytes, ...OK);

/**
 * A PC/SC storage-card reader with one Type 2 chip before it: pseudo-APDUs in (PC/SC part 3, section 3.2.2), chip commands out. Answers
 * "gone" once the card has left; it stays gone.
 */
export class StorageCardFront {
  readonly atr: Uint8Array = ATR.slice();
  private readonly chip: ChipInField;
  private readonly profile: ReaderProfile;
  private readonly leaves: (command: Uint8Array) => Leaving;
  private readonly session: TransparentSession = { isOpen: false };
  private hasLeft = false;

  constructor(chip: ChipInField, options: FrontOptions = {}) {
    this.chip = chip;
    this.profile = options.profile ?? "acs";
    this.leaves = options.leaves ?? (() => "stays");
  }

  /** Power-up or reset by the reader: the chip is selected anew. */
  power(): void {
    this.session.isOpen = false;
    this.chip.select();
  }

  /** Answers one APDU with its status word; "gone" where the card left before the reader could answer. */
  apdu(apdu: Uint8Array): Uint8Array | "gone" {
    if (this.hasLeft) return "gone";
    const answer = this.answer(apdu);
    return this.hasLeft ? "gone" : answer;
  }

  private answer(apdu: Uint8Array): Uint8Array {
    const [cla, ins, p1 = 0, p2 = 0, length = 0] = apdu as unknown as number[];
    if (cla !== 0xff) return UNKNOWN_CLA;
    if (ins === 0xca) return p1 === 0 ? good(...this.chip.uid) : NOT_SUPPORTED;
    if (ins === 0xb0) return this.readPages((p1 << 8) | p2, length);
    if (ins === 0xd6) return this.writePage((p1 << 8) | p2, apdu.subarray(5));
    if (ins === 0x00 && this.profile === "acs") return this.acs(p1, p2, apdu.subarray(5));
    if (ins === 0xc2 && this.profile === "transparent")
      return transparentAnswer(this.session, this.chip, apdu, this.send);
    return UNKNOWN_INS;
  }

  private readonly send = (command: Uint8Array): Uint8Array | "nak" | "silent" => {
    const leaving = this.hasLeft ? "before" : this.leaves(command);
    const answer = leaving === "before" ? "silent" : this.chip.execute(command);
    this.hasLeft ||= leaving !== "stays";
    return answer;
  };

  private readPages(page: number, length: number): Uint8Array {
    if (length === 0 || length > READ_MAX) return WRONG_LENGTH;
    const answer = page > 0xff ? "nak" : this.send(Uint8Array.of(0x30, page));
    return typeof answer === "string" ? FAILED : good(...answer.subarray(0, length));
  }

  private writePage(page: number, bytes: Uint8Array): Uint8Array {
    if (bytes.length !== PAGE_BYTES) return WRONG_LENGTH;
    const answer = page > 0xff ? "nak" : this.send(Uint8Array.of(0xa2, page, ...bytes));
    return typeof answer === "string" ? FAILED : good();
  }

  /** FF 00 of ACS readers (ACR122U application programming interface, sections 5 and 6). */
  private acs(p1: number, p2: number, body: Uint8Array): Uint8Array {
    if (p1 === 0x40) return good();
    if (p1 === 0x48) return FIRMWARE.slice();
    if (p1 !== 0 || p2 !== 0 || body[0] !== 0xd4 || body[1] !== 0x42) return FAILED;
    const answer = this.send(body.subarray(2));
    if (typeof answer === "string") return good(0xd5, 0x43, PN53X_TIMEOUT);
    const isAck = answer.length === 1 && answer[0] === 0x0a;
    return good(0xd5, 0x43, 0x00, ...(isAck ? [] : answer));
  }
}
