import type { Purse } from "@cachet/card-layout";
import { bar } from "./bar.ts";
import { grant } from "./earning.ts";
import { holdingOf } from "./saving.ts";
import type { ChallengeRule } from "./status-rules.ts";
import type { Note, Working } from "./working.ts";

/** Places of merchants in the bitmap of a card: by their numbers, from the lowest. */
export const placeOfMerchant = ({ programme, facts }: Working): number =>
  Object.keys(programme.merchants)
    .map(Number)
    .sort((a, b) => a - b)
    .indexOf(facts.merchant);

export const CHALLENGE_MERCHANTS_MAX = 32;

function bitsOf(places: number): number {
  let count = 0;
  for (let left = places; left > 0; left = Math.floor(left / 2)) count += left % 2;
  return count;
}

const hasPlace = (places: number, place: number): boolean => Math.floor(places / 2 ** place) % 2 === 1;

function visited(purses: readonly Purse[], { purse: wanted, number }: ChallengeRule) {
  const purse = purses.find(({ kind, index }) => kind === "visited" && index === wanted);
  return purse?.kind === "visited" && purse.challenge === number ? purse : { places: 0, won: 0 };
}

/** Marks the merchant of this visit; the last one that was missing wins the bonus. */
export function meetChallenge(work: Working, rule: ChallengeRule): void {
  const reason = bar(work, rule.when);
  if (reason !== null) {
    work.skip(rule, reason);
    return;
  }
  const place = placeOfMerchant(work);
  const { places, won } = visited(work.purses, rule);
  if (won >= rule.timesMax) {
    work.skip(rule, "CAP_TIMES");
    return;
  }
  if (hasPlace(places, place)) {
    work.skip(rule, "SEEN_BEFORE");
    return;
  }
  const now = places + 2 ** place;
  const isWon = bitsOf(now) >= rule.distinct;
  // Who may win again begins anew; who may not keeps the marks, so that the receipt says so.
  const kept = isWon && won + 1 < rule.timesMax ? 0 : now;
  work.put({ kind: "visited", index: rule.purse, challenge: rule.number, places: kept, won: isWon ? won + 1 : won }, [
    "visited",
  ]);
  const { id, funder } = rule;
  work.effects.push({ type: "stamp", rule: id, unit: "stamps", value: 1, funder });
  if (!isWon) return;
  const plan = work.plan.savings.find((saving) => saving.rule.id === rule.of)!;
  const bonus = { rule: id, funder, value: rule.gives, wouldBe: rule.gives, reason: null, by: [] };
  grant(work, { ...plan, caps: [] }, [bonus], holdingOf(work, plan.rule).held.remainder, 0, []);
}

/** Takes the mark of a visit away again. What was won stays won: the bonus is taken back by itself. */
export function unmeetChallenge(work: Working, rule: ChallengeRule, place: number): void {
  const held = visited(work.purses, rule);
  const isWon = bitsOf(held.places) >= rule.distinct;
  const without = hasPlace(held.places, place) ? held.places - 2 ** place : held.places;
  const won = isWon ? Math.max(0, held.won - 1) : held.won;
  work.put({ kind: "visited", index: rule.purse, challenge: rule.number, places: without, won }, ["visited"]);
}

export function noteChallenge(rule: ChallengeRule, purses: readonly Purse[]): Note[] {
  const { places } = visited(purses, rule);
  return [{ note: "challenge", rule: rule.id, visited: Math.min(bitsOf(places), rule.distinct), of: rule.distinct }];
}
