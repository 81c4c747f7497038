import { type Fields, isObject } from "./field-faults.ts";
import {
  BONUS_DEFAULTS,
  type BonusRule,
  CAP_DEFAULTS,
  type CapRule,
  DISCOUNT_DEFAULTS,
  type DiscountRule,
  DRAW_DEFAULTS,
  type DrawRule,
  type MultiplierRule,
  PARKING_DEFAULTS,
  type ParkingRule,
} from "./modifier-rules.ts";
import {
  PREPAID_DEFAULTS,
  type PrepaidRule,
  type TopUpBonusDraft,
  topUpBonus,
  UNITS_DEFAULTS,
  type UnitsRule,
} from "./prepaid-rule.ts";
import { PROGRAMME_DEFAULTS, type Programme, type Rule } from "./programme.ts";
import { programmeFaults } from "./programme-faults.ts";
import { REFERRAL_DEFAULTS, type ReferralRule } from "./referral-rule.ts";
import { noteSaid } from "./said.ts";
import { CAGNOTTE_DEFAULTS, type CagnotteRule, POINTS_DEFAULTS, type PointsRule } from "./saving-rule.ts";
import { STAMPS_DEFAULTS, type StampsRule } from "./stamps-rule.ts";
import {
  CHALLENGE_DEFAULTS,
  type ChallengeRule,
  CLUB_DEFAULTS,
  type ClubRule,
  TIERS_DEFAULTS,
  type TiersRule,
} from "./status-rules.ts";

/** A programme as its author writes it: what has a usual value may be left out. */
export type ProgrammeDraft = Omit<Programme, keyof typeof PROGRAMME_DEFAULTS> &
  Partial<Pick<Programme, keyof typeof PROGRAMME_DEFAULTS>>;

/** What is wrong with a programme, one sentence for each fault, each naming the field. */
export class ProgrammeFault extends Error {
  readonly faults: readonly string[];
  constructor(name: string, faults: readonly string[]) {
    super(`programme "${name}": ${faults.join("; ")}`);
    this.name = "ProgrammeFault";
    this.faults = faults;
  }
}

/** A draft with usual values filled in, unchecked. */
export const completed = (draft: ProgrammeDraft): Programme => noteSaid({ ...PROGRAMME_DEFAULTS, ...draft }, draft);

/** Fills in usual values and checks a programme. Throws `ProgrammeFault` with every fault found. */
export function programme(draft: ProgrammeDraft): Programme {
  const complete = completed(draft);
  const faults = programmeFaults(complete);
  if (faults.length > 0) throw new ProgrammeFault(String(complete.name), faults);
  return complete;
}

/** What rules have where their author says nothing, by kind. */
const RULE_DEFAULTS: { readonly [K in Rule["kind"]]: object } = {
  stamps: STAMPS_DEFAULTS,
  cagnotte: CAGNOTTE_DEFAULTS,
  points: POINTS_DEFAULTS,
  prepaid: PREPAID_DEFAULTS,
  units: UNITS_DEFAULTS,
  discount: DISCOUNT_DEFAULTS,
  multiplier: {},
  bonus: BONUS_DEFAULTS,
  cap: CAP_DEFAULTS,
  tiers: TIERS_DEFAULTS,
  club: CLUB_DEFAULTS,
  challenge: CHALLENGE_DEFAULTS,
  draw: DRAW_DEFAULTS,
  referral: REFERRAL_DEFAULTS,
  parking: PARKING_DEFAULTS,
};

/** The JSON form of a programme, filled in and checked as `programme` does. Throws `ProgrammeFault` with every fault found. */
export function programmeOfJson(written: unknown): Programme {
  if (!isObject(written)) throw new ProgrammeFault("?", ["it is no programme"]);
  const rules = Array.isArray(written.rules) ? written.rules : [];
  const complete = rules.map((rule: unknown) =>
    isObject(rule)
      ? noteSaid({ ...RULE_DEFAULTS[rule.kind as Rule["kind"]], ...lotsFor(rule), ...rule, ...bonusFor(rule) }, rule)
      : rule,
  );
  return programme({ ...written, rules: complete } as unknown as ProgrammeDraft);
}

/** What is given on top of a top-up, filled in where there is such a thing. */
const bonusFor = ({ kind, bonus }: Fields): object =>
  kind === "prepaid" && isObject(bonus) ? { bonus: topUpBonus(bonus as unknown as TopUpBonusDraft) } : {};

type Draft<R, D extends keyof R = never> = Omit<R, "kind" | D> & Partial<Pick<R, D>>;

/** Preset *grille*: a reward after so many visits or items. */
export function stamps(draft: Draft<StampsRule, keyof typeof STAMPS_DEFAULTS>): StampsRule {
  return noteSaid({ kind: "stamps", ...STAMPS_DEFAULTS, ...draft }, draft);
}

