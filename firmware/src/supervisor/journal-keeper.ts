import { dayOf, sameBytes } from "@cachet/card-layout";
import {
  type CardHistory,
  type Clock,
  type JournalPort,
  type StoredFile,
  SYSTEM_ENTRY_BYTES_MAX,
} from "../hal/index.ts";
import {
  agedDrop,
  bookBehind,
  bookFrom,
  collected,
  FRAME_BYTES,
  headerAfter,
  type IntentBook,
  isNearlyFull,
  isTight,
  JOURNAL_SIZE,
  JournalDamaged,
  type JournalSize,
  JournalStore,
  type Marks,
  neededDrop,
  RefusalCount,
  released,
  releasedTo,
  roomLeft,
} from "../journal/index.ts";
import {
  areasFault,
  type ClockChange,
  decodeCbor,
  decodeEntry,
  type Ed25519Sign,
  type Entry,
  type EntryBody,
  encodeCbor,
  encodeEntry,
  entryHash,
  type ImageChange,
  Intent,
  isFormatError,
  journalRoot,
  type ListChange,
  type PowerUp,
  Provisioned,
  Refusal,
  sumsOf,
} from "../wire/index.ts";
import { type CollectedBatch, type RangeRefusal, rangeRefusal, sealBatch } from "./batch-seal.ts";
import { sha256 } from "./crypto.ts";

/** A frame of the journal has room for so long an intent and what the supervisor adds to it. */
const INTENT_BYTES_MAX = 16_000;
/** Number, kind, time and previous hash take less. */
const ENTRY_START_BYTES = 64;

/** How the journal stands. */
export interface JournalStatus {
  /** First entry kept, and last entry; `first` is one more where nothing is kept. */
  readonly first: number;
  readonly last: number;
  /** Entries up to these are collected, and released; 0 for none. */
  readonly collectedTo: number;
  readonly releasedTo: number;
  /** Entries that it may keep. */
  readonly capacity: number;
  /** Areas whose outcome is still to come. */
  readonly openAreas: number;
  /** What cannot be dropped takes nine tenths of the room: it is time to collect. */
  readonly isNearlyFull: boolean;
  /** Hash of the last entry. */
  readonly head: Uint8Array;
}

/**
 * What became of a mark. `unchanged`: that far it was already. Nothing was stored where there is no such entry, where its hash
 * is another one, or where entries before the range are not collected yet (`gap`).
 */
export type MarkOutcome = "marked" | "unchanged" | "no-such-entry" | "other-hash" | "gap";

/** The image that ran from an entry on. */
interface Start {
  readonly from: number;
  readonly image: Uint8Array;
}

/**
 * The one that writes the journal: gives every entry its number, time and previous hash, keeps room for what must
 * still be written, drops what was released, and seals ranges as batches.
 */
export class JournalKeeper implements JournalPort {
  private readonly store: JournalStore;
  private readonly clock: Clock;
  private readonly size: JournalSize;
  private book: IntentBook;
  private head: Uint8Array;
  private starts: Start[];
  private readonly refusals = new RefusalCount();
  /** SHA-256 of the last list that was taken, as far as the entries that are kept tell. */
  private lastList: Uint8Array | null = null;
  private lastProvision: Uint8Array | null = null;
  /** A drop up to here was not worth it. */
  private idleDrop = 0;
  /** The last write that was asked for: one at a time, each with its checks. */
  private writing: Promise<unknown> = Promise.resolve();

  private constructor(store: JournalStore, clock: Clock, size: JournalSize) {
    const { book, previous, first, image } = store.header;
    this.store = store;
    this.clock = clock;
    this.size = size;
    this.book = bookFrom(book);
    this.head = previous;
    this.starts = [{ from: first - 1, image }];
  }

  /** Loads the journal and reads it through. Throws `JournalDamaged`, or a format error of an entry. */
  static async load(
    file: StoredFile,
    clock: Clock,
    terminal: number,
    publicKey: Uint8Array,
    capacity = JOURNAL_SIZE.entries,
    bytesMax = JOURNAL_SIZE.bytes,
  ): Promise<JournalKeeper> {
    const store = await JournalStore.load(file, journalRoot(sha256, terminal, publicKey));
    const keeper = JournalKeeper.over(store, clock, { entries: capacity, bytes: bytesMax });
    for (let number = store.first; number <= store.last; number += 1) keeper.readBack(number);
    return keeper;
  }

