import { CAGNOTTE_CENTS_MAX, POINTS_MAX } from "@cachet/card-layout";
import type {
  BonusRule,
  CagnotteRule,
  CapRule,
  LotCount,
  MultiplierRule,
  PointsRule,
  Programme,
  Rule,
  Validity,
} from "@cachet/firmware/rules";
import type { SheetWords } from "./sheet-fr.ts";
import { conditions, dateText } from "./sheet-when.ts";

type SavingRule = CagnotteRule | PointsRule;
/** A rule that changes what a saving rule earns. */
type Modifier = MultiplierRule | BonusRule | CapRule;

export const isSaving = (rule: Rule): rule is SavingRule => rule.kind === "cagnotte" || rule.kind === "points";
export const isModifier = (rule: Rule): rule is Modifier =>
  rule.kind === "multiplier" || rule.kind === "bonus" || rule.kind === "cap";

/** So much of what a rule saves: cents as money, points by their name. */
export function amountOf(words: SheetWords, rule: SavingRule, value: number): string {
  return rule.kind === "cagnotte" ? words.money(value) : words.points(value, rule.unitName);
}

/** How long value lasts, and how many dates a card keeps apart. `what`: the value, as a sentence begins. */
export function validityLines(words: SheetWords, what: string, validity: Validity | null, lots: LotCount): string[] {
  const { validity: say } = words;
  return validity === null ? [say.none(what)] : [lastsFor(words, what, validity), say.lots(lots)];
}

function lastsFor(words: SheetWords, what: string, validity: Validity): string {
  const { validity: say } = words;
  if ("through" in validity) return say.through(what, dateText(words, validity.through));
  if ("days" in validity) return say.days(what, validity.days);
  if (validity.round === "month") return say.monthEnd(what, validity.months);
  return validity.round === "year" ? say.yearEnd(what, validity.months) : say.months(what, validity.months);
}

function earningLines({ saving, points }: SheetWords, rule: SavingRule): string[] {
  const basis = saving.basis[rule.basis];
  if (rule.kind === "cagnotte") return [saving.rate(rule.rate), ...basis];
  const { earn, unitName } = rule;
  const worth = points(earn.points, unitName);
  if (earn.per === "visit") return [saving.perVisit(worth)];
  if (earn.per === "item") return [saving.perItem(worth, earn.category)];
  const { beyond } = earn;
  return [
    saving.perAmount[earn.groups](worth, earn.cents),
    ...(beyond === undefined ? [] : [saving.beyond[beyond.counts](beyond.amount)]),
    ...basis,
  ];
}

const EVERYTHING = 10_000;

function spendingLines({ saving, points }: SheetWords, rule: SavingRule): string[] {
  const { pays, redeemMin, redeemShareMax } = rule;
  if (rule.kind === "points" && rule.redeem === null) return [saving.redeemNone];
  const step =
    rule.kind === "points" && rule.redeem !== null
      ? saving.redeemStep(points(rule.redeem.points, rule.unitName), rule.redeem.cents)
      : saving.redeemAny;
  return [
    step,
    ...(redeemMin > 0 ? [saving.redeemMin(redeemMin)] : []),
    ...(redeemShareMax < EVERYTHING ? [saving.redeemShare(redeemShareMax)] : []),
    saving.pays[pays],
  ];
}

function giftLines({ saving, points, stock: of }: SheetWords, rule: SavingRule, isStaff: boolean): string[] {
  if (rule.kind !== "points") return [];
  return rule.gifts.flatMap(({ id, label, points: price, value, to, stock, text, seats }) => [
    ...(to === undefined
      ? [saving.gift(label, points(price, rule.unitName), value)]
      : [
          saving.donation(label, points(price, rule.unitName), value, to.name),
          saving.donationRounding[to.rounding],
          ...(isStaff ? [saving.donationPoints] : []),
        ]),
    ...(text === undefined ? [] : [saving.experience(label, text)]),
    ...(stock === undefined ? [] : [of.pieces(label, stock)]),
    ...(seats === undefined ? [] : [of.seats(label, seats)]),
    ...(isStaff ? [saving.giftCode(label, id)] : []),
  ]);
}

function bonusText(words: SheetWords, rule: SavingRule, { gives }: BonusRule): string {
  if (typeof gives === "number") return words.saving.bonus(amountOf(words, rule, gives));
  if ("earn" in gives) return gives.says;
  return words.saving.bonusEvery(amountOf(words, rule, gives.gives), amountOf(words, rule, gives.every));
}

function modifierLines(words: SheetWords, programme: Programme, rule: SavingRule, modifier: Modifier): string[] {
  const { saving, periods, when, quoted, list } = words;
  switch (modifier.kind) {
    case "multiplier": {
      const { permille, categories } = modifier;
      const on = categories === undefined ? null : list(categories.map(quoted));
      return [when.withConditions(saving.multiplier(permille, on), conditions(words, programme, modifier.when))];
    }
    case "bonus": {
      const { limit } = modifier;
      const said = when.withConditions(bonusText(words, rule, modifier), conditions(words, programme, modifier.when));
      return [said, ...(limit === undefined ? [] : [saving.limit(limit.times, periods[limit.per])])];
    }
    case "cap":
      return [saving.cap(amountOf(words, rule, modifier.most), periods[modifier.per])];
  }
}

function staffLine({ staffLine: say, funders }: SheetWords, modifier: Modifier): string {
  return say(modifier.id, modifier.kind === "bonus" ? funders[modifier.funder] : null);
}

/** Everything about a rule that saves value: what it earns, how long it lasts, how it is spent, and what changes it. */
export function savingLines(words: SheetWords, programme: Programme, rule: SavingRule, isStaff: boolean): string[] {
  const { saving } = words;
  const modifiers = programme.rules.filter(isModifier).filter(({ of }) => of === rule.id);
  const multipliers = modifiers.filter(({ kind }) => kind === "multiplier").length;
  const only = conditions(words, programme, rule.when);
  const most = rule.kind === "cagnotte" ? CAGNOTTE_CENTS_MAX : POINTS_MAX;
  return [
    ...earningLines(words, rule),
    ...(only.length > 0 ? [words.when.only(only)] : []),
    ...modifiers.flatMap((modifier) => [
      ...modifierLines(words, programme, rule, modifier),
      ...(isStaff ? [staffLine(words, modifier)] : []),
    ]),
    ...(multipliers > 1 ? [saving.stacking[programme.stacking]] : []),
    saving.rounding[rule.kind === "cagnotte" ? "cents" : "points"][rule.rounding],
    ...(multipliers > 0 || rule.rounding === "carry" ? [saving.stage[programme.roundingStage]] : []),
    ...(rule.balanceMax < most ? [saving.balanceMax(amountOf(words, rule, rule.balanceMax))] : []),
    ...validityLines(words, words.validity.earned, rule.validity, rule.lots),
    ...spendingLines(words, rule),
    ...giftLines(words, rule, isStaff),
  ];
}
