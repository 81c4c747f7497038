import { DATED_STAMPS_MAX, type Lot, type Purse, STAMPS_MAX } from "@cachet/card-layout";
import type { StampsRule } from "./stamps-rule.ts";
import type { Step, Working } from "./working.ts";

type DatedPurse = Extract<Purse, { kind: "dated-stamps" }>;

/** Most stamps that a rule keeps on a card. */
export const mostStamps = ({ withinDays }: StampsRule): number =>
  withinDays === undefined ? STAMPS_MAX : DATED_STAMPS_MAX;

/** The days of the stamps in a purse, oldest first. */
export const daysIn = ({ days }: DatedPurse): readonly number[] => days.filter((day) => day > 0);

/** A purse of stamps of these days; the newest where there are too many. */
export function datedPurse(index: number, days: readonly number[]): DatedPurse {
  const kept = [...days].sort((a, b) => a - b).slice(-DATED_STAMPS_MAX);
  return { kind: "dated-stamps", index, days: Array.from({ length: DATED_STAMPS_MAX }, (_, i) => kept[i] ?? 0) };
}

/** Stamps as lots of one day each, for an effect that says which they were; no lots where they have no days. */
export function stampLots({ withinDays }: StampsRule, days: readonly number[]): readonly Lot[] {
  if (withinDays === undefined) return [];
  return [...new Set(days)].map((issued) => ({
    value: days.filter((day) => day === issued).length,
    issued,
    expires: issued + withinDays - 1,
  }));
}

/** The day of each stamp of such lots. */
export const lotDays = (lots: readonly Lot[]): readonly number[] =>
  lots.flatMap(({ value, issued }) => Array.from({ length: value }, () => issued));

/** Stamps that lie longer back than the rule counts leave the card. */
export function expireStamps(rule: StampsRule): Step | null {
  const { id, funder, purse: index, withinDays } = rule;
  if (withinDays === undefined) return null;
  return (work: Working) => {
    const purse = work.purse("dated-stamps", index);
    if (purse === undefined) return;
    const days = daysIn(purse);
    const over = days.filter((day) => work.expiryDay - day >= withinDays);
    if (over.length === 0) return;
    work.put(datedPurse(index, days.slice(over.length)), ["dated-stamps"]);
    const lots = stampLots(rule, over);
    work.effects.push({ type: "expire", rule: id, unit: "stamps", value: over.length, funder, lots });
  };
}
