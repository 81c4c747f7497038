import { readBigEndian } from "@cachet/card-layout";
import { CARDS_REMEMBERED, type JournalledIntent, type RememberedState } from "../hal/index.ts";
import type { Entry, Intent } from "../wire/index.ts";

type Outcome = "open" | "committed" | "aborted";

interface KeptIntent {
  readonly number: number;
  readonly body: Intent;
  readonly outcomes: Map<number, Outcome>;
}

interface KeptCard {
  intents: KeptIntent[];
  readonly states: Map<number, RememberedState>;
}

const SEQUENCE_AT = 4;
const SEQUENCE_SIZE = 3;

/**
 * What the journal's entries add up to: open intents by card, and the last committed state of the last cards seen.
 * Rebuilt from the entries at every start, so that it cannot disagree with them.
 */
export class IntentBook {
  private readonly cards = new Map<number, KeptCard>();
  private readonly intents = new Map<number, KeptIntent>();

  /** Takes in one entry. Entries come in order, each once. */
  take(entry: Entry): void {
    if (entry.kind === "intent") this.takeIntent(entry.number, entry.body);
    if (entry.kind === "commit") this.takeOutcome(entry.body.intent, entry.body.programme, "committed");
    if (entry.kind === "abort") this.takeOutcome(entry.body.intent, entry.body.programme, "aborted");
  }

  private takeIntent(number: number, body: Intent): void {
    const intent: KeptIntent = {
      number,
      body,
      outcomes: new Map(body.areas.map(({ programme }): [number, Outcome] => [programme, "open"])),
    };
    const kept = this.cards.get(body.card) ?? { intents: [], states: new Map() };
    const settled = kept.intents.filter((earlier) => !isOpen(earlier));
    for (const gone of settled) this.intents.delete(gone.number);
    kept.intents = [...kept.intents.filter(isOpen), intent];
    this.intents.set(number, intent);
    // Re-inserted so that the map's order is the order of last use.
    this.cards.delete(body.card);
    this.cards.set(body.card, kept);
    this.forgetOldest();
  }

  /** Cards with an open intent are never forgotten. */
  private forgetOldest(): void {
    for (const [card, kept] of this.cards) {
      if (this.cards.size <= CARDS_REMEMBERED) return;
      if (kept.intents.some(isOpen)) continue;
      for (const intent of kept.intents) this.intents.delete(intent.number);
      this.cards.delete(card);
    }
  }

  private takeOutcome(number: number, programme: number, outcome: Outcome): void {
    const intent = this.intents.get(number);
    const area = intent?.body.areas.find((candidate) => candidate.programme === programme);
    if (intent?.outcomes.get(programme) !== "open" || area === undefined) {
      throw new RangeError(`intent ${number}, programme ${programme} is not open`);
    }
    intent.outcomes.set(programme, outcome);
    if (outcome !== "committed") return;
    const states = this.cards.get(intent.body.card)?.states;
    const sequence = readBigEndian(area.record, SEQUENCE_AT, SEQUENCE_SIZE);
    // An old doubt that is settled late must not make the card's memory go back.
    if ((states?.get(programme)?.sequence ?? 0) > sequence) return;
    states?.set(programme, { programme, sequence, hash: area.newHash });
  }

  /** What became of one programme of an intent; null where the intent or the programme is not known. */
  outcome(number: number, programme: number): Outcome | null {
    return this.intents.get(number)?.outcomes.get(programme) ?? null;
  }

  body(number: number): Intent | null {
    return this.intents.get(number)?.body ?? null;
  }

  /** Open intents of a card, oldest first, and its last one. */
  intentsOf(card: number): JournalledIntent[] {
    const kept = this.cards.get(card)?.intents ?? [];
    const matter = kept.filter((intent) => isOpen(intent) || intent === kept.at(-1));
    return matter.map(({ number, body, outcomes }) => ({
      number,
      visit: body.visit,
      outcomes: [...outcomes].map(([programme, outcome]) => ({ programme, outcome })),
    }));
  }

  statesOf(card: number): RememberedState[] {
    return [...(this.cards.get(card)?.states.values() ?? [])];
  }

  /** Areas that are still open, over all cards: each will need an entry of its own. */
  openAreas(): number {
    let open = 0;
    for (const { outcomes } of this.intents.values()) {
      for (const outcome of outcomes.values()) if (outcome === "open") open += 1;
    }
    return open;
  }
}

function isOpen(intent: KeptIntent): boolean {
  return [...intent.outcomes.values()].includes("open");
}
