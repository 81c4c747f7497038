import {
  bestArea,
  CARD_EPOCH_SECONDS,
  type CardState,
  dayOf,
  PREDECESSOR_BYTES,
  type Purse,
  pursesSize,
  SEQUENCE_MAX,
  STATE_LAYOUT,
  stateHash,
} from "@cachet/card-layout";
import type { DeviceFacts, Hal, Moment, SaleRequest } from "../hal/index.ts";
import { type Evaluation, evaluate, type Programme, pursesOf } from "../rules/index.ts";
import type { Intent, IntentArea } from "../wire/index.ts";
import { type AreaOnCard, type CardOnReader, CardRefused, packFor, shownState } from "./card.ts";

/** What a visit would do under one programme. */
export interface ProposedArea {
  readonly programme: Programme;
  readonly evaluation: Evaluation;
  readonly intent: IntentArea;
}

/** A visit as the rules see it, before anything is written. */
export interface Proposal {
  readonly evaluations: readonly { readonly programme: Programme; readonly evaluation: Evaluation }[];
  /** Areas to write, those that lose value first. */
  readonly areas: readonly ProposedArea[];
  readonly payable: number;
}

/** A purse the card does not have yet is worth the same as one full of zeros. */
function samePurses(before: readonly Purse[], after: readonly Purse[]): boolean {
  if (before.some(({ kind, index }) => !after.some((purse) => purse.kind === kind && purse.index === index)))
    return false;
  return after.every((purse) => {
    const old = before.find(({ kind, index }) => kind === purse.kind && index === purse.index);
    const { kind: _kind, index: _index, ...values } = purse;
    const oldValues = (old ?? {}) as Readonly<Record<string, unknown>>;
    return Object.entries(values).every(([name, value]) => value === (oldValues[name] ?? 0));
  });
}

function losesValue({ effects }: Evaluation): boolean {
  return effects.some(({ type, taken = 0 }) => type === "redeem" || taken > 0);
}

/** A card has no word for a time before 2000: a clock that fell back to 1970 writes the earliest it has. */
const within = (value: number, max: number) => Math.max(0, Math.min(max, value));

const addLines = (a: readonly number[], b: readonly number[]) => a.map((value, i) => value + b[i]!);

/**
 * Evaluates a sale under every programme of the terminal and works out the records to write.
 * Throws `CardRefused` where a programme finds no room or no sequence left on the card.
 */
export async function propose(
  hal: Hal,
  facts: DeviceFacts,
  programmes: readonly Programme[],
  card: CardOnReader,
  areas: readonly AreaOnCard[],
  request: SaleRequest,
  moment: Moment,
): Promise<Proposal> {
  const evaluations: { programme: Programme; evaluation: Evaluation }[] = [];
  const toWrite: ProposedArea[] = [];
  const free = areas.filter(({ reading }) => reading.kind === "free");
  const nothing = request.lines.map(() => 0);
  let before = { discounts: nothing, redeemed: nothing, freed: nothing };
  for (const programme of programmes) {
    const current = areas.find(
      ({ reading }) => reading.kind === "current" && reading.state.programme === programme.number,
    );
    const held = current?.reading.kind === "current" ? current.reading.state : null;
    const evaluation = evaluate(programme, held?.purses ?? [], request, {
      merchant: facts.merchant,
      at: within(moment.utc - CARD_EPOCH_SECONDS, 0xffff_ffff),
      clockSuspect: moment.suspect,
      before,
    });
    evaluations.push({ programme, evaluation });
    before = {
      discounts: addLines(before.discounts, evaluation.discounts),
      redeemed: addLines(before.redeemed, evaluation.redeemed),
      freed: addLines(before.freed, evaluation.freed),
    };
    if (samePurses(held?.purses ?? [], evaluation.newPurses)) continue;
    const area = current ?? takeFree(card, free, pursesSize(pursesOf(programme)));
    const sequence = (held?.sequence ?? 0) + 1;
    if (sequence > SEQUENCE_MAX) throw new CardRefused("CARD_WORN_OUT", card.number);
    const intent = await intentArea(hal, facts, card, area, programme, evaluation, held, sequence, moment);
    toWrite.push({ programme, evaluation, intent });
  }
  const losers = toWrite.filter(({ evaluation }) => losesValue(evaluation));
  const gainers = toWrite.filter(({ evaluation }) => !losesValue(evaluation));
  return { evaluations, areas: [...losers, ...gainers], payable: payableOf(request, evaluations) };
}

function payableOf(request: SaleRequest, evaluations: Proposal["evaluations"]): number {
  const last = evaluations.at(-1);
  return last?.evaluation.payable ?? request.lines.reduce((sum, { amount }) => sum + amount, request.tip);
}

function takeFree(card: CardOnReader, free: AreaOnCard[], bytes: number): AreaOnCard {
  const map = bestArea(
    card.map,
    free.map((area) => area.map),
    bytes,
  );
  const at = free.findIndex((area) => area.map === map);
  if (at < 0) throw new CardRefused("NO_ROOM", card.number);
  return free.splice(at, 1)[0]!;
}

async function intentArea(
  hal: Hal,
  facts: DeviceFacts,
  card: CardOnReader,
  area: AreaOnCard,
  programme: Programme,
  evaluation: Evaluation,
  held: CardState | null,
  sequence: number,
  moment: Moment,
): Promise<IntentArea> {
  const old = await shownState(hal, card, area);
  const record = packFor(card, area, {
    layout: STATE_LAYOUT,
    generation: facts.programmes.find((candidate) => candidate.programme === programme.number)!.generation,
    programme: programme.number,
    sequence,
    terminal: facts.terminal,
    day: within(dayOf(moment.utc, moment.offset), 0xffff),
    predecessor: old.hash.slice(0, PREDECESSOR_BYTES),
    credit: held?.credit ?? 0,
    purses: evaluation.newPurses,
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
    effects: evaluation.effects,
  };
}

/** The intent's body for the journal. */
export function intentOf(
  proposal: Proposal,
  request: SaleRequest,
  facts: DeviceFacts,
  card: CardOnReader,
  moment: Moment,
): Intent {
  const { lines, tip, redeem } = request;
  return {
    card: card.number,
    uid: card.uid,
    visit: request.visit,
    merchant: facts.merchant,
    sale: { lines, tip, payable: proposal.payable, ...(redeem === undefined ? {} : { redeem }) },
    areas: proposal.areas.map(({ intent }) => intent),
    ...(moment.suspect ? { clockSuspect: true as const } : {}),
  };
}
