import { sameBytes } from "@cachet/card-layout";
import type { StoredFile } from "../hal/index.ts";
import { decodeCbor, encodeCbor, isFormatError } from "../wire/index.ts";
import { carriedEntries } from "./book-checkpoint.ts";
import { JournalDamaged, JournalFailed } from "./damage.ts";
import { contentAt, ENTRY_BYTES_MAX, FRAME_BYTES, frame, isCutAppend, sizeAt } from "./frames.ts";
import { encodeHeader, type JournalHeader, newHeader, readHeader } from "./header.ts";
import { Marks, marksFit } from "./marks.ts";

/** First byte of an entry: a CBOR array of six. Marks are a map of one to three keys. */
const ENTRY_START = 0x86;
const MARKS_START = 0xa1;
const MARKS_END = 0xa3;

/** A file taken apart. */
interface Content {
  readonly header: JournalHeader;
  readonly marks: Marks;
  /** Where the frame of each kept entry begins, the first one's first. */
  readonly starts: number[];
  /** Where the header ends, and the last whole frame. */
  readonly headerEnd: number;
  readonly end: number;
}

function marksOf(content: Uint8Array, at: number, next: number): Marks {
  try {
    return Marks.decode(decodeCbor(content), "marks");
  } catch (error) {
    if (isFormatError(error)) throw new JournalDamaged(next, at, `marks before it: ${error.message}`);
    throw error;
  }
}

/** Takes a file apart. Throws `JournalDamaged`, but not for what one cut append leaves at the end. */
function takeApart(bytes: Uint8Array, root: Uint8Array): Content {
  const { header, end: headerEnd } = readHeader(bytes);
  if (!sameBytes(header.root, root)) throw new JournalDamaged(0, 0, "it belongs to another terminal");
  const starts: number[] = [];
  let marks = header.marks;
  let at = headerEnd;
  while (at < bytes.length) {
    const content = contentAt(bytes, at);
    if (content === null) break;
    const next = header.first + starts.length;
    const start = content[0]!;
    if (start === ENTRY_START) starts.push(at);
    else if (start >= MARKS_START && start <= MARKS_END) marks = marksOf(content, at, next);
    else throw new JournalDamaged(next, at, "neither an entry nor marks");
    at += FRAME_BYTES + content.length;
  }
  const last = header.first + starts.length - 1;
  if (at < bytes.length && !isCutAppend(bytes, at)) {
    throw new JournalDamaged(last + 1, at, "not a whole entry, and more follows");
  }
  if (!marksFit(marks, header.first, last)) throw new JournalDamaged(0, 0, "marks beyond the entries that it keeps");
  return { header, marks, starts, headerEnd, end: at };
}

/**
 * The journal's file: header, then a frame for each entry kept, and one for the marks each time they change; the last ones
 * count. Appended to, and written anew where entries are dropped. A cut append leaves part of one frame at the end, perhaps
 * with zeros where the rest was to go: it is dropped at load.
 */
export class JournalStore {
  private readonly file: StoredFile;
  /** The file's bytes, held once; the first `used` of them count. */
  private held: Uint8Array;
  private used: number;
  private content: Content;
  private current: Marks;
  /** Dropped entries that the header carries. */
  private carried: Map<number, Uint8Array>;
  private failed = false;

  private constructor(file: StoredFile, bytes: Uint8Array, content: Content) {
    this.file = file;
    this.held = bytes;
    this.used = bytes.length;
    this.content = content;
    this.current = content.marks;
    this.carried = carriedEntries(content.header.book);
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
    if (content.end < bytes.length) {
      await file.truncate(content.end);
      bytes = bytes.slice(0, content.end);
    }
    return new JournalStore(file, bytes, content);
  }

  get header(): JournalHeader {
    return this.content.header;
  }

  get marks(): Marks {
    return this.current;
  }

  /** Number of the first entry kept; one more than `last` where none is. */
  get first(): number {
    return this.content.header.first;
  }

  /** Number of the last entry: how many were ever stored. */
  get last(): number {
    return this.first + this.content.starts.length - 1;
  }

  /** Size of the file. */
  get bytes(): number {
    return this.used;
  }

  /** Bytes between the header and the frame of entry `number`, which is kept or the next one to come: what a drop up to it frees at most. */
  bytesBefore(number: number): number {
    return (this.content.starts[number - this.first] ?? this.used) - this.content.headerEnd;
  }

  /** The bytes of an entry that is kept, or carried by the header. */
  entry(number: number): Uint8Array {
    const at = this.content.starts[number - this.first];
    if (at !== undefined) return this.held.slice(at + FRAME_BYTES, at + FRAME_BYTES + sizeAt(this.held, at));
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
    this.content.starts.push(start);
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
    this.hold(bytes);
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

  /** Adds to the bytes that are held. They grow by an eighth, so that little room lies idle and little is copied. */
  private hold(bytes: Uint8Array): void {
    const needed = this.used + bytes.length;
    if (needed > this.held.length) {
      const grown = new Uint8Array(needed + 16_384 + (needed >> 3));
      grown.set(this.held.subarray(0, this.used));
      this.held = grown;
    }
    this.held.set(bytes, this.used);
    this.used = needed;
  }

  /** The file as it would be with another header: what stands before `header.first` is left out. */
  rewritten(header: JournalHeader): Uint8Array {
    const { starts } = this.content;
    if (header.first < this.first || header.first > this.last + 1) throw new RangeError(`no entry ${header.first}`);
    const begin = encodeHeader(header);
    const kept = starts.slice(header.first - this.first);
    const size = kept.reduce((sum, at) => sum + FRAME_BYTES + sizeAt(this.held, at), begin.length);
    const bytes = new Uint8Array(size);
    bytes.set(begin);
    let end = begin.length;
    for (const at of kept) {
      const whole = this.held.subarray(at, at + FRAME_BYTES + sizeAt(this.held, at));
      bytes.set(whole, end);
      end += whole.length;
    }
    return bytes;
  }

  /** Writes what `rewritten` gave in the place of the file, whole or not at all. It is read through before a byte is written. */
  async replace(bytes: Uint8Array): Promise<void> {
    const content = takeApart(bytes, this.header.root);
    if (content.end !== bytes.length) throw new RangeError("not a whole journal");
    await this.write(() => this.file.replace(bytes));
    this.held = bytes;
    this.used = bytes.length;
    this.content = content;
    this.current = content.marks;
    this.carried = carriedEntries(content.header.book);
  }
}
