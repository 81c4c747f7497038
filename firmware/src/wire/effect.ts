import { type Decoded, integer, key, list, map, maybe, text, uint, word } from "./schema.ts";
import type { Sums } from "./sums.ts";

const U16_MAX = 0xffff;
/** Card numbers have 13 digits; a card without a number of its own goes by 2^48 + the last six bytes of its UID. */
export const CARD_MAX = 2 ** 49 - 1;
/** Ten million euros: far above any basket, far below where sums of a batch could lose a cent. */
export const CENTS_MAX = 1_000_000_000;

const cents = uint(CENTS_MAX);
const stamps = uint(U16_MAX);

/** Who pays for a value. */
export const funder = word({ merchant: 1, association: 2, sponsor: 3, partner: 4 });

/** Effects of the office's credits, in the order of their numbers; each names its credit (`credit`, wire/credit.ts). */
export const CREDIT_TYPES = {
  /** A record of a revoked key generation goes on under this one. Moves nothing. */
  adopt: 8,
  /** An area that showed no record holds again what the credit says. Moves nothing: it is the state of the old hash. */
  restore: 9,
  /** Value that the office put on the card; of value 0 where only the credit's number counts. */
  credit: 10,
} as const;

/** Effects of rules. */
const RULE_TYPES = {
  discount: 1,
  redeem: 2,
  earn: 3,
  stamp: 4,
  reward: 5,
  decline: 6,
  topup: 7,
  expire: 11,
  tier: 12,
  entries: 13,
  join: 14,
  clawback: 15,
  return: 16,
  payout: 17,
  forfeit: 18,
  give: 19,
  receive: 20,
  owe: 21,
  waive: 22,
  seen: 23,
  parking: 24,
} as const;

/** Days since 2000-01-01; 65535 for value that does not end. */
const lotDay = uint(U16_MAX);

/** One effect of a rule, or of a credit, as it was promised to the customer. */
export const StoredEffect = map({
  type: key(1, word({ ...RULE_TYPES, ...CREDIT_TYPES })),
  rule: key(2, text(40)),
  unit: key(3, word({ cents: 1, stamps: 2, points: 3, units: 4, entries: 5, minutes: 6 })),
  value: key(4, cents),
  funder: key(5, funder),
  /** What it would have been without the limit named in `reason`. */
  wouldBe: maybe(6, cents),
  reason: maybe(7, text(40)),
  label: maybe(8, text(60)),
  /** Stamps or points that a reward took. */
  taken: maybe(9, cents),
  /** How many rewards that was. */
  times: maybe(11, stamps),
  /** How the value spreads over the lines of the sale, in their order. */
  shares: maybe(10, list(cents)),
  /** Number of the credit that this is an effect of. */
  credit: maybe(12, integer({ min: 1, max: U16_MAX })),
  /** Cents that it took off the ticket, where `unit` is another. */
  cents: maybe(13, cents),
  /** The lots that it came from or went to. */
  lots: maybe(14, list(map({ value: key(1, cents), expires: key(2, lotDay), issued: key(3, lotDay) }), 16)),
  /** Ids of the rules that multiplied it. */
  by: maybe(15, list(text(40), 20)),
  /** By how much the unearned fraction on the card grew. */
  fraction: maybe(16, integer({ min: -U16_MAX, max: U16_MAX })),
  /** Name of an association or a partner that is owed the value. */
  to: maybe(17, text(40)),
  /** Number of another card that is owed it. */
  toCard: maybe(18, uint(CARD_MAX)),
  /** Of `seen`: the last day before. */
  before: maybe(19, uint(U16_MAX)),
  /** The stock that it came from, `times` pieces or one, or that a refund gives them back to. */
  stock: maybe(20, text(40)),
});
export type StoredEffect = Decoded<typeof StoredEffect>;

