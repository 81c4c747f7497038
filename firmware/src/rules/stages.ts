import type { Purse, PurseKind } from "@cachet/card-layout";
import { meetChallenge, noteChallenge } from "./challenge.ts";
import { noteClub } from "./club.ts";
import { expireStamps } from "./dated-stamps.ts";
import { giveDiscounts } from "./discount.ts";
import { drawEntries } from "./draw.ts";
import { earnSaving } from "./earning.ts";
import type { Effect, Note } from "./effect.ts";
import { offersGiven } from "./offers.ts";
import { grantParking, noteParking } from "./parking.ts";
import { type Plan, planOf } from "./plan.ts";
import { expireBonus, notePrepaid, payPrepaid, prepaidPurses } from "./prepaid.ts";
import type { Programme, Rule } from "./programme.ts";
import { noteReferral, refer } from "./referral.ts";
import { expireSaving, noteSaving, redeemSaving, savingPurse, takeGift } from "./saving.ts";
import { markSeen } from "./seen.ts";
import { noteStamps, offerFreeItems, offerMoney, stampVisit } from "./stamps.ts";
import { stampsPurse } from "./stamps-held.ts";
import { climbTiers, noteTiers, reviewTiers, tiersPurse } from "./tiers.ts";
import { noteUnits, useUnits } from "./units.ts";
import { alsoOf } from "./when.ts";
import type { Step, Working } from "./working.ts";

/** What a programme has to do at a visit, and nothing else: found once, since a terminal sells all day. */
interface Steps {
  readonly day: readonly Step[];
  readonly sale: readonly Step[];
}

/** What each rule has to do; a rule that has nothing to do has no step. */
const each = <R>(rules: readonly (R | null)[], stepOf: (rule: R) => Step | null): Step[] =>
  rules.flatMap((rule) => (rule === null ? [] : (stepOf(rule) ?? [])));

/** What the day has done to a card before anything is sold: value that is over, reviews that are due. */
function daySteps({ savings, stamps, prepaid, tiers }: Plan): Step[] {
  return [
    ...each(stamps, expireStamps),
    ...each(savings, expireSaving),
    ...each([prepaid], expireBonus),
    ...each([tiers], reviewTiers),
  ];
}

/**
 * The fixed order of an evaluation. A rule has its say in the stages that concern it and in no others, so that the
 * result does not depend on the order of the rules in the file.
 */
function saleSteps(plan: Plan): Step[] {
  const { savings, stamps, prepaid, units, tiers, challenges, draws, referral, parkings } = plan;
  return [
    ...each(stamps, offerFreeItems),
    ...each(stamps, offerMoney),
    ...each([plan], giveDiscounts),
    ...each(savings, redeemSaving),
    ...each([plan], takeGift),
    ...each([prepaid], payPrepaid),
    ...each(units, useUnits),
    ...each(savings, earnSaving),
    ...each(challenges, meetChallenge),
    ...each([referral], refer),
    ...each(stamps, stampVisit),
    ...each([tiers], climbTiers),
    ...each(draws, drawEntries),
    ...each([plan.seen], markSeen),
    ...each(parkings, grantParking),
  ];
}

const known = new WeakMap<Plan, Steps>();
/** The steps that were asked for last, as of the plan. */
let last: { readonly plan: Plan; readonly steps: Steps } | null = null;

function stepsOf(plan: Plan): Steps {
  if (last?.plan === plan) return last.steps;
  const steps = known.get(plan) ?? { day: daySteps(plan), sale: saleSteps(plan) };
  known.set(plan, steps);
  last = { plan, steps };
  return steps;
}

function follow(work: Working, steps: readonly Step[]): void {
  for (let i = 0; i < steps.length; i += 1) steps[i]!(work);
}

export function beginDay(work: Working): void {
  follow(work, stepsOf(work.plan).day);
}

export function runStages(work: Working): void {
  const { day, sale } = stepsOf(work.plan);
  follow(work, day);
  follow(work, sale);
}

/** The rules that put value into the purse of a saving rule. */
function earnersOf(plan: Plan, id: string): string[] {
  const saving = plan.savings.find(({ rule }) => rule.id === id);
  const challenges = plan.challenges.flatMap((rule) => (rule.of === id ? rule.id : []));
  const referral = plan.referral?.of === id ? [plan.referral.id] : [];
  return [id, ...(saving?.bonuses ?? []).map((bonus) => bonus.id), ...challenges, ...referral];
}

