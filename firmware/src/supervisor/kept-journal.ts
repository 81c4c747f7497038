import { sameBytes } from "@cachet/card-layout";
import { StorageFault, type StoredFile } from "../hal/index.ts";
import {
  agedDrop,
  bookBehind,
  bookFrom,
  bookOfState,
  encodeCheckpoint,
  headerAfter,
  type IntentBook,
  isTight,
  JournalDamaged,
  type JournalSize,
  JournalStore,
  neededDrop,
  RefusalCount,
  readCheckpoint,
  roomLeft,
  stateOf,
  type VisitsRead,
} from "../journal/index.ts";
import {
  decodeEntry,
  type Entry,
  type EntryBody,
  encodeEntry,
  entryHash,
  isFormatError,
  type Provisioned,
} from "../wire/index.ts";
import { sha256 } from "./crypto.ts";

/** The image that ran from an entry on. */
interface Start {
  readonly from: number;
  readonly image: Uint8Array;
}

/** What the entries of a journal add up to, beside the store. */
interface Known {
  readonly book: IntentBook;
  readonly head: Uint8Array;
  readonly images: readonly Start[];
  readonly refusals: RefusalCount;
}

/** The journal's own file, and the one of its checkpoint. */
export interface JournalFiles {
  readonly journal: StoredFile;
  readonly checkpoint: StoredFile;
}

/** Entries behind the checkpoint that are worth a new one: reading them again takes a start some milliseconds. */
const CHECKPOINT_ENTRIES = 256;

/** The book that the journal's header remembers. Throws `JournalDamaged`. */
function headerBook(store: JournalStore): IntentBook {
  try {
    return bookFrom(store.header().book);
  } catch (error) {
    if (isFormatError(error) || error instanceof RangeError) throw new JournalDamaged(0, 0, error.message);
    throw error;
  }
}

/** Reads visits off a journal. */
function visitsIn(store: JournalStore): VisitsRead {
  const visitAt = (number: number) => {
    const entry = decodeEntry(store.entry(number));
    if ((entry.kind !== "intent" && entry.kind !== "account") || entry.number !== number)
      throw new RangeError(`entry ${number} is no visit`);
    return entry;
  };
  return {
    intent(number) {
      const { kind, body } = visitAt(number);
      if (kind !== "intent") throw new RangeError(`entry ${number} is no intent`);
      return body;
    },
    programmes: (number) => visitAt(number).body.areas.map(({ programme }) => programme),
  };
}

/** When something is stored, by the terminal's clock. */
export interface EntryTime {
  readonly utc: number;
  readonly offset: number;
}

/**
 * The journal with everything that its entries add up to: the chain's head, the book of intents, the images that ran, refusals
 * of the day. One write at a time: the caller sees to that.
 */
export class KeptJournal {
  readonly store: JournalStore;
  readonly size: JournalSize;
  private readonly files: JournalFiles;
  readonly refusals: RefusalCount;
  private currentBook: IntentBook;
  private currentHead: Uint8Array;
  private starts: Start[];
  /** SHA-256 of the last list that was taken, and the last provision as it was noted; null where no kept entry tells. */
  lastList: Uint8Array | null = null;
  lastProvision: Provisioned | null = null;
  /** A drop up to here was not worth it. */
  private idleDrop = 0;
  /** The last entry that the checkpoint took in; 0 where it is of no use. */
  private checkpointTo = 0;

  private constructor(files: JournalFiles, store: JournalStore, size: JournalSize, known: Known) {
    this.files = files;
    this.store = store;
    this.size = size;
    this.currentBook = known.book;
    this.currentHead = known.head;
    this.starts = [...known.images];
    this.refusals = known.refusals;
  }

  /**
   * Loads the journal of a root: from its checkpoint and the entries behind it, or, where that is of no use, from every entry. Throws
   * `JournalDamaged`, or a format error of an entry.
   */
  static async load(files: JournalFiles, root: Uint8Array, size: JournalSize): Promise<KeptJournal> {
    const journal = (await KeptJournal.resume(files, root, size)) ?? (await KeptJournal.readWhole(files, root, size));
    journal.store.forget();
    return journal;
  }

  private static async readWhole(files: JournalFiles, root: Uint8Array, size: JournalSize): Promise<KeptJournal> {
    const store = await JournalStore.load(files.journal, root);
    const { first, previous, image } = store.facts;
    const refusals = new RefusalCount();
    const known = { book: headerBook(store), head: previous, images: [{ from: first - 1, image }], refusals };
    const journal = new KeptJournal(files, store, size, known);
    for (let number = store.first; number <= store.last; number += 1) journal.readBack(number);
    return journal;
  }

  private static async resume(files: JournalFiles, root: Uint8Array, size: JournalSize): Promise<KeptJournal | null> {
    const read = readCheckpoint(await files.checkpoint.read(), sha256);
    if (read === null || !sameBytes(read.checkpoint.root, root)) return null;
    const { images, head, book: state, refusals, lastList, lastProvision, ...point } = read.checkpoint;
    const isHead = (stored: Uint8Array) => sameBytes(entryHash(sha256, stored), head);
    const store = await JournalStore.resume(files.journal, root, point, isHead);
    if (store === null) return null;
    try {
      const book = bookOfState(state, read.cards, visitsIn(store));
      const known = { book, head, images, refusals: new RefusalCount(refusals) };
      const journal = new KeptJournal(files, store, size, known);
      journal.lastList = lastList ?? null;
      journal.lastProvision = lastProvision ?? null;
      journal.checkpointTo = point.first - 1 + point.starts.length / 4;
      for (let number = journal.checkpointTo + 1; number <= store.last; number += 1) journal.readBack(number);
      return journal;
    } catch (error) {
      // Whatever it is, the whole journal tells it better.
      if (isFormatError(error) || error instanceof RangeError || error instanceof JournalDamaged) return null;
      throw error;
    }
  }

