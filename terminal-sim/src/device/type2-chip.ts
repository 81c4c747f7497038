import { type Chip, PAGE_BYTES, type2 } from "@cachet/card-layout";
import { type ChipAnswer, CODE, COMMAND_BYTES, COMPATIBILITY_BYTES, type Wake } from "./chip-command.ts";
import { ChipCounters } from "./chip-counters.ts";
import { ChipMemory, type MemoryContent } from "./chip-memory.ts";
import { CHIP_MODELS, type ChipModel } from "./chip-model.ts";
import type { TornPage } from "./mishap.ts";

export interface Type2ChipOptions {
  /** 32 bytes for READ_SIG. Zeros when left out: no genuine signature. */
  readonly signature?: Uint8Array;
  /** Counters 0, 1 and 2; zeros when left out. NTAG21x has counter 2 alone. */
  readonly counters?: readonly number[];
  /** Another GET_VERSION answer: a foreign chip. */
  readonly version?: Uint8Array;
}

/** What a chip keeps without power. */
export interface ChipContent {
  readonly chip: Chip;
  readonly uid: Uint8Array;
  readonly memory: MemoryContent;
  readonly counters: readonly { readonly value: number; readonly torn: boolean }[];
  readonly wrongPasswords: number;
  readonly signature: Uint8Array;
  readonly version: Uint8Array;
}

const PROT = 0x80;
const COUNTER_ENABLED = 0x10;
const COUNTER_PROTECTED = 0x08;
const AUTH_LIMIT = 0x07;
/** The counter of an NTAG21x. */
const NFC_COUNTER = 2;
const ACKED = Uint8Array.of(type2.ACK);
const increment = (command: Uint8Array): number => command[2]! | (command[3]! << 8) | (command[4]! << 16);

/**
 * An NTAG21x or MIFARE Ultralight EV1 chip as its data sheet says it behaves (NTAG213/215/216 and MF0ULX1, sections 8 and 10).
 * Keeps what it holds when it leaves the field. Left out: ASCII mirror, VCSL, CRC and parity errors.
 * A new one lies in a field and is selected.
 */
export class Type2Chip {
  readonly chip: Chip;
  readonly uid: Uint8Array;
  private readonly options: Type2ChipOptions;
  private readonly model: ChipModel;
  private memory: ChipMemory;
  private counters: ChipCounters;
  /** Wrong passwords in a row (AUTHLIM); kept without power. */
  private wrongPasswords = 0;
  private active = true;
  private authenticated = false;
  /** The field came on and nothing was read since: the NFC counter has not moved yet. */
  private unread = true;
  /** The page that COMPATIBILITY_WRITE named; its bytes come next. */
  private announced: number | null = null;

  /** Throws a RangeError for a UID, signature, version or counter that no such chip can have. */
  constructor(chip: Chip, uid: Uint8Array, options: Type2ChipOptions = {}) {
    if (uid.length !== 7) throw new RangeError(`a Type 2 UID has 7 bytes, not ${uid.length}`);
    const { signature = new Uint8Array(32), version = Uint8Array.from(CHIP_MODELS[chip].version) } = options;
    if (signature.length !== 32 || version.length !== 8) throw new RangeError("a signature has 32 bytes, a version 8");
    this.chip = chip;
    this.uid = uid.slice();
    this.options = { ...options, signature: signature.slice(), version: version.slice() };
    this.model = CHIP_MODELS[chip];
    this.memory = new ChipMemory(this.model, uid);
    this.counters = new ChipCounters(options.counters ?? []);
  }

  /**
   * A second chip in exactly this state, with another UID where one is given. With its own UID no holder can make one of these chips: it is
   * for trying several endings of one story, and for chips that imitate.
   */
  copy(uid: Uint8Array = this.uid): Type2Chip {
    const twin = new Type2Chip(this.chip, uid, this.options);
    twin.memory = this.memory.copy(uid);
    twin.counters = this.counters.copy();
    twin.wrongPasswords = this.wrongPasswords;
    twin.active = this.active;
    twin.authenticated = this.authenticated;
    twin.unread = this.unread;
    twin.announced = this.announced;
    return twin;
  }

