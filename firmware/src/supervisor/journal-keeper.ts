import { dayOf, sameBytes } from "@cachet/card-layout";
import {
  type AccountHistory,
  type AccountPurse,
  type CardHistory,
  type CardLists,
  type Clock,
  COLLECT_DAYS,
  type Given,
  HISTORY_VISITS,
  type JournalledTicket,
  type JournalPort,
  OWN_VISITS,
  SYSTEM_ENTRY_BYTES_MAX,
  type TerminalState,
  type VisitHere,
} from "../hal/index.ts";
import {
  type AccountSum,
  collected,
  FRAME_BYTES,
  isNearlyFull,
  JOURNAL_SIZE,
  type Marks,
  released,
  releasedTo,
} from "../journal/index.ts";
import {
  AccountVisit,
  accountFault,
  areasFault,
  type ClockChange,
  decodeCbor,
  decodeEntry,
  type Ed25519Sign,
  type EntryBody,
  encodeCbor,
  type ImageChange,
  Intent,
  journalRoot,
  type ListChange,
  type PowerUp,
  Provisioned,
  Refusal,
  sumsOf,
  visitKind,
} from "../wire/index.ts";
import { refundRefusal } from "./account-refund.ts";
import { type CollectedBatch, type RangeRefusal, rangeRefusal, sealBatch } from "./batch-seal.ts";
import { sha256 } from "./crypto.ts";
import { type JournalFiles, KeptJournal } from "./kept-journal.ts";
import { LAYOUT_OF_ALL_IMAGES } from "./list-store.ts";

/** A frame of the journal has room for so long an intent and what the supervisor adds to it. */
const INTENT_BYTES_MAX = 16_000;
/** Number, kind, time and previous hash take less. */
const ENTRY_START_BYTES = 64;

const DAY_SECONDS = 86_400;

/** A terminal that never had a list. */
const NO_LISTS: CardLists = {
  onCard: () => ({ blocked: null, credits: [], revoked: [], listDays: null, writeLayout: LAYOUT_OF_ALL_IMAGES }),
};

/** How the journal stands. */
export interface JournalStatus {
  /** First entry kept, and last entry; `first` is one more where nothing is kept. */
  readonly first: number;
  readonly last: number;
  /** Entries up to these are collected, and released; 0 for none. */
  readonly collectedTo: number;
  readonly releasedTo: number;
  /** When the host last took a range, by the terminal's clock; null where it never did. */
  readonly collectedAt: number | null;
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

/**
 * The one that writes the journal: gives every entry its number, time and previous hash, keeps room for what must
 * still be written, drops what was released, and seals ranges as batches.
 */
export class JournalKeeper implements JournalPort {
  private readonly journal: KeptJournal;
  private readonly clock: Clock;
  private readonly lists: CardLists;
  private readonly terminal: number;
  /** The last write that was asked for: one at a time, each with its checks. */
  private writing: Promise<unknown> = Promise.resolve();
  private onCheckpointDue: () => void = () => {};

  private constructor(journal: KeptJournal, clock: Clock, lists: CardLists, terminal: number) {
    this.journal = journal;
    this.terminal = terminal;
    this.clock = clock;
    this.lists = lists;
  }

  /** Loads the journal: its checkpoint and what is behind it, or all of it. Throws `JournalDamaged`, or a format error of an entry. */
  static async load(
    files: JournalFiles,
    clock: Clock,
    terminal: number,
    publicKey: Uint8Array,
    capacity = JOURNAL_SIZE.entries,
    bytesMax = JOURNAL_SIZE.bytes,
    lists = NO_LISTS,
  ): Promise<JournalKeeper> {
    const size = { entries: capacity, bytes: bytesMax };
    const journal = await KeptJournal.load(files, journalRoot(sha256, terminal, publicKey), size);
    return new JournalKeeper(journal, clock, lists, terminal);
  }

  /** `then` is called whenever a checkpoint should be written once nobody waits for the terminal: with every entry, until it is. */
  whenCheckpointDue(then: () => void): void {
    this.onCheckpointDue = then;
  }

