import type { Purse } from "@cachet/card-layout";
import { describe, expect, it } from "vitest";
import type { CustomFacts } from "./custom-facts.ts";
import {
  bonus,
  cagnotte,
  cap,
  club,
  discount,
  draw,
  multiplier,
  points,
  prepaid,
  programme,
  stamps,
  tiers,
} from "./draft.ts";
import { evaluate } from "./evaluate.ts";
import { customSteps, wholeDiv } from "./index.ts";
import type { Rule } from "./programme.ts";
import type { Facts, Sale } from "./sale.ts";
import { STEPS_MAX } from "./steps.ts";
import { hasCustomRules, stepFaults, worstSteps } from "./worst-steps.ts";

/** Tuesday, 12 January 2027, 10:00 in Paris. */
const AT = 853_059_600 + 1_200;
const FACTS: Facts = { merchant: 1, at: AT, clockSuspect: false };
const SALE: Sale = {
  lines: [
    { amount: 1_000, quantity: 3, category: "wine" },
    { amount: 500, quantity: 1 },
    { amount: 700, quantity: 2, category: "tobacco" },
  ],
  tip: 0,
};
const POINTS = points({ id: "points", earn: { per: "amount", cents: 100, points: 1, groups: "whole" } });
const own = (earn: (facts: CustomFacts) => number, more: Partial<Parameters<typeof bonus>[0]> = {}) =>
  bonus({ id: "own", of: "points", ...more, gives: { says: "A present", earn } });
const of = (...rules: readonly Rule[]) =>
  programme({
    number: 1,
    version: 3,
    name: "Cave",
    scope: "shop",
    merchants: { 1: { name: "Cave", role: "earn-and-spend" } },
    exclude: ["tobacco"],
    offlineCap: 1_000_000,
    rules,
  });
const endless = (): number => {
  for (;;) customSteps.step();
};

