import { sameBytes } from "@cachet/card-layout";
import type { StoredFile } from "../hal/index.ts";
import {
  agedDrop,
  bookBehind,
  bookFrom,
  headerAfter,
  type IntentBook,
  isTight,
  JournalDamaged,
  type JournalSize,
  JournalStore,
  neededDrop,
  RefusalCount,
  roomLeft,
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
  readonly refusals = new RefusalCount();
  private currentBook: IntentBook;
  private currentHead: Uint8Array;
  private starts: Start[];
  /** SHA-256 of the last list that was taken, and the last provision as it was noted; null where no kept entry tells. */
  lastList: Uint8Array | null = null;
  lastProvision: Provisioned | null = null;
  /** A drop up to here was not worth it. */
  private idleDrop = 0;

  private constructor(store: JournalStore, size: JournalSize) {
    const { book, previous, first, image } = store.header;
    this.store = store;
    this.size = size;
    this.currentBook = bookFrom(book);
    this.currentHead = previous;
    this.starts = [{ from: first - 1, image }];
  }

  /** Loads the journal of a root and reads it through. Throws `JournalDamaged`, or a format error of an entry. */
  static async load(file: StoredFile, root: Uint8Array, size: JournalSize): Promise<KeptJournal> {
    const store = await JournalStore.load(file, root);
    const journal = KeptJournal.over(store, size);
    for (let number = store.first; number <= store.last; number += 1) journal.readBack(number);
    return journal;
  }

  private static over(store: JournalStore, size: JournalSize): KeptJournal {
    try {
      return new KeptJournal(store, size);
    } catch (error) {
      if (isFormatError(error) || error instanceof RangeError) throw new JournalDamaged(0, 0, error.message);
      throw error;
    }
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
    if (entry.kind === "power-up") this.starts.push({ from: entry.number, image: entry.body.image });
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
    const { first, previous } = this.store.header;
    return number < first ? previous : entryHash(sha256, this.store.entry(number));
  }

  /** Hash of the image that ran at an entry; zeros where no start was noted. */
  imageAt(number: number): Uint8Array {
    return this.starts.findLast(({ from }) => from <= number)!.image;
  }

  /** Gives an entry its number and previous hash, and stores it. Durable once it resolves. */
  async append(content: EntryBody, { utc, offset }: EntryTime): Promise<number> {
    const entry = { number: this.store.last + 1, utc, offset, previous: this.head, ...content } as Entry;
    const stored = encodeEntry(entry);
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
    return true;
  }
}
