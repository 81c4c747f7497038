import { isDeepStrictEqual } from "node:util";
import { printable, receiptText, writtenReceipt } from "@cachet/firmware/counter";
import type { TrialStep } from "@cachet/firmware/rules";
import { linesOfNote } from "../../firmware/src/app/receipt-notes.ts";
import { byBucket, left } from "./case-buckets.ts";
import { unitNameOf } from "./case-programme.ts";
import type { Case, Json } from "./written-case.ts";

type Effect = TrialStep["effects"][number];

/** What a word of an answer is about. */
export interface Asked {
  readonly worked: Case;
  /** The programme as this variant of the case says it. */
  readonly said: Json;
  readonly card: string;
  readonly event: Json;
  readonly step: TrialStep;
  /** What the card held before. */
  readonly before: Json;
}

const total = ({ step }: Asked, type: Effect["type"], matches: (effect: Effect) => boolean = () => true): number =>
  step.effects.reduce((all, effect) => (effect.type === type && matches(effect) ? all + effect.value : all), 0);

const ofUnit = (unit: Effect["unit"]) => (effect: Effect) => effect.unit === unit;
const ofRule = (rule: string) => (effect: Effect) => effect.rule === rule;
const ofType = ({ step }: Asked, type: Effect["type"]) => step.effects.filter((effect) => effect.type === type);

const numberIn = (value: unknown, field = "value"): number =>
  typeof value === "number" ? value : Number((value as Json | undefined)?.[field] ?? 0);

interface Parts {
  readonly paid: number;
  readonly bonus: number;
}
const prepaidLeft = ({ step }: Asked) => step.card.prepaid as Parts;
const unitsLeft = ({ step }: Asked) => step.card.units as Parts;
function partsLeft(asked: Asked): Parts {
  const { paid, bonus } = "units" in asked.step.card ? unitsLeft(asked) : prepaidLeft(asked);
  return { paid, bonus };
}

/** Parts of prepaid money or units that paid, those that did only. */
function debit(asked: Asked): Json {
  const parts = { bonus: 0, paid: 0 };
  for (const { rule, label, value } of ofType(asked, "redeem"))
    if (rule === "prepaid" || rule === "units") parts[label === "bonus" ? "bonus" : "paid"] += value;
  return Object.fromEntries(Object.entries(parts).filter(([, value]) => value > 0));
}

/** Cents that go back by other means, those of units too. */
const paidOut = (asked: Asked): number =>
  ofType(asked, "payout").reduce((all, { value, cents = value }) => all + cents, 0);

/** A refund as a case writes it: what goes back by other means, and what to the card. */
function refund(asked: Asked): Json {
  const back = {
    cagnotte: total(asked, "return", (effect) => effect.unit === "cents" && effect.rule !== "prepaid"),
    points: total(asked, "return", ofUnit("points")),
    prepaid: total(asked, "return", ofRule("prepaid")),
  };
  return {
    other: paidOut(asked),
    ...Object.fromEntries(Object.entries(back).filter(([, value]) => value > 0)),
  };
}

/** Rules that give beside what a purchase earns; cases speak of them in words of their own. */
const ASIDE: readonly string[] = ["challenge", "referral"];

/** What others are owed, or owed no longer: a number of cents or points, by name or by the number of a card. */
const owed = (asked: Asked, type: "owe" | "waive"): Json =>
  Object.fromEntries(ofType(asked, type).map(({ to, toCard, value }) => [to ?? String(toCard), value]));

/** What caps cut of all that a purchase earned. */
function capped({ step }: Asked): Json {
  const earned = step.effects.filter(({ type, rule }) => type === "earn" && !ASIDE.includes(rule));
  const cut = earned.find(({ wouldBe }) => wouldBe !== undefined);
  return {
    would_be: earned.reduce((all, { wouldBe, value }) => all + (wouldBe ?? value), 0),
    reason: cut?.reason,
  };
}

