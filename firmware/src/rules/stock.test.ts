import { describe, expect, it } from "vitest";
import { evaluate } from "./evaluate.ts";
import { completed, discount, type Facts, points, programme, programmeFaults, type Rule, stamps } from "./plain.ts";
import { givenBy, stocksOf } from "./stock.ts";

const HEAD = {
  number: 7,
  version: 1,
  name: "Essai",
  scope: "shop",
  merchants: { 1: { name: "A", role: "earn-and-spend" } },
} as const;
const around = (...rules: readonly Rule[]) => programme({ ...HEAD, rules });
const faultsOf = (...rules: readonly Rule[]) => programmeFaults(completed({ ...HEAD, rules }));
const sale = { lines: [{ amount: 1_000, quantity: 1 }], tip: 0 };
const facts = (given?: Facts["given"]): Facts => ({
  ...{ merchant: 1, at: 800_000_000, clockSuspect: false },
  ...(given === undefined ? {} : { given }),
});
const lamp = { id: "lampe", label: "Lampe", points: 10, value: 2_000 };
const catalogue = (gift: object, id = "points", purse = 0) =>
  points({ id, purse, earn: { per: "visit", points: 1 }, gifts: [{ ...lamp, ...gift }] });
const grid = (reward: object) =>
  stamps({ id: "grille", grid: 2, reward: { kind: "gift", label: "Pain", value: 300, ...reward } as never });

describe("what runs out", () => {
  it("is named by the rule or by the gift", () => {
    const all = around(
      grid({ stock: 3 }),
      catalogue({ text: "Lundi", seats: 4 }),
      discount({ id: "a", off: { cents: 1 } }),
    );
    expect(stocksOf(all)).toEqual([
      { name: "grille", pieces: 3 },
      { name: "lampe", pieces: 4 },
    ]);
  });

  it.each([
    [undefined, 500],
    [{ flash: 19 }, 500],
    [{ flash: 20 }, 0],
    [{ flash: 25 }, 0],
    [{ other: 25 }, 500],
  ])("is given while this terminal gave fewer: %j", (given, off) => {
    const flash = around(discount({ id: "flash", off: { cents: 500 }, stock: 20 }));
    const { payable, effects } = evaluate(flash, [], sale, facts(given));
    expect(payable).toBe(1_000 - off);
    expect(effects.map(({ reason }) => reason)).toEqual(off === 0 ? ["EPUISE"] : [undefined]);
  });

  it("of several full grids gives as many as are left, and keeps the stamps of the others, though excess is lost", () => {
    const full = [{ kind: "stamps", index: 0, count: 6 }] as const;
    const rule = { ...grid({ stock: 5 }), excess: "lose" } as const;
    const { effects, newPurses } = evaluate(around(rule), full, sale, facts({ grille: 3 }));
    expect(effects).toMatchObject([
      { type: "stamp", value: 1 },
      { type: "reward", value: 600, taken: 4, times: 2, stock: "grille" },
      { type: "decline", value: 300, reason: "EPUISE", label: "Pain" },
    ]);
    expect(newPurses).toMatchObject([{ count: 3 }]);
  });

  it("goes to the card that comes first: the one thing in which visits of different cards do not commute", () => {
    const rule = around(grid({ stock: 1 }));
    const one = [{ kind: "stamps", index: 0, count: 1 }] as const;
    const visit = (given: Facts["given"]) => evaluate(rule, one, sale, facts(given));
    const [first, second] = [visit({}), visit({ grille: givenBy(visit({}).effects).get("grille")! })];
    expect(first.newPurses).toMatchObject([{ count: 0 }]);
    expect(second.newPurses).toMatchObject([{ count: 2 }]);
  });

  it("leaves the best discount that is left of a group", () => {
    const [best, second] = [500, 200].map((cents, i) =>
      discount({ id: `d${i}`, off: { cents }, group: "g", stock: 1 }),
    );
    const both = around(best!, second!);
    expect(evaluate(both, [], sale, facts()).payable).toBe(500);
    expect(evaluate(both, [], sale, facts({ d0: 1 })).payable).toBe(800);
    expect(evaluate(both, [], sale, facts({ d0: 1, d1: 1 })).payable).toBe(1_000);
  });

  it("tells what effects took, and what a refund gives back", () => {
    const effects = [
      { type: "reward", stock: "a", times: 3 },
      { type: "discount", stock: "b" },
      { type: "return", stock: "a", times: 1 },
      { type: "earn" },
    ];
    expect(Object.fromEntries(givenBy(effects))).toEqual({ a: 2, b: 1 });
  });

  it.each([
    [[grid({ stock: 0 })], /reward.stock must be 1 to 100000 pieces/],
    [[grid({ kind: "experience", text: "Lundi", seats: 0 })], /reward.seats must be 1 to 100000 seats/],
    [[grid({ kind: "experience", seats: 3 })], /reward.text must have 1 to 80 characters/],
    [[discount({ id: "a", off: { cents: 1 }, stock: 1.5 })], /stock must be 1 to 100000 pieces/],
    [[catalogue({ text: "Lundi" })], /gift "lampe": text and seats go together/],
    [[catalogue({ seats: 2 })], /gift "lampe": text and seats go together/],
    [
      [catalogue({ to: { name: "Les Amis", rounding: "floor" }, stock: 2 })],
      /what is given to somebody else does not run out/,
    ],
    [[catalogue({ text: "Lundi", seats: 2, stock: 2 })], /gift "lampe": seats are its stock; leave stock out/],
    [
      [catalogue({ stock: 2 }), discount({ id: "lampe", off: { cents: 1 }, stock: 1 })],
      /"lampe" is the name of a rule and of a gift that run out/,
    ],
  ])("is refused where it cannot be: %#", (rules, fault) => {
    expect(faultsOf(...rules).join("\n")).toMatch(fault);
  });

  it("may share a name with what does not run out", () => {
    expect(faultsOf(catalogue({ stock: 2 }), discount({ id: "lampe", off: { cents: 1 } }))).toEqual([]);
  });
});
