import type { TrialStep } from "@cachet/firmware/rules";
import { renderReceipt } from "@cachet/terminal-sim";
import { expect } from "vitest";
import { linesOfNote } from "../../firmware/src/app/receipt.ts";
import { bucketsOf } from "./case-events.ts";
import type { Case, Json } from "./written-case.ts";

type Effect = TrialStep["effects"][number];

/** What a word of an answer is about. */
interface Asked {
  readonly worked: Case;
  readonly event: Json;
  readonly step: TrialStep;
  /** What the card held before. */
  readonly before: Json;
}

const total = ({ step }: Asked, type: Effect["type"], matches: (effect: Effect) => boolean = () => true): number =>
  step.effects.reduce((all, effect) => (effect.type === type && matches(effect) ? all + effect.value : all), 0);

const ofUnit = (unit: Effect["unit"]) => (effect: Effect) => effect.unit === unit;
const ofRule = (rule: string) => (effect: Effect) => effect.rule === rule;

/** Lots by the names that the case gives its buckets; one that it does not know is the new one. */
function byBucket({ worked }: Asked, effects: readonly Effect[]): Json {
  const buckets = bucketsOf(worked);
  const sums: Record<string, number> = {};
  for (const { value, issued, expires } of effects.flatMap(({ lots = [] }) => lots)) {
    const id = buckets.find((bucket) => bucket.issued === issued && (bucket.expires_on ?? null) === expires)?.id ?? "?";
    sums[id] = (sums[id] ?? 0) + value;
  }
  return sums;
}

const ofType = ({ step }: Asked, type: Effect["type"]) => step.effects.filter((effect) => effect.type === type);

const numberIn = (value: unknown, field = "value"): number =>
  typeof value === "number" ? value : Number((value as Json | undefined)?.[field] ?? 0);

const prepaidLeft = ({ step }: Asked) => step.card.prepaid as { readonly paid: number; readonly bonus: number };
const unitsLeft = ({ step }: Asked) => step.card.units as { readonly paid: number; readonly bonus: number };

/** Parts of prepaid money or units that paid, those that did only. */
function debit(asked: Asked): Json {
  const parts = { bonus: 0, paid: 0 };
  for (const { label, value } of ofType(asked, "redeem")) parts[label === "bonus" ? "bonus" : "paid"] += value;
  return Object.fromEntries(Object.entries(parts).filter(([, value]) => value > 0));
}

/** A refund as a case writes it: what goes back by other means, and what to the card. */
function refund(asked: Asked): Json {
  const cagnotte = total(asked, "return", ofUnit("cents"));
  return { other: total(asked, "payout"), ...(cagnotte > 0 ? { cagnotte } : {}) };
}

const CHALLENGE_STEPS = 3;

