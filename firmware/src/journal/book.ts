import { type Day, dayOf, readBigEndian } from "@cachet/card-layout";
import {
  CARDS_REMEMBERED,
  type CardHistory,
  type CardOnList,
  type CashDue,
  type Given,
  type JournalledIntent,
  type JournalledTicket,
  REFUND_CODE_SECONDS,
  type RememberedState,
  type SpentToday,
  VISIT_NUMBER_SECONDS,
} from "../hal/index.ts";
import { centsOf, type Entry, type Intent, type IntentArea, sumsOf, visitKind } from "../wire/index.ts";
import { type AccountSum, AccountSums, type LastVisit } from "./account-sums.ts";
import { AreaOutcomes, type Outcome } from "./area-outcomes.ts";
import { GivenPieces } from "./given-pieces.ts";
import { isOpen, isVoid, type KeptCard, type KeptIntent } from "./kept.ts";
import { KeptCards } from "./kept-cards.ts";

/** Lines of a ticket that one visit took back, or may still have. */
export interface TakenBack {
  readonly intent: KeptIntent;
  readonly visit: number;
  readonly utc: number;
  readonly lines: readonly number[];
}

/** Everything that a book remembers, each map in its order: what a checkpoint carries. */
export interface BookMemory {
  readonly cards: KeptCards;
  /** The last intent of each visit's number. */
  readonly visits: Map<number, KeptIntent>;
  /** Top-ups that never happened, by intent, while their cash is still in the till. */
  readonly dues: Map<number, { readonly card: number; readonly visit: number; readonly cents: number }>;
  /** By card: restore credits that an intent of this terminal names, whatever became of it. Never forgotten: each works once. */
  readonly restored: Map<number, CardOnList["restored"]>;
  /** Refunds of other terminals' tickets, by `elsewhereKey`. Of this terminal's own the journal says enough: a refund outlives its ticket there. */
  readonly elsewhere: Map<string, TakenBack[]>;
  /** By programme and stock: pieces that were given, and those in doubt. Never forgotten. */
  readonly given: GivenPieces;
  /** What visits of accounts without a chip moved. */
  readonly accounts: AccountSums;
  /** Refunds of this terminal's tickets, and what was put on a card of value that left another. Younger than its ticket: no checkpoint of a drop carries it. */
  readonly refunds: Map<number, TakenBack[]>;
  /** Of intents that the journal still has. */
  readonly outcomes: AreaOutcomes;
}

export const noMemory = (): BookMemory => ({
  cards: new KeptCards(),
  visits: new Map(),
  dues: new Map(),
  restored: new Map(),
  elsewhere: new Map(),
  given: new GivenPieces(),
  accounts: new AccountSums(),
  refunds: new Map(),
  outcomes: new AreaOutcomes(),
});

export const elsewhereKey = (terminal: number, ticket: number): string => `${terminal}/${ticket}`;

/** Days kept of a card: a clock that was wrong for a while leaves days that never were. */
const DAYS_KEPT = 4;

const SEQUENCE_AT = 4;
const SEQUENCE_SIZE = 3;

/**
 * What the journal's entries add up to: open intents by card, the intent of every visit, and the last state seen of the
 * last cards. Rebuilt at every start from a checkpoint and the entries behind it, so that it cannot disagree with them.
 */
export class IntentBook {
  private readonly cards: BookMemory["cards"];
  private readonly intents: Map<number, KeptIntent>;
  private readonly visits: BookMemory["visits"];
  private readonly dues: BookMemory["dues"];
  private readonly restored: BookMemory["restored"];
  private readonly elsewhere: BookMemory["elsewhere"];
  private readonly pieces: GivenPieces;
  private readonly accounts: AccountSums;
  private readonly refunds: BookMemory["refunds"];
  private readonly outcomes: AreaOutcomes;
  private readonly programmesOf: (intent: number) => readonly number[];
  private open = 0;

  /**
   * An empty book, or one that goes on from what another remembered. `intents`: those that it remembers, by number; `programmesOf`: the
   * programmes of any other intent that the journal has, in the order of its areas.
   */
  constructor(
    { cards, visits, dues, restored, elsewhere, given, accounts, refunds, outcomes }: BookMemory = noMemory(),
    intents: Map<number, KeptIntent> = new Map(),
    programmesOf: (intent: number) => readonly number[] = () => [],
  ) {
    this.cards = cards;
    this.visits = visits;
    this.dues = dues;
    this.restored = restored;
    this.elsewhere = elsewhere;
    this.pieces = given;
    this.accounts = accounts;
    this.refunds = refunds;
    this.outcomes = outcomes;
    this.intents = intents;
    this.programmesOf = programmesOf;
    for (const intent of intents.values())
      for (const outcome of intent.outcomes.values()) if (outcome === "open") this.open += 1;
  }

