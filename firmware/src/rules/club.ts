import { dayText, NEVER, type Purse } from "@cachet/card-layout";
import { addMonths } from "./calendar/period.ts";
import type { Note } from "./effect.ts";
import type { ClubRule } from "./status-rules.ts";
import type { Working } from "./working.ts";

/** A membership that begins today, or goes on from its last day; nobody loses days by paying early. */
export function joinClub(work: Working, rule: ClubRule): void {
  const { day } = work.now;
  const { id, funder } = rule;
  if (work.facts.clockSuspect) {
    work.decline(rule, "cents", rule.fee, "CLOCK_SUSPECT");
    return;
  }
  const held = work.purse("club", rule.purse)?.until ?? 0;
  const last = Math.max(day - 1, held);
  // From the first of March, a month lasts to the 31st, though February ended on the 28th.
  const until = Math.min(Math.max(addMonths(last, rule.months), addMonths(last + 1, rule.months) - 1), NEVER - 1);
  work.put({ kind: "club", index: rule.purse, until }, ["club"]);
  work.effects.push({ type: "join", rule: id, unit: "cents", value: rule.fee, funder, label: dayText(until) });
}

/** Ends a membership with the account: what is left of it is lost, since the fee was for the whole. Nothing is said of one that was over. */
export function endMembership(work: Working, rule: ClubRule): void {
  const until = work.purse("club", rule.purse)?.until;
  if (until === undefined) return;
  const { id, funder } = rule;
  work.drop("club", rule.purse);
  if (until >= work.now.day)
    work.effects.push({ type: "forfeit", rule: id, unit: "cents", value: 0, funder, label: dayText(until) });
}

export function noteClub(rule: ClubRule, purses: readonly Purse[], today: number | null): Note[] {
  const purse = purses.find(({ kind, index }) => kind === "club" && index === rule.purse);
  if (purse?.kind !== "club" || today === null) return [];
  return [{ note: "club", rule: rule.id, until: purse.until, isOver: today > purse.until }];
}
