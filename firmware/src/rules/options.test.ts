import type { Purse } from "@cachet/card-layout";
import { describe, expect, it } from "vitest";
import { at, basket, cents, facts, NOW, of, rate, skips, TODAY } from "../../../tests/fixtures/rules-tried.ts";
import { parseDay } from "./calendar/period.ts";
import { club, discount, draw, evaluate, type Facts, units, type When } from "./plain.ts";

describe("when a rule has its say", () => {
  const reason = (when: When, more: Partial<Facts> = {}, held: readonly Purse[] = [], sale = basket(1_000)) => {
    const done = evaluate(of([{ ...rate, when }, club({ id: "k", fee: 1 })]), held, sale, facts(more));
    return done.skipped[0]?.reason ?? null;
  };
  const on = (day: string, hour = 12) => ({ at: at(day, hour) });

  it("weekdays", () => {
    expect(["2027-01-14", "2027-01-15"].map((day) => reason({ weekdays: [4] }, on(day)))).toEqual([
      null,
      "NOT_THE_DATE",
    ]);
  });

  it("hours, the second not included, and over midnight", () => {
    const happy = { hours: { from: 17 * 60, to: 19 * 60 } };
    expect([16, 17, 18, 19].map((hour) => reason(happy, on(TODAY, hour)))).toEqual([
      "NOT_THE_HOUR",
      null,
      null,
      "NOT_THE_HOUR",
    ]);
    const late = { hours: { from: 22 * 60, to: 2 * 60 } };
    expect([1, 2, 21, 22].map((hour) => reason(late, on(TODAY, hour)))).toEqual([
      null,
      "NOT_THE_HOUR",
      "NOT_THE_HOUR",
      null,
    ]);
  });

  it("dates, the second not included", () => {
    const dated = { from: "2027-02-01", until: "2027-03-01" };
    expect(["2027-01-31", "2027-02-01", "2027-02-28", "2027-03-01"].map((day) => reason(dated, on(day)))).toEqual([
      "NOT_THE_DATE",
      null,
      null,
      "NOT_THE_DATE",
    ]);
  });

  it("a birthday, days before and after it, over the new year and on 29 February", () => {
    const born = (month: number, dayOfMonth: number, leap: "28-february" | "1-march", day: string) =>
      reason({ birthday: { before: 2, after: 1, leap } }, { ...on(day), birthday: { month, dayOfMonth } });
    expect(["2026-12-29", "2026-12-30", "2027-01-02", "2027-01-03"].map((day) => born(1, 1, "1-march", day))).toEqual([
      "NO_BIRTHDAY",
      null,
      null,
      "NO_BIRTHDAY",
    ]);
    expect(born(12, 31, "1-march", "2027-01-01")).toBe(null);
    expect(["2027-02-26", "2027-03-02"].map((day) => born(2, 29, "28-february", day))).toEqual([null, "NO_BIRTHDAY"]);
    expect(["2027-02-26", "2027-03-02"].map((day) => born(2, 29, "1-march", day))).toEqual(["NO_BIRTHDAY", null]);
    expect(reason({ birthday: { before: 2, after: 2, leap: "1-march" } })).toBe("NO_BIRTHDAY");
  });

  it("the first visit: an offer on the card is none", () => {
    const offer: Purse = { kind: "offer", index: 0, offer: 7, from: 0, until: 65_535 };
    expect([[], [offer], [cents(0)]].map((held) => reason({ first: true }, {}, held))).toEqual([
      null,
      null,
      "SEEN_BEFORE",
    ]);
  });

  it("days since the last visit, where they are known", () => {
    const today = parseDay(TODAY)!;
    const seen = [undefined, today - 29, today - 30].map((lastDay) =>
      reason({ awayDays: 30 }, lastDay === undefined ? {} : { lastDay }),
    );
    expect(seen).toEqual(["SEEN_LATELY", "SEEN_LATELY", null]);
  });

  it("members to the end of their last day, offers on their days, merchants, tenders, levels", () => {
    const today = parseDay(TODAY)!;
    const member = (until: number): Purse => ({ kind: "club", index: 0, until });
    expect([member(today), member(today - 1)].map((one) => reason({ memberOf: "k" }, {}, [one]))).toEqual([
      null,
      "NOT_MEMBER",
    ]);
    const offer = (number: number, from: number, until: number): Purse => ({
      kind: "offer",
      index: 1,
      offer: number,
      from,
      until,
    });
    const offers = [
      offer(7, today, today),
      offer(8, today, today),
      offer(7, today + 1, today + 2),
      offer(7, today - 2, today - 1),
    ];
    expect(offers.map((one) => reason({ offer: 7 }, {}, [one]))).toEqual([null, "NO_OFFER", "NO_OFFER", "NO_OFFER"]);
    expect([1, 2].map((merchant) => reason({ merchants: [2] }, { merchant }))).toEqual(["NOT_THE_MERCHANT", null]);
    const paid = (kind: string) =>
      reason({ tender: "card" }, {}, [], { ...basket(1_000), tenders: [{ kind, amount: 1_000 }] });
    expect(["card", "cash"].map(paid)).toEqual([null, "NOT_THE_TENDER"]);
    expect(reason({ tiers: ["or"] })).toBe("NOT_THE_TIER");
  });

  it("a basket that reaches or exceeds an amount, before or after discounts, exclusions left out", () => {
    const off = discount({ id: "d", off: { cents: 100 } });
    const basketOf = (kind: "reaches" | "exceeds", amount: number, more: object = {}) =>
      skips([off, { ...rate, when: { basket: { kind, amount, ...more } } }], basket(1_000, [500, "tobacco"])).length;
    expect([
      basketOf("reaches", 900),
      basketOf("reaches", 901),
      basketOf("exceeds", 899),
      basketOf("exceeds", 900),
    ]).toEqual([0, 1, 0, 1]);
    expect([basketOf("reaches", 1_000, { of: "initial" }), basketOf("reaches", 1_000, { of: "running" })]).toEqual([
      0, 1,
    ]);
  });

  it("a reset clock answers nothing that depends on the day", () => {
    const dated: When[] = [
      { weekdays: [1, 2, 3, 4, 5, 6, 7] },
      { hours: { from: 0, to: 1_440 } },
      { from: "2000-01-01" },
      { until: "2100-01-01" },
      { birthday: { before: 60, after: 60, leap: "1-march" } },
      { awayDays: 1 },
      { memberOf: "k" },
      { offer: 7 },
    ];
    expect(dated.map((when) => reason(when, { clockSuspect: true }))).toEqual(dated.map(() => "CLOCK_SUSPECT"));
    expect(reason({ merchants: [1] }, { clockSuspect: true })).toBe(null);
  });
});