/** Rules that changed what was earned, in the order of the programme. */
function applied({ step, said }: Asked): readonly string[] {
  const named = step.effects.flatMap(({ type, rule, by = [] }) => (type === "earn" ? [rule, ...by] : []));
  const { multipliers = [], bonuses = [] } = said as Readonly<Record<string, readonly { readonly id: string }[]>>;
  return [...multipliers, ...bonuses].map(({ id }) => id).filter((id) => named.includes(id.replaceAll("_", "-")));
}

/** Why a rule gave nothing, in words that cases know; a multiplier that has no say today is no news to them. */
const REASONS = ["BELOW_MINIMUM", "COOLDOWN", "CLOCK_SUSPECT"];

const redeemedCents = (asked: Asked) =>
  ofType(asked, "redeem").reduce((all, { rule, cents, value }) => (rule === "earn" ? all + (cents ?? value) : all), 0);

const held = ({ step }: Asked): number => numberIn(step.card.earn) - ownOwed(step.card.earn);
const ownOwed = (value: unknown): number => (typeof value === "number" ? 0 : numberIn(value, "owed"));

/** What each word of `then` and `final` means. */
const SAYS: Readonly<Record<string, (asked: Asked) => unknown>> = {
  earn_cents: (asked) => total(asked, "earn", (effect) => effect.unit === "cents" && !ASIDE.includes(effect.rule)),
  earn_points: (asked) => total(asked, "earn", (effect) => effect.unit === "points" && !ASIDE.includes(effect.rule)),
  referral: (asked) => total(asked, "earn", ofRule("referral")),
  owed: (asked) => owed(asked, "owe"),
  waived: (asked) => owed(asked, "waive"),
  bonus_cents: (asked) => total(asked, "earn", ofRule("challenge")),
  applied,
  capped,
  redeem: redeemedCents,
  redeem_points: (asked) => total(asked, "redeem", ofUnit("points")),
  redeem_value: redeemedCents,
  redeem_allocation: ({ step, event }) => {
    const shares = step.effects.find(({ type, rule }) => type === "redeem" && rule === "earn")?.shares ?? [];
    return Object.fromEntries((event.lines as readonly Json[]).map(({ id }, i) => [id, shares[i] ?? 0]));
  },
  discount: (asked) => total(asked, "discount"),
  payable: ({ step }) => step.payable,
  earning_base: ({ step }) => step.earningBase,
  parking_minutes: (asked) => total(asked, "parking") - total(asked, "clawback", ofUnit("minutes")),
  parking_until: ({ step }) => step.effects.find(({ type }) => type === "parking")?.label ?? null,
  stamps_added: (asked) => total(asked, "stamp", ofRule("stamps")),
  skipped: ({ step }) => step.skipped.flatMap(({ reason }) => (REASONS.includes(reason) ? [{ reason }] : [])),
  declined: ({ step }) => step.declined.map(({ reason }) => ({ reason })),
  stamps_before_reward: (asked) => numberIn(asked.before.stamps, "count") + total(asked, "stamp", ofRule("stamps")),
  reward: ({ step, event, said }) => {
    const free = step.effects.find(({ type, rule }) => type === "discount" && rule === "stamps");
    if (free !== undefined && ((said.stamps as Json).reward as Json).kind === "money")
      return { label: free.label, discount: free.value };
    if (free !== undefined) {
      const line = free.shares!.findIndex((share) => share > 0);
      return { free_item: (event.lines as readonly Json[])[line]!.id, discount: free.value };
    }
    const given = step.effects.find(({ type }) => type === "reward");
    return given === undefined ? null : { label: given.label, value: given.value };
  },
  clawback_points: (asked) => total(asked, "clawback", ofUnit("points")),
  clawback_cents: (asked) => total(asked, "clawback", ofUnit("cents")),
  refund,
  restored: (asked) => byBucket(asked, ofType(asked, "return")),
  consumed: (asked) => byBucket(asked, ofType(asked, "redeem")),
  expired: (asked) => byBucket(asked, ofType(asked, "expire")),
  new_bucket: (asked) => Object.keys(byBucket(asked, ofType(asked, "earn")))[0] ?? null,
  prepaid_debit: (asked) => total(asked, "redeem", ofRule("prepaid")),
  debit,
  left: (asked) => partsLeft(asked),
  paid: (asked) => total(asked, "topup"),
  bonus: (asked) => total(asked, "earn"),
  bonus_points: (asked) => total(asked, "earn"),
  spendable: (asked) => prepaidLeft(asked).paid + prepaidLeft(asked).bonus,
  usable: (asked) => unitsLeft(asked).paid + unitsLeft(asked).bonus,
  amount: (asked) => prepaidLeft(asked).bonus,
  expires_on: ({ step }) => (step.card.prepaid as { readonly lots: readonly Json[] }).lots[0]!.expires,
  refund_cash: paidOut,
  forfeited_bonus: (asked) => total(asked, "forfeit"),
  tier: ({ step }) => (step.card.tiers as Json).level,
  spend_12m: ({ step }) => (step.card.tiers as Json).spent,
  notice: ({ step }) => {
    const note = step.notes.find((one) => one.note === "at-risk");
    return note?.note === "at-risk" ? { kind: "TIER_AT_RISK", until: dayText(note.through) } : null;
  },
  progress: ({ step, said }) => {
    const { distinct_merchants: all } = said.challenge as { readonly distinct_merchants: number };
    return `${Math.min(all, (step.card.challenge as { readonly visited: readonly number[] }).visited.length)}/${all}`;
  },
  cagnotte: held,
  points: held,
  balance: held,
  buckets: (asked) => left(asked),
  remainder_per_10000: ({ step }) => numberIn(step.card.earn, "remainder"),
  stamps: ({ step }) => numberIn(step.card.stamps, "count"),
  earned_today: ({ step }) => numberIn(step.card["cap-0"], "used"),
  prepaid: (asked) => prepaidLeft(asked).paid + prepaidLeft(asked).bonus,
  prepaid_paid: (asked) => prepaidLeft(asked).paid,
  prepaid_bonus: (asked) => prepaidLeft(asked).bonus,
};

