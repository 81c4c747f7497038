import type { Effect } from "./effect.ts";
import type { Rule } from "./programme.ts";
import { type Also, alsoOf } from "./when.ts";
import type { Reason } from "./words.ts";
import type { Step, Working } from "./working.ts";

/** Tells why a visit elsewhere is missing; null where there was one. */
export function seenBar({ merchants, withinDays, purse }: Also): (work: Working) => Reason | null {
  return (work) => {
    if (merchants.includes(work.facts.merchant)) return "NOT_THE_MERCHANT";
    const seen = work.purse("seen", purse);
    return seen === undefined || seen.day === 0 || work.now.day - seen.day >= withinDays ? "NOT_SEEN_THERE" : null;
  };
}

/**
 * Marks the day on which the card is used at merchants that conditions name. `rules`: one for each purse. A reset clock marks nothing,
 * and a day is never marked over a later one.
 */
export function markSeen(rules: readonly Rule[]): Step | null {
  if (rules.length === 0) return null;
  return (work) => {
    for (const rule of rules) mark(work, rule.id, alsoOf(rule)!);
  };
}

function mark(work: Working, rule: string, { merchants, purse }: Also): void {
  const { day } = work.now;
  if (work.facts.clockSuspect || !merchants.includes(work.facts.merchant)) return;
  const before = work.purse("seen", purse)?.day ?? 0;
  if (day <= before) return;
  work.put({ kind: "seen", index: purse, day }, ["seen"]);
  const known = before === 0 ? {} : { before };
  work.effects.push({ type: "seen", rule, unit: "units", value: 0, funder: "merchant", ...known });
}

/** Takes the mark of a visit away again: the day before it comes back, unless the card was used there on a later day. */
export function unmarkSeen(work: Working, { rule: id, before = 0 }: Effect, soldOn: number): void {
  const rule = work.programme.rules.find((one) => one.id === id);
  const also = rule === undefined ? undefined : alsoOf(rule);
  if (also === undefined || work.purse("seen", also.purse)?.day !== soldOn) return;
  work.put({ kind: "seen", index: also.purse, day: before }, ["seen"]);
}
