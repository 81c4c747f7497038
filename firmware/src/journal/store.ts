import { sameBytes } from "@cachet/card-layout";
import type { StoredFile } from "../hal/index.ts";
import { decodeCbor, encodeCbor, isFormatError } from "../wire/index.ts";
import { carriedEntries } from "./book-checkpoint.ts";
import { JournalDamaged, JournalFailed } from "./damage.ts";
import { contentAt, ENTRY_BYTES_MAX, FRAME_BYTES, frame, isCutAppend, sizeAt } from "./frames.ts";
import {
  encodeHeader,
  HEADER_BEGIN_BYTES,
  type HeaderFacts,
  type JournalHeader,
  newHeader,
  readHeader,
} from "./header.ts";
import { Marks, marksFit } from "./marks.ts";
import { NumberTable } from "./number-table.ts";

/** First byte of an entry: a CBOR array of six. Marks are a map of one to three keys. */
const ENTRY_START = 0x86;
const MARKS_START = 0xa1;
const MARKS_END = 0xa3;

/** Where entries stand in a file, and the marks that count. */
interface Frames {
  readonly marks: Marks;
  /** Where the frame of each kept entry begins, the first one's first. */
  readonly starts: NumberTable;
  /** Where the last whole frame ends. */
  readonly end: number;
}

/** A file taken apart. */
interface Content extends Frames {
  readonly header: JournalHeader;
  readonly headerEnd: number;
}

/** What a checkpoint says of the file that it belongs to: the store goes on from there without reading what stands before. */
export interface StorePoint {
  /** The header, without what the entries that were dropped added up to. */
  readonly first: number;
  readonly previous: Uint8Array;
  readonly image: Uint8Array;
  /** The first bytes of the file, the CRC-32 of its header among them. */
  readonly begin: Uint8Array;
  readonly headerEnd: number;
  readonly marks: Marks;
  /** Where entries begin, as `NumberTable` writes it. */
  readonly starts: Uint8Array;
}

function marksOf(content: Uint8Array, at: number, next: number): Marks {
  try {
    return Marks.decode(decodeCbor(content), "marks");
  } catch (error) {
    if (isFormatError(error)) throw new JournalDamaged(next, at, `marks before it: ${error.message}`);
    throw error;
  }
}

/** Goes on with the frames of bytes that stand at `offset` in the file. Throws `JournalDamaged`, but not for what one cut append leaves at the end. */
function readFrames(bytes: Uint8Array, offset: number, first: number, before: Omit<Frames, "end">): Frames {
  const { starts } = before;
  let { marks } = before;
  let at = 0;
  while (at < bytes.length) {
    const content = contentAt(bytes, at);
    if (content === null) break;
    const next = first + starts.length;
    const start = content[0]!;
    if (start === ENTRY_START) starts.push(offset + at);
    else if (start >= MARKS_START && start <= MARKS_END) marks = marksOf(content, offset + at, next);
    else throw new JournalDamaged(next, offset + at, "neither an entry nor marks");
    at += FRAME_BYTES + content.length;
  }
  const last = first + starts.length - 1;
  if (at < bytes.length && !isCutAppend(bytes, at)) {
    throw new JournalDamaged(last + 1, offset + at, "not a whole entry, and more follows");
  }
  if (!marksFit(marks, first, last)) throw new JournalDamaged(0, 0, "marks beyond the entries that it keeps");
  return { marks, starts, end: offset + at };
}

/** Takes a file apart. Throws `JournalDamaged`, but not for what one cut append leaves at the end. */
function takeApart(bytes: Uint8Array, root: Uint8Array): Content {
  const { header, end: headerEnd } = readHeader(bytes);
  if (!sameBytes(header.root, root)) throw new JournalDamaged(0, 0, "it belongs to another terminal");
  const before = { marks: header.marks, starts: new NumberTable(4) };
  return { header, headerEnd, ...readFrames(bytes.subarray(headerEnd), headerEnd, header.first, before) };
}