  /** What the book remembers now; the book goes on changing it. */
  memory(): BookMemory {
    const { cards, visits, dues, restored, elsewhere, pieces: given, accounts, refunds, outcomes } = this;
    return { cards, visits, dues, restored, elsewhere, given, accounts, refunds, outcomes };
  }

  /** Intents with an area that is open. */
  openIntents(): readonly KeptIntent[] {
    return [...this.intents.values()].filter(isOpen);
  }

  /** Takes in one entry. Entries come in order, each once. Throws `RangeError` on an outcome of nothing that is open. */
  take(entry: Entry): void {
    if (entry.kind === "account") this.outcomes.begin(entry.number, entry.body.areas.length, "committed");
    else this.outcomes.begin(entry.number, entry.kind === "intent" ? entry.body.areas.length : 0);
    if (entry.kind === "intent") this.takeIntent(entry.number, entry.utc, dayOf(entry.utc, entry.offset), entry.body);
    if (entry.kind === "commit") this.takeOutcome(entry.body.intent, entry.body.programme, "committed");
    if (entry.kind === "abort") this.takeOutcome(entry.body.intent, entry.body.programme, "aborted");
    if (entry.kind === "cash-back") this.dues.delete(entry.body.intent);
    if (entry.kind === "account") {
      const kept = keptAccount(entry);
      this.intents.set(entry.number, kept);
      this.visits.set(entry.body.visit, kept);
      this.accounts.take(entry.body, { ticket: entry.number, utc: entry.utc });
      this.takeTakenBack(kept, entry.body);
    }
  }

  private takeIntent(number: number, utc: number, day: Day, body: Intent): void {
    const { card, visit } = body;
    const outcomes = new Map(body.areas.map(({ programme }): [number, Outcome] => [programme, "open"]));
    const isTopUp = body.topUp !== undefined;
    const tillTicket = body.late?.ticket ?? null;
    const isAccount = false;
    const intent: KeptIntent = { number, card, visit, utc, day, isTopUp, tillTicket, outcomes, isAccount, body };
    const kept: KeptCard = this.cards.get(card) ?? { intents: [], states: new Map(), spent: new Map() };
    kept.intents = [...kept.intents.filter(isOpen), intent];
    this.intents.set(number, intent);
    if (visitKind(body) !== "null") this.visits.set(visit, intent);
    // Another try of the same visit: its cash is used for this one.
    if (body.topUp !== undefined) {
      for (const [due, { visit: ofDue }] of this.dues) if (ofDue === visit) this.dues.delete(due);
    }
    for (const area of body.areas) spend(kept, day, area, 1);
    for (const area of body.areas) this.pieces.promise(area);
    this.takeTakenBack(intent, body);
    this.takeRestores(card, body.areas);
    this.open += outcomes.size;
    for (const { programme, oldSequence, oldHash } of body.areas) {
      if (oldSequence > 0) remember(kept, { programme, sequence: oldSequence, hash: oldHash });
    }
    this.cards.renew(card, kept);
    this.forgetOldest();
  }

  private takeTakenBack(intent: KeptIntent, { refund, transfer }: Pick<Intent, "refund" | "transfer">): void {
    const { visit, utc } = intent;
    const add = <K>(to: Map<K, TakenBack[]>, ticket: K, lines: readonly number[]) =>
      to.set(ticket, [...(to.get(ticket) ?? []), { intent, visit, utc, lines }]);
    if (transfer?.from !== undefined) add(this.refunds, transfer.from, [0]);
    if (refund === undefined) return;
    const { ticket, lines, terminal } = refund;
    if (terminal === undefined) add(this.refunds, ticket, lines);
    else add(this.elsewhere, elsewhereKey(terminal, ticket), lines);
  }

  private takeRestores(card: number, areas: readonly IntentArea[]): void {
    const names = areas.flatMap(({ programme, effects }) =>
      effects.flatMap(({ type, credit }) =>
        type === "restore" && credit !== undefined ? [{ programme, number: credit }] : [],
      ),
    );
    if (names.length > 0) this.restored.set(card, [...(this.restored.get(card) ?? []), ...names]);
  }

  /** Cards with an open intent are never forgotten; what is due is kept apart. */
  private forgetOldest(): void {
    for (const card of this.cards.keys()) {
      if (this.cards.size <= CARDS_REMEMBERED) return;
      if (!this.cards.get(card)!.intents.some(isOpen)) this.cards.delete(card);
    }
  }