export const NO_SUMS: Sums = {
  earnedCents: 0,
  spentCents: 0,
  discountCents: 0,
  rewardCents: 0,
  stampsAdded: 0,
  stampsTaken: 0,
  toppedUpCents: 0,
  creditedCents: 0,
  creditedStamps: 0,
  pointsAdded: 0,
  pointsTaken: 0,
  returnedCents: 0,
  takenBackCents: 0,
  expiredCents: 0,
};

const SUM_NAMES = Object.keys(NO_SUMS) as (keyof Sums)[];

export function addSums(a: Sums, b: Sums): Sums {
  const sums: Record<keyof Sums, number> = { ...a };
  for (const name of SUM_NAMES) sums[name] += b[name];
  return sums;
}

/** Cents that an effect took off the ticket, whatever it is counted in. */
export const centsOf = ({ unit, value, cents = 0 }: Pick<StoredEffect, "unit" | "value" | "cents">): number =>
  unit === "cents" ? value : cents;

type EffectType = StoredEffect["type"];
/** Effects by which value comes onto a card, and by which it leaves. */
const GIVING: readonly EffectType[] = ["earn", "stamp", "topup", "credit", "return", "receive"];
const TAKING: readonly EffectType[] = ["redeem", "expire", "clawback", "forfeit", "give", "payout"];

/** Whether value comes onto the card by such an effect, or leaves it; null where neither. */
export function signOf(type: EffectType): "+" | "-" | null {
  if (GIVING.includes(type)) return "+";
  return TAKING.includes(type) ? "-" : null;
}

/** The sums of one area's effects. */
export function sumsOf(effects: readonly StoredEffect[]): Sums {
  const sums: { -readonly [N in keyof Sums]: Sums[N] } = { ...NO_SUMS };
  for (const effect of effects) {
    const { type, unit, value } = effect;
    if (unit === "points" && GIVING.includes(type)) sums.pointsAdded += value;
    if (unit === "points" && TAKING.includes(type)) sums.pointsTaken += value;
    // A reward is worth cents and takes stamps.
    if (unit === "cents") sums.stampsTaken += effect.taken ?? 0;
    switch (type) {
      case "earn":
        if (unit === "cents") sums.earnedCents += value;
        break;
      case "redeem":
        sums.spentCents += centsOf(effect);
        break;
      case "discount":
        sums.discountCents += value;
        break;
      case "reward":
        sums.rewardCents += value;
        break;
      case "stamp":
        sums.stampsAdded += value;
        break;
      case "topup":
        if (unit === "cents") sums.toppedUpCents += value;
        break;
      case "credit":
        if (unit === "cents") sums.creditedCents += value;
        if (unit === "stamps") sums.creditedStamps += value;
        break;
      case "return":
        if (unit === "stamps") sums.stampsAdded += value;
        if (unit === "cents") sums.returnedCents += value;
        break;
      case "receive":
        if (unit === "cents") sums.returnedCents += value;
        break;
      case "expire":
        if (unit === "stamps") sums.stampsTaken += value;
        if (unit === "cents") sums.expiredCents += value;
        break;
      case "clawback":
        if (unit === "stamps") sums.stampsTaken += value;
        if (unit === "cents") sums.takenBackCents += value;
        break;
      case "give":
      case "forfeit":
      case "payout":
        if (unit === "cents") sums.takenBackCents += value;
        break;
    }
  }
  return sums;
}

/** Cash that effects say was taken: what was put on the card, packs of units and memberships. */
export const cashTaken = (effects: readonly Pick<StoredEffect, "type" | "unit" | "value" | "cents">[]): number =>
  effects.reduce((sum, effect) => {
    if (effect.type === "topup") return sum + centsOf(effect);
    return effect.type === "join" ? sum + effect.value : sum;
  }, 0);

/** Cents by which one area's effects change the money on the card, all purses together: negative where it pays. */
export function centsMoved(effects: readonly Pick<StoredEffect, "type" | "value" | "unit">[]): number {
  return effects.reduce((sum, { type, value, unit }) => {
    if (unit !== "cents") return sum;
    if (GIVING.includes(type)) return sum + value;
    return TAKING.includes(type) ? sum - value : sum;
  }, 0);
}
