import { bigEndian, concat, readBigEndian } from "@cachet/card-layout";
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

/** An append failed earlier; the journal must be loaded again. */
export class JournalFailed extends Error {
  constructor() {
    super("an earlier entry could not be stored; the journal must be loaded again");
    this.name = "JournalFailed";
  }
}

function frame(stored: Uint8Array): Uint8Array {
  return concat(bigEndian(stored.length, LENGTH_BYTES), bigEndian(crc32(stored), 4), stored);
}

/** The entry of a whole frame at `at`, or null. */
function frameAt(bytes: Uint8Array, at: number): Uint8Array | null {
  if (at + FRAME_BYTES > bytes.length) return null;
  const size = readBigEndian(bytes, at, LENGTH_BYTES);
  if (size === 0 || size > ENTRY_BYTES_MAX || at + FRAME_BYTES + size > bytes.length) return null;
  const stored = bytes.slice(at + FRAME_BYTES, at + FRAME_BYTES + size);
  return crc32(stored) === readBigEndian(bytes, at + LENGTH_BYTES, 4) ? stored : null;
}

/** Whether the rest of a file can be what one cut append leaves: a part of one frame, and perhaps zeros behind it. */
function isCutAppend(bytes: Uint8Array, at: number): boolean {
  let end = bytes.length;
  while (end > at && bytes[end - 1] === 0) end -= 1;
  if (end - at > FRAME_BYTES + ENTRY_BYTES_MAX) return false;
  for (let behind = at + 1; behind < end; behind += 1) if (frameAt(bytes, behind) !== null) return false;
  return true;
}

/**
 * Stored entries in an append-only file. One frame each: length u32, CRC-32 u32, the entry's bytes; integers big-endian.
 * A cut append leaves part of one frame at the end, perhaps with zeros where the rest was to go: it is dropped at load.
 */
export class JournalStore {
  private readonly file: JournalFile;
  private readonly entries: Uint8Array[];
  private failed = false;

  private constructor(file: JournalFile, entries: Uint8Array[]) {
    this.file = file;
    this.entries = entries;
  }

  /** Reads the file and drops what a cut append left at its end. Throws `JournalDamaged` on any other damage, and drops nothing then. */
  static async load(file: JournalFile): Promise<JournalStore> {
    const bytes = await file.read();
    const entries: Uint8Array[] = [];
    let at = 0;
    while (at < bytes.length) {
      const stored = frameAt(bytes, at);
      if (stored === null) break;
      entries.push(stored);
      at += FRAME_BYTES + stored.length;
    }
    if (at < bytes.length) {
      if (!isCutAppend(bytes, at))
        throw new JournalDamaged(entries.length + 1, at, "not a whole entry, and more follows");
      await file.truncate(at);
    }
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

  /**
   * Durable once it resolves. When the file refuses, nothing more can be appended before the journal is loaded again:
   * part of this entry may be there, and what follows it would not be found.
   */
  async append(stored: Uint8Array): Promise<void> {
    if (stored.length === 0 || stored.length > ENTRY_BYTES_MAX)
      throw new RangeError(`an entry of ${stored.length} bytes`);
    if (this.failed) throw new JournalFailed();
    try {
      await this.file.append(frame(stored));
    } catch (error) {
      this.failed = true;
      throw error;
    }
    this.entries.push(stored);
  }
}