  private takeOutcome(number: number, programme: number, outcome: Outcome): void {
    const intent = this.intents.get(number);
    const place = intent?.body?.areas.findIndex((candidate) => candidate.programme === programme) ?? -1;
    const area = intent?.body?.areas[place];
    if (intent?.outcomes.get(programme) !== "open" || area === undefined) {
      throw new RangeError(`intent ${number}, programme ${programme} is not open`);
    }
    intent.outcomes.set(programme, outcome);
    this.outcomes.settle(number, place, outcome);
    this.open -= 1;
    const kept = this.cards.get(intent.card);
    if (outcome === "committed" && kept !== undefined) {
      remember(kept, {
        programme,
        sequence: readBigEndian(area.record, SEQUENCE_AT, SEQUENCE_SIZE),
        hash: area.newHash,
      });
    }
    if (outcome === "aborted" && kept !== undefined) spend(kept, intent.day, area, -1);
    if (outcome === "aborted") this.pieces.release(area);
    else this.pieces.takeBack(area, intent.body!);
    const { topUp } = intent.body!;
    if (topUp !== undefined && isVoid(intent)) {
      this.dues.set(number, { card: intent.card, visit: intent.visit, cents: topUp });
    }
    if (!isOpen(intent)) intent.body = null;
  }

  /** What became of one programme of an intent; null where the intent or the programme is not known. */
  outcome(number: number, programme: number): Outcome | null {
    return this.outcomesOf(number)?.find((one) => one.programme === programme)?.outcome ?? null;
  }

  /** What became of a visit's programmes; null where the entry is none. */
  outcomesOf(number: number): JournalledTicket["outcomes"] | null {
    const intent = this.intents.get(number);
    if (intent !== undefined) return [...intent.outcomes].map(([programme, outcome]) => ({ programme, outcome }));
    const outcomes = this.outcomes.of(number);
    if (outcomes === null) return null;
    const programmes = this.programmesOf(number);
    return outcomes.map((outcome, area) => ({ programme: programmes[area]!, outcome }));
  }

  /** The body of an intent that is still open, else null. */
  body(number: number): Intent | null {
    return this.intents.get(number)?.body ?? null;
  }

  /** Entries of refunds of a ticket of this terminal, oldest first. */
  refundsOf(ticket: number): readonly number[] {
    return (this.refunds.get(ticket) ?? []).map(({ intent }) => intent.number);
  }

  /** What became of a visit, and of its lines; refunds of this very visit are left out. Null where the entry is none. */
  ticket(number: number, visit: number): JournalledTicket | null {
    const outcomes = this.outcomesOf(number);
    return outcomes && { outcomes, refunded: linesTaken(this.refunds.get(number), visit) };
  }

  /** Lines of another terminal's ticket that other visits than this one took back, or may still have, while its code serves. */
  takenElsewhere(terminal: number, ticket: number, visit: number, utc: number): readonly number[] {
    const taken = this.elsewhere.get(elsewhereKey(terminal, ticket)) ?? [];
    return linesTaken(
      taken.filter((one) => utc - one.utc < REFUND_CODE_SECONDS),
      visit,
    );
  }

  /** Whether another visit than this one added the sale of a till's ticket to a card in the last day, or may still have. */
  isAdded(tillTicket: string, visit: number, utc: number): boolean {
    return [...this.visits.values()].some(
      (intent) =>
        intent.tillTicket === tillTicket &&
        intent.visit !== visit &&
        utc - intent.utc < VISIT_NUMBER_SECONDS &&
        !isVoid(intent),
    );
  }

  /** The newest visit from an entry on that wrote something on a card; null where there is none. */
  lastTicket(first: number): number | null {
    let last: number | null = null;
    for (const { number, outcomes } of this.visits.values()) {
      if (number >= first && number > (last ?? 0) && [...outcomes.values()].includes("committed")) last = number;
    }
    return last;
  }

  /** The card's last visit of a day, null visits left out; null where there is none. */
  lastOn(card: number, day: Day, utc: number): number | null {
    const ofDay = [...this.visits.values()].filter(
      (intent) =>
        intent.card === card && !intent.isAccount && intent.day === day && utc - intent.utc < VISIT_NUMBER_SECONDS,
    );
    return ofDay.length === 0 ? null : Math.max(...ofDay.map(({ number }) => number));
  }

  /**
   * The last intent of a visit's number; null where it is too long ago (`VISIT_NUMBER_SECONDS`) to be this visit. A clock that
   * fell back makes nothing long ago.
   */
  private ofVisit(visit: number, utc: number): KeptIntent | null {
    const intent = this.visits.get(visit);
    return intent !== undefined && utc - intent.utc < VISIT_NUMBER_SECONDS ? intent : null;
  }

  /** Cash of a card's top-ups that never happened, oldest first. */
  due(card: number): CashDue[] {
    return [...this.dues].flatMap(([intent, due]) => (due.card === card ? [{ intent, cents: due.cents }] : []));
  }

  /** Cents that are due for one intent; null where nothing is. */
  dueOf(intent: number): number | null {
    return this.dues.get(intent)?.cents ?? null;
  }

