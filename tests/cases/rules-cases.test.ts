import { existsSync, readFileSync } from "node:fs";
import { CARD_EPOCH_SECONDS, type Purse } from "@cachet/card-layout";
import {
  cagnotte,
  type Evaluation,
  evaluate,
  type Programme,
  programme,
  type Rule,
  stamps,
} from "@cachet/firmware/rules";
import { renderReceipt } from "@cachet/terminal-sim";
import { describe, expect, it } from "vitest";
import { linesOfNote } from "../../firmware/src/app/receipt.ts";

/**
 * Worked cases written by others, in their own words. The adapter takes those that stamps and cagnotte cover, and says how
 * many that is; a word it does not know in a case that it takes is an error, never an assertion left out.
 */
const FILE = new URL("../../../shared/cases/rules.json", import.meta.url);
const HALF_UP = { floor: "floor", half_up: "half-up", ceil: "ceil" } as const;

type Json = Readonly<Record<string, unknown>>;
interface Case {
  readonly id: string;
  readonly title: string;
  readonly programme: Json;
  readonly given: { readonly card?: Json };
  readonly when: readonly Json[];
  readonly then: readonly Json[];
  readonly final: Json;
}

const KNOWN_PROGRAMME = new Set(["earn", "stamps", "exclude_categories", "tips_earn", "merchants"]);
const KNOWN_CARD = new Set(["cagnotte", "remainder_per_10000", "stamps", "last_stamp_at"]);
const KNOWN_EVENT = new Set(["type", "lines", "tip", "redeem_request", "merchant", "at"]);

const within = (known: ReadonlySet<string>, given: Json) => Object.keys(given).every((word) => known.has(word));

function variantsOf({ programme: given }: Case): [string | null, Json][] {
  return "variants" in given ? Object.entries(given.variants as Record<string, Json>) : [[null, given]];
}

function isCovered(candidate: Case): boolean {
  const variants = variantsOf(candidate).map(([, variant]) => variant);
  return (
    variants.every((variant) => Object.keys(variant).length > 0 && within(KNOWN_PROGRAMME, variant)) &&
    variants.every(({ earn }) => earn === undefined || (earn as Json).unit === "cents") &&
    within(KNOWN_CARD, candidate.given.card ?? { missing: true }) &&
    candidate.when.every((event) => event.type === "purchase" && within(KNOWN_EVENT, event))
  );
}

interface GivenEarn {
  readonly rate_bp: number;
  readonly rounding: keyof typeof HALF_UP;
  readonly carry_remainder?: boolean;
  readonly basis?: string;
}
interface GivenStamps {
  readonly per_visit?: number;
  readonly per_item_of?: string;
  readonly min_basket?: number;
  readonly cooldown_minutes?: number;
  readonly on_zero_payable?: boolean;
  readonly grid: number;
  readonly excess?: "carry" | "lose";
  readonly reward?: {
    readonly kind: string;
    readonly label: string;
    readonly value: number;
    readonly category: string;
  };
}

function rulesOf({ earn, stamps: grid }: Json): Rule[] {
  const rules: Rule[] = [];
  if (earn !== undefined) {
    const { rate_bp: rate, rounding, carry_remainder, basis } = earn as GivenEarn;
    expect(basis ?? "net_after_redemption").toBe("net_after_redemption");
    rules.push(cagnotte({ id: "cagnotte", rate, rounding: carry_remainder ? "carry" : HALF_UP[rounding] }));
  }
  if (grid !== undefined) rules.push(stampsRule(grid as GivenStamps));
  return rules;
}

function stampsRule(given: GivenStamps): Rule {
  const { reward } = given;
  return stamps({
    id: "grille",
    grid: given.grid,
    count: given.per_item_of
      ? { per: "item", category: given.per_item_of }
      : { per: "visit", stamps: given.per_visit ?? 1 },
    minimum: { kind: "reaches", amount: given.min_basket ?? 0 },
    cooldownMinutes: given.cooldown_minutes ?? 0,
    onZeroPayable: given.on_zero_payable ?? true,
    excess: given.excess ?? "carry",
    reward:
      reward?.kind === "free_item"
        ? { kind: "free-item", label: "Offert", category: reward.category }
        : { kind: "gift", label: reward?.label ?? "?", value: reward?.value ?? 0 },
  });
}

const MERCHANT_NUMBERS = ["?", "GMS1", "FLEUR"];

function programmeOf(given: Json): Programme {
  const roles = (given.merchants ?? { "?": { role: "earn_and_burn" } }) as Record<string, { readonly role: string }>;
  const merchants = Object.entries(roles).map(([name, { role }]) => [
    MERCHANT_NUMBERS.indexOf(name) + 1,
    { name, role: role === "earn_only" ? "earn-only" : "earn-and-spend" },
  ]);
  return programme({
    number: 1,
    version: 1,
    name: "case",
    scope: "shop",
    merchants: Object.fromEntries(merchants) as Programme["merchants"],
    exclude: (given.exclude_categories ?? []) as string[],
    rules: rulesOf(given),
  });
}

const secondsOf = (at: unknown) => (at === undefined ? 0 : Date.parse(String(at)) / 1_000 - CARD_EPOCH_SECONDS);