describe("a custom rule", () => {
  it("sees the sale as it is paid, the time of the shop, and what the card holds", () => {
    let seen: CustomFacts | undefined;
    const rules = [
      POINTS,
      tiers({
        id: "level",
        of: [],
        window: "year",
        levels: [
          { name: "bronze", from: 0, permille: 1_000 },
          { name: "gold", from: 10_000, permille: 1_000 },
        ],
      }),
      discount({ id: "off", off: { rate: 1_000 }, categories: ["wine"] }),
      own((facts) => {
        seen = facts;
        return 4;
      }),
    ];
    const held: Purse[] = [{ kind: "points", index: 0, count: 30 }];
    const tendered = { ...SALE, tenders: [{ kind: "voucher", amount: 700 }] };
    const { effects, newPurses, faults } = evaluate(of(...rules), held, tendered, FACTS);
    expect(seen).toEqual({
      merchant: 1,
      time: { year: 2027, month: 1, dayOfMonth: 12, weekday: 2, minute: 620 },
      lines: [
        { amount: 900, earning: 600, quantity: 3, category: "wine" },
        { amount: 500, earning: 333, quantity: 1, category: null },
        { amount: 700, earning: 0, quantity: 2, category: "tobacco" },
      ],
      tier: "bronze",
      isFirst: false,
      balance: 30,
      earned: 9,
    });
    expect(effects).toContainEqual(
      expect.objectContaining({ type: "earn", rule: "own", value: 4, funder: "merchant" }),
    );
    expect(newPurses).toContainEqual({ kind: "points", index: 0, count: 43 });
    expect(faults).toEqual([]);
  });

  it("is told no time where the clock was reset, and no level where there are none", () => {
    let seen: CustomFacts | undefined;
    const rule = own((facts) => {
      seen = facts;
      return 0;
    });
    evaluate(of(POINTS, rule), [], SALE, { ...FACTS, clockSuspect: true });
    expect(seen).toMatchObject({ time: null, tier: null, isFirst: true, balance: 0 });
  });

  it("is capped, conditioned and counted like any bonus, and goes back with a refund", () => {
    const limited = of(
      POINTS,
      own(() => 50, { limit: { times: 1, per: "day", purse: 1 } }),
      cap({ id: "most", of: "points", per: "day", most: 40, purse: 0 }),
    );
    const first = evaluate(limited, [], SALE, FACTS);
    const given = first.effects.find(({ rule }) => rule === "own");
    expect(given).toMatchObject({ value: 25, wouldBe: 50, reason: "CAP_DAY" });
    const second = evaluate(limited, first.newPurses, SALE, FACTS);
    expect(second.skipped).toContainEqual({ rule: "own", reason: "CAP_TIMES" });
    const refund = {
      kind: "refund",
      sale: SALE,
      effects: first.effects,
      soldAt: AT,
      merchant: 1,
      lines: [0, 1, 2],
      before: [],
    } as const;
    const back = evaluate(limited, first.newPurses, refund, FACTS);
    const worth = back.newPurses.map((purse) =>
      "count" in purse ? purse.count : "value" in purse ? purse.value : null,
    );
    expect(worth).toEqual([0, 0, 0]);
    const tuesdays = of(
      POINTS,
      own(() => 1, { when: { weekdays: [3] } }),
    );
    expect(evaluate(tuesdays, [], SALE, FACTS).skipped).toEqual([{ rule: "own", reason: "NOT_THE_DATE" }]);
  });

  it.each([-1, 0.5, Number.NaN, 1_000_000_001, Number.POSITIVE_INFINITY, "7" as never, undefined as never])(
    "that gives %s gives nothing, and that is its fault",
    (value) => {
      const { effects, faults } = evaluate(
        of(
          POINTS,
          own(() => value),
        ),
        [],
        SALE,
        FACTS,
      );
      expect(faults).toEqual([{ rule: "own", reason: "BAD_VALUE" }]);
      expect(effects.map(({ rule }) => rule)).toEqual(["points"]);
    },
  );

  it("may give as much as any purse holds", () => {
    const { effects } = evaluate(
      of(
        POINTS,
        own(() => 1_000_000_000),
      ),
      [],
      SALE,
      FACTS,
    );
    expect(effects.at(-1)).toMatchObject({ rule: "own", wouldBe: 1_000_000_000, reason: "CAP_BALANCE" });
  });

  it("that throws gives nothing, and the others go on", () => {
    const throws = own(() => {
      throw new Error("no");
    });
    const { effects, faults } = evaluate(
      of(POINTS, throws, bonus({ id: "plain", of: "points", gives: 2 })),
      [],
      SALE,
      FACTS,
    );
    expect(faults).toEqual([{ rule: "own", reason: "RULE_THREW" }]);
    expect(effects.map(({ rule }) => rule)).toEqual(["points", "plain"]);
  });

  it("must be a function that says what it gives", () => {
    const bad = (gives: unknown) => () => of(POINTS, { ...own(() => 1), gives } as Rule);
    expect(bad({ earn: () => 1 })).toThrow("gives.says must have 1 to 200 characters");
    expect(bad({ says: "x", earn: "facts.earned" })).toThrow(
      "gives.earn must be a function of the facts; JSON has none",
    );
    expect(bad({ says: "x", earn: () => 1, every: 2 })).toThrow('there is no field "gives.every"');
  });
});

describe("wholeDiv", () => {
  it.each([
    [7, 2, 3],
    [7, 1, 7],
    [-7, 1, -7],
    [-7, 2, -4],
    [-8, 2, -4],
    [0, 3, 0],
    [Number.MAX_SAFE_INTEGER, 2, 4_503_599_627_370_495],
  ])("of %i by %i is %i, rounded down", (value, by, quotient) => {
    expect(wholeDiv(value, by) + 0).toBe(quotient);
  });

  it("refuses what has no whole quotient", () => {
    for (const by of [0, -2]) expect(() => wholeDiv(4, by)).toThrow(/cannot divide/);
    for (const by of [0.5, Number.NaN]) expect(() => wholeDiv(4, by)).toThrow(/by is .*, not a whole number/);
    expect(() => wholeDiv(0.5, 2)).toThrow(/not a whole number/);
  });
});

