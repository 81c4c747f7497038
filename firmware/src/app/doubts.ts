import { sameBytes, toHex } from "@cachet/card-layout";
import type { CardHistory, DeviceFacts, Hal, JournalledIntent } from "../hal/index.ts";
import { decideDoubt } from "../journal/index.ts";
import { decodeEntry, type Intent } from "../wire/index.ts";
import { type AreaOnCard, type CardOnReader, confirmSteady, shownState } from "./card.ts";

export type Outcome = JournalledIntent["outcomes"][number]["outcome"];

/** An intent of this terminal for the card in the field, and what is known of it by now. */
export interface KnownIntent {
  readonly number: number;
  /** It is the very visit that is under way, tried before. */
  readonly ofThisVisit: boolean;
  readonly body: Intent;
  readonly outcomes: Map<number, Outcome>;
  /** Programmes whose area still shows the old state: written again, or aborted after the next write on that area. */
  readonly unwritten: Set<number>;
}

/** Intents of a card that matter to a visit, oldest first: those still open, and any of this very visit. */
export async function knownIntents(hal: Hal, history: CardHistory): Promise<KnownIntent[]> {
  const known: KnownIntent[] = [];
  for (const { number, ofThisVisit, outcomes } of history.intents) {
    if (!ofThisVisit && outcomes.every(({ outcome }) => outcome !== "open")) continue;
    const entry = decodeEntry(await hal.entry(number));
    if (entry.kind !== "intent") throw new RangeError(`entry ${number} is no intent`);
    known.push({
      number,
      ofThisVisit,
      body: entry.body,
      outcomes: new Map(outcomes.map(({ programme, outcome }) => [programme, outcome])),
      unwritten: new Set<number>(),
    });
  }
  return known;
}

/** The area that shows a programme's state: its current record, else the free area that an intent meant to open. */
export function areaOf(areas: readonly AreaOnCard[], programme: number, index: number): AreaOnCard | null {
  const current = areas.find(({ reading }) => reading.kind === "current" && reading.state.programme === programme);
  return current ?? areas.find((area) => area.index === index && area.reading.kind === "free") ?? null;
}

/**
 * Settles what the card in the field can settle: each decided area gets its COMMIT or ABORT in the journal.
 *
 * Newest intent first. Several intents may name the very same new state (same terminal, day, purses): a newer one was
 * stored while the card still showed the old state, and an older one is never written after it, so the record on the card
 * is the newest one's. A state that was committed here before belongs to the intent that was committed then.
 */
export async function settleDoubts(
  hal: Hal,
  card: CardOnReader,
  areas: readonly AreaOnCard[],
  intents: readonly KnownIntent[],
  history: CardHistory,
): Promise<void> {
  const claimed = new Set(history.remembered.map(({ programme, hash }) => `${programme}/${toHex(hash)}`));
  for (const intent of [...intents].reverse()) {
    for (const area of intent.body.areas) {
      const claim = `${area.programme}/${toHex(area.newHash)}`;
      if (intent.outcomes.get(area.programme) === "open") {
        const onCard = areaOf(areas, area.programme, area.area);
        const decision = decideDoubt(area, await shownState(hal, card, onCard));
        if (decision === "abort-after-write") intent.unwritten.add(area.programme);
        if (decision === "committed" && onCard !== null) await confirmSteady(hal, card, onCard);
        if (decision === "committed" || decision === "aborted") {
          const outcome = decision === "committed" && claimed.has(claim) ? "aborted" : decision;
          await hal.settle(intent.number, area.programme, outcome);
          intent.outcomes.set(area.programme, outcome);
        }
      }
      claimed.add(claim);
    }
  }
}

/** A write of this programme has committed: whatever other intents left unwritten there is burnt. */
export async function abortUnwritten(
  hal: Hal,
  intents: readonly KnownIntent[],
  except: number,
  programme: number,
): Promise<void> {
  for (const intent of intents) {
    if (intent.number === except || !intent.unwritten.has(programme)) continue;
    await hal.settle(intent.number, programme, "aborted");
    intent.outcomes.set(programme, "aborted");
    intent.unwritten.delete(programme);
  }
}

/** Whether the card went back behind a state that this terminal saw on it. */
export function wentBack(facts: DeviceFacts, areas: readonly AreaOnCard[], history: CardHistory): boolean {
  return history.remembered.some(({ programme, sequence, hash }) => {
    if (!facts.programmes.some((held) => held.programme === programme)) return false;
    const area = areas.find(({ reading }) => reading.kind === "current" && reading.state.programme === programme);
    if (area?.reading.kind !== "current" || area.reading.state.sequence < sequence) return true;
    return area.reading.state.sequence === sequence && !sameBytes(area.reading.shown.hash, hash);
  });
}