/** What each word of `then` and `final` means. */
const SAYS: Readonly<Record<string, (asked: Asked) => unknown>> = {
  earn_cents: (asked) => total(asked, "earn", (effect) => effect.unit === "cents" && effect.rule !== "challenge"),
  earn_points: (asked) => total(asked, "earn", ofUnit("points")),
  bonus_cents: (asked) => total(asked, "earn", ofRule("challenge")),
  applied: ({ step }) =>
    step.effects
      .flatMap(({ type, rule, by = [] }) => (type === "earn" ? (rule === "earn" ? by : [rule]) : []))
      .map(unhyphened),
  capped: ({ step }) => {
    const cut = step.effects.find(({ type, wouldBe }) => type === "earn" && wouldBe !== undefined)!;
    return { would_be: cut.wouldBe, reason: cut.reason };
  },
  redeem: (asked) => ofType(asked, "redeem").reduce((all, { cents, value }) => all + (cents ?? value), 0),
  redeem_points: (asked) => total(asked, "redeem", ofUnit("points")),
  redeem_value: (asked) => ofType(asked, "redeem").reduce((all, { cents, value }) => all + (cents ?? value), 0),
  redeem_allocation: ({ step, event }) => {
    const { shares = [] } = step.effects.find(({ type }) => type === "redeem")!;
    return Object.fromEntries((event.lines as readonly Json[]).map(({ id }, i) => [id, shares[i]]));
  },
  payable: ({ step }) => step.payable,
  earning_base: ({ step }) => step.earningBase,
  stamps_added: (asked) => total(asked, "stamp"),
  skipped: ({ step }) => step.skipped.map(({ reason }) => ({ reason })),
  declined: ({ step }) => step.declined.map(({ reason }) => ({ reason })),
  stamps_before_reward: (asked) => numberIn(asked.before.stamps, "count") + total(asked, "stamp"),
  reward: ({ step, event }) => {
    const free = step.effects.find(({ type }) => type === "discount");
    if (free !== undefined) {
      const line = free.shares!.findIndex((share) => share > 0);
      return { free_item: (event.lines as readonly Json[])[line]!.id, discount: free.value };
    }
    const { label, value } = step.effects.find(({ type }) => type === "reward")!;
    return { label, value };
  },
  clawback_points: (asked) => total(asked, "clawback", ofUnit("points")),
  clawback_cents: (asked) => total(asked, "clawback", ofUnit("cents")),
  refund,
  restored: (asked) => byBucket(asked, ofType(asked, "return")),
  consumed: (asked) => byBucket(asked, ofType(asked, "redeem")),
  expired: (asked) => byBucket(asked, ofType(asked, "expire")),
  new_bucket: (asked) => (ofType(asked, "earn").flatMap(({ lots = [] }) => lots).length === 1 ? "C" : null),
  prepaid_debit: (asked) => total(asked, "redeem", ofRule("prepaid")),
  debit,
  left: (asked) => prepaidLeft(asked),
  paid: (asked) => total(asked, "topup"),
  bonus: (asked) => total(asked, "earn"),
  bonus_points: (asked) => total(asked, "earn"),
  spendable: (asked) => prepaidLeft(asked).paid + prepaidLeft(asked).bonus,
  usable: (asked) => unitsLeft(asked).paid + unitsLeft(asked).bonus,
  amount: (asked) => prepaidLeft(asked).bonus,
  expires_on: ({ step }) => (step.card.prepaid as { readonly lots: readonly Json[] }).lots[0]!.expires,
  refund_cash: (asked) => ofType(asked, "payout").reduce((all, { value, cents = value }) => all + cents, 0),
  forfeited_bonus: (asked) => total(asked, "forfeit"),
  sessions_refunded: (asked) => ofType(asked, "payout").reduce((all, { value }) => all + value, 0),
  tier: ({ step }) => (step.card.tiers as Json).level,
  spend_12m: ({ step }) => (step.card.tiers as Json).spent,
  notice: ({ step }) => {
    const note = step.notes.find((one) => one.note === "at-risk");
    return note?.note === "at-risk" ? { kind: "TIER_AT_RISK", until: dayText(note.through) } : null;
  },
  progress: ({ step }) => {
    const { visited, won } = step.card.challenge as { readonly visited: readonly number[]; readonly won: number };
    return `${won > 0 ? CHALLENGE_STEPS : visited.length}/${CHALLENGE_STEPS}`;
  },
  cagnotte: ({ step }) => numberIn(step.card.earn),
  points: ({ step }) => numberIn(step.card.earn),
  balance: ({ step }) => numberIn(step.card.earn),
  buckets: ({ worked, step }) => {
    const lots = (step.card.earn as { readonly lots: Effect["lots"] }).lots!;
    return byBucket({ worked } as Asked, [{ lots } as Effect]);
  },
  remainder_per_10000: ({ step }) => numberIn(step.card.earn, "remainder"),
  stamps: ({ step }) => numberIn(step.card.stamps, "count"),
  earned_today: ({ step }) => numberIn(step.card["cap-0"], "used"),
  prepaid: (asked) => prepaidLeft(asked).paid,
  prepaid_paid: (asked) => prepaidLeft(asked).paid,
  prepaid_bonus: (asked) => prepaidLeft(asked).bonus,
  sessions_paid: (asked) => unitsLeft(asked).paid,
  sessions_bonus: (asked) => unitsLeft(asked).bonus,
};

const unhyphened = (id: string): string => id.replaceAll("-", "_");
const dayText = (day: number): string => new Date(Date.UTC(2000, 0, 1 + day)).toISOString().slice(0, 10);

/** Holds one step against what the case says of it; a word that nobody knows is an error, never an assertion left out. */
export function check(expected: Json, asked: Asked): void {
  for (const [word, value] of Object.entries(expected)) {
    if (word === "receipt_contains") {
      const text = renderReceipt(asked.step.notes.flatMap(linesOfNote)).join("\n");
      for (const part of value as readonly string[]) expect(text).toContain(part);
      continue;
    }
    const says = SAYS[word];
    if (says === undefined) throw new Error(`the adapter does not know "${word}"`);
    expect(says(asked), word).toEqual(value);
  }
}