describe("clubs, draws and units", () => {
  it("a membership lasts whole months, and goes on from its last day", () => {
    const join = (day: string, months: number, until = 0) => {
      const held: Purse[] = until === 0 ? [] : [{ kind: "club", index: 0, until }];
      return evaluate(
        of([club({ id: "k", fee: 3_000, months })]),
        held,
        { kind: "join", rule: "k" },
        facts({ at: at(day) }),
      );
    };
    expect(join("2027-01-12", 12).effects).toMatchObject([{ type: "join", value: 3_000, label: "2028-01-11" }]);
    expect(join("2027-03-01", 1).effects[0]!.label).toBe("2027-03-31");
    expect(join("2027-01-31", 1).effects[0]!.label).toBe("2027-02-28");
    expect(join("2027-01-12", 12, parseDay("2027-06-30")!).effects[0]!.label).toBe("2028-06-30");
    expect(join("2027-01-12", 12).payable).toBe(3_000);
    const reset = evaluate(
      of([club({ id: "k", fee: 3_000 })]),
      [],
      { kind: "join", rule: "k" },
      facts({ clockSuspect: true }),
    );
    expect(reset).toMatchObject({ effects: [{ type: "decline", reason: "CLOCK_SUSPECT" }], newPurses: [], payable: 0 });
  });

  it("a membership ends with the account; what is lost is said while it lasts", () => {
    const close = (until: string) =>
      evaluate(
        of([club({ id: "k", fee: 3_000 })]),
        [{ kind: "club", index: 0, until: parseDay(until)! }],
        { kind: "close" },
        NOW,
      );
    const lost = { type: "forfeit", rule: "k", unit: "cents", value: 0, funder: "merchant", label: TODAY };
    expect(close(TODAY)).toMatchObject({ newPurses: [], effects: [lost], receipt: [] });
    expect(close("2027-01-11")).toMatchObject({ newPurses: [], effects: [] });
  });

  it("entries for whole amounts of what is paid, so many at most", () => {
    const rule = draw({ id: "d", cents: 3_000, entriesMax: 3 });
    const entries = (amount: number) => evaluate(of([rule]), [], basket(amount, [9_000, "tobacco"]), NOW).effects;
    expect(entries(2_999)).toEqual([]);
    expect(entries(9_100)).toMatchObject([{ type: "entries", value: 3 }]);
    expect(entries(12_000)).toMatchObject([{ value: 3, wouldBe: 4, reason: "CAP_VISIT" }]);
  });

  it("units go back at the price of the cheapest pack, never more than was paid, a started cent for the customer", () => {
    const rule = (...packs: readonly { readonly units: number; readonly price: number }[]) =>
      units({
        id: "u",
        unitName: "copies",
        packs,
      });
    const [three, ten] = [
      { units: 3, price: 1_000 },
      { units: 10, price: 3_000 },
    ];
    const close = (paid: number, ...packs: (typeof three)[]) =>
      evaluate(of([rule(...packs)]), [{ kind: "units", index: 0, paid, bonus: 2 }], { kind: "close" }, NOW).effects;
    expect([1, 3].map((paid) => close(paid, three)[0])).toMatchObject([
      { type: "payout", unit: "units", value: 1, cents: 334 },
      { type: "payout", unit: "units", value: 3, cents: 1_000 },
    ]);
    expect([1, 10].map((paid) => close(paid, three, ten)[0])).toMatchObject([{ cents: 300 }, { cents: 3_000 }]);
    expect(close(1, three)[1]).toMatchObject({ type: "forfeit", value: 2, unit: "units" });
  });
});
