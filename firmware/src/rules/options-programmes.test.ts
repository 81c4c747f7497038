import type { Purse } from "@cachet/card-layout";
import { describe, expect, it } from "vitest";
import { basket, cents, NOW, of, rate } from "../../../tests/fixtures/rules-tried.ts";
import {
  bonus,
  cagnotte,
  cap,
  challenge,
  evaluate,
  multiplier,
  type Programme,
  playTrial,
  points,
  prepaid,
  programmeFaults,
  pursesOf,
  type Rule,
  stamps,
  tiers,
  units,
  ValueFault,
} from "./plain.ts";

describe("a card that another version of the programme wrote", () => {
  it("keeps one purse of those that a rule may have kept its value in", () => {
    const held: Purse[] = [
      { kind: "carrying-cagnotte", index: 0, cents: 40, remainder: 0 },
      { kind: "cagnotte-lots-2", index: 0, lots: [{ value: 30, expires: 20_000, issued: 1 }] },
      cents(7, 1),
    ];
    expect(evaluate(of([rate]), held, basket(100), NOW).newPurses).toEqual([cents(40), cents(7, 1)]);
  });

  it("names the line that is wrong", () => {
    expect(() => evaluate(of([rate]), [], basket(100, -1), NOW)).toThrow(/line 2 amount is -1/);
  });
});

describe("programmes that no card could keep", () => {
  const faults = (rules: readonly Rule[], more: Partial<Programme> = {}) => programmeFaults(of(rules, more)).join("\n");
  const many = (count: number) =>
    Object.fromEntries(
      Array.from({ length: count }, (_, i) => [i + 1, { name: "M", role: "earn-and-spend" as const }]),
    );

  it("challenges of more merchants than a card can mark, or than there are", () => {
    const rules = [rate, challenge({ id: "tour", of: "c", gives: 10, distinct: 3 })];
    expect(faults(rules, { merchants: many(33) })).toMatch(/a card can mark 32 merchants, the programme has 33/);
    expect(faults(rules, { merchants: many(32) })).toBe("");
    expect(faults(rules, { merchants: many(2) })).toMatch(/distinct is 3, the programme has 2 merchants/);
  });

  it("challenges that give nothing, or to nobody", () => {
    const tour = (more: object) => faults([rate, challenge({ id: "tour", distinct: 2, ...more })]);
    expect(tour({})).toMatch(/rule "tour": it gives nothing; write gives and of, or a label for a badge/);
    expect(tour({ of: "c" })).toMatch(/it gives nothing/);
    expect(tour({ gives: 5 })).toMatch(/rule "tour": of must name the rule whose purse gets what it gives/);
    expect(tour({ gives: 5, of: "x" })).toMatch(/of names "x", which is no rule that saves/);
    expect(tour({ label: "" })).toMatch(/rule "tour": label/);
    for (const right of [{ label: "Tour" }, { label: "Tour", of: "c", gives: 0 }, { label: "Tour", of: "c", gives: 5 }])
      expect(tour(right)).toBe("");
  });

  it("two rules of units, gifts or levels of one name, too many multipliers", () => {
    const packs = [{ units: 1, price: 1 }];
    const two = ["a", "b"].map((id, purse) => units({ id, purse, unitName: "x", packs }));
    expect(faults(two)).toMatch(/only one rule may be units/);
    const gift = { id: "mug", label: "Mug", points: 1, value: 1 };
    expect(faults([points({ id: "p", earn: { per: "visit", points: 1 }, gifts: [gift, gift] })])).toMatch(
      /gift "mug" stands twice/,
    );
    const level = (from: number) => ({ name: "or", from, permille: 1_000 });
    expect(faults([rate, tiers({ id: "t", levels: [level(0), level(1)] })])).toMatch(/level "or" stands twice/);
    const multipliers = (count: number) =>
      Array.from({ length: count }, (_, i) => multiplier({ id: `m${i}`, of: "c", permille: 2_000 }));
    expect(faults([rate, ...multipliers(21)])).toMatch(/21 multipliers of it, at most 20/);
    expect(faults([rate, ...multipliers(20)])).toBe("");
  });

  it("counts a purse for what caps and limits count, none for a cap of one visit", () => {
    const limit = { times: 1, per: "day", purse: 1 } as const;
    const rules = [
      rate,
      cap({ id: "v", of: "c", per: "visit", most: 5 }),
      cap({ id: "k", of: "c", per: "day", most: 5 }),
      cap({ id: "w", of: "c", per: "week", most: 5, purse: 2 }),
      bonus({ id: "a", of: "c", gives: 1 }),
      bonus({ id: "b", of: "c", gives: 1, limit }),
    ];
    expect(pursesOf(of(rules))).toEqual(["cagnotte", "used", "used", "used"]);
  });

  it("rules of a kind that nobody knows, in one sentence", () => {
    expect(faults([{ ...rate, when: 5 } as unknown as Rule])).toMatch(/when must be an object/);
    expect(faults([{ ...rate, kind: "cashback" } as unknown as Rule])).toMatch(
      /^rule "c": kind is "cashback", it must be one of [^\n]*$/,
    );
  });

  it("counts a purse of what is owed for every rule that may owe", () => {
    const rules = [rate, cagnotte({ id: "d", purse: 1, rate: 100 })];
    const owed = (spentPolicy: Programme["spentPolicy"]) =>
      pursesOf(of(rules, { spentPolicy })).filter((kind) => kind.startsWith("owed")).length;
    expect([owed("allow-negative"), owed("clamp-to-zero")]).toEqual([2, 0]);
  });
});

