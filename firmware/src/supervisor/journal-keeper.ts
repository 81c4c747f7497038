import { dayOf, sameBytes } from "@cachet/card-layout";
import {
  type CardHistory,
  type CardLists,
  type Clock,
  JOURNAL_ENTRIES_MAX,
  JOURNAL_ENTRIES_RESERVED,
  type JournalFile,
  type JournalPort,
} from "../hal/index.ts";
import { IntentBook, JournalDamaged, JournalStore } from "../journal/index.ts";
import {
  addSums,
  areasFault,
  type BatchSeal,
  batchName,
  decodeCbor,
  decodeEntry,
  type Ed25519Sign,
  type Entry,
  type EntryBody,
  encodeBatch,
  encodeEntry,
  entryHash,
  Intent,
  journalRoot,
  NO_SUMS,
  Refusal,
  SHA256_BYTES,
  sumsOf,
} from "../wire/index.ts";
import { sha256 } from "./crypto.ts";

/** A frame of the journal has room for so long an intent and what the supervisor adds to it. */
const INTENT_BYTES_MAX = 16_000;

/** A terminal that never had a list. */
const NO_LISTS: CardLists = { onCard: () => ({ blocked: null, credits: [], revoked: [], listDays: null }) };

/** A sealed batch and the range it holds. */
export interface CollectedBatch {
  readonly name: string;
  readonly file: Uint8Array;
  readonly first: number;
  readonly last: number;
}

/**
 * The one that writes the journal: gives every entry its number, time and previous hash, keeps room for what must
 * still be written, and seals ranges as batches.
 */
export class JournalKeeper implements JournalPort {
  private readonly store: JournalStore;
  private readonly clock: Clock;
  private readonly book = new IntentBook();
  private head: Uint8Array;
  private readonly capacity: number;
  private readonly lists: CardLists;
  /** The last write that was asked for: one at a time, each with its checks. */
  private writing: Promise<unknown> = Promise.resolve();

  private constructor(store: JournalStore, clock: Clock, root: Uint8Array, capacity: number, lists: CardLists) {
    this.store = store;
    this.clock = clock;
    this.head = root;
    this.capacity = capacity;
    this.lists = lists;
  }

  /** Loads the journal and reads it through. Throws `JournalDamaged`, or a format error of an entry. */
  static async load(
    file: JournalFile,
    clock: Clock,
    terminal: number,
    publicKey: Uint8Array,
    capacity = JOURNAL_ENTRIES_MAX,
    lists = NO_LISTS,
  ): Promise<JournalKeeper> {
    const store = await JournalStore.load(file);
    const keeper = new JournalKeeper(store, clock, journalRoot(sha256, terminal, publicKey), capacity, lists);
    for (let number = 1; number <= store.count; number += 1) {
      const stored = store.entry(number);
      const entry = decodeEntry(stored);
      if (entry.number !== number || !sameBytes(entry.previous, keeper.head)) {
        throw new JournalDamaged(number, 0, "it does not follow the entry before it");
      }
      keeper.book.take(entry);
      keeper.head = entryHash(sha256, stored);
    }
    return keeper;
  }

  get count(): number {
    return this.store.count;
  }

  /** Does writes one after the other, however many are asked for at once. */
  private inTurn<T>(write: () => Promise<T>): Promise<T> {
    const done = this.writing.then(write, write);
    this.writing = done.catch(() => {});
    return done;
  }

  private async append(content: EntryBody): Promise<number> {
    const { utc, offset } = this.clock.now();
    const entry = { number: this.store.count + 1, utc, offset, previous: this.head, ...content } as Entry;
    const stored = encodeEntry(entry);
    await this.store.append(stored);
    this.head = entryHash(sha256, stored);
    this.book.take(entry);
    return entry.number;
  }

  async powerUp(image: Uint8Array): Promise<void> {
    await this.inTurn(() => this.append({ kind: "power-up", body: { image } }));
  }

  /** Entries still free once every open area has its COMMIT or ABORT and the supervisor its reserve. */
  private room(): number {
    return this.capacity - JOURNAL_ENTRIES_RESERVED - this.store.count - this.book.openAreas();
  }

  async intend(body: Uint8Array): Promise<number | "full" | "too-long"> {
    if (body.length > INTENT_BYTES_MAX) return "too-long";
    const intent = Intent.decode(decodeCbor(body), "intent");
    const fault = areasFault(intent.areas);
    if (fault !== null) throw new RangeError(fault);
    return this.inTurn(async () =>
      this.room() < 1 + intent.areas.length ? "full" : this.append({ kind: "intent", body: intent }),
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
    const refusal = Refusal.decode(decodeCbor(body), "refusal");
    await this.inTurn(async () => {
      if (this.room() >= 1) await this.append({ kind: "refusal", body: refusal });
    });
  }

  lookup(card: number, visit: number): Promise<CardHistory> {
    const { utc, offset } = this.clock.now();
    return Promise.resolve({
      ...this.lists.onCard(card, utc),
      restored: this.book.restoredOn(card),
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

  /** The image that ran when an entry was stored: every start notes it, and entry 1 is a start. */
  private imageAt(number: number): Uint8Array {
    for (let at = number; at >= 1; at -= 1) {
      const entry = decodeEntry(this.store.entry(at));
      if (entry.kind === "power-up") return entry.body.image;
    }
    return new Uint8Array(SHA256_BYTES);
  }

  /** Seals entries `first` to `last`. Changes nothing: the same range gives the same bytes, whatever image runs by now. */
  collect(first: number, last: number, terminal: number, sign: Ed25519Sign): CollectedBatch {
    if (first < 1 || last > this.store.count || first > last) throw new RangeError(`no entries ${first} to ${last}`);
    const stored = Array.from({ length: last - first + 1 }, (_, i) => this.store.entry(first + i));
    const entries = stored.map(decodeEntry);
    const totals = entries.reduce(
      (sums, entry) => (entry.kind === "commit" ? addSums(sums, entry.body.sums) : sums),
      NO_SUMS,
    );
    const seal: BatchSeal = {
      terminal,
      first,
      last,
      count: stored.length,
      totals,
      previous: entries[0]!.previous,
      head: entryHash(sha256, stored.at(-1)!),
      image: this.imageAt(last),
    };
    return { name: batchName(seal), file: encodeBatch(seal, stored, sign), first, last };
  }
}
