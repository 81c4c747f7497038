import type { Purse } from "@cachet/card-layout";
import { balanceIn } from "./balance.ts";
import { guarded, lets } from "./bar.ts";
import { grant, grantOf } from "./earning.ts";
import type { Effect, Note } from "./effect.ts";
import type { ChallengeRule } from "./status-rules.ts";
import type { Step, Working } from "./working.ts";

/** Places of merchants in the bitmap of a card: by their numbers, from the lowest. */
const placeOfMerchant = ({ programme, facts }: Working): number =>
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

function mark(work: Working, rule: ChallengeRule, places: number, won: number): void {
  work.put({ kind: "visited", index: rule.purse, challenge: rule.number, places, won }, ["visited"]);
}

/** Marks the merchant of this visit; the last one that was missing wins the bonus and the badge. */
export function meetChallenge(rule: ChallengeRule): Step {
  const own = guarded(rule);
  return (work) => {
    if (lets(work, own)) meet(work, rule);
  };
}

function meet(work: Working, rule: ChallengeRule): void {
  const place = placeOfMerchant(work);
  const { places: held, won } = visited(work.purses, rule);
  if (won >= rule.timesMax) {
    work.skip(rule, "CAP_TIMES");
    return;
  }
  // The marks of a round that was won stay for the receipt, and for a refund, until the next round begins.
  const places = won > 0 && bitsOf(held) >= rule.distinct ? 0 : held;
  if (hasPlace(places, place)) {
    work.skip(rule, "SEEN_BEFORE");
    return;
  }
  const now = places + 2 ** place;
  const isWon = bitsOf(now) >= rule.distinct;
  mark(work, rule, now, isWon ? won + 1 : won);
  const { id, funder } = rule;
  work.effects.push({ type: "stamp", rule: id, unit: "stamps", value: 1, funder });
  if (!isWon) return;
  if (rule.gives > 0) giveBonus(work, rule, rule.gives);
  const { label } = rule;
  if (label !== undefined) work.effects.push({ type: "reward", rule: id, unit: "cents", value: 0, funder, label });
}

/** Puts so much into the purse of the rule that `of` names, outside of its caps. */
export function giveBonus(
  work: Working,
  { id, funder, of }: Pick<ChallengeRule, "id" | "funder" | "of">,
  gives: number,
): void {
  const plan = work.plan.savings.find(({ rule }) => rule.id === of)!;
  const bonus = grantOf(plan.rule, id, funder, gives);
  const before = balanceIn(work.purses, plan.place);
  grant(work, { ...plan, caps: [] }, before, [bonus], before.remainder, 0, [], []);
}

/**
 * Takes the mark of a visit away again; gives false where there is none. `isWinner`: this visit won, and its bonus is taken back by
 * itself. The marks of a round that was won by another visit stay: else its merchant could be visited anew, and the round won twice.
 */
export function unmeetChallenge(work: Working, rule: ChallengeRule, isWinner: boolean): boolean {
  const { places, won } = visited(work.purses, rule);
  const place = placeOfMerchant(work);
  const isRound = won > 0 && bitsOf(places) >= rule.distinct;
  const isKept = !hasPlace(places, place) || (isRound && !isWinner);
  if (isKept && !(isWinner && won > 0)) return false;
  mark(work, rule, isKept ? places : places - 2 ** place, isWinner ? Math.max(0, won - 1) : won);
  return !isKept;
}

/** What a receipt says of a challenge, from what was done and what the card holds then. */
export function noteChallenge(rule: ChallengeRule, purses: readonly Purse[], effects: readonly Effect[]): Note[] {
  const { places } = visited(purses, rule);
  const badges = effects.flatMap(({ type, rule: of, label = "" }): Note[] =>
    type === "reward" && of === rule.id ? [{ note: "badge", rule: of, label }] : [],
  );
  return [
    ...badges,
    { note: "challenge", rule: rule.id, visited: Math.min(bitsOf(places), rule.distinct), of: rule.distinct },
  ];
}
