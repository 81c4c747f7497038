import { type2 } from "@cachet/card-layout";
import { type ChipAnswer, CODE, COMPATIBILITY_BYTES, type Wake } from "./chip-command.ts";

/**
 * Time on air by ISO/IEC 14443-2 and 14443-3, type A at 106 kbit/s, counted in cycles of the carrier (13.56 MHz). The least
 * that a reader can need: none of its own time, none of its cable's.
 */
const CYCLES_PER_US = 13.56;
/** One bit, 9.44 µs (14443-2, 8.1.1). */
const BIT = 128;
/** Frame delay from reader to chip, n = 9, behind a last bit of 1 (14443-3, 6.2.1.1); behind a 0 it is 64 cycles less. */
const READER_TO_CHIP = 9 * BIT + 84;
/** The least from chip to reader (14443-3, 6.2.1.2). */
const CHIP_TO_READER = 1_172;
/** A chip is ready that long after the field came on (14443-3, section 5). */
const POWER_UP = 5_000 * CYCLES_PER_US;
/**
 * Programming of one page. The data sheets only bound it (10 ms for WRITE); tear-off research sees it finished at 3 to 4 ms.
 * INCR_CNT, bounded by 5 ms, is taken to be as long: nobody published it.
 */
const PROGRAMMING = 4_000 * CYCLES_PER_US;
/** Waiting for an answer that does not come: WRITE 10 ms, others 5 ms (data sheets, section 10), HALT 1 ms (14443-3, HLTA). */
const TIMEOUT = { write: 10_000 * CYCLES_PER_US, other: 5_000 * CYCLES_PER_US, halt: 1_000 * CYCLES_PER_US };

const CRC_BYTES = 2;
/** A reader's frame: start, eight bits and parity for each byte, and an end of two bit times. */
const readerFrame = (bytes: number): number => (1 + 9 * bytes + 2) * BIT;
/** A chip's frame: its end takes one bit time. */
const chipFrame = (bytes: number): number => (1 + 9 * bytes + 1) * BIT;
/** REQA and WUPA: seven bits. */
const SHORT_FRAME = (1 + 7 + 2) * BIT;
/** ACK and NAK: four bits, no parity. */
const NIBBLE_FRAME = (1 + 4 + 1) * BIT;
const ATQA_BYTES = 2;

/** A command and what the chip said to it; both without CRC, an ACK as one byte. */
export interface AirExchange {
  readonly command: Uint8Array;
  readonly answer: ChipAnswer;
}

const inMicroseconds = (cycles: number): number => Math.round(cycles / CYCLES_PER_US);

const dialogue = (sent: number, answered: number): number => sent + READER_TO_CHIP + answered + CHIP_TO_READER;

/** Whether a page is written now: the first part of COMPATIBILITY_WRITE only names it. */
const writesPage = (command: Uint8Array): boolean =>
  command.length === COMPATIBILITY_BYTES || command[0] === CODE.write;

function silenceCycles(command: Uint8Array): number {
  if (writesPage(command)) return TIMEOUT.write;
  return command[0] === CODE.halt ? TIMEOUT.halt : TIMEOUT.other;
}

function exchangeCycles({ command, answer }: AirExchange): number {
  const sent = readerFrame(command.length + CRC_BYTES);
  if (answer === "silent") return sent + silenceCycles(command);
  if (answer === "nak") return dialogue(sent, NIBBLE_FRAME);
  // CHECK_TEARING_EVENT answers one byte too, but no counter's flag is an ACK.
  if (!type2.isAck(answer)) return dialogue(sent, chipFrame(answer.length + CRC_BYTES));
  return dialogue(sent, NIBBLE_FRAME) + (writesPage(command) || command[0] === CODE.incrementCounter ? PROGRAMMING : 0);
}

/** WUPA, then anticollision and SELECT on both levels of a seven-byte UID. A field that comes on adds the chip's start. */
function activationCycles(wake: Wake): number {
  const request = dialogue(SHORT_FRAME, chipFrame(ATQA_BYTES));
  // 93 20 -> four bytes of UID and their check byte; 93 70, those five and a CRC -> SAK and a CRC. Then 95 likewise.
  const level = dialogue(readerFrame(2), chipFrame(5)) + dialogue(readerFrame(7 + CRC_BYTES), chipFrame(1 + CRC_BYTES));
  return (wake === "power-up" ? POWER_UP : 0) + request + 2 * level;
}

/** Microseconds on the air for these commands, one behind the other, up to the moment when the next may be sent. */
export function airTimeUs(exchanges: readonly AirExchange[]): number {
  return inMicroseconds(exchanges.reduce((sum, exchange) => sum + exchangeCycles(exchange), 0));
}

/** Microseconds from the field, or from the first WUPA in it, to a selected chip. */
export function activationUs(wake: Wake): number {
  return inMicroseconds(activationCycles(wake));
}

/** Microseconds of one frame: the command and its CRC, or the answer to it. */
export function frameUs(from: "reader" | "chip", bytesWithCrc: number): number {
  return inMicroseconds(from === "reader" ? readerFrame(bytesWithCrc) : chipFrame(bytesWithCrc));
}

/** Bytes of a command that name it and its pages or counter; what stands behind them is content. */
function nameBytes(command: Uint8Array): number {
  if (command.length === COMPATIBILITY_BYTES) return 0;
  if (command[0] === CODE.passwordAuth) return 1;
  return command[0] === CODE.fastRead ? 3 : 2;
}

/** What went over the air of one reader: commands, pages and lengths. Content, and with it passwords and MACs, is written down as zeros. */
export class AirLog {
  /** Selections, in order. */
  readonly selections: Wake[] = [];
  /** Commands and answers, in order. */
  readonly exchanges: AirExchange[] = [];

  selected(wake: Wake): void {
    this.selections.push(wake);
  }

  exchanged(command: Uint8Array, answer: ChipAnswer): void {
    const named = nameBytes(command);
    const isWord = typeof answer === "string" || type2.isAck(answer);
    this.exchanges.push({
      command: command.map((byte, i) => (i < named ? byte : 0)),
      answer: isWord ? answer : new Uint8Array(answer.length),
    });
  }

  /** Microseconds of everything written down, selections among it. */
  airTimeUs(): number {
    const selecting = this.selections.reduce((sum, wake) => sum + activationCycles(wake), 0);
    const talking = this.exchanges.reduce((sum, exchange) => sum + exchangeCycles(exchange), 0);
    return inMicroseconds(selecting + talking);
  }
}