describe("written cards and events", () => {
  const rules = [
    cagnotte({ id: "c", rate: 500 }),
    challenge({ id: "tour", of: "c", gives: 10, distinct: 2 }),
    stamps({ id: "s", grid: 5, reward: { kind: "gift", label: "x", value: 1 } }),
    prepaid({ id: "m" }),
    units({ id: "u", unitName: "x", packs: [{ units: 10, price: 1_000 }] }),
  ];
  const play = (card: object, events: readonly object[]) => playTrial(of(rules), { card, events });

  it("refuse what no card could hold", () => {
    for (const card of [
      { tour: { visited: [9] } },
      { s: 256 },
      { s: { count: 256 } },
      { u: 65_536 },
      { u: { paid: 65_536 } },
      { tour: { visited: [], won: 256 } },
    ])
      expect(() => play(card, []), JSON.stringify(card)).toThrow(ValueFault);
  });

  it("undo a top-up or a pack once", () => {
    const events = [
      { type: "top-up", id: "T", amount: 500 },
      { type: "pack", id: "P", rule: "u", pack: 1 },
      { type: "cancel", of: "T" },
      { type: "cancel", of: "P" },
    ];
    expect(play({ m: 100 }, events).cards.card).toMatchObject({ m: 100, u: { paid: 0, bonus: 0 } });
    expect(() => play({ m: 900 }, [...events, { type: "cancel", of: "T" }])).toThrow(/undone before/);
  });

  it("take a sale back once", () => {
    const sale = { type: "sale", id: "S", lines: [{ amount: 1_000 }] };
    const back = { type: "refund", of: "S", lines: "all" };
    const { steps, cards } = play({ c: 70 }, [sale, back, back]);
    expect(steps.map(({ declined }) => declined.map(({ reason }) => reason))).toEqual([[], [], ["ALREADY_USED"]]);
    expect(cards.card).toMatchObject({ c: 70, s: 0 });
    const use = { type: "sale", id: "V", use: 2 };
    const again = { type: "refund", of: "V", lines: "all" };
    expect(play({ u: 5 }, [use, again, again]).cards.card).toMatchObject({ u: { paid: 5 } });
  });
});