  private static over(store: JournalStore, clock: Clock, size: JournalSize): JournalKeeper {
    try {
      return new JournalKeeper(store, clock, size);
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
    this.book.take(entry);
    this.refusals.take(entry);
    if (entry.kind === "list-change" && entry.body.reason === undefined) this.lastList = entry.body.list;
    if (entry.kind === "provisioned") this.lastProvision = encodeCbor(Provisioned.encode(entry.body));
    if (entry.kind === "power-up") this.starts.push({ from: entry.number, image: entry.body.image });
    this.head = entryHash(sha256, stored);
  }

  /** Number of the last entry: how many were ever stored. */
  get count(): number {
    return this.store.last;
  }

  status(): JournalStatus {
    const { first, last, marks } = this.store;
    return {
      first,
      last,
      collectedTo: marks.collectedTo,
      releasedTo: releasedTo(marks),
      capacity: this.size.entries,
      openAreas: this.book.openAreas(),
      isNearlyFull: isNearlyFull(this.store, this.size, this.book.oldestOpen()),
      head: this.head,
    };
  }

  /** Does writes one after the other, however many are asked for at once. */
  private inTurn<T>(write: () => Promise<T>): Promise<T> {
    const done = this.writing.then(write, write);
    this.writing = done.catch(() => {});
    return done;
  }

  private async append(content: EntryBody): Promise<number> {
    const { utc, offset } = this.clock.now();
    const entry = { number: this.store.last + 1, utc, offset, previous: this.head, ...content } as Entry;
    const stored = encodeEntry(entry);
    await this.store.append(stored);
    this.takeIn(entry, stored);
    return entry.number;
  }

  /** Notes something that happened to the terminal: allowed into the reserve, whatever the journal holds. */
  private async note(content: EntryBody): Promise<void> {
    await this.inTurn(async () => {
      if (!this.refusals.isEnough(content, this.clock.now())) await this.append(content);
    });
  }

  /** Notes a start, and makes room while nobody waits. `lastStop`: how the start before this one ended, where that is known. */
  async powerUp(image: Uint8Array, lastStop?: PowerUp["lastStop"]): Promise<void> {
    const { suspect } = this.clock.now();
    const body: PowerUp = {
      image,
      ...(suspect ? { clockSuspect: true } : {}),
      ...(lastStop === undefined ? {} : { lastStop }),
    };
    await this.inTurn(async () => {
      await this.append({ kind: "power-up", body });
      await this.makeRoom(0, 0);
    });
  }

  /** Notes that somebody set the clock: afterwards, so that the entry carries the new time. */
  noteClock(body: ClockChange): Promise<void> {
    return this.note({ kind: "clock-change", body });
  }

  /** Notes what became of an image. Equal refusals are noted `EQUAL_REFUSALS_PER_DAY` times a day. */
  noteImage(body: ImageChange): Promise<void> {
    return this.note({ kind: "image-change", body });
  }

  /** Whether the last list that was taken is this one, by the SHA-256 of its bytes. Where the entry was dropped, nobody knows: it is noted anew. */
  knowsList(hash: Uint8Array): boolean {
    return this.lastList !== null && sameBytes(this.lastList, hash);
  }

  /** Notes that a list was taken or refused. Equal refusals are noted `EQUAL_REFUSALS_PER_DAY` times a day. */
  noteList(body: ListChange): Promise<void> {
    return this.note({ kind: "list-change", body });
  }

  /** Notes what keys the terminal has, where the last such entry says otherwise. */
  async noteProvision(body: Provisioned): Promise<void> {
    const bytes = encodeCbor(Provisioned.encode(body));
    if (this.lastProvision === null || !sameBytes(bytes, this.lastProvision))
      await this.note({ kind: "provisioned", body });
  }

  async intend(body: Uint8Array): Promise<number | "full" | "too-long"> {
    if (body.length > INTENT_BYTES_MAX) return "too-long";
    const intent = Intent.decode(decodeCbor(body), "intent");
    const fault = areasFault(intent.areas);
    if (fault !== null) throw new RangeError(fault);
    const entries = 1 + intent.areas.length;
    const bytes = FRAME_BYTES + ENTRY_START_BYTES + body.length + intent.areas.length * SYSTEM_ENTRY_BYTES_MAX;
    return this.inTurn(async () =>
      (await this.makeRoom(entries, bytes)) ? this.append({ kind: "intent", body: intent }) : "full",
    );
  }

  settle(intent: number, programme: number, outcome: "committed" | "aborted"): Promise<void> {
    return this.inTurn(() => this.settleNow(intent, programme, outcome));
  }

  private async settleNow(intent: number, programme: number, outcome: "committed" | "aborted"): Promise<void> {
    const before = this.book.outcome(intent, programme);
    if (before === outcome) return;
    const area = this.book.body(intent)?.areas.find((candidate) => candidate.programme === programme);
    if (before !== "open" || area === undefined) {
      throw new RangeError(`intent ${intent}, programme ${programme} is ${before ?? "unknown"}, not open`);
    }
    await this.append(
      outcome === "committed"
        ? { kind: "commit", body: { intent, programme, sums: sumsOf(area.effects) } }
        : { kind: "abort", body: { intent, programme } },
    );
  }

  async giveBack(intent: number): Promise<void> {
    await this.inTurn(async () => {
      const cents = this.book.dueOf(intent);
      if (cents !== null) await this.append({ kind: "cash-back", body: { intent, cents } });
    });
  }

  async refuse(body: Uint8Array): Promise<void> {
    const refusal: EntryBody = { kind: "refusal", body: Refusal.decode(decodeCbor(body), "refusal") };
    await this.inTurn(async () => {
      if (this.refusals.isEnough(refusal, this.clock.now())) return;
      if (this.lacking(1, SYSTEM_ENTRY_BYTES_MAX) === null) await this.append(refusal);
    });
  }

  lookup(card: number, visit: number): Promise<CardHistory> {
    const { utc, offset } = this.clock.now();
    return Promise.resolve({
      blocked: null,
      credits: [],
      revoked: [],
      listDays: null,
      restored: [],
      remembered: this.book.statesOf(card),
      intents: this.book.intentsOf(card, visit, utc),
      cardOfVisit: this.book.cardOfVisit(visit, utc),
      spentToday: this.book.spentOn(card, dayOf(utc, offset)),
      due: this.book.due(card),
      visit: this.book.stateOfVisit(visit, utc),
    });
  }

  entry(number: number): Promise<Uint8Array> {
    return Promise.resolve(this.store.entry(number));
  }

  /** Entries that the host does not have yet; null for none. */
  uncollected(): { readonly first: number; readonly last: number } | null {
    const { marks, last } = this.store;
    return marks.collectedTo < last ? { first: marks.collectedTo + 1, last } : null;
  }

  /** Seals entries `first` to `last`. Changes nothing: the same range gives the same bytes, whatever image runs by now. */
  collect(first: number, last: number, terminal: number, sign: Ed25519Sign): CollectedBatch | RangeRefusal {
    const refused = rangeRefusal(this.store, first, last);
    if (refused !== null) return refused;
    const { image } = this.starts.findLast(({ from }) => from <= last)!;
    return sealBatch(this.store, { first, last }, terminal, image, sign);
  }

  /** The host says that it has a range on its disk, and the hash of its last entry. Frees nothing. */
  markCollected(first: number, last: number, head: Uint8Array): Promise<MarkOutcome> {
    return this.inTurn(() => {
      const { marks } = this.store;
      const isGap = first > marks.collectedTo + 1;
      return this.mark(last, head, marks.collectedTo, isGap, () => collected(marks, last));
    });
  }

  /** A receipt of the office says that entries up to `to` are imported. The caller has verified it. */
  release(to: number, hash: Uint8Array): Promise<MarkOutcome> {
    return this.inTurn(() => {
      const { marks } = this.store;
      return this.mark(to, hash, releasedTo(marks), false, () => released(marks, to, this.clock.now().utc));
    });
  }

  private async mark(
    to: number,
    hash: Uint8Array,
    markedTo: number,
    isGap: boolean,
    after: () => Marks,
  ): Promise<MarkOutcome> {
    const { first, last } = this.store;
    if (!Number.isSafeInteger(to) || to < 1 || to > last) return "no-such-entry";
    if (to >= first - 1 && !sameBytes(this.hashOf(to), hash)) return "other-hash";
    if (to <= markedTo) return "unchanged";
    if (isGap) return "gap";
    await this.store.mark(after());
    return "marked";
  }

  /** Hash of an entry that is kept, or of the last one that was dropped. */
  private hashOf(number: number): Uint8Array {
    const { first, previous } = this.store.header;
    return number < first ? previous : entryHash(sha256, this.store.entry(number));
  }

  /** What there is no room for; null where both fit. */
  private lacking(entries: number, bytes: number): { readonly entries: boolean; readonly bytes: boolean } | null {
    const room = roomLeft(this.store, this.size, this.book.openAreas());
    const lacks = { entries: room.entries < entries, bytes: room.bytes < bytes };
    return lacks.entries || lacks.bytes ? lacks : null;
  }

  /**
   * Whether there is room for so much more; drops released entries where there is not. What was released a month ago goes
   * first, as soon as the file takes nine tenths of its room.
   */
  private async makeRoom(entries: number, bytes: number): Promise<boolean> {
    const { utc } = this.clock.now();
    const oldestOpen = () => this.book.oldestOpen();
    if (isTight(this.store, this.size)) await this.drop(agedDrop(this.store, this.size, oldestOpen(), utc), utc);
    for (;;) {
      const lacks = this.lacking(entries, bytes);
      if (lacks === null) return true;
      if (!(await this.drop(neededDrop(this.store, this.size, oldestOpen(), utc, lacks), utc))) return false;
    }
  }

  /** Drops entries up to `to`; false where there are none, or where that would only fill the file. */
  private async drop(to: number, utc: number): Promise<boolean> {
    const { store, size } = this;
    if (to < store.first || to === this.idleDrop) return false;
    const { image } = this.starts.findLast(({ from }) => from <= to)!;
    const header = headerAfter(store, { to, hash: this.hashOf(to), image }, utc);
    const file = store.rewritten(header);
    if (file.length >= store.bytes && 10 * file.length >= 9 * size.bytes) {
      this.idleDrop = to;
      return false;
    }
    const book = bookBehind(header, store);
    await store.replace(file);
    this.book = book;
    this.starts = [{ from: to, image }, ...this.starts.filter(({ from }) => from > to)];
    return true;
  }
}