  /** Everything that the chip keeps without power, its secrets included: to be kept in a file and to be `revived` from there. */
  content(): ChipContent {
    const { memory, counters, wrongPasswords } = this;
    const { signature, version } = this.options;
    const kept = [0, 1, 2].map((counter) => ({ value: counters.value(counter), torn: counters.isTorn(counter) }));
    const { bytes, weak } = memory.content();
    return {
      chip: this.chip,
      uid: this.uid.slice(),
      memory: { bytes, weak },
      counters: kept,
      wrongPasswords,
      signature: signature!,
      version: version!,
    };
  }

  /** A chip with this content, out of any field. Throws a `RangeError` for what no such chip can hold. */
  static revived({ chip, uid, memory, counters, wrongPasswords, signature, version }: ChipContent): Type2Chip {
    const revived = new Type2Chip(chip, uid, { signature, version, counters: counters.map(({ value }) => value) });
    revived.counters.restoreFlags(counters.map(({ torn }) => torn));
    revived.memory.restoreContent(memory);
    revived.wrongPasswords = wrongPasswords;
    return revived;
  }

  /** The whole memory as a dump tool with the password sees it. PWD and PACK are zeros. Changes nothing. */
  dump(): Uint8Array {
    return this.memory.dump();
  }

  /**
   * Writes a dump back over the user pages that are not locked, as a holder with a phone can: one who listened to a tap has
   * the password too. Counters, lock bits, configuration, PWD and PACK stay. The chip has to be selected again.
   */
  restore(dump: Uint8Array): void {
    this.select();
    for (let page = 4; page <= this.model.lastUserPage; page += 1) {
      const four = dump.slice(page * PAGE_BYTES, (page + 1) * PAGE_BYTES);
      if (four.length === PAGE_BYTES && !this.memory.isLocked(page)) this.memory.write(page, four);
    }
    this.leave();
  }

  /** The value of a one-way counter. */
  counter(counter: number): number {
    return this.counters.value(counter);
  }

  /** Whether the last increment of this counter was cut. */
  wasTorn(counter: number): boolean {
    return this.counters.isTorn(counter);
  }

  /** Activation: the password session is forgotten, and lock bits written before take effect. */
  select(wake: Wake = "power-up"): void {
    this.leave();
    this.active = true;
    if (wake === "power-up") this.unread = true;
    this.memory.activate(wake === "power-up");
  }

  /** IDLE or HALT: forgets everything but its EEPROM. */
  private leave(): void {
    this.active = false;
    this.authenticated = false;
    this.announced = null;
  }

  /** Executes a command of any bytes. After "nak" and "silent" only `select` brings the chip back. */
  execute(command: Uint8Array): ChipAnswer {
    if (!this.active) return "silent";
    const answer = this.answer(command);
    if (answer === "nak" || answer === "silent") this.leave();
    return answer;
  }

  private answer(command: Uint8Array): ChipAnswer {
    const { announced } = this;
    this.announced = null;
    if (announced !== null) {
      return command.length === COMPATIBILITY_BYTES ? this.write(announced, command.slice(0, PAGE_BYTES)) : "nak";
    }
    const [code = -1, first = 0, last = 0] = command;
    if (command.length !== COMMAND_BYTES.get(code)) return "nak";
    switch (code) {
      case CODE.getVersion:
        return this.options.version!.slice();
      case CODE.read:
        return this.readFour(first);
      case CODE.fastRead:
        return this.readRange(first, last);
      case CODE.write:
        return this.write(first, command.slice(2));
      case CODE.compatibilityWrite:
        return this.announce(first);
      case CODE.passwordAuth:
        return this.authenticate(command.subarray(1));
      case CODE.readSignature:
        return first === 0 ? this.options.signature!.slice() : "nak";
      case CODE.halt:
        return first === 0 ? "silent" : "nak";
      default:
        return this.model.counting === "reads" ? this.answerNtag(code, first) : this.answerEv1(command);
    }
  }

  /** NTAG21x has READ_CNT of counter 2, where NFC_CNT_EN allows it (section 10.6), and none of the other two. */
  private answerNtag(code: number, counter: number): ChipAnswer {
    const { access } = this.memory;
    if (code !== CODE.readCounter || counter !== NFC_COUNTER || (access & COUNTER_ENABLED) === 0) return "nak";
    if ((access & COUNTER_PROTECTED) !== 0 && !this.authenticated) return "nak";
    return this.counters.bytes(counter);
  }

