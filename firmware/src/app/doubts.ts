import { sameBytes, toHex } from "@cachet/card-layout";
import type { CardHistory, DeviceFacts, Hal, JournalledIntent } from "../hal/index.ts";
import { decideDoubt } from "../journal/index.ts";
import { decodeVisit, type Intent, type IntentArea } from "../wire/index.ts";
import { type AreaOnCard, shownState } from "./areas.ts";
import type { CardOnReader } from "./card.ts";

export type Outcome = JournalledIntent["outcomes"][number]["outcome"];
type Decided = Exclude<Outcome, "open">;

/** An intent of this terminal for the card in the field, and what is known of it by now. */
export interface KnownIntent {
  readonly number: number;
  /** When it was stored, seconds since 1970. */
  readonly utc: number;
  /** It is the very visit that is under way, tried before. */
  readonly ofThisVisit: boolean;
  readonly body: Intent;
  readonly outcomes: Map<number, Outcome>;
  /** Programmes whose area still shows the old state: they can be written as they were meant. */
  readonly unwritten: Set<number>;
  /** What becomes of a programme's area once the next write on it has committed. */
  readonly afterWrite: Map<number, Decided>;
}

/** An intent that has just been stored: nothing of it is on the card yet. */
export function newIntent(number: number, utc: number, body: Intent): KnownIntent {
  const programmes = body.areas.map(({ programme }) => programme);
  return {
    number,
    utc,
    ofThisVisit: true,
    body,
    outcomes: new Map(programmes.map((programme) => [programme, "open"])),
    unwritten: new Set(programmes),
    afterWrite: new Map(),
  };
}

/** Intents of a card that matter to a visit, oldest first: those still open, and any of this very visit. */
export async function knownIntents(hal: Hal, history: CardHistory): Promise<KnownIntent[]> {
  const known: KnownIntent[] = [];
  for (const { number, ofThisVisit, outcomes } of history.intents) {
    if (!ofThisVisit && outcomes.every(({ outcome }) => outcome !== "open")) continue;
    const entry = decodeVisit(await hal.entry(number));
    if (entry?.kind !== "intent") throw new RangeError(`entry ${number} is no intent`);
    known.push({
      number,
      utc: entry.utc,
      ofThisVisit,
      body: entry.body,
      outcomes: new Map(outcomes.map(({ programme, outcome }) => [programme, outcome])),
      unwritten: new Set<number>(),
      afterWrite: new Map(),
    });
  }
  return known;
}

/** The area that shows a programme's state: its current record, else the free area that an intent meant to open. */
export function areaOf(areas: readonly AreaOnCard[], programme: number, index: number): AreaOnCard | null {
  const current = areas.find(({ reading }) => reading.kind === "current" && reading.state.programme === programme);
  return current ?? areas.find((area) => area.index === index && area.reading.kind === "free") ?? null;
}

/** One area of an intent gets its outcome in the journal. */
async function settle(hal: Hal, intent: KnownIntent, programme: number, outcome: Decided): Promise<void> {
  await hal.settle(intent.number, programme, outcome);
  intent.outcomes.set(programme, outcome);
  intent.unwritten.delete(programme);
  intent.afterWrite.delete(programme);
}

/** One area of an intent, decided. */
interface Decision {
  readonly intent: KnownIntent;
  readonly programme: number;
  readonly outcome: Decided;
}

/**
 * Settles what the card in the field can settle: each decided area gets its COMMIT or ABORT in the journal, at once or once
 * the next write on it has committed.
 *
 * Decided newest first. Several intents may name the very same new state (same terminal, day, purses): a newer one was
 * stored while the card still showed the old state, and an older one is never written after it, so the record on the card
 * is the newest one's. Journalled oldest first: where the power goes in between, the newest is still open and claims its state.
 */
export async function settleDoubts(
  hal: Hal,
  card: CardOnReader,
  areas: readonly AreaOnCard[],
  intents: readonly KnownIntent[],
): Promise<void> {
  const claimed = new Set<string>();
  const decisions: Decision[] = [];
  for (const intent of [...intents].reverse()) {
    for (const area of intent.body.areas) {
      const claim = `${area.programme}/${toHex(area.newHash)}`;
      if (intent.outcomes.get(area.programme) === "open") {
        const outcome = await decide(hal, card, areas, intent, area, claimed.has(claim));
        if (outcome !== null) decisions.push({ intent, programme: area.programme, outcome });
      }
      claimed.add(claim);
    }
  }
  for (const { intent, programme, outcome } of decisions.reverse()) {
    await settle(hal, intent, programme, outcome);
  }
}

/** What becomes of an area at once; null where it waits for a write, or stays open. */
async function decide(
  hal: Hal,
  card: CardOnReader,
  areas: readonly AreaOnCard[],
  intent: KnownIntent,
  area: IntentArea,
  isClaimed: boolean,
): Promise<Decided | null> {
  const { programme } = area;
  const map = card.map.areas[area.area];
  if (map === undefined) return null;
  const shown = await shownState(hal, card, areaOf(areas, programme, area.area), map, programme);
  const decision = decideDoubt(area, shown, card.map.commit);
  if (sameBytes(shown.hash, area.oldHash)) intent.unwritten.add(programme);
  switch (decision) {
    case "open":
      return null;
    case "committed":
      return isClaimed ? "aborted" : "committed";
    case "aborted":
      return "aborted";
    case "commit-after-write":
      intent.afterWrite.set(programme, isClaimed ? "aborted" : "committed");
      return null;
    case "abort-after-write":
      intent.afterWrite.set(programme, "aborted");
      return null;
  }
}

/** A write of this programme has committed: what other intents waited for is decided, oldest first. */
export async function settleAfterWrite(
  hal: Hal,
  intents: readonly KnownIntent[],
  except: number,
  programme: number,
): Promise<void> {
  for (const intent of intents) {
    const decided = intent.afterWrite.get(programme);
    if (intent.number !== except && decided !== undefined) await settle(hal, intent, programme, decided);
  }
}

/** Whether the card went back behind a state that this terminal saw on it. Programmes that are restored show none. */
export function wentBack(
  facts: DeviceFacts,
  areas: readonly AreaOnCard[],
  history: CardHistory,
  restored: readonly number[],
): boolean {
  return history.remembered.some(({ programme, sequence, hash }) => {
    if (!facts.programmes.some((held) => held.programme === programme) || restored.includes(programme)) return false;
    const area = areas.find(({ reading }) => reading.kind === "current" && reading.state.programme === programme);
    if (area?.reading.kind !== "current" || area.reading.state.sequence < sequence) return true;
    return area.reading.state.sequence === sequence && !sameBytes(area.reading.shown.hash, hash);
  });
}