  /** Whether so much stands behind the checkpoint that a start would take long. */
  get isCheckpointDue(): boolean {
    return this.store.last - this.checkpointTo >= CHECKPOINT_ENTRIES;
  }

  /** Writes a checkpoint of the journal as it stands. A storage that refuses it keeps the one before: nothing is lost by it. */
  async checkpoint(utc: number): Promise<void> {
    const { store, lastList, lastProvision } = this;
    const book = stateOf(this.currentBook, utc);
    const kept = this.currentBook.memory().cards;
    const content = {
      root: store.root,
      ...store.point(),
      head: this.head,
      images: this.starts,
      ...(lastList === null ? {} : { lastList }),
      ...(lastProvision === null ? {} : { lastProvision }),
      refusals: this.refusals.ofDay(),
      book,
    };
    const { file, cards } = encodeCheckpoint(content, kept, sha256);
    try {
      await this.files.checkpoint.replace(file);
    } catch (error) {
      if (error instanceof StorageFault) return;
      throw error;
    }
    this.checkpointTo = store.last;
    // Cards and visits of before need no more memory than after a start.
    this.currentBook = bookOfState(book, cards, visitsIn(store));
  }

  private readBack(number: number): void {
    const stored = this.store.entry(number);
    const entry = decodeEntry(stored);
    if (entry.number !== number || !sameBytes(entry.previous, this.head)) {
      throw new JournalDamaged(number, 0, "it does not follow the entry before it");
    }
    this.takeIn(entry, stored);
  }

  private takeIn(entry: Entry, stored: Uint8Array): void {
    this.currentBook.take(entry);
    this.refusals.take(entry);
    if (entry.kind === "list-change" && entry.body.reason === undefined) this.lastList = entry.body.list;
    if (entry.kind === "provisioned") this.lastProvision = entry.body;
    if (entry.kind === "power-up" && !sameBytes(this.starts.at(-1)!.image, entry.body.image)) {
      this.starts.push({ from: entry.number, image: entry.body.image });
    }
    this.currentHead = entryHash(sha256, stored);
  }

  get book(): IntentBook {
    return this.currentBook;
  }

  /** Hash of the last entry. */
  get head(): Uint8Array {
    return this.currentHead;
  }

  /** Hash of an entry that is kept, or of the last one that was dropped. */
  hashOf(number: number): Uint8Array {
    const { first, previous } = this.store.facts;
    return number < first ? previous : entryHash(sha256, this.store.entry(number));
  }

  /** Hash of the image that ran at an entry; zeros where no start was noted. */
  imageAt(number: number): Uint8Array {
    return this.starts.findLast(({ from }) => from <= number)!.image;
  }

  /**
   * Gives an entry its number and previous hash, and stores it. Durable once it resolves. `body`: its body in bytes, where it came so: read
   * strictly, nothing else is written for it.
   */
  async append(content: EntryBody, { utc, offset }: EntryTime, body?: Uint8Array): Promise<number> {
    const entry = { number: this.store.last + 1, utc, offset, previous: this.head, ...content } as Entry;
    const stored = encodeEntry(entry, body);
    await this.store.append(stored);
    this.takeIn(entry, stored);
    return entry.number;
  }

  /** What there is no room for; null where both fit. */
  lacking(entries: number, bytes: number): { readonly entries: boolean; readonly bytes: boolean } | null {
    const room = roomLeft(this.store, this.size, this.book.openAreas());
    const lacks = { entries: room.entries < entries, bytes: room.bytes < bytes };
    return lacks.entries || lacks.bytes ? lacks : null;
  }

  /**
   * Whether there is room for so much more; drops released entries where there is not. What was released a month ago goes
   * first, as soon as the file takes nine tenths of its room.
   */
  async makeRoom(entries: number, bytes: number, utc: number): Promise<boolean> {
    const { store, size } = this;
    if (isTight(store, size)) await this.drop(agedDrop(store, size, utc), utc);
    for (;;) {
      const lacks = this.lacking(entries, bytes);
      if (lacks === null) return true;
      if (!(await this.drop(neededDrop(store, size, utc, lacks), utc))) return false;
    }
  }

  /** Drops entries up to `to`; false where there are none, or where that would only fill the file. */
  private async drop(to: number, utc: number): Promise<boolean> {
    const { store, size } = this;
    if (to < store.first || to === this.idleDrop) return false;
    const image = this.imageAt(to);
    const header = headerAfter(store, { to, hash: this.hashOf(to), image }, utc);
    const file = store.rewritten(header);
    if (file.length >= store.bytes && 10 * file.length >= 9 * size.bytes) {
      this.idleDrop = to;
      return false;
    }
    const book = bookBehind(header, store);
    await store.replace(file);
    this.currentBook = book;
    this.starts = [{ from: to, image }, ...this.starts.filter(({ from }) => from > to)];
    this.checkpointTo = 0;
    return true;
  }
}