function pursesOfCase(card: Json, rules: readonly Rule[]): Purse[] {
  return rules.map((rule): Purse => {
    if (rule.kind === "stamps") {
      const count = Number(card.stamps ?? 0);
      if (rule.cooldownMinutes === 0) return { kind: "stamps", index: 0, count };
      return { kind: "timed-stamps", index: 0, count, last: secondsOf(card.last_stamp_at) };
    }
    if (rule.kind === "prepaid") throw new Error("no case with prepaid money is taken");
    const cents = Number(card.cagnotte ?? 0);
    if (rule.rounding !== "carry") return { kind: "cagnotte", index: 0, cents };
    return { kind: "carrying-cagnotte", index: 0, cents, remainder: Number(card.remainder_per_10000 ?? 0) };
  });
}

function run(rules: Programme, purses: readonly Purse[], event: Json): Evaluation {
  interface GivenLine {
    readonly amount?: number;
    readonly qty?: number;
    readonly unit?: number;
    readonly cat?: string;
  }
  const lines = (event.lines as readonly GivenLine[]).map(({ amount, qty = 1, unit = 0, cat }) => ({
    amount: amount ?? qty * unit,
    quantity: qty,
    ...(cat === undefined ? {} : { category: cat }),
  }));
  const merchant = MERCHANT_NUMBERS.indexOf(String(event.merchant ?? "?")) + 1;
  const redeem = event.redeem_request as number | "max" | undefined;
  const sale = { lines, tip: Number(event.tip ?? 0), ...(redeem === undefined ? {} : { redeem }) };
  return evaluate(rules, purses, sale, { merchant, at: secondsOf(event.at), clockSuspect: false });
}

function sum(evaluation: Evaluation, type: string): number {
  return evaluation.effects.reduce((all, effect) => (effect.type === type ? all + effect.value : all), 0);
}

/** What each word of `then` and `final` means. */
const SAYS: Readonly<Record<string, (evaluation: Evaluation, event: Json, before: readonly Purse[]) => unknown>> = {
  earn_cents: (evaluation) => sum(evaluation, "earn"),
  redeem: (evaluation) => sum(evaluation, "redeem"),
  payable: ({ payable }) => payable,
  earning_base: ({ earningBase }) => earningBase,
  stamps_added: (evaluation) => sum(evaluation, "stamp"),
  skipped: ({ skipped }) => skipped.map(({ reason }) => ({ reason })),
  declined: ({ effects }) => effects.flatMap(({ type, reason }) => (type === "decline" ? [{ reason }] : [])),
  stamps_before_reward: (evaluation, _event, before) =>
    before.reduce((all, purse) => ("count" in purse ? all + purse.count : all), sum(evaluation, "stamp")),
  reward: ({ effects }, event) => {
    const free = effects.find(({ type }) => type === "discount");
    if (free !== undefined) {
      const line = free.shares!.findIndex((share) => share > 0);
      return { free_item: (event.lines as readonly Json[])[line]!.id, discount: free.value };
    }
    const { label, value } = effects.find(({ type }) => type === "reward")!;
    return { label, value };
  },
  cagnotte: ({ newPurses }) => newPurses.flatMap((purse) => ("cents" in purse ? [purse.cents] : []))[0],
  remainder_per_10000: ({ newPurses }) =>
    newPurses.flatMap((purse) => ("remainder" in purse ? [purse.remainder] : []))[0],
  stamps: ({ newPurses }) => newPurses.flatMap((purse) => ("count" in purse ? [purse.count] : []))[0],
};

function check(expected: Json, evaluation: Evaluation, event: Json, before: readonly Purse[]): void {
  for (const [word, value] of Object.entries(expected)) {
    if (word === "receipt_contains") {
      const text = renderReceipt(evaluation.receipt.flatMap(linesOfNote)).join("\n");
      for (const part of value as readonly string[]) expect(text).toContain(part);
      continue;
    }
    const says = SAYS[word];
    if (says === undefined) throw new Error(`the adapter does not know "${word}"`);
    expect(says(evaluation, event, before), word).toEqual(value);
  }
}

describe.skipIf(!existsSync(FILE))("worked cases", () => {
  const all = existsSync(FILE)
    ? (JSON.parse(readFileSync(FILE, "utf8")) as { readonly cases: readonly Case[] }).cases
    : [];
  const covered = all.filter(isCovered);

  it("says how many are covered", () => {
    console.log(`worked cases: ${covered.length} of ${all.length} covered (${covered.map(({ id }) => id).join(" ")})`);
    expect(covered.length).toBeGreaterThanOrEqual(7);
  });

  for (const worked of covered) {
    for (const [variant, given] of variantsOf(worked)) {
      it(`${worked.id}${variant === null ? "" : ` ${variant}`}: ${worked.title}`, () => {
        const rules = programmeOf(given);
        let purses: readonly Purse[] = pursesOfCase(worked.given.card!, rules.rules);
        const of = (answer: Json) => (variant === null ? answer : (answer[variant] as Json));
        for (const [step, event] of worked.when.entries()) {
          const evaluation = run(rules, purses, event);
          check(of(worked.then[step]!), evaluation, event, purses);
          purses = evaluation.newPurses;
          if (step === worked.when.length - 1) check(of(worked.final), evaluation, event, purses);
        }
      });
    }
  }
});
