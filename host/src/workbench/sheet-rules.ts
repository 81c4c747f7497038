import { PREPAID_CENTS_MAX } from "@cachet/card-layout";
import type {
  ChallengeRule,
  ClubRule,
  DiscountRule,
  DrawRule,
  ParkingRule,
  PrepaidRule,
  Programme,
  ReferralRule,
  Rule,
  StampsRule,
  TiersRule,
  UnitsRule,
} from "@cachet/firmware/rules";
import type { SheetWords } from "./sheet-fr.ts";
import { amountOf, isSaving, savingLines, validityLines } from "./sheet-saving.ts";
import { basketText, conditions, dateText } from "./sheet-when.ts";

/** What the sentences of a rule depend on beside the rule. */
export interface Reading {
  readonly words: SheetWords;
  readonly programme: Programme;
  readonly isStaff: boolean;
  /** The name of another rule, by its id. */
  readonly named: (id: string) => string;
}

function onlyWhen({ words, programme }: Reading, rule: Pick<DiscountRule, "when">): string[] {
  const parts = conditions(words, programme, rule.when);
  return parts.length === 0 ? [] : [words.when.only(parts)];
}

function rewardLine({ stamps }: SheetWords, grid: number, reward: StampsRule["reward"]): string {
  switch (reward.kind) {
    case "gift":
      return stamps.gift(grid, reward.label, reward.value);
    case "free-item":
      return stamps.freeItem(grid, reward.label, reward.category);
    case "offer":
      return stamps.offer(grid, reward.label, reward.offer, reward.days);
    case "money":
      return stamps.money(grid, reward.label, reward.value);
    case "experience":
      return stamps.experience(grid, reward.label, reward.value, reward.text);
  }
}

/** How many of a reward there are. */
function stockLines({ stock, stamps }: SheetWords, reward: StampsRule["reward"]): string[] {
  if (reward.kind === "experience") return [stock.seats(reward.label, reward.seats), stamps.stay];
  if (reward.kind !== "gift" || reward.stock === undefined) return [];
  return [stock.pieces(reward.label, reward.stock), stamps.stay];
}

function stampsLines(reading: Reading, rule: StampsRule): string[] {
  const { words } = reading;
  const { stamps } = words;
  const { count, minimum, grid, reward, cooldownMinutes, withinDays, paperThrough } = rule;
  const isAnyBasket = minimum.kind === "reaches" && minimum.amount === 0;
  return [
    count.per === "visit" ? stamps.perVisit(count.stamps) : stamps.perItem(count.category),
    ...(withinDays === undefined ? [] : [stamps.within(withinDays)]),
    rewardLine(words, grid, reward),
    ...stockLines(words, reward),
    stamps.later,
    ...(isAnyBasket ? [] : [stamps.minimum(basketText(words, minimum))]),
    ...onlyWhen(reading, rule),
    ...(cooldownMinutes > 0 ? [stamps.cooldown(cooldownMinutes)] : []),
    stamps.zeroPayable[rule.onZeroPayable ? "yes" : "no"],
    stamps.excess[rule.excess],
    ...(paperThrough === undefined ? [] : [stamps.paper(dateText(words, paperThrough), grid - 1)]),
  ];
}

function prepaidLines({ words, isStaff }: Reading, rule: PrepaidRule): string[] {
  const { prepaid } = words;
  const { topUpMin, topUpMax, balanceMax, bonus, suggestBelow } = rule;
  return [
    prepaid.pays,
    ...(topUpMin > 1 ? [prepaid.topUpMin(topUpMin)] : []),
    ...(topUpMax < PREPAID_CENTS_MAX ? [prepaid.topUpMax(topUpMax)] : []),
    ...(balanceMax < PREPAID_CENTS_MAX ? [prepaid.balanceMax(balanceMax)] : []),
    ...(bonus === null ? [] : bonusLines(words, rule, bonus, isStaff)),
    ...(isStaff && suggestBelow > 0 ? [prepaid.suggest(suggestBelow)] : []),
    prepaid.closing,
  ];
}

function bonusLines(
  words: SheetWords,
  { spendFirst }: PrepaidRule,
  { bands, counts = "whole", rounding, validity, lots, funder }: NonNullable<PrepaidRule["bonus"]>,
  isStaff: boolean,
): string[] {
  const { prepaid, funders } = words;
  const upwards = [...bands].sort((a, b) => a.from - b.from);
  return [
    ...upwards.map(({ from, rate }) => prepaid.band(from, rate)),
    prepaid.bands[counts],
    prepaid.rounding[rounding],
    prepaid.spendFirst[spendFirst],
    ...validityLines(words, words.validity.bonus, validity, lots),
    prepaid.bonusLost,
    ...(isStaff ? [prepaid.bonusFunder(funders[funder])] : []),
  ];
}

const ALL = 10_000;

function unitsLines({ words: { units } }: Reading, { unitName, packs, bonusRate, spendFirst }: UnitsRule): string[] {
  const bonusOf = (count: number): number => (count * bonusRate - ((count * bonusRate) % ALL)) / ALL;
  // Compared as products: a price by the unit need not be whole.
  const cheapest = packs.reduce((a, b) => (b.price * a.units < a.price * b.units ? b : a));
  return [
    ...packs.map(({ units: count, price }) => units.pack(count, unitName, price, bonusOf(count))),
    ...(bonusRate > 0 ? [units.bonusRate(bonusRate), units.spendFirst[spendFirst], units.bonusLost] : []),
    units.closing(cheapest.units, cheapest.price),
  ];
}

