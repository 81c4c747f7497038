import { type Chip, concat, fromHex, PAGE_BYTES, type2 } from "@cachet/card-layout";
import type { ChipLink } from "../chip-link.ts";
import type { Type2Dump } from "./dump.ts";

/** What GET_VERSION answers on each chip (NTAG213_215_216 section 10.1; MF0ULX1 section 10.1, the 17 pF kind). */
const USUAL_VERSION: Readonly<Record<Chip, string>> = {
  NTAG213: "0004040201000f03",
  NTAG215: "0004040201001103",
  NTAG216: "0004040201001303",
  MF0UL11: "0004030101000b03",
  MF0UL21: "0004030101000e03",
};

/** A counter's number when this chip has it: NTAG21x has counter 2 only. */
function counterNumber(chip: Chip | null, number: number | undefined): number | null {
  if (number === undefined || number > 2) return null;
  return chip?.startsWith("NTAG") && number !== 2 ? null : number;
}

/**
 * A dump in place of a chip: whatever reads cards reads files through it. Answers GET_VERSION (by the chip where the file has no
 * version), READ, FAST_READ, READ_CNT, CHECK_TEARING and READ_SIG as the chip would. NAK where the dump does not know the answer,
 * a page it does not know among them, and for every other command: nothing is ever written, no password ever fits.
 */
export class DumpLink implements ChipLink {
  readonly uid: Uint8Array;
  readonly #dump: Type2Dump;

  constructor(dump: Type2Dump) {
    this.uid = dump.uid;
    this.#dump = dump;
  }

  async exchange(commands: readonly Uint8Array[]): Promise<type2.Exchange> {
    const answers: Uint8Array[] = [];
    for (const command of commands) {
      const answer = this.#answer(command);
      if (answer === null) return { answers, end: "nak" };
      answers.push(answer);
    }
    return { answers, end: "done" };
  }

  #answer(command: Uint8Array): Uint8Array | null {
    const [code, first = 0, last = 0] = command;
    const is = (wanted: number, length: number) => code === wanted && command.length === length;
    if (is(0x60, 1)) return this.#version();
    if (is(0x30, 2)) return this.#pages(first, first + type2.READ_BYTES / PAGE_BYTES - 1);
    if (is(0x3a, 3)) return last < this.#dump.pages.length ? this.#pages(first, last) : null;
    if (is(0x39, 2)) return this.#counter(first);
    if (is(0x3e, 2)) return this.#tearing(first);
    if (is(0x3c, 2)) return this.#dump.signature?.slice() ?? null;
    return null;
  }

  #version(): Uint8Array | null {
    const { version, chip } = this.#dump;
    if (version !== null) return version.slice();
    return chip === null ? null : fromHex(USUAL_VERSION[chip]);
  }

  /** From `first` on; READ goes on with page 0 behind the last page. */
  #pages(first: number, last: number): Uint8Array | null {
    const { pages } = this.#dump;
    if (first > last || first >= pages.length) return null;
    const parts: Uint8Array[] = [];
    for (let page = first; page <= last; page += 1) {
      const part = pages[page % pages.length] ?? null;
      if (part === null) return null;
      parts.push(part);
    }
    return concat(...parts);
  }

  #counter(which: number): Uint8Array | null {
    const number = counterNumber(this.#dump.chip, which);
    const counter = number === null ? null : (this.#dump.counters[number] ?? null);
    if (counter === null) return null;
    return Uint8Array.of(counter.value & 0xff, (counter.value >> 8) & 0xff, counter.value >> 16);
  }

  /** NTAG21x has no such command, whatever flag a tool wrote for it. */
  #tearing(which: number): Uint8Array | null {
    const { chip, counters } = this.#dump;
    const counter = chip?.startsWith("NTAG") ? null : (counters[which] ?? null);
    return counter === null ? null : Uint8Array.of(counter.tearing);
  }
}
