import {
  bestArea,
  CARD_EPOCH_SECONDS,
  type CardState,
  dayOf,
  isBlank,
  PREDECESSOR_BYTES,
  type Purse,
  packPurses,
  purseSize,
  pursesSize,
  sameBytes,
  stateHash,
} from "@cachet/card-layout";
import type { Moment, SaleRequest, SpentToday } from "../hal/index.ts";
import {
  type Evaluation,
  evaluate,
  type Facts,
  type Programme,
  pursesOf,
  type Sale,
  type Visit,
} from "../rules/index.ts";
import { encodeCbor, type Intent, type IntentArea, Refusal } from "../wire/index.ts";
import { type AreaOnCard, layoutOf, nextSequence, packFor, shownState } from "./areas.ts";
import { type CardOnReader, CardRefused } from "./card.ts";
import { type CreditPlan, type Lists, planCredits } from "./credits.ts";
import { areaOf } from "./doubts.ts";
import type { Terminal } from "./terminal.ts";

/** A card as a visit finds it. */
export interface CardFound {
  readonly card: CardOnReader;
  readonly areas: readonly AreaOnCard[];
  readonly spentToday: readonly SpentToday[];
  readonly moment: Moment;
  readonly lists: Lists;
}

/** A visit as the rules see it, before anything is written. */
export interface Proposal {
  readonly evaluations: readonly { readonly programme: Programme; readonly evaluation: Evaluation }[];
  /** Areas to write, those that lose value first. */
  readonly areas: readonly IntentArea[];
  readonly payable: number;
  /** What was found of what was asked: the lines and the money of a refund, say. */
  readonly found?: Pick<Intent, "refund" | "transfer" | "closing">;
}

/** A purse as bytes without its head: all zero where it holds nothing. */
const payloadOf = (purse: Purse): Uint8Array => packPurses([purse], purseSize(purse.kind)).subarray(1);

/** A purse the card does not have yet is worth the same as one full of zeros. */
function samePurses(before: readonly Purse[], after: readonly Purse[]): boolean {
  const isIn = (purses: readonly Purse[], { kind, index }: Purse) =>
    purses.find((purse) => purse.kind === kind && purse.index === index);
  if (before.some((purse) => isIn(after, purse) === undefined)) return false;
  return after.every((purse) => {
    const old = isIn(before, purse);
    const now = payloadOf(purse);
    return old === undefined ? isBlank(now) : sameBytes(payloadOf(old), now);
  });
}

/**
 * Whether a visit leaves everything as it was: what it gave and took has an intent even where the purses come out the same, and
 * so has a credit.
 */
function changesNothing(
  { purses, effects: credits }: Pick<CreditPlan, "purses" | "effects">,
  { newPurses, effects }: Evaluation,
): boolean {
  if (credits.length > 0) return false;
  const moves = effects.some(({ type, value, taken = 0 }) => type !== "decline" && (value > 0 || taken > 0));
  return !moves && samePurses(purses, newPurses);
}

/** Effects by which value leaves the card for something that is handed over. */
const LOSING: readonly IntentArea["effects"][number]["type"][] = ["redeem", "give", "payout", "clawback"];

/** Whether value leaves the card. */
export function losesValue({ effects }: Pick<IntentArea, "effects">): boolean {
  return effects.some(({ type, value, taken = 0 }) => (LOSING.includes(type) && value > 0) || taken > 0);
}

/** A card has no word for a time before 2000: a clock that fell back to 1970 writes the earliest it has. */
const within = (value: number, max: number) => Math.max(0, Math.min(max, value));

const addLines = (a: readonly number[], b: readonly number[]) => a.map((value, i) => value + b[i]!);

export const currentOf = (areas: readonly AreaOnCard[], programme: number): AreaOnCard | undefined =>
  areas.find(({ reading }) => reading.kind === "current" && reading.state.programme === programme);

const heldIn = (area: AreaOnCard | undefined): CardState | null =>
  area?.reading.kind === "current" ? area.reading.state : null;

/**
 * One programme's answer to a visit that concerns it alone. No area is written where nothing changes. Throws `CardRefused` as for a
 * sale.
 */