  /** Writes down what the journal adds up to, so that the next start reads only what comes behind. */
  checkpoint(): Promise<void> {
    return this.inTurn(() => this.journal.checkpoint(this.clock.now().utc));
  }

  /** Number of the last entry: how many were ever stored. */
  get count(): number {
    return this.journal.store.last;
  }

  status(): JournalStatus {
    const { store, size, book, head } = this.journal;
    const { first, last, marks } = store;
    return {
      first,
      last,
      collectedTo: marks.collectedTo,
      releasedTo: releasedTo(marks),
      collectedAt: marks.collectedAt ?? null,
      capacity: size.entries,
      openAreas: book.openAreas(),
      isNearlyFull: isNearlyFull(store, size),
      head,
    };
  }

  state(): TerminalState {
    const { collectedTo, isNearlyFull: nearlyFull } = this.status();
    const { listDays } = this.lists.onCard(0, this.clock.now().utc);
    return { waiting: this.count - collectedTo, lateDays: this.lateDays(), nearlyFull, listDays };
  }

  /** As `TerminalState.lateDays`. */
  private lateDays(): number {
    const oldest = this.uncollected();
    if (oldest === null) return 0;
    const { utc } = decodeEntry(this.journal.store.entry(oldest.first));
    const days = Math.floor((this.clock.now().utc - utc) / DAY_SECONDS);
    return days < COLLECT_DAYS ? 0 : days;
  }

  newVisit(): Promise<number> {
    return Promise.resolve(OWN_VISITS + this.count);
  }

  /** Does writes one after the other, however many are asked for at once. */
  private inTurn<T>(write: () => Promise<T>): Promise<T> {
    const done = this.writing.then(write, write);
    this.writing = done.catch(() => {});
    return done;
  }

  private async append(content: EntryBody, body?: Uint8Array): Promise<number> {
    const number = await this.journal.append(content, this.clock.now(), body);
    if (this.journal.isCheckpointDue) this.onCheckpointDue();
    return number;
  }