/**
 * The journal's file: header, then a frame for each entry kept, and one for the marks each time they change; the last ones
 * count. Appended to, and written anew where entries are dropped. A cut append leaves part of one frame at the end, perhaps
 * with zeros where the rest was to go: it is dropped at load.
 */
export class JournalStore {
  readonly root: Uint8Array;
  private readonly file: StoredFile;
  private begin: HeaderFacts;
  private current: Marks;
  private starts: NumberTable;
  private headerEnd: number;
  private used: number;
  /** What was read of the file at the start, until `forget`: its bytes from `at` on. */
  private read: { readonly at: number; readonly bytes: Uint8Array } | null;
  /** Dropped entries that the header carries, once somebody asked for one. */
  private carried: Map<number, Uint8Array> | null = null;
  private failed = false;

  private constructor(
    file: StoredFile,
    root: Uint8Array,
    begin: HeaderFacts,
    { headerEnd, marks, starts, end }: Frames & { readonly headerEnd: number },
    read: { readonly at: number; readonly bytes: Uint8Array },
  ) {
    this.file = file;
    this.root = root;
    this.begin = begin;
    this.current = marks;
    this.starts = starts;
    this.headerEnd = headerEnd;
    this.used = end;
    this.read = read;
  }

  /**
   * Reads the file, or begins it where it was never written, and drops what a cut append left at its end. `root` says whose
   * journal it must be. Throws `JournalDamaged` on any other damage, and drops nothing then.
   */
  static async load(file: StoredFile, root: Uint8Array): Promise<JournalStore> {
    let bytes = await file.read();
    if (bytes.length === 0) {
      bytes = encodeHeader(newHeader(root));
      await file.replace(bytes);
    }
    const content = takeApart(bytes, root);
    if (content.end < bytes.length) await file.truncate(content.end);
    return new JournalStore(file, root, content.header, content, { at: 0, bytes });
  }

  /**
   * As `load`, but reads only what stands behind a point of the file that was read before. `isLast` says whether an entry is the last one
   * before that point. Null where the file is not the one that the point belongs to, or something is wrong with it: nothing was changed then.
   */
  static async resume(
    file: StoredFile,
    root: Uint8Array,
    point: StorePoint,
    isLast: (stored: Uint8Array) => boolean,
  ): Promise<JournalStore | null> {
    const { first, previous, image, begin, headerEnd, marks } = point;
    if (!sameBytes(file.part(0, begin.length), begin)) return null;
    const starts = new NumberTable(4, point.starts);
    // The last entry is read again: nothing is cut off a file whose frames do not stand where the point says.
    const at = starts.pop() ?? headerEnd;
    const size = file.size();
    const bytes = file.part(at, size);
    if (at !== headerEnd) {
      const content = contentAt(bytes, 0);
      if (content === null || !isLast(content)) return null;
    }
    try {
      const frames = readFrames(bytes, at, first, { marks, starts });
      if (frames.end < size) await file.truncate(frames.end);
      return new JournalStore(file, root, { first, previous, image }, { headerEnd, ...frames }, { at, bytes });
    } catch (error) {
      if (error instanceof JournalDamaged) return null;
      throw error;
    }
  }

  /** Where the file stands: what `resume` takes. */
  point(): StorePoint {
    const { headerEnd, current: marks } = this;
    const { first, previous, image } = this.begin;
    const begin = this.file.part(0, HEADER_BEGIN_BYTES);
    return { first, previous, image, begin, headerEnd, marks, starts: this.starts.written() };
  }

  /** Lets go of what was read at the start: from now on entries are read off the file. */
  forget(): void {
    this.read = null;
  }

  /** What the header says of the entries before the first one. */
  get facts(): HeaderFacts {
    return this.begin;
  }

  /** The whole header, as it stands in the file. Throws `JournalDamaged`. */
  header(): JournalHeader {
    return readHeader(this.bytesAt(0, this.headerEnd)).header;
  }

  get marks(): Marks {
    return this.current;
  }

  /** Number of the first entry kept; one more than `last` where none is. */
  get first(): number {
    return this.begin.first;
  }

  /** Number of the last entry: how many were ever stored. */
  get last(): number {
    return this.first + this.starts.length - 1;
  }