export async function proposeIn(
  terminal: Terminal,
  found: CardFound,
  programme: Programme,
  visit: Visit,
): Promise<{ readonly evaluation: Evaluation; readonly areas: readonly IntentArea[] }> {
  const plan = planFor(found, programme);
  const purses = plan?.purses ?? [];
  const evaluation = evaluate(programme, purses, visit, factsOf(terminal, found, programme));
  if (changesNothing({ purses, effects: [] }, evaluation)) return { evaluation, areas: [] };
  const free = found.areas.filter(({ reading }) => reading.kind === "free");
  return { evaluation, areas: [await changedArea(terminal, found, free, programme, evaluation)] };
}

/** Programmes that this card takes part in, or may: one that names its media is not opened on others. */
export function programmesFor({ programmes }: Terminal, { card, areas }: CardFound): Programme[] {
  return programmes.filter(
    ({ number, media }) =>
      media === undefined || media.includes(card.map.chip) || currentOf(areas, number) !== undefined,
  );
}

/** What the rules are told of a visit under one programme. */
export function factsOf({ facts }: Terminal, found: CardFound, programme: Programme, before?: Facts["before"]): Facts {
  const { areas, spentToday, moment } = found;
  const torn = currentOf(areas, programme.number)?.counter?.torn === true;
  const lastDay = heldIn(currentOf(areas, programme.number))?.day ?? 0;
  return {
    merchant: facts.merchant,
    ...(lastDay === 0 ? {} : { lastDay }),
    at: within(moment.utc - CARD_EPOCH_SECONDS, 0xffff_ffff),
    clockSuspect: moment.suspect,
    spentToday: spentToday.find((spent) => spent.programme === programme.number)?.cents ?? 0,
    earnOnly: torn,
    ...(before === undefined ? {} : { before }),
  };
}

/**
 * Evaluates a sale under every programme of the terminal and works out the records to write.
 * Throws `CardRefused` where a programme finds no room or no sequence left on the card.
 */
export async function proposeSale(
  terminal: Terminal,
  found: CardFound,
  request: Sale,
  known: Partial<Facts> = {},
): Promise<Proposal> {
  const programmes = programmesFor(terminal, found);
  if (programmes.length === 0) throw new CardRefused("WRONG_MEDIUM", found.card.number);
  const evaluations: Proposal["evaluations"][number][] = [];
  const areas: IntentArea[] = [];
  const kept: Programme[] = [];
  const free = found.areas.filter(({ reading }) => reading.kind === "free");
  const nothing = request.lines.map(() => 0);
  let before: Required<NonNullable<Facts["before"]>> = {
    discounts: nothing,
    redeemed: nothing,
    freed: nothing,
    prepaid: nothing,
  };
  for (const programme of programmes) {
    const current = currentOf(found.areas, programme.number);
    if (current === undefined && freeFor(found.card, free, programme) === null) continue;
    const plan = planFor(found, programme)!;
    const facts = { ...factsOf(terminal, found, programme, before), ...known };
    const evaluation = evaluate(programme, plan.purses, request, facts);
    if (!changesNothing(plan, evaluation)) {
      const area = await changedArea(terminal, found, free, programme, evaluation).catch(keptAsItIs);
      if (area === null) {
        kept.push(programme);
        continue;
      }
      areas.push(area);
    }
    evaluations.push({ programme, evaluation });
    before = {
      discounts: addLines(before.discounts, evaluation.discounts),
      redeemed: addLines(before.redeemed, evaluation.redeemed),
      freed: addLines(before.freed, evaluation.freed),
      prepaid: addLines(before.prepaid, evaluation.prepaid),
    };
  }
  // One programme without room does not bar the others.
  const [first] = kept;
  if (evaluations.length === 0) {
    throw new CardRefused(first === undefined ? "NO_ROOM" : "TO_REPLACE", found.card.number, first?.number);
  }
  for (const programme of kept) await noteKept(terminal, found, programme);
  const losers = areas.filter(losesValue);
  const gainers = areas.filter((area) => !losesValue(area));
  const payable = evaluations.at(-1)?.evaluation.payable ?? 0;
  return { evaluations, areas: [...losers, ...gainers], payable };
}