  /** Notes something that happened to the terminal: allowed into the reserve, whatever the journal holds. */
  private async note(content: EntryBody): Promise<void> {
    await this.inTurn(async () => {
      if (!this.journal.refusals.isEnough(content, this.clock.now())) await this.append(content);
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
      await this.journal.makeRoom(0, 0, this.clock.now().utc);
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

  /** Whether the last list that was noted is this one, by the SHA-256 of its bytes. Where the entry was dropped, nobody knows. */
  knowsList(hash: Uint8Array): boolean {
    const known = this.journal.lastList;
    return known !== null && sameBytes(known, hash);
  }

  /** Notes that a list was taken or refused. Equal refusals are noted `EQUAL_REFUSALS_PER_DAY` times a day. */
  noteList(body: ListChange): Promise<void> {
    return this.note({ kind: "list-change", body });
  }

  /** Notes what keys the terminal has, where the last such entry says otherwise. */
  async noteProvision(body: Provisioned): Promise<void> {
    const known = this.journal.lastProvision;
    const bytesOf = (noted: Provisioned) => encodeCbor(Provisioned.encode(noted));
    if (known !== null && sameBytes(bytesOf(known), bytesOf(body))) return;
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
      (await this.journal.makeRoom(entries, bytes, this.clock.now().utc))
        ? this.append({ kind: "intent", body: intent }, body)
        : "full",
    );
  }

  account(account: number, visit: number): Promise<AccountHistory> {
    const { utc } = this.clock.now();
    return Promise.resolve({
      blocked: this.lists.onCard(account, utc).blocked,
      purses: this.pursesOf(account),
      visit: this.journal.book.accountVisit(account, visit, utc),
      last: this.journal.book.lastByAccount(account),
    });
  }

  /** What an account may still spend here: ceilings count everything that this terminal ever let it spend. */
  private pursesOf(account: number): AccountPurse[] {
    const moved = this.journal.book.movedIn(account);
    const listed = this.lists.allowance?.(account, this.terminal) ?? [];
    return listed.map(({ programme, purse, balance, ceiling }) => {
      const spent = moved.find((sum) => sum.programme === programme && sum.purse === purse)?.taken ?? 0;
      return { programme, purse, balance, spendable: Math.max(0, ceiling - spent) };
    });
  }

  async enter(body: Uint8Array): Promise<number | "full" | "too-long" | "over" | "used"> {
    if (body.length > INTENT_BYTES_MAX) return "too-long";
    const visit = AccountVisit.decode(decodeCbor(body), "account");
    const fault = accountFault(visit);
    if (fault !== null) throw new RangeError(fault);
    const bytes = FRAME_BYTES + ENTRY_START_BYTES + body.length;
    return this.inTurn(async () => {
      const { utc } = this.clock.now();
      if (this.journal.book.accountVisit(visit.account, visit.visit, utc) !== null) return "used";
      const refused = this.refundRefusal(visit) ?? (this.isOver(visit) ? "over" : null);
      if (refused !== null) return refused;
      return (await this.journal.makeRoom(1, bytes, utc))
        ? this.append({ kind: "account", body: visit }, body)
        : "full";
    });
  }

  private refundRefusal(visit: AccountVisit): "over" | "used" | null {
    if (visit.refund === undefined) return null;
    const { store, book } = this.journal;
    const { ticket } = visit.refund;
    const isKept = ticket >= store.first && ticket <= store.last;
    const entryAt = (number: number) => decodeEntry(store.entry(number));
    return refundRefusal(visit, {
      entry: isKept ? entryAt(ticket) : null,
      refunds: isKept ? book.refundsOf(ticket).map(entryAt) : [],
      lines: book.ticket(ticket, visit.visit)?.refunded ?? [],
    });
  }

  /** Whether a visit takes more out of some purse than may be spent of it here. */
  private isOver({ account, areas }: AccountVisit): boolean {
    const held = this.pursesOf(account);
    const spendable = (programme: number, purse: number) =>
      held.find((one) => one.programme === programme && one.purse === purse)?.spendable ?? 0;
    return areas.some(({ programme, purses }) =>
      purses.some(({ purse, taken }) => taken > spendable(programme, purse)),
    );
  }

  settle(intent: number, programme: number, outcome: "committed" | "aborted"): Promise<void> {
    return this.inTurn(() => this.settleNow(intent, programme, outcome));
  }

  private async settleNow(intent: number, programme: number, outcome: "committed" | "aborted"): Promise<void> {
    const before = this.journal.book.outcome(intent, programme);
    if (before === outcome) return;
    const area = this.journal.book.body(intent)?.areas.find((candidate) => candidate.programme === programme);
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
      const cents = this.journal.book.dueOf(intent);
      if (cents !== null) await this.append({ kind: "cash-back", body: { intent, cents } });
    });
  }

  async refuse(body: Uint8Array): Promise<void> {
    const refusal: EntryBody = { kind: "refusal", body: Refusal.decode(decodeCbor(body), "refusal") };
    await this.inTurn(async () => {
      if (this.journal.refusals.isEnough(refusal, this.clock.now())) return;
      if (this.journal.lacking(1, SYSTEM_ENTRY_BYTES_MAX) === null) await this.append(refusal);
    });
  }

  lookup(card: number, visit: number): Promise<CardHistory> {
    const { utc, offset } = this.clock.now();
    return Promise.resolve({
      ...this.lists.onCard(card, utc),
      restored: this.journal.book.restoredOn(card),
      remembered: this.journal.book.statesOf(card),
      intents: this.journal.book.intentsOf(card, visit, utc),
      cardOfVisit: this.journal.book.cardOfVisit(visit, utc),
      spentToday: this.journal.book.spentOn(card, dayOf(utc, offset)),
      due: this.journal.book.due(card),
      visit: this.journal.book.stateOfVisit(visit, utc),
    });
  }

