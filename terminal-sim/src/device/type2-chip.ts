import { type Chip, FACTORY_CONTENT, PAGE_BYTES, type2 } from "@cachet/card-layout";
import type { TornPage } from "./mishap.ts";

/** Pages in all, CC of page 3 and GET_VERSION answer (NXP data sheets NTAG213_215_216 and MF0ULX1). */
const CHIPS: Readonly<Record<Chip, { pages: number; cc: readonly number[]; version: readonly number[] }>> = {
  NTAG213: { pages: 45, cc: [0xe1, 0x10, 0x12, 0], version: [0, 4, 4, 2, 1, 0, 0x0f, 3] },
  NTAG215: { pages: 135, cc: [0xe1, 0x10, 0x3e, 0], version: [0, 4, 4, 2, 1, 0, 0x11, 3] },
  NTAG216: { pages: 231, cc: [0xe1, 0x10, 0x6d, 0], version: [0, 4, 4, 2, 1, 0, 0x13, 3] },
  MF0UL11: { pages: 20, cc: [0, 0, 0, 0], version: [0, 4, 3, 1, 1, 0, 0x0b, 3] },
  MF0UL21: { pages: 41, cc: [0, 0, 0, 0], version: [0, 4, 3, 1, 1, 0, 0x0e, 3] },
};
const NAK_ARGUMENT = Uint8Array.of(0x00);
const ACKED = Uint8Array.of(type2.ACK);
const CASCADE_TAG = 0x88;

/** The memory of a Type 2 chip. Keeps what it holds when it leaves the field. */
export class Type2Chip {
  readonly chip: Chip;
  readonly uid: Uint8Array;
  private readonly memory: Uint8Array;

  constructor(chip: Chip, uid: Uint8Array) {
    if (uid.length !== 7) throw new RangeError(`a Type 2 UID has 7 bytes, not ${uid.length}`);
    this.chip = chip;
    this.uid = uid.slice();
    this.memory = new Uint8Array(CHIPS[chip].pages * PAGE_BYTES);
    const [u0, u1, u2, u3, u4, u5, u6] = uid as unknown as [number, number, number, number, number, number, number];
    this.memory.set([u0, u1, u2, CASCADE_TAG ^ u0 ^ u1 ^ u2, u3, u4, u5, u6, u3 ^ u4 ^ u5 ^ u6]);
    this.memory.set(CHIPS[chip].cc, 3 * PAGE_BYTES);
    if (chip.startsWith("NTAG")) this.memory.set(FACTORY_CONTENT[chip === "NTAG213" ? 0 : 1]!, 4 * PAGE_BYTES);
  }

  /** The whole memory: what a dump tool sees. */
  dump(): Uint8Array {
    return this.memory.slice();
  }

  /** Writes a dump back over the user pages, as a holder with a phone can. */
  restore(dump: Uint8Array): void {
    this.memory.set(dump.subarray(4 * PAGE_BYTES), 4 * PAGE_BYTES);
  }

  /** Executes a command. Unknown ones and bad addresses get a NAK. */
  execute(command: Uint8Array): Uint8Array {
    const [code, first = 0, last = 0] = command as unknown as [number, number?, number?];
    const pages = this.memory.length / PAGE_BYTES;
    if (code === 0x60) return Uint8Array.from(CHIPS[this.chip].version);
    if (code === 0x30 && first < pages) {
      const wrapped = new Uint8Array(2 * this.memory.length);
      wrapped.set(this.memory);
      wrapped.set(this.memory, this.memory.length);
      return wrapped.slice(first * PAGE_BYTES, first * PAGE_BYTES + type2.READ_BYTES);
    }
    if (code === 0x3a && first <= last && last < pages) {
      return this.memory.slice(first * PAGE_BYTES, (last + 1) * PAGE_BYTES);
    }
    if (code === 0xa2 && command.length === 6) return this.write(first, command.subarray(2));
    return NAK_ARGUMENT;
  }

  private isLocked(page: number): boolean {
    if (page < 3 || page > 15) return page < 2;
    const bits = this.memory[10]! | (this.memory[11]! << 8);
    return ((bits >> page) & 1) === 1;
  }

  private write(page: number, four: Uint8Array): Uint8Array {
    if (page >= this.memory.length / PAGE_BYTES || this.isLocked(page)) return NAK_ARGUMENT;
    const at = page * PAGE_BYTES;
    if (page === 2) for (const i of [2, 3]) this.memory[at + i]! |= four[i]!;
    else if (page === 3) for (const i of [0, 1, 2, 3]) this.memory[at + i]! |= four[i]!;
    else this.memory.set(four, at);
    return ACKED;
  }

  /** Executes a write that is cut in the middle: the page becomes what the tear leaves. User pages only. */
  tear(command: Uint8Array, left: TornPage): void {
    const page = command[1]!;
    if (command[0] !== 0xa2 || page < 4 || this.isLocked(page)) return;
    const at = page * PAGE_BYTES;
    const wanted = command.subarray(2);
    const old = this.memory.slice(at, at + PAGE_BYTES);
    const bytes = {
      old,
      new: wanted,
      zero: new Uint8Array(PAGE_BYTES),
      // Erase clears bits before programming sets them: each bit may already be either.
      mixed: wanted.map((byte, i) => (byte & 0xa5) | (old[i]! & 0x5a)),
    }[left];
    this.memory.set(bytes, at);
  }
}