/**
 * Evaluates a sale that was paid without the card, at the time when it was paid: nothing is taken off it, and nothing leaves the card.
 * Throws `CardRefused` where it is not of this day, was added before, or asks for more than to earn.
 */
export async function proposeLateSale(
  terminal: Terminal,
  found: CardFound,
  request: SaleRequest,
  { ticket, paidAt }: NonNullable<SaleRequest["late"]>,
): Promise<Proposal> {
  const { card, moment } = found;
  const { redeem = 0, gift, use = 0, prepaid } = request;
  if (redeem !== 0 || gift !== undefined || use !== 0 || typeof prepaid === "number")
    throw new CardRefused("ALREADY_PAID", card.number);
  if (moment.suspect) throw new CardRefused("CLOCK_SUSPECT", card.number);
  const isToday = dayOf(paidAt, moment.offset) === dayOf(moment.utc, moment.offset);
  if (!isToday || paidAt > moment.utc) throw new CardRefused("TOO_LATE", card.number);
  if (await terminal.hal.isAdded(ticket, request.visit)) throw new CardRefused("ALREADY_USED", card.number);
  const sale = { ...request, prepaid: "none", rewards: "later" } as const;
  const proposal = await proposeSale(terminal, found, sale, {
    at: paidAt - CARD_EPOCH_SECONDS,
    paid: true,
    earnOnly: true,
  });
  return { ...proposal, payable: 0 };
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

/** What the list makes of a programme's area; null where it has none and finds no room for one. */
export function planFor(found: CardFound, programme: Programme): CreditPlan | null {
  const free = found.areas.filter(({ reading }) => reading.kind === "free");
  const area = currentOf(found.areas, programme.number) ?? freeFor(found.card, free, programme);
  return area === null ? null : planCredits(programme, found.card, area, found.moment, found.lists);
}

/** What the list makes of every programme that this card takes part in, or may. */
export function plansOf(terminal: Terminal, found: CardFound): Map<number, CreditPlan> {
  const plans = new Map<number, CreditPlan>();
  for (const programme of programmesFor(terminal, found)) {
    const plan = planFor(found, programme);
    if (plan !== null) plans.set(programme.number, plan);
  }
  return plans;
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

/** The free area that a programme would be opened in. */
function freeFor(card: CardOnReader, free: readonly AreaOnCard[], programme: Programme): AreaOnCard | null {
  const map = bestArea(
    card.map,
    free.map((area) => area.map),
    pursesSize(pursesOf(programme)),
  );
  return free.find((area) => area.map === map) ?? null;
}

function takeFree(card: CardOnReader, free: AreaOnCard[], programme: Programme): AreaOnCard {
  const area = freeFor(card, free, programme);
  if (area === null) throw new CardRefused("NO_ROOM", card.number);
  free.splice(free.indexOf(area), 1);
  return area;
}

/** A record that cannot be written as the programme needs it, in the slot that it has or in the layout of the day, stays as it is. */
function keptAsItIs(error: unknown): null {
  if (error instanceof CardRefused && (error.reason === "TO_REPLACE" || error.reason === "LAYOUT_NOT_YET")) return null;
  throw error;
}

/** The card goes on without this programme, and the office counts it among those that are to be replaced. */
function noteKept({ hal }: Terminal, { card }: CardFound, { number: programme }: Programme): Promise<void> {
  return hal.refuse(encodeCbor(Refusal.encode({ reason: "TO_REPLACE", uid: card.uid, card: card.number, programme })));
}

async function changedArea(
  terminal: Terminal,
  found: CardFound,
  free: AreaOnCard[],
  programme: Programme,
  { newPurses, effects }: Evaluation,
): Promise<IntentArea> {
  const { number: card } = found.card;
  const current = currentOf(found.areas, programme.number);
  const area = current ?? takeFree(found.card, free, programme);
  try {
    return await intentArea(terminal, found, area, programme, newPurses, effects);
  } catch (error) {
    const isTooSmall = current !== undefined && error instanceof CardRefused && error.reason === "NO_ROOM";
    throw isTooSmall ? new CardRefused("TO_REPLACE", card, programme.number) : error;
  }
}

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
