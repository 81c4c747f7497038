import { dayOf, PREDECESSOR_BYTES, type Purse, stateHash } from "@cachet/card-layout";
import type { Evaluation, Programme } from "../rules/index.ts";
import type { IntentArea } from "../wire/index.ts";
import { type AreaOnCard, layoutOf, nextSequence, packFor, shownState } from "./areas.ts";
import { CardRefused } from "./card.ts";
import { planCredits } from "./credits.ts";
import { areaOf } from "./doubts.ts";
import { type CardFound, currentOf, freeFor, heldIn, planFor, programmesFor, within } from "./found.ts";
import type { Terminal } from "./terminal.ts";

/** One area to write: with credits that wait, then with the visit's own purses and effects; null where it has no purses of its own. */
export async function intentArea(
  { hal, facts }: Terminal,
  { card, moment, lists }: CardFound,
  area: AreaOnCard,
  programme: Programme,
  purses: readonly Purse[] | null,
  effects: IntentArea["effects"],
): Promise<IntentArea> {
  const held = heldIn(area);
  const plan = planCredits(programme, card, area, moment, lists);
  const sequence = nextSequence(area);
  if (sequence === null) throw new CardRefused("CARD_WORN_OUT", card.number);
  const old = await shownState(hal, card, area, area.map, programme.number);
  const written = purses ?? plan.purses;
  const record = packFor(card, area.map, {
    layout: layoutOf(card, written, lists.writeLayout),
    generation: facts.programmes.find((candidate) => candidate.programme === programme.number)!.generation,
    programme: programme.number,
    sequence,
    terminal: facts.terminal,
    day: within(dayOf(moment.utc, moment.offset), 0xffff),
    predecessor: old.hash.slice(0, PREDECESSOR_BYTES),
    credit: plan.last,
    purses: written,
  });
  return {
    programme: programme.number,
    version: programme.version,
    area: area.index,
    oldHash: old.hash,
    newHash: await stateHash((message) => hal.hash(message), card.number, record),
    oldSequence: held?.sequence ?? 0,
    oldTerminal: held?.terminal ?? 0,
    record,
    effects: [...plan.effects, ...effects],
  };
}

/**
 * The area of a programme as a visit leaves it; one of `free` is opened, and taken from there, where it has none yet. Throws `CardRefused`,
 * `TO_REPLACE` where the programme has grown beyond the place that it has.
 */
export async function changedArea(
  terminal: Terminal,
  found: CardFound,
  free: AreaOnCard[],
  programme: Programme,
  { newPurses, effects }: Evaluation,
): Promise<IntentArea> {
  const { number: card } = found.card;
  const current = currentOf(found.areas, programme.number);
  const area = current ?? freeFor(found.card, free, programme);
  if (area === null) throw new CardRefused("NO_ROOM", card);
  try {
    const changed = await intentArea(terminal, found, area, programme, newPurses, effects);
    if (current === undefined) free.splice(free.indexOf(area), 1);
    return changed;
  } catch (error) {
    const isTooSmall = current !== undefined && error instanceof CardRefused && error.reason === "NO_ROOM";
    throw isTooSmall ? new CardRefused("TO_REPLACE", card, programme.number) : error;
  }
}

/** An area that is written again although nothing changes there. `area`: where its programme's record was to be opened. */
export interface ToDecide {
  readonly programme: number;
  readonly area: number;
}

/**
 * Areas written again with the purses they hold, and credits that wait, so that what is in doubt there is decided; a free one is
 * opened. Leaves out programmes that this terminal does not have, and areas that are taken.
 */
export async function nullAreas(
  terminal: Terminal,
  found: CardFound,
  toDecide: readonly ToDecide[],
): Promise<IntentArea[]> {
  const areas: IntentArea[] = [];
  for (const { programme: number, area: index } of toDecide) {
    const area = areaOf(found.areas, number, index);
    const programme = terminal.programmes.find((candidate) => candidate.number === number);
    if (area === null || programme === undefined) continue;
    areas.push(await intentArea(terminal, found, area, programme, null, []));
  }
  return areas;
}

/** Areas that are written for the credits that wait alone: of programmes that `written` does not change. */
export async function creditAreas(
  terminal: Terminal,
  found: CardFound,
  written: readonly IntentArea[],
): Promise<IntentArea[]> {
  const areas: IntentArea[] = [];
  const taken = new Set(written.map(({ area }) => area));
  for (const programme of programmesFor(terminal, found)) {
    if (written.some((area) => area.programme === programme.number)) continue;
    const free = found.areas.filter(({ index, reading }) => reading.kind === "free" && !taken.has(index));
    const area = currentOf(found.areas, programme.number) ?? freeFor(found.card, free, programme);
    if (area === null || planFor(found, programme)?.effects.length === 0) continue;
    taken.add(area.index);
    areas.push(await intentArea(terminal, found, area, programme, null, []));
  }
  return areas;
}