describe("an evaluation that has no steps left", () => {
  const base = [
    POINTS,
    cagnotte({ id: "euros", rate: 500 }),
    stamps({ id: "grid", grid: 10, reward: { kind: "gift", label: "Mug", value: 300 } }),
    prepaid({ id: "account", balanceMax: 10_000 }),
    club({ id: "club", purse: 0, fee: 500, months: 12 }),
    cap({ id: "most", of: "points", per: "visit", most: 12 }),
  ];
  const extras = [
    multiplier({ id: "twice", of: "points", permille: 2_000 }),
    bonus({ id: "plus", of: "euros", gives: 10 }),
    discount({ id: "off", off: { cents: 100 } }),
    draw({ id: "draw", cents: 100 }),
  ];
  const held: Purse[] = [
    { kind: "cagnotte", index: 0, cents: 300 },
    { kind: "prepaid", index: 0, cents: 400 },
    { kind: "points", index: 0, count: 5 },
  ];
  const asked: Sale = { ...SALE, redeem: 200 };

  it("is the evaluation of the base rule, which says why", () => {
    const looping = evaluate(of(...base, ...extras, own(endless)), held, asked, FACTS);
    const plain = evaluate(of(...base), held, asked, FACTS);
    expect(looping.effects).toEqual(plain.effects);
    expect(looping.newPurses).toEqual(plain.newPurses);
    expect(looping.payable).toBe(plain.payable);
    expect(looping.receipt).toEqual(plain.receipt);
    expect(looping.faults).toEqual([{ rule: "own", reason: "STEP_BUDGET" }]);
    expect(looping.steps).toBe(20_001);
    // What the customer asked for is paid, what the card holds pays, what was bought earns.
    expect(plain.effects.map(({ type, rule, value }) => [type, rule, value])).toEqual(
      expect.arrayContaining([
        ["redeem", "euros", 200],
        ["redeem", "account", 400],
        ["earn", "points", 10],
        ["stamp", "grid", 1],
      ]),
    );
    const whole = evaluate(
      of(
        ...base,
        ...extras,
        own(() => 1),
      ),
      held,
      asked,
      FACTS,
    );
    expect(whole.effects).not.toEqual(plain.effects);
  });

  it("says so once, whatever the function catches", () => {
    const swallowing = own(() => {
      try {
        endless();
      } catch {
        return 7;
      }
      return 0;
    });
    expect(evaluate(of(POINTS, swallowing), [], SALE, FACTS)).toMatchObject({
      faults: [{ rule: "own", reason: "STEP_BUDGET" }],
      effects: [{ rule: "points" }],
    });
  });

  it("has the same steps for all functions together", () => {
    const some = (steps: number) => () => {
      for (let i = 0; i < steps; i += 1) customSteps.step();
      return 1;
    };
    const two = (steps: number) =>
      evaluate(of(POINTS, { ...own(some(steps)), id: "a" }, { ...own(some(steps)), id: "b" }), [], SALE, FACTS);
    expect(two(9_000)).toMatchObject({ faults: [], steps: 18_012 });
    const alone = (steps: number) => evaluate(of(POINTS, own(some(steps))), [], SALE, FACTS);
    expect(alone(STEPS_MAX - 8)).toMatchObject({ faults: [], steps: STEPS_MAX });
    expect(alone(STEPS_MAX - 7).faults).toHaveLength(1);
    expect(two(11_000).faults).toEqual([{ rule: "b", reason: "STEP_BUDGET" }]);
  });

  it("of too many rules for so many lines never begins", () => {
    // Of another day: they look at every line, and do nothing.
    const many = Array.from({ length: 250 }, (_, i) =>
      bonus({ id: `b${i}`, of: "points", gives: 1, when: { weekdays: [7] } }),
    );
    const lines = Array.from({ length: 100 }, () => ({ amount: 500, quantity: 1 }));
    const exploded = evaluate(of(POINTS, ...many), [], { lines, tip: 0 }, FACTS);
    expect(exploded).toMatchObject({
      faults: [{ rule: "", reason: "STEP_BUDGET" }],
      steps: 251 * 101,
      payable: 50_000,
    });
    expect(exploded.effects).toEqual([expect.objectContaining({ type: "earn", rule: "points", value: 500 })]);
    expect(evaluate(of(POINTS, ...many), [], SALE, FACTS).faults).toEqual([]);
  });

  it("or that does more than a journal entry tells is the base rule's, too", () => {
    const many = (count: number, lines: number) =>
      evaluate(
        of(POINTS, ...Array.from({ length: count }, (_, i) => discount({ id: `d${i}`, off: { cents: 10 } }))),
        [],
        { lines: Array.from({ length: lines }, () => ({ amount: 5_000, quantity: 1 })), tip: 0 },
        FACTS,
      );
    expect(many(99, 1)).toMatchObject({ faults: [] });
    expect(many(99, 1).effects).toHaveLength(100);
    expect(many(100, 1)).toMatchObject({
      faults: [{ rule: "", reason: "STEP_BUDGET" }],
      effects: [{ rule: "points" }],
    });
    expect(many(39, 100).faults).toEqual([]);
    expect(many(40, 100)).toMatchObject({
      faults: [{ rule: "", reason: "STEP_BUDGET" }],
      effects: [{ rule: "points" }],
    });
  });

  it("is a new one at the next sale", () => {
    let loops = true;
    const sometimes = of(
      POINTS,
      own(() => (loops ? endless() : 3)),
    );
    expect(evaluate(sometimes, [], SALE, FACTS).faults).toHaveLength(1);
    loops = false;
    expect(evaluate(sometimes, [], SALE, FACTS)).toMatchObject({ faults: [], steps: 2 * 4 });
  });
});