/** Discounts in the order in which they are given. */
function discountsOf({ rules }: Programme): DiscountRule[] {
  const all = rules.flatMap((rule) => (rule.kind === "discount" ? [rule] : []));
  return all.sort((a, b) => a.order - b.order || (a.id < b.id ? -1 : 1));
}

function discountLines(reading: Reading, rule: DiscountRule): string[] {
  const { words, programme, named } = reading;
  const { discount, when, list, quoted, periods } = words;
  const { off, categories, group, limit, stock } = rule;
  const all = discountsOf(programme);
  const rivals = group === undefined ? [] : all.filter((other) => other.group === group);
  const on = categories === undefined ? discount.all : discount.categories(list(categories.map(quoted)));
  const said = "rate" in off ? discount.rate(off.rate, on) : discount.cents(off.cents, on);
  return [
    when.withConditions(said, conditions(words, programme, rule.when)),
    ...("rate" in off ? [discount.basis[rule.basis], discount.rounding[rule.rounding]] : []),
    ...(limit === undefined ? [] : [discount.limit(limit.times, periods[limit.per])]),
    ...(stock === undefined ? [] : [words.stock.discount(stock)]),
    ...(all.length > 1 ? [discount.place(all.indexOf(rule) + 1, all.length)] : []),
    ...(rivals.length > 1 ? [discount.group(list(rivals.map(({ id }) => named(id))))] : []),
  ];
}

function reviewLines({ tiers, yearDay }: SheetWords, { review }: TiersRule): string[] {
  if (review === null) return [tiers.noReview];
  const [month, day] = review.on.split("-").map(Number);
  return [tiers.review(yearDay(month ?? 1, day ?? 1)), tiers.grace(review.graceDays), tiers.down[review.down]];
}

function tiersLines({ words, named }: Reading, rule: TiersRule): string[] {
  const { tiers, list } = words;
  const { levels, of, window, crossing } = rule;
  const multiplies = of.length > 0;
  return [
    ...levels.map(({ name, from, permille }) => tiers.level(name, from, multiplies ? permille : null)),
    tiers.window[window],
    ...(multiplies ? [tiers.of(list(of.map(named))), tiers.crossing[crossing]] : []),
    ...reviewLines(words, rule),
  ];
}

function clubLines({ words: { club } }: Reading, { fee, months }: ClubRule): string[] {
  return [fee > 0 ? club.fee(fee, months) : club.noFee(months), club.renewal, club.closing];
}

function challengeLines(reading: Reading, rule: ChallengeRule): string[] {
  const { words, programme, named } = reading;
  const { challenge } = words;
  const { distinct, gives, label } = rule;
  const target = programme.rules.filter(isSaving).find(({ id }) => id === rule.of);
  return [
    ...(target === undefined || gives === 0
      ? []
      : [challenge.goal(distinct, amountOf(words, target, gives), named(target.id))]),
    ...(label === undefined ? [] : [challenge.badge(distinct, label)]),
    ...onlyWhen(reading, rule),
    challenge.times(rule.timesMax),
    challenge.number(rule.number),
  ];
}

function drawLines(reading: Reading, rule: DrawRule): string[] {
  const { draw } = reading.words;
  return [draw.entry(rule.cents), draw.most(rule.entriesMax), ...onlyWhen(reading, rule)];
}

function referralLines(reading: Reading, rule: ReferralRule): string[] {
  const { words, programme, named, isStaff } = reading;
  const { referral } = words;
  const { godchild, godparent, minimum } = rule;
  const target = programme.rules.filter(isSaving).find(({ id }) => id === rule.of);
  if (target === undefined) return [];
  const isAnyBasket = minimum.kind === "reaches" && minimum.amount === 0;
  return [
    ...(godchild > 0 ? [referral.godchild(amountOf(words, target, godchild), named(target.id))] : []),
    ...(godparent > 0 ? [referral.godparent(amountOf(words, target, godparent), named(target.id))] : []),
    ...(isAnyBasket ? [] : [referral.minimum(basketText(words, minimum))]),
    ...onlyWhen(reading, rule),
    referral.once,
    referral.undone,
    ...(isStaff ? [referral.till] : []),
  ];
}

function parkingLines(reading: Reading, rule: ParkingRule): string[] {
  const { words } = reading;
  const { parking } = words;
  const { minimum, minutes, withinHours } = rule;
  const isAnyBasket = minimum.kind === "reaches" && minimum.amount === 0;
  return [
    parking.gives(minutes),
    ...(isAnyBasket ? [] : [parking.minimum(basketText(words, minimum))]),
    withinHours === undefined ? parking.today : parking.within(withinHours),
    ...onlyWhen(reading, rule),
  ];
}

/** Everything that a rule means, one sentence each. Rules that change what another one earns are said with that one. */
export function ruleLines(reading: Reading, rule: Rule): string[] {
  switch (rule.kind) {
    case "stamps":
      return stampsLines(reading, rule);
    case "cagnotte":
    case "points":
      return savingLines(reading.words, reading.programme, rule, reading.isStaff);
    case "prepaid":
      return prepaidLines(reading, rule);
    case "units":
      return unitsLines(reading, rule);
    case "discount":
      return discountLines(reading, rule);
    case "tiers":
      return tiersLines(reading, rule);
    case "club":
      return clubLines(reading, rule);
    case "challenge":
      return challengeLines(reading, rule);
    case "draw":
      return drawLines(reading, rule);
    case "referral":
      return referralLines(reading, rule);
    case "parking":
      return parkingLines(reading, rule);
    case "multiplier":
    case "bonus":
    case "cap":
      return [];
  }
}
