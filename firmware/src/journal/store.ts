import { bigEndian, concat, isBlank, readBigEndian } from "@cachet/card-layout";
import type { JournalFile } from "../hal/index.ts";
import { crc32 } from "./crc32.ts";

const LENGTH_BYTES = 4;
const FRAME_BYTES = LENGTH_BYTES + 4;
/** Larger than any entry: a longer length is damage, not an entry. */
const ENTRY_BYTES_MAX = 16_384;

/** The journal's file holds something that no power cut leaves behind. Nothing was changed; the file must be looked at. */
export class JournalDamaged extends Error {
  readonly entry: number;
  readonly offset: number;
  constructor(entry: number, offset: number, problem: string) {
    super(`journal damaged at entry ${entry}, byte ${offset}: ${problem}`);
    this.name = "JournalDamaged";
    this.entry = entry;
    this.offset = offset;
  }
}

function frame(stored: Uint8Array): Uint8Array {
  return concat(bigEndian(stored.length, LENGTH_BYTES), bigEndian(crc32(stored), 4), stored);
}

/**
 * Stored entries in an append-only file. One frame each: length u32, CRC-32 u32, the entry's bytes; integers big-endian.
 * A cut append leaves a frame that does not end in the file, or that ends it with a wrong CRC, or zeros: it is dropped at load.
 */
export class JournalStore {
  private readonly file: JournalFile;
  private readonly entries: Uint8Array[];

  private constructor(file: JournalFile, entries: Uint8Array[]) {
    this.file = file;
    this.entries = entries;
  }

  /** Reads the file and drops what a cut append left at its end. Throws `JournalDamaged` on any other damage. */
  static async load(file: JournalFile): Promise<JournalStore> {
    const bytes = await file.read();
    const entries: Uint8Array[] = [];
    let at = 0;
    while (at < bytes.length) {
      const left = bytes.length - at;
      const size = left < LENGTH_BYTES ? 0 : readBigEndian(bytes, at, LENGTH_BYTES);
      if (left < FRAME_BYTES || FRAME_BYTES + size > left) {
        if (size > ENTRY_BYTES_MAX) throw new JournalDamaged(entries.length + 1, at, `entry of ${size} bytes`);
        break;
      }
      if (size === 0) {
        if (!isBlank(bytes.subarray(at))) throw new JournalDamaged(entries.length + 1, at, "entry of no bytes");
        break; // a file system may leave zeros where a cut append was to go
      }
      const stored = bytes.slice(at + FRAME_BYTES, at + FRAME_BYTES + size);
      if (crc32(stored) !== readBigEndian(bytes, at + LENGTH_BYTES, 4)) {
        if (FRAME_BYTES + size === left) break;
        throw new JournalDamaged(entries.length + 1, at, "checksum does not match");
      }
      entries.push(stored);
      at += FRAME_BYTES + size;
    }
    if (at < bytes.length) await file.truncate(at);
    return new JournalStore(file, entries);
  }

  get count(): number {
    return this.entries.length;
  }

  /** The bytes of entry `number`, 1 to `count`. */
  entry(number: number): Uint8Array {
    const stored = this.entries[number - 1];
    if (stored === undefined) throw new RangeError(`journal has no entry ${number}`);
    return stored;
  }

  /** Durable once it resolves. */
  async append(stored: Uint8Array): Promise<void> {
    if (stored.length > ENTRY_BYTES_MAX) throw new RangeError(`an entry of ${stored.length} bytes`);
    await this.file.append(frame(stored));
    this.entries.push(stored);
  }
}
