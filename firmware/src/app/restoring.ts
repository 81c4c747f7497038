import {
  type CardState,
  currentSequence,
  dayOf,
  newSequence,
  PREDECESSOR_BYTES,
  type Purse,
  purseRoom,
  repairSteps,
  SEQUENCE_MAX,
  sameBytes,
  stateHash,
  unpackPurses,
} from "@cachet/card-layout";
import type { CardHistory } from "../hal/index.ts";
import type { Programme } from "../rules/index.ts";
import { type CreditOf, decodeCredit, type IntentArea } from "../wire/index.ts";
import { type AreaOnCard, layoutOf, packFor } from "./areas.ts";
import type { CardOnReader } from "./card.ts";
import type { KnownIntent } from "./doubts.ts";
import { within } from "./found.ts";
import type { Terminal } from "./terminal.ts";

/** A restore credit that may be written to an area now. */
export interface Restoring {
  readonly area: AreaOnCard;
  readonly programme: Programme;
  /** Number of the credit. */
  readonly number: number;
  readonly credit: CreditOf<"restore">;
  readonly purses: readonly Purse[];
  /** This terminal began to write it before, and may go on with that very intent; null where it never did. */
  readonly begun: KnownIntent | null;
}

/** Whether an area shows no record, as far as a restore credit is concerned. A chip with a counter tells what was never used. */
function isUnreadable({ reading, counter }: AreaOnCard): boolean {
  if (reading.kind === "free") return counter === null;
  return reading.kind === "damaged" || reading.kind === "behind" || reading.kind === "foreign";
}

/** The restore credit of a programme, where the newest one is for this terminal. An older one is over. */
function newestFor(
  { facts }: Terminal,
  { credits }: CardHistory,
  programme: Programme,
): Pick<Restoring, "number" | "credit"> | null {
  let newest: Pick<Restoring, "number" | "credit"> | null = null;
  for (const { programme: of, number, body } of credits) {
    if (of !== programme.number || number <= (newest?.number ?? 0)) continue;
    const credit = decodeCredit(body);
    if (credit?.kind === "restore") newest = { number, credit };
  }
  return newest?.credit.terminal === facts.terminal ? newest : null;
}

/** The purses of a restore credit; null where they do not read, or do not fit the area. */
function pursesOf(card: CardOnReader, { map }: AreaOnCard, { purses }: CreditOf<"restore">): readonly Purse[] | null {
  const room = purseRoom(card.map, map);
  if (purses.length > room) return null;
  const padded = new Uint8Array(room);
  padded.set(purses);
  const read = unpackPurses(padded);
  return read.ok ? read.value : null;
}

/**
 * Whether the card is still as the office knew it. With a counter: it has not moved since but for the count that begins a
 * write. Anybody may have counted on since, and used the card in between. Without: this terminal saw nothing later.
 */
function isAsKnown({ counter }: AreaOnCard, { remembered }: CardHistory, { programme, credit }: Restoring): boolean {
  const sawLater = remembered.some(
    (seen) =>
      seen.programme === programme.number && seen.sequence > credit.sequence && !sameBytes(seen.hash, credit.state),
  );
  if (sawLater) return false;
  if (counter === null) return credit.sequence < SEQUENCE_MAX;
  if (credit.counter === undefined || repairSteps(counter.value) === null) return false;
  return counter.value === credit.counter || counter.value === currentSequence(credit.counter) + 1;
}

/** The restore credit for an area that shows no record; null where there is none that this terminal may write. */
export function restoringOf(
  terminal: Terminal,
  card: CardOnReader,
  areas: readonly AreaOnCard[],
  area: AreaOnCard,
  history: CardHistory,
  intents: readonly KnownIntent[],
): Restoring | null {
  if (card.map.header !== "full" || !isUnreadable(area)) return null;
  for (const programme of terminal.programmes) {
    const newest = newestFor(terminal, history, programme);
    const isShown = areas.some(
      ({ reading }) => reading.kind === "current" && reading.state.programme === programme.number,
    );
    if (newest === null || newest.credit.area !== area.index || isShown) continue;
    const { number, credit } = newest;
    const purses = pursesOf(card, area, credit);
    if (purses === null) continue;
    const begun = intents.find(({ body }) => isRestore(body.areas[0]!, programme, number)) ?? null;
    const wasBegun = history.restored.some((one) => one.programme === programme.number && one.number === number);
    // It works once: anybody can make the card unreadable again.
    if (wasBegun && begun?.outcomes.get(programme.number) !== "open") continue;
    const restoring = { area, programme, number, credit, purses, begun };
    if (isAsKnown(area, history, restoring)) return restoring;
  }
  return null;
}

function isRestore({ programme, effects }: IntentArea, { number: wanted }: Programme, credit: number): boolean {
  return programme === wanted && effects.some((effect) => effect.type === "restore" && effect.credit === credit);
}

/** The sequence that the restored record carries. */
export function restoredSequence({ counter }: AreaOnCard, { sequence }: CreditOf<"restore">): number {
  return counter === null ? sequence + 1 : newSequence(repairSteps(counter.value)!);
}

/** The area of an intent that restores: its record follows the last one in the office's books. */
export async function restoredArea(
  { hal, facts }: Terminal,
  card: CardOnReader,
  { utc, offset }: { readonly utc: number; readonly offset: number },
  writeLayout: number,
  { area, programme, number, credit, purses }: Restoring,
): Promise<IntentArea> {
  const state: CardState = {
    layout: layoutOf(card, purses, writeLayout),
    generation: facts.programmes.find((held) => held.programme === programme.number)!.generation,
    programme: programme.number,
    sequence: restoredSequence(area, credit),
    terminal: facts.terminal,
    day: within(dayOf(utc, offset), 0xffff),
    predecessor: credit.state.slice(0, PREDECESSOR_BYTES),
    credit: number,
    purses,
  };
  const record = packFor(card, area.map, state);
  return {
    programme: programme.number,
    version: programme.version,
    area: area.index,
    oldHash: credit.state,
    newHash: await stateHash((message) => hal.hash(message), card.number, record),
    oldSequence: credit.sequence,
    oldTerminal: 0,
    record,
    effects: [{ type: "restore", rule: "", unit: "cents", value: 0, funder: "association", credit: number }],
  };
}