function notesOfRule(
  plan: Plan,
  rule: Rule,
  purses: readonly Purse[],
  effects: readonly Effect[],
  today: number | null,
): Note[] {
  switch (rule.kind) {
    case "stamps":
      return noteStamps(rule, purses, effects, today);
    case "cagnotte":
    case "points":
      return noteSaving(rule, purses, effects, earnersOf(plan, rule.id));
    case "prepaid":
      return notePrepaid(rule, purses, effects);
    case "units":
      return noteUnits(rule, purses, effects);
    case "tiers":
      return noteTiers(rule, purses, today);
    case "club":
      return noteClub(rule, purses, today);
    case "challenge":
      return noteChallenge(rule, purses, effects);
    case "referral":
      return noteReferral(plan, rule, effects);
    case "draw":
      return effects.flatMap((effect): Note[] =>
        effect.type === "entries" && effect.rule === rule.id
          ? [{ note: "entries", rule: rule.id, value: effect.value }]
          : [],
      );
    case "parking":
      return noteParking(rule, effects);
    default:
      return [];
  }
}

/**
 * What a receipt says of a visit, from the effects of a programme and the purses after them. `today`: the local day, null where
 * nothing that depends on it is to be said.
 */
export function notesOf(
  programme: Programme,
  purses: readonly Purse[],
  effects: readonly Effect[],
  today: number | null,
): Note[] {
  const plan = planOf(programme);
  return plan.inOrder.flatMap((rule) => notesOfRule(plan, rule, purses, effects, today));
}

/** The purses that a rule keeps on a card; one that marks where the card was used may be kept by several. */
export function pursesOfRule(rule: Rule): { readonly kind: PurseKind; readonly index: number }[] {
  const also = alsoOf(rule);
  return [...ownPurses(rule), ...(also === undefined ? [] : [{ kind: "seen" as const, index: also.purse }])];
}

function ownPurses(rule: Rule): { readonly kind: PurseKind; readonly index: number }[] {
  switch (rule.kind) {
    case "stamps":
      return [{ kind: stampsPurse(rule), index: rule.purse }];
    case "cagnotte":
    case "points":
      return [{ kind: savingPurse(rule), index: rule.purse }];
    case "prepaid":
      return prepaidPurses(rule).map((kind, i) => ({ kind, index: i === 0 ? rule.purse : rule.bonus!.purse }));
    case "units":
      return [{ kind: "units", index: rule.purse }];
    case "tiers":
      return [{ kind: tiersPurse(rule), index: rule.purse }];
    case "club":
      return [{ kind: "club", index: rule.purse }];
    case "challenge":
      return [{ kind: "visited", index: rule.purse }];
    case "cap":
      return rule.per === "visit" ? [] : [{ kind: "used", index: rule.purse }];
    case "bonus":
    case "discount":
      return rule.limit === undefined ? [] : [{ kind: "used", index: rule.limit.purse }];
    default:
      return [];
  }
}

/** The purses a programme keeps on a card. */
export function pursesOf(programme: Programme): PurseKind[] {
  const own = programme.rules.flatMap((rule) => ownPurses(rule).map(({ kind }) => kind));
  const seen = new Set(programme.rules.flatMap((rule) => alsoOf(rule)?.purse ?? []));
  const given = offersGiven(programme);
  const isOther = (offer: number | undefined) => offer !== undefined && !given.includes(offer);
  // Beside those that rules give, there is room for one that somebody else puts on the card.
  const others = programme.rules.some((rule) => "when" in rule && isOther(rule.when?.offer)) ? 1 : 0;
  const offers = Array.from({ length: given.length + others }, () => "offer" as const);
  const owed = programme.rules.flatMap(({ kind }) =>
    programme.spentPolicy === "allow-negative" && (kind === "cagnotte" || kind === "points")
      ? ([kind === "cagnotte" ? "owed-cents" : "owed-points"] as const)
      : [],
  );
  return [...own, ...offers, ...owed, ...[...seen].map(() => "seen" as const)];
}