describe("the steps of the largest sale", () => {
  it("count every rule for every line, every lot, and every custom rule, whatever its conditions", () => {
    expect(worstSteps(of(POINTS))).toEqual({ steps: 101, faults: [] });
    expect(worstSteps(of({ ...POINTS, lots: 8 }))).toEqual({ steps: 109, faults: [] });
    const walking = own(
      ({ lines, time }) => {
        let bottles = 0;
        for (const { category, quantity } of lines) {
          customSteps.step();
          if (category === "wine" && time?.weekday === 7) bottles += quantity;
        }
        for (let i = 0; i < bottles; i += 1) customSteps.step();
        return bottles;
      },
      { when: { hours: { from: 0, to: 1 } } },
    );
    const wine = discount({ id: "off", off: { rate: 100 }, categories: ["wine"] });
    // On Sundays, where all is wine.
    expect(worstSteps(of(POINTS, wine, walking))).toEqual({ steps: 3 * 101 + 100 + 9_900, faults: [] });
  });

  it("show that rules together do more than a journal entry tells", () => {
    const many = Array.from({ length: 40 }, (_, i) => discount({ id: `d${i}`, off: { cents: 10 } }));
    const worst = worstSteps(of(POINTS, ...many));
    expect(worst).toEqual({ steps: 41 * 101, faults: [{ rule: "", reason: "STEP_BUDGET" }] });
    expect(stepFaults(worst)).toEqual([expect.stringMatching(/^rules: they do more for a sale of 100 lines than/)]);
  });

  it.each([1, 2, 3, 4, 5, 6, 7])("show what a custom rule does there, on day %i of a week", (weekday) => {
    const one = (bad: () => number) =>
      worstSteps(
        of(
          POINTS,
          own(({ time }) => (time?.weekday === weekday ? bad() : 1)),
        ),
      );
    const rule = 'rule "own": its function';
    const throws = () => {
      throw new Error("no");
    };
    expect(stepFaults(one(endless))).toEqual([
      `${rule} takes more than the 20000 steps there are for a sale of 100 lines`,
    ]);
    expect(stepFaults(one(() => -1))).toEqual([
      `${rule} gives no whole number from 0 to 1000000000 for a sale of 100 lines`,
    ]);
    expect(stepFaults(one(throws))).toEqual([`${rule} throws for a sale of 100 lines: no`]);
  });

  it("show what it does where the clock was reset", () => {
    const worst = worstSteps(
      of(
        POINTS,
        own(({ time }) => time!.weekday),
      ),
    );
    expect(stepFaults(worst)).toEqual([
      expect.stringMatching(
        /^rule "own": its function throws for a sale of 100 lines at a terminal whose clock was reset: time is null there: Cannot read/,
      ),
    ]);
    expect(
      worstSteps(
        of(
          POINTS,
          own(({ time }) => (time === null ? 0 : time.weekday)),
        ),
      ).faults,
    ).toEqual([]);
  });

  it("name what is read and is no fact, of a sale, a line and the time, once, and nothing that came of it", () => {
    const read = (earn: (facts: Record<string, never>) => number) =>
      stepFaults(worstSteps(of(POINTS, own(earn as unknown as (facts: CustomFacts) => number))));
    const told = 'rule "own": its function reads what is not there:';
    expect(read(({ sex }) => sex as unknown as number)).toEqual([
      `${told} "sex" is no fact: no rule may depend on a customer's sex (articles 225-1 and 225-2 of the French penal code)`,
    ]);
    const lines = (facts: Record<string, never>) => facts.lines as unknown as { readonly sku?: string }[];
    expect(read((facts) => (lines(facts).some(({ sku }) => sku === "x") ? 1 : 0))).toEqual([
      expect.stringMatching(/^rule "own": its function reads what is not there: "sku" is no fact: .*a line has amount/),
    ]);
    const hour = (facts: Record<string, never>) => (facts.time as unknown as { readonly hour?: number } | null)?.hour;
    expect(read((facts) => (hour(facts) === 3 ? 1 : 0))).toHaveLength(1);
    const known = ({ merchant, tier, isFirst, balance, earned, lines: [line], time }: CustomFacts) =>
      merchant + balance + earned + line!.amount + line!.earning + line!.quantity > 0 &&
      [tier, isFirst, line!.category, time?.year, time?.month, time?.dayOfMonth, time?.minute].length === 7
        ? 1
        : 0;
    expect(worstSteps(of(POINTS, own(known))).faults).toEqual([]);
  });

  it("are those of every merchant", () => {
    const role = "earn-and-spend" as const;
    const many = Object.fromEntries(
      [1, 2, 3, 4, 5, 6, 7, 8, 9].map((number) => [number, { name: `M${number}`, role }]),
    );
    const last = own(({ merchant }) => (merchant === 9 ? -1 : 0));
    expect(worstSteps({ ...of(POINTS, last), merchants: many }).faults).toEqual([{ rule: "own", reason: "BAD_VALUE" }]);
  });

  it("are of all rules together where no rule is named", () => {
    const told = (steps: number) => stepFaults({ steps, faults: [{ rule: "", reason: "STEP_BUDGET" }] });
    expect(told(20_001)).toEqual([
      "rules: they take 20001 steps for a sale of 100 lines, at most 20000; take some of them out",
    ]);
    expect(told(20_000)).toEqual([
      "rules: they do more for a sale of 100 lines than a journal entry has room for; take some of them out",
    ]);
  });

  it("tell custom rules from other bonuses", () => {
    const plain = [
      bonus({ id: "a", of: "points", gives: 1 }),
      bonus({ id: "b", of: "points", gives: { every: 2, gives: 1 } }),
    ];
    expect(hasCustomRules(of(POINTS, ...plain))).toBe(false);
    expect(
      hasCustomRules(
        of(
          POINTS,
          ...plain,
          own(() => 1),
        ),
      ),
    ).toBe(true);
    expect(worstSteps(of(POINTS, ...plain))).toEqual({ steps: 303, faults: [] });
  });
});