/** Preset *cagnotte*: a rate of every purchase is saved up and spent like money. */
export function cagnotte(draft: Draft<CagnotteRule, keyof typeof CAGNOTTE_DEFAULTS>): CagnotteRule {
  return noteSaid({ kind: "cagnotte", ...CAGNOTTE_DEFAULTS, ...lotsFor(draft), ...draft }, draft);
}

/** Preset *points et boutique*: points for purchases, for money off or for gifts of a catalogue. */
export function points(draft: Draft<PointsRule, keyof typeof POINTS_DEFAULTS>): PointsRule {
  return noteSaid({ kind: "points", ...POINTS_DEFAULTS, ...lotsFor(draft), ...draft }, draft);
}

/** Value that expires is kept in four sums with days of their own, where nothing is said. */
const lotsFor = ({ validity }: { readonly validity?: unknown }) =>
  validity === undefined || validity === null ? {} : ({ lots: 4 } as const);

type PrepaidDraft = Omit<Draft<PrepaidRule, keyof typeof PREPAID_DEFAULTS>, "bonus"> & {
  readonly bonus?: TopUpBonusDraft | null;
};

/** Preset *prépayé*: money paid in at the counter, which pays by itself at every sale. */
export function prepaid(draft: PrepaidDraft): PrepaidRule {
  const bonus = draft.bonus == null ? null : topUpBonus(draft.bonus);
  return noteSaid({ kind: "prepaid", ...PREPAID_DEFAULTS, ...draft, bonus }, draft);
}

/** Preset *abonnement*: sessions, rentals, photos or copies paid for beforehand. */
export function units(draft: Draft<UnitsRule, keyof typeof UNITS_DEFAULTS>): UnitsRule {
  return noteSaid({ kind: "units", ...UNITS_DEFAULTS, ...draft }, draft);
}

/** Preset *remise immédiate*: money off at once. */
export function discount(draft: Draft<DiscountRule, keyof typeof DISCOUNT_DEFAULTS>): DiscountRule {
  return noteSaid({ kind: "discount", ...DISCOUNT_DEFAULTS, ...draft }, draft);
}

/** Modifier: more of what a rule earns. Happy hour, double points, a new product. */
export function multiplier(draft: Draft<MultiplierRule>): MultiplierRule {
  return noteSaid({ kind: "multiplier", ...draft }, draft);
}

/** Modifier: a fixed number on top. Welcome, wake-up, birthday. */
export function bonus(draft: Draft<BonusRule, keyof typeof BONUS_DEFAULTS>): BonusRule {
  return noteSaid({ kind: "bonus", ...BONUS_DEFAULTS, ...draft }, draft);
}

/** Modifier: the most that a rule may earn. */
export function cap(draft: Draft<CapRule, keyof typeof CAP_DEFAULTS>): CapRule {
  return noteSaid({ kind: "cap", ...CAP_DEFAULTS, ...draft }, draft);
}

/** Preset *statuts*: levels reached by what was spent. */
export function tiers(draft: Draft<TiersRule, keyof typeof TIERS_DEFAULTS>): TiersRule {
  return noteSaid({ kind: "tiers", ...TIERS_DEFAULTS, ...draft }, draft);
}

/** Preset *club*: a yearly fee, advantages while it lasts. */
export function club(draft: Draft<ClubRule, keyof typeof CLUB_DEFAULTS>): ClubRule {
  return noteSaid({ kind: "club", ...CLUB_DEFAULTS, ...draft }, draft);
}

/** Preset *défi*: a bonus for visits to so many different merchants. */
export function challenge(draft: Draft<ChallengeRule, keyof typeof CHALLENGE_DEFAULTS>): ChallengeRule {
  return noteSaid({ kind: "challenge", ...CHALLENGE_DEFAULTS, ...draft }, draft);
}

/** Preset *tombola*: one entry of a draw for every so many cents. */
export function draw(draft: Draft<DrawRule, keyof typeof DRAW_DEFAULTS>): DrawRule {
  return noteSaid({ kind: "draw", ...DRAW_DEFAULTS, ...draft }, draft);
}

/** Preset *parrainage*: something for a customer who brings another one, and for the one who is brought. */
export function referral(draft: Draft<ReferralRule, keyof typeof REFERRAL_DEFAULTS>): ReferralRule {
  return noteSaid({ kind: "referral", ...REFERRAL_DEFAULTS, ...draft }, draft);
}

/** Preset *stationnement*: minutes of parking with a purchase. */
export function parking(draft: Draft<ParkingRule, keyof typeof PARKING_DEFAULTS>): ParkingRule {
  return noteSaid({ kind: "parking", ...PARKING_DEFAULTS, ...draft }, draft);
}