const dayText = (day: number): string => new Date(Date.UTC(2000, 0, 1 + day)).toISOString().slice(0, 10);

/** What a word with the name of a unit means: `sessions_paid`. */
function ofUnits(asked: Asked, word: string): unknown {
  const unit = unitNameOf(asked.said);
  if (unit === null || !word.startsWith(`${unit}_`)) return undefined;
  switch (word.slice(unit.length + 1)) {
    case "paid":
      return unitsLeft(asked).paid;
    case "bonus":
      return unitsLeft(asked).bonus;
    case "refunded":
      return total(asked, "payout", ofUnit("units"));
    default:
      return undefined;
  }
}

/** As JSON has it: a field that is undefined is not there. */
const plain = (value: unknown): unknown => (value === undefined ? undefined : JSON.parse(JSON.stringify(value)));

/**
 * What one step says otherwise than the case, a sentence for each word. A word that nobody knows is an error, never an assertion
 * left out.
 */
export function differences(expected: Json, asked: Asked): readonly string[] {
  return Object.entries(expected).flatMap(([word, value]) => {
    if (word === "receipt_contains") {
      const text = printedNotes(asked.step);
      const missing = (value as readonly string[]).filter((part) => !text.includes(printable(part)));
      return missing.map((part) => `the receipt has no "${part}": ${text}`);
    }
    const unitsSay = ofUnits(asked, word);
    const says = SAYS[word];
    if (says === undefined && unitsSay === undefined) throw new Error(`the adapter does not know "${word}"`);
    const found = plain(unitsSay ?? says!(asked));
    return isDeepStrictEqual(found, value)
      ? []
      : [`${word} is ${JSON.stringify(found)}, the case says ${JSON.stringify(value)}`];
  });
}

/** What the ticket says of a step, in one line: a line that is too long for the paper goes on in the next one. */
export const printedNotes = ({ notes }: TrialStep): string =>
  receiptText(
    writtenReceipt(
      notes.flatMap((note) => linesOfNote(note)),
      "fr",
    ),
  )
    .join(" ")
    .replaceAll(/\s+/g, " ");