  /** What is known of a visit's number at this time. */
  stateOfVisit(visit: number, utc: number): CardHistory["visit"] {
    const intent = this.ofVisit(visit, utc);
    if (intent === null) return "unknown";
    return intent.isTopUp && isVoid(intent) && !this.dues.has(intent.number) ? "over" : "known";
  }

  /** Open intents of a card, its last one, and the one of this visit at this time, oldest first. */
  intentsOf(card: number, visit: number, utc: number): JournalledIntent[] {
    const kept = this.cards.get(card)?.intents ?? [];
    const matter = new Set(kept.filter((intent) => isOpen(intent) || intent === kept.at(-1)));
    const ofVisit = this.ofVisit(visit, utc);
    if (ofVisit?.card === card && !ofVisit.isAccount) matter.add(ofVisit);
    return [...matter]
      .sort((a, b) => a.number - b.number)
      .map((intent) => ({
        number: intent.number,
        ofThisVisit: intent === ofVisit,
        outcomes: [...intent.outcomes].map(([programme, outcome]) => ({ programme, outcome })),
      }));
  }

  /** The card on which a visit happened, or may still have: null where it has no intent that is not aborted as a whole, 0 where it was an account's. */
  cardOfVisit(visit: number, utc: number): number | null {
    const intent = this.ofVisit(visit, utc);
    if (intent === null) return null;
    if (intent.isAccount) return 0;
    return isVoid(intent) ? null : intent.card;
  }

  /** What became of a visit's number, as an account's: the entry of this very visit; `used` where it was another one's; null where it is free. */
  accountVisit(account: number, visit: number, utc: number): number | "used" | null {
    const intent = this.ofVisit(visit, utc);
    if (intent === null || (!intent.isAccount && isVoid(intent))) return null;
    return intent.isAccount && intent.card === account ? intent.number : "used";
  }

  /** What visits here ever moved in the purses of an account without a chip. */
  movedIn(account: number): readonly AccountSum[] {
    return this.accounts.of(account);
  }

  /** The last visit of an account here; null where there was none. */
  lastByAccount(account: number): LastVisit | null {
    return this.accounts.lastOf(account);
  }

  statesOf(card: number): RememberedState[] {
    return [...(this.cards.get(card)?.states.values() ?? [])];
  }

  /** Restore credits of a card that this terminal wrote or began to write. */
  restoredOn(card: number): CardOnList["restored"] {
    return this.restored.get(card) ?? [];
  }

  /** What a card spent here on a day, by programme; what is in doubt counts. */
  spentOn(card: number, day: Day): SpentToday[] {
    return [...(this.cards.get(card)?.spent ?? [])].flatMap(([programme, days]) => {
      const sum = days.find((one) => one.day === day);
      return sum === undefined ? [] : [{ programme, cents: sum.cents }];
    });
  }

  /** Pieces of each stock of a programme that are given, or may still be. */
  given(programme: number): readonly Given[] {
    return this.pieces.of(programme);
  }

  /** Areas that are still open, over all cards: each will need an entry of its own. */
  openAreas(): number {
    return this.open;
  }
}

/** The visit of an account, as the book keeps it. */
export function keptAccount({ number, utc, offset, body }: Entry & { readonly kind: "account" }): KeptIntent {
  const { account: card, visit, areas } = body;
  const outcomes = new Map(areas.map(({ programme }): [number, Outcome] => [programme, "committed"]));
  const day = dayOf(utc, offset);
  return { number, card, visit, utc, day, isTopUp: false, tillTicket: null, outcomes, isAccount: true, body: null };
}

function linesTaken(taken: readonly TakenBack[] | undefined, visit: number): readonly number[] {
  return (taken ?? []).flatMap((one) => (isVoid(one.intent) || one.visit === visit ? [] : one.lines));
}

/** A state that was seen later in the journal, but earlier on the card, must not make the card's memory go back. */
function remember({ states }: KeptCard, state: RememberedState): void {
  if ((states.get(state.programme)?.sequence ?? 0) <= state.sequence) states.set(state.programme, state);
}

/** Adds what an area's effects take off the card on a day. */
function spend({ spent }: KeptCard, day: Day, { programme, effects }: IntentArea, sign: 1 | -1): void {
  const paidOut = effects.filter(({ type }) => type === "payout").reduce((sum, effect) => sum + centsOf(effect), 0);
  const spentCents = sumsOf(effects).spentCents + paidOut;
  if (spentCents === 0) return;
  const days = spent.get(programme) ?? [];
  const before = days.find((one) => one.day === day)?.cents ?? 0;
  const others = days.filter((one) => one.day !== day);
  spent.set(programme, [...others.slice(1 - DAYS_KEPT), { day, cents: Math.max(0, before + sign * spentCents) }]);
}