  /** On the EV1 no password protects the counters. */
  private answerEv1(command: Uint8Array): ChipAnswer {
    const counter = command[1]!;
    if (!this.counters.has(counter)) return "nak";
    if (command[0] === CODE.readCounter) return this.counters.bytes(counter);
    if (command[0] === CODE.checkTearing) return this.counters.flag(counter);
    return this.counters.add(counter, increment(command)) ? ACKED.slice() : "nak";
  }

  /** The first page that nobody may read now; the number of pages when all may be read. */
  private get readEnd(): number {
    const closed = (this.memory.access & PROT) !== 0 && !this.authenticated;
    return closed ? Math.min(this.memory.auth0, this.model.pages) : this.model.pages;
  }

  private readPages(pages: readonly number[]): Uint8Array {
    // Section 8.6: one step at the first READ or FAST_READ after power-up.
    const counts = this.model.counting === "reads" && (this.memory.access & COUNTER_ENABLED) !== 0;
    if (counts && this.unread) this.counters.tick(NFC_COUNTER);
    this.unread = false;
    const bytes = new Uint8Array(pages.length * PAGE_BYTES);
    for (const [i, page] of pages.entries()) bytes.set(this.memory.read(page), i * PAGE_BYTES);
    return bytes;
  }

  /** READ: behind the last page that may be read, page 0 follows. */
  private readFour(first: number): ChipAnswer {
    const end = this.readEnd;
    return first < end ? this.readPages([0, 1, 2, 3].map((i) => (first + i) % end)) : "nak";
  }

  private readRange(first: number, last: number): ChipAnswer {
    if (first > last || last >= this.readEnd) return "nak";
    return this.readPages(Array.from({ length: last - first + 1 }, (_, i) => first + i));
  }

  private canWrite(page: number): boolean {
    const open = page < this.memory.auth0 || this.authenticated;
    return page < this.model.pages && open && !this.memory.isLocked(page);
  }

  private write(page: number, four: Uint8Array): ChipAnswer {
    if (!this.canWrite(page)) return "nak";
    this.memory.write(page, four);
    return ACKED.slice();
  }

  private announce(page: number): ChipAnswer {
    if (!this.canWrite(page)) return "nak";
    this.announced = page;
    return ACKED.slice();
  }

  /**
   * PWD_AUTH. With AUTHLIM set, that many wrong passwords in a row close the chip for ever; a right one before starts the count
   * anew (NTAG213/215/216 section 8.8.2). A wrong password gets a NAK, as the data sheet says; some chips in the field stay silent instead.
   */
  private authenticate(password: Uint8Array): ChipAnswer {
    const limit = this.memory.access & AUTH_LIMIT;
    if (limit !== 0 && this.wrongPasswords >= limit) return "nak";
    if (!this.memory.isPassword(password)) {
      if (limit !== 0) this.wrongPasswords += 1;
      return "nak";
    }
    this.wrongPasswords = 0;
    this.authenticated = true;
    return this.memory.pack();
  }

  /**
   * The field goes while the chip executes a command. A page or counter that it would have changed becomes what `left` says
   * (see `ChipMemory.tear` and `ChipCounters.tear`); for any other command nothing changes. The chip has to be selected again.
   */
  tear(command: Uint8Array, left: TornPage): void {
    if (this.active) this.cut(command, left);
    this.leave();
  }

  private cut(command: Uint8Array, left: TornPage): void {
    const { announced } = this;
    const isWhole = command.length === COMMAND_BYTES.get(command[0] ?? -1);
    if (announced !== null) {
      if (command.length === COMPATIBILITY_BYTES) this.tearPage(announced, command.slice(0, PAGE_BYTES), left);
    } else if (command[0] === CODE.write && isWhole) this.tearPage(command[1]!, command.slice(2), left);
    else if (command[0] === CODE.incrementCounter && isWhole && this.model.counting === "increments") {
      this.counters.tear(command[1]!, increment(command), left);
    }
  }

  private tearPage(page: number, four: Uint8Array, left: TornPage): void {
    if (this.canWrite(page)) this.memory.tear(page, four, left);
  }
}
