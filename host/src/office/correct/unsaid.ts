import { CARD_EPOCH_SECONDS, type Purse, packPurses, pursesSize, sameBytes } from "@cachet/card-layout";
import { type Effect, type Evaluation, evaluate, type Facts, type Programme, stocksOf } from "@cachet/firmware/rules";
import { encodeCbor, StoredEffect } from "@cachet/firmware/wire";
import { askedAt, ruleEffects, type Sold, saleOf } from "./asked.ts";
import { Apart, type Held, heldIn, type StoredVisit } from "./story.ts";

/** What the journal does not say of a visit: what makes the version of the day come to what was stored. */
export interface Unsaid {
  readonly facts: Partial<Facts>;
  readonly sold: Sold | null;
}

/** What the journal says of a visit, or what follows from it. `spentToday` in cents; `day`: of the record that was found. */
export function factsOf({ intent }: StoredVisit, spentToday: number, day: number): Omit<Facts, "at"> {
  return {
    card: intent.card,
    merchant: intent.merchant,
    clockSuspect: intent.clockSuspect === true,
    spentToday,
    ...(day === 0 ? {} : { lastDay: day }),
  };
}

/** How long a visit may have taken from its first moment to its journal entry. */
const VISIT_SECONDS_MAX = 600;

/** Instants that the rules may have been told: that of the entry, or the one that a stamp with a cooldown left on the card. */
function instantsOf({ utc, area }: StoredVisit): readonly number[] {
  const at = Math.max(0, utc - CARD_EPOCH_SECONDS);
  const seen = heldIn(area.record).purses.flatMap((purse) => (purse.kind === "timed-stamps" ? [purse.last] : []));
  return [at, ...seen.filter((last) => last < at && at - last <= VISIT_SECONDS_MAX)];
}

type Shared = Pick<Sold, "sale" | "areas">;

/** What other programmes took off the lines of a sale. */
function takenBy({ sale, areas }: Shared, isBefore: (programme: number) => boolean): NonNullable<Facts["before"]> {
  const nothing = sale.lines.map(() => 0);
  const [discounts, redeemed] = [[...nothing], [...nothing]];
  for (const { type, shares = [] } of areas.flatMap(({ programme, effects }) => (isBefore(programme) ? effects : []))) {
    const sums = type === "discount" ? discounts : type === "redeem" ? redeemed : null;
    if (sums !== null) for (const [i, share] of shares.entries()) sums[i]! += share;
  }
  return { discounts, redeemed, freed: nothing };
}

/** What may have been evaluated before a programme: all the others of the visit, those with a lower number, or none. */
function befores(shared: Shared, { number, scope }: Programme): readonly Partial<Facts>[] {
  const others = shared.areas.filter(({ programme }) => programme !== number);
  if (others.length === 0) return [{}];
  const all = { before: takenBy(shared, (programme) => programme !== number) };
  const lower = { before: takenBy(shared, (programme) => programme < number) };
  return scope === "town" ? [all, lower, {}] : [lower, {}, all];
}

/** What may have run out at the terminal: nothing, everything, or one thing. */
function givens(programme: Programme): readonly Partial<Facts>[] {
  const stocks = stocksOf(programme).map(({ name, pieces }): [string, number] => [name, pieces]);
  if (stocks.length === 0) return [{}];
  const alone = stocks.length === 1 ? [] : stocks.map((one) => [one]);
  return [[], stocks, ...alone].map((gone) => ({ given: Object.fromEntries(gone) }));
}

/** Everything that the terminal may have known, likeliest first. */
function* candidates(visit: StoredVisit, held: Programme, solds: readonly Sold[]): Generator<Unsaid> {
  const { late } = visit.intent;
  const [known, instants] =
    late === undefined
      ? [[{}, { earnOnly: true }], instantsOf(visit)]
      : [[{ paid: true }, { paid: true, earnOnly: true }], [late.paidAt - CARD_EPOCH_SECONDS]];
  for (const sold of solds.length === 0 ? [null] : solds) {
    for (const facts of known) {
      for (const before of befores(sold ?? visit.intent, held)) {
        for (const at of instants)
          for (const given of givens(held)) yield { sold, facts: { ...facts, ...before, ...given, at } };
      }
    }
  }
}

const effectBytes = (effects: readonly Effect[]): Uint8Array =>
  encodeCbor(effects.map((effect) => StoredEffect.encode(effect)));
const purseBytes = (purses: readonly Purse[]): Uint8Array =>
  packPurses(purses, pursesSize(purses.map(({ kind }) => kind)));

/** The money that a refund hands out stands in its intent, not among the effects of its areas. */
export const writtenEffects = ({ intent }: StoredVisit, effects: readonly Effect[]): readonly Effect[] =>
  intent.refund === undefined ? effects : effects.filter(({ type }) => type !== "payout");

/** Whether two records hold the same; a purse that is not there yet is worth one full of zeros. */
export function samePurses(before: readonly Purse[], after: readonly Purse[]): boolean {
  return [...before, ...after].every((purse) => {
    const [a, b] = [before, after].map((purses) => {
      const found = purses.find(({ kind, index }) => kind === purse.kind && index === purse.index);
      return found === undefined ? null : purseBytes([found]).subarray(1);
    }) as [Uint8Array | null, Uint8Array | null];
    if (a !== null && b !== null) return sameBytes(a, b);
    return (a ?? b)!.every((byte) => byte === 0);
  });
}

/** Whether what the rules came to is nothing that a terminal writes down. */
const isNothing = ({ effects, newPurses }: Evaluation, before: readonly Purse[]): boolean =>
  effects.every(({ type, value, taken = 0 }) => type === "decline" || (value === 0 && taken === 0)) &&
  samePurses(before, newPurses);

/**
 * Finds what the journal does not say; null where the visit asked nothing of this programme. `purses` are those that it found, with
 * its credits. Throws `Apart` where the version of the day cannot come to what the terminal stored.
 */
export function unsaidOf(
  visit: StoredVisit,
  programme: Programme,
  { purses, day }: Held,
  spentToday: number,
  solds: readonly Sold[],
): Unsaid | null {
  const { area, intent } = visit;
  const own = ruleEffects(area.effects);
  const after = heldIn(area.record).purses;
  const [wanted, written] = [effectBytes(own), purseBytes(after)];
  for (const unsaid of candidates(visit, programme, solds)) {
    const stored = unsaid.sold?.areas.find((one) => one.programme === programme.number)?.effects ?? [];
    const asked = askedAt(visit, saleOf(intent), unsaid.sold, ruleEffects(stored));
    if (asked === null) {
      if (samePurses(purses, after)) return null;
      break;
    }
    const facts = { at: 0, ...factsOf(visit, spentToday, day), ...unsaid.facts };
    const evaluation = evaluate(programme, purses, asked, facts);
    // A sale that moved nothing in this programme is there for what it did elsewhere.
    if (own.length === 0 && isNothing(evaluation, purses)) return unsaid;
    const effects = effectBytes(writtenEffects(visit, evaluation.effects));
    if (sameBytes(effects, wanted) && sameBytes(purseBytes(evaluation.newPurses), written)) return unsaid;
  }
  throw new Apart("differs", `version ${programme.version} of the file does not come to what the terminal stored`);
}
