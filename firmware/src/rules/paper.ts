import { ArithmeticFault, sum, whole } from "./arithmetic.ts";
import { parseDay } from "./calendar/period.ts";
import type { Effect } from "./effect.ts";
import { dropGrid, hasGrid, heldIn, putBackStamps, takeStamps } from "./stamps-held.ts";
import type { StampsRule } from "./stamps-rule.ts";
import type { Reason } from "./words.ts";
import type { Working } from "./working.ts";

/** What marks stamps that come from a paper card. */
const PAPER = "paper";

/** Why the stamps of a paper card are not taken over; null when they are. */
function paperRefusal(work: Working, rule: StampsRule, stamps: number): Reason | null {
  const { paperThrough, grid } = rule;
  if (paperThrough === undefined) return "NO_PAPER";
  if (work.facts.clockSuspect) return "CLOCK_SUSPECT";
  if (work.now.day > parseDay(paperThrough)!) return "TOO_LATE";
  // The card itself remembers: a second terminal needs no word from the first.
  if (hasGrid(work.purses, rule)) return "ALREADY_USED";
  return stamps >= grid ? "ABOVE_MAXIMUM" : null;
}

/** Puts the stamps of a customer's paper card on this one, or declines them whole. They are no visit: no cooldown begins. */
export function takePaper(work: Working, rule: StampsRule, stamps: number): void {
  if (whole(stamps, "stamps") <= 0) throw new ArithmeticFault(`stamps is ${stamps}, not more than nothing`);
  const reason = paperRefusal(work, rule, stamps);
  if (reason !== null) {
    work.decline(rule, "stamps", stamps, reason);
    return;
  }
  const { id, funder } = rule;
  putBackStamps(work, rule, stamps, []);
  work.effects.push({ type: "stamp", rule: id, unit: "stamps", value: stamps, funder, label: PAPER });
}

/**
 * Takes the stamps of a paper card off again, whole, or declines where some of them have gone for a reward. Where nothing else was
 * stamped the card is as it was, and the right number can be entered.
 */
export function cancelPaper(work: Working, effects: readonly Effect[]): void {
  for (const rule of work.plan.stamps) {
    const stamps = sum(effects.map(({ type, rule: id, value }) => (type === "stamp" && id === rule.id ? value : 0)));
    if (stamps === 0) continue;
    const held = heldIn(work.purses, rule);
    if (held < stamps) {
      work.decline(rule, "stamps", stamps, "INSUFFICIENT");
      continue;
    }
    const { id, funder } = rule;
    takeStamps(work, rule, stamps, work.countingDay);
    if (held === stamps) dropGrid(work, rule);
    work.effects.push({ type: "clawback", rule: id, unit: "stamps", value: stamps, funder, label: PAPER });
  }
}