  ticket(number: number, visit: number): Promise<JournalledTicket | null> {
    const isKept = number >= this.journal.store.first && number <= this.journal.store.last;
    return Promise.resolve(isKept ? this.journal.book.ticket(number, visit) : null);
  }

  lastTicket(): Promise<number | null> {
    return Promise.resolve(this.journal.book.lastTicket(this.journal.store.first));
  }

  lastVisit(card: number): Promise<number | null> {
    const { utc, offset } = this.clock.now();
    return Promise.resolve(this.journal.book.lastOn(card, dayOf(utc, offset), utc));
  }

  visits(card: number): Promise<readonly VisitHere[]> {
    const { book, store } = this.journal;
    const told: VisitHere[] = [];
    // Somebody stands there and asks: what is kept is read backwards, entry by entry.
    for (let number = store.last; number >= store.first && told.length < HISTORY_VISITS; number -= 1) {
      const outcomes = book.outcomesOf(number) ?? [];
      const committed = outcomes.flatMap(({ programme, outcome }) => (outcome === "committed" ? programme : []));
      if (committed.length === 0) continue;
      const entry = decodeEntry(store.entry(number));
      const isHis =
        (entry.kind === "account" && entry.body.account === card) ||
        (entry.kind === "intent" && entry.body.card === card && visitKind(entry.body) !== "null");
      if (isHis) told.push({ number, committed });
    }
    return Promise.resolve(told);
  }

  refundedHere(terminal: number, ticket: number, visit: number): Promise<readonly number[]> {
    return Promise.resolve(this.journal.book.takenElsewhere(terminal, ticket, visit, this.clock.now().utc));
  }

  isAdded(tillTicket: string, visit: number): Promise<boolean> {
    return Promise.resolve(this.journal.book.isAdded(tillTicket, visit, this.clock.now().utc));
  }

  given(programme: number): Promise<readonly Given[]> {
    return Promise.resolve(this.journal.book.given(programme));
  }

  entry(number: number): Promise<Uint8Array> {
    return Promise.resolve(this.journal.store.entry(number));
  }

  entryHash(number: number): Promise<Uint8Array> {
    return Promise.resolve(this.journal.hashOf(number));
  }

  /** What visits of an account without a chip ever moved here, by purse. */
  movedIn(account: number): readonly AccountSum[] {
    return this.journal.book.movedIn(account);
  }

  /** Entries that the host does not have yet; null for none. */
  uncollected(): { readonly first: number; readonly last: number } | null {
    const { marks, last } = this.journal.store;
    return marks.collectedTo < last ? { first: marks.collectedTo + 1, last } : null;
  }

  /** Seals entries `first` to `last`. Changes nothing: the same range gives the same bytes, whatever image runs by now. */
  collect(first: number, last: number, terminal: number, sign: Ed25519Sign): CollectedBatch | RangeRefusal {
    const { store } = this.journal;
    const refused = rangeRefusal(store, first, last);
    return refused ?? sealBatch(store, { first, last }, terminal, this.journal.imageAt(last), sign);
  }

  /** The host says that it has a range on its disk, and the hash of its last entry. Frees nothing. */
  markCollected(first: number, last: number, head: Uint8Array): Promise<MarkOutcome> {
    return this.inTurn(() => {
      const { marks } = this.journal.store;
      const isGap = first > marks.collectedTo + 1;
      return this.mark(last, head, marks.collectedTo, isGap, () => collected(marks, last, this.clock.now().utc));
    });
  }

  /** A receipt of the office says that entries up to `to` are imported. The caller has verified it. */
  release(to: number, hash: Uint8Array): Promise<MarkOutcome> {
    return this.inTurn(() => {
      const { marks } = this.journal.store;
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
    const { first, last } = this.journal.store;
    if (!Number.isSafeInteger(to) || to < 1 || to > last) return "no-such-entry";
    if (to >= first - 1 && !sameBytes(this.journal.hashOf(to), hash)) return "other-hash";
    if (to <= markedTo) return "unchanged";
    if (isGap) return "gap";
    await this.journal.store.mark(after());
    return "marked";
  }
}