  /** Size of the file. */
  get bytes(): number {
    return this.used;
  }

  /** Bytes between the header and the frame of entry `number`, which is kept or the next one to come: what a drop up to it frees at most. */
  bytesBefore(number: number): number {
    return (this.starts.at(number - this.first) ?? this.used) - this.headerEnd;
  }

  private bytesAt(from: number, to: number): Uint8Array {
    const { read, file } = this;
    if (read === null || from < read.at || to > read.at + read.bytes.length) return file.part(from, to);
    return read.bytes.subarray(from - read.at, to - read.at);
  }

  /** The bytes of an entry that is kept, or carried by the header. Throws `JournalDamaged` where the file has something else there by now. */
  entry(number: number): Uint8Array {
    const at = this.starts.at(number - this.first);
    if (at === undefined) return this.carriedEntry(number);
    // Marks may stand between it and the next one.
    const content = contentAt(this.bytesAt(at, this.starts.at(number - this.first + 1) ?? this.used), 0);
    if (content?.[0] !== ENTRY_START) throw new JournalDamaged(number, at, "not the entry that was there");
    return content.slice();
  }

  private carriedEntry(number: number): Uint8Array {
    this.carried ??= carriedEntries(this.header().book);
    const carried = this.carried.get(number);
    if (carried === undefined) throw new RangeError(`journal has no entry ${number}`);
    return carried.slice();
  }

  /**
   * Durable once it resolves. When the file refuses, nothing more can be appended before the journal is loaded again:
   * part of this entry may be there, and what follows it would not be found.
   */
  async append(stored: Uint8Array): Promise<void> {
    if (stored[0] !== ENTRY_START || stored.length > ENTRY_BYTES_MAX) {
      throw new RangeError(`not an entry: ${stored.length} bytes`);
    }
    const start = this.used;
    await this.appendFrame(stored);
    this.starts.push(start);
  }

  /** Stores how far the journal has got. As `append`. */
  async mark(marks: Marks): Promise<void> {
    if (!marksFit(marks, this.first, this.last)) throw new RangeError("marks beyond the entries that are kept");
    await this.appendFrame(encodeCbor(Marks.encode(marks)));
    this.current = marks;
  }

  private async appendFrame(content: Uint8Array): Promise<void> {
    const bytes = frame(content);
    await this.write(() => this.file.append(bytes));
    this.used += bytes.length;
  }

  private async write(change: () => Promise<void>): Promise<void> {
    if (this.failed) throw new JournalFailed();
    try {
      await change();
    } catch (error) {
      this.failed = true;
      throw error;
    }
  }

  /** The file as it would be with another header: what stands before `header.first` is left out. */
  rewritten(header: JournalHeader): Uint8Array {
    const { starts, first, used } = this;
    if (header.first < first || header.first > this.last + 1) throw new RangeError(`no entry ${header.first}`);
    const begin = encodeHeader(header);
    const from = starts.at(header.first - first) ?? used;
    const kept = this.bytesAt(from, used);
    const bytes = new Uint8Array(begin.length + kept.length);
    bytes.set(begin);
    let end = begin.length;
    // Marks stand in the header by then.
    for (let place = header.first - first; place < starts.length; place += 1) {
      const at = starts.at(place)! - from;
      const whole = kept.subarray(at, at + FRAME_BYTES + sizeAt(kept, at));
      bytes.set(whole, end);
      end += whole.length;
    }
    return bytes.subarray(0, end);
  }

  /** Writes what `rewritten` gave in the place of the file, whole or not at all. It is read through before a byte is written. */
  async replace(bytes: Uint8Array): Promise<void> {
    const content = takeApart(bytes, this.root);
    if (content.end !== bytes.length) throw new RangeError("not a whole journal");
    await this.write(() => this.file.replace(bytes));
    const { first, previous, image } = content.header;
    this.begin = { first, previous, image };
    this.starts = content.starts;
    this.headerEnd = content.headerEnd;
    this.used = content.end;
    this.current = content.marks;
    this.read = null;
    this.carried = null;
  }
}
