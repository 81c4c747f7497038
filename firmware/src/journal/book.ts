import { type Day, dayOf, readBigEndian } from "@cachet/card-layout";
import {
  CARDS_REMEMBERED,
  type JournalledIntent,
  type RememberedState,
  type SpentToday,
  VISIT_NUMBER_SECONDS,
} from "../hal/index.ts";
import { type Entry, type Intent, type IntentArea, sumsOf, visitKind } from "../wire/index.ts";

type Outcome = "open" | "committed" | "aborted";

interface KeptIntent {
  readonly number: number;
  readonly card: number;
  readonly visit: number;
  readonly utc: number;
  readonly day: Day;
  readonly outcomes: Map<number, Outcome>;
  /** Kept while an area is open; the journal has it afterwards. */
  body: Intent | null;
}

interface KeptCard {
  /** Open intents, oldest first, and the last one. */
  intents: KeptIntent[];
  readonly states: Map<number, RememberedState>;
  /** By programme: what left the card on the last day that anything did. */
  readonly spent: Map<number, { readonly day: Day; readonly cents: number }>;
}

const SEQUENCE_AT = 4;
const SEQUENCE_SIZE = 3;

/**
 * What the journal's entries add up to: open intents by card, the intent of every visit, and the last state seen of the
 * last cards. Rebuilt from the entries at every start, so that it cannot disagree with them.
 */
export class IntentBook {
  private readonly cards = new Map<number, KeptCard>();
  private readonly intents = new Map<number, KeptIntent>();
  private readonly visits = new Map<number, KeptIntent>();
  private open = 0;

  /** Takes in one entry. Entries come in order, each once. Throws `RangeError` on an outcome of nothing that is open. */
  take(entry: Entry): void {
    if (entry.kind === "intent") this.takeIntent(entry.number, entry.utc, dayOf(entry.utc, entry.offset), entry.body);
    if (entry.kind === "commit") this.takeOutcome(entry.body.intent, entry.body.programme, "committed");
    if (entry.kind === "abort") this.takeOutcome(entry.body.intent, entry.body.programme, "aborted");
  }

  private takeIntent(number: number, utc: number, day: Day, body: Intent): void {
    const { card, visit } = body;
    const outcomes = new Map(body.areas.map(({ programme }): [number, Outcome] => [programme, "open"]));
    const intent: KeptIntent = { number, card, visit, utc, day, outcomes, body };
    const kept: KeptCard = this.cards.get(card) ?? { intents: [], states: new Map(), spent: new Map() };
    kept.intents = [...kept.intents.filter(isOpen), intent];
    this.intents.set(number, intent);
    if (visitKind(body) !== "null") this.visits.set(visit, intent);
    for (const area of body.areas) spend(kept, day, area, 1);
    this.open += outcomes.size;
    for (const { programme, oldSequence, oldHash } of body.areas) {
      if (oldSequence > 0) remember(kept, { programme, sequence: oldSequence, hash: oldHash });
    }
    // Re-inserted so that the map's order is the order of last use.
    this.cards.delete(card);
    this.cards.set(card, kept);
    this.forgetOldest();
  }

  /** Cards with an open intent are never forgotten. */
  private forgetOldest(): void {
    for (const [card, kept] of this.cards) {
      if (this.cards.size <= CARDS_REMEMBERED) return;
      if (!kept.intents.some(isOpen)) this.cards.delete(card);
    }
  }

  private takeOutcome(number: number, programme: number, outcome: Outcome): void {
    const intent = this.intents.get(number);
    const area = intent?.body?.areas.find((candidate) => candidate.programme === programme);
    if (intent?.outcomes.get(programme) !== "open" || area === undefined) {
      throw new RangeError(`intent ${number}, programme ${programme} is not open`);
    }
    intent.outcomes.set(programme, outcome);
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
    if (!isOpen(intent)) intent.body = null;
  }

  /** What became of one programme of an intent; null where the intent or the programme is not known. */
  outcome(number: number, programme: number): Outcome | null {
    return this.intents.get(number)?.outcomes.get(programme) ?? null;
  }

  /** The body of an intent that is still open, else null. */
  body(number: number): Intent | null {
    return this.intents.get(number)?.body ?? null;
  }

  /** The last intent of a visit's number; null where it is settled and too long ago (`VISIT_NUMBER_SECONDS`) to be this visit. */
  private ofVisit(visit: number, utc: number): KeptIntent | null {
    const intent = this.visits.get(visit);
    if (intent === undefined) return null;
    return isOpen(intent) || Math.abs(utc - intent.utc) < VISIT_NUMBER_SECONDS ? intent : null;
  }

  /** Open intents of a card, its last one, and the one of this visit at this time, oldest first. */
  intentsOf(card: number, visit: number, utc: number): JournalledIntent[] {
    const kept = this.cards.get(card)?.intents ?? [];
    const matter = new Set(kept.filter((intent) => isOpen(intent) || intent === kept.at(-1)));
    const ofVisit = this.ofVisit(visit, utc);
    if (ofVisit?.card === card) matter.add(ofVisit);
    return [...matter]
      .sort((a, b) => a.number - b.number)
      .map((intent) => ({
        number: intent.number,
        ofThisVisit: intent === ofVisit,
        outcomes: [...intent.outcomes].map(([programme, outcome]) => ({ programme, outcome })),
      }));
  }

  /** The card on which a visit happened, or may still have: null where it has no intent that is not aborted as a whole. */
  cardOfVisit(visit: number, utc: number): number | null {
    const intent = this.ofVisit(visit, utc);
    if (intent === null) return null;
    return [...intent.outcomes.values()].every((outcome) => outcome === "aborted") ? null : intent.card;
  }

  statesOf(card: number): RememberedState[] {
    return [...(this.cards.get(card)?.states.values() ?? [])];
  }

  /** What a card spent here on a day, by programme; what is in doubt counts. */
  spentOn(card: number, day: Day): SpentToday[] {
    const spent = this.cards.get(card)?.spent ?? new Map<number, { day: Day; cents: number }>();
    return [...spent].flatMap(([programme, last]) => (last.day === day ? [{ programme, cents: last.cents }] : []));
  }

  /** Areas that are still open, over all cards: each will need an entry of its own. */
  openAreas(): number {
    return this.open;
  }
}

/** A state that was seen later in the journal, but earlier on the card, must not make the card's memory go back. */
function remember({ states }: KeptCard, state: RememberedState): void {
  if ((states.get(state.programme)?.sequence ?? 0) <= state.sequence) states.set(state.programme, state);
}

/** Adds what an area's effects take off the card; a clock that goes back to an earlier day changes nothing of today. */
function spend({ spent }: KeptCard, day: Day, { programme, effects }: IntentArea, sign: 1 | -1): void {
  const { spentCents } = sumsOf(effects);
  const last = spent.get(programme);
  if (spentCents === 0 || (last !== undefined && day < last.day)) return;
  const before = last?.day === day ? last.cents : 0;
  spent.set(programme, { day, cents: Math.max(0, before + sign * spentCents) });
}

function isOpen(intent: KeptIntent): boolean {
  return [...intent.outcomes.values()].includes("open");
}
