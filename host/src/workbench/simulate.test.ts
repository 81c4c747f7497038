import { dayOfCivil } from "@cachet/card-layout";
import { describe, expect, it } from "vitest";
import {
  bonus,
  cagnotte,
  cap,
  challenge,
  discount,
  localTime,
  multiplier,
  type Programme,
  percent,
  points,
  prepaid,
  programme,
  type Rule,
  stamps,
  tiers,
} from "../../../firmware/src/rules/plain.ts";
import { cautionsOf } from "./cautions.ts";
import { compare } from "./compare.ts";
import type { ListedPurchase } from "./purchase-list.ts";
import type { Redeeming } from "./redeeming.ts";
import { instantOf, SimulationFault } from "./replay.ts";
import { simulate } from "./simulate.ts";
import { bandsOf, changesIn, medianOf, tenthsOf } from "./spread.ts";
import { type Sums, valueTo } from "./sums.ts";

const MERCHANTS = {
  1: { name: "Un", role: "earn-and-spend" },
  2: { name: "Deux", role: "earn-and-spend" },
  3: { name: "Trois", role: "earn-only" },
} as const;
const town = (rules: readonly Rule[], more: Partial<Programme> = {}): Programme =>
  programme({ number: 7, version: 1, name: "Essai", scope: "town", merchants: MERCHANTS, rules, ...more });

/** A purchase of a member on a day, `06-30`, of the year 2026. */
function bought(member: string, date: string, amountCents: number, more: Partial<ListedPurchase> = {}): ListedPurchase {
  const [month, dayOfMonth] = date.split("-").map(Number) as [number, number];
  return { member, day: dayOfCivil(2026, month, dayOfMonth), items: 1, amountCents, ...more };
}

const run = (of: Programme, purchases: readonly ListedPurchase[], redeeming: Redeeming = { fromCents: 500 }) =>
  simulate(of, purchases, { redeeming, merchant: 1 });

/** Purchases of a year that look like none: the same every time. */
function year(count: number): ListedPurchase[] {
  let state = 12_345;
  const next = (below: number): number => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor(state / 65_536) % below;
  };
  return Array.from({ length: count }, () => ({
    member: `m${next(60)}`,
    day: dayOfCivil(2026, 1, 1) + next(365),
    items: 1 + next(4),
    amountCents: next(9_000),
    merchant: 1 + next(3),
    minute: 480 + next(600),
    category: ["bread", "book", "tobacco"][next(3)]!,
  }));
}

const EVERYTHING = town(
  [
    cagnotte({ id: "euros", rate: percent(4), validity: { months: 3 }, lots: 2 }),
    multiplier({ id: "tuesday", of: "euros", permille: 2_000, when: { weekdays: [2] } }),
    bonus({ id: "welcome", of: "euros", gives: 150, when: { first: true }, funder: "sponsor" }),
    cap({ id: "day", of: "euros", per: "day", most: 400, purse: 1 }),
    stamps({ id: "grid", purse: 2, grid: 5, reward: { kind: "gift", label: "Cadeau", value: 300 } }),
    discount({ id: "books", off: { rate: percent(2) }, categories: ["book"] }),
    tiers({
      ...{ id: "levels", purse: 3, of: ["euros"] },
      levels: [
        { name: "a", from: 0, permille: 1_000 },
        { name: "b", from: 20_000, permille: 1_500 },
      ],
    }),
    challenge({ id: "tour", purse: 4, of: "euros", gives: 200, distinct: 3 }),
  ],
  { exclude: ["tobacco"], offlineCap: 1_000 },
);
const total = (all: Iterable<Sums>, of: keyof Sums): number => [...all].reduce((sum, sums) => sum + sums[of], 0);

describe("what a factor adds", () => {
  const points10 = points({
    id: "p",
    earn: { per: "amount", cents: 100, points: 1, groups: "whole" },
    redeem: { points: 100, cents: 300 },
  });
  const rowsOf = (of: Programme, purchases: readonly ListedPurchase[]) =>
    Object.fromEntries(run(of, purchases, "never").rules.map((row) => [row.rule, row]));

  it("stands in the row of the multiplier, and no more in that of the rule that earned it", () => {
    // A Tuesday, and a Wednesday.
    const purchases = [bought("a", "01-06", 10_000), bought("a", "01-07", 10_000)];
    const rules = [
      cagnotte({ id: "euros", rate: percent(4) }),
      multiplier({ id: "tuesday", of: "euros", permille: 2_500, when: { weekdays: [2] } }),
    ];
    const { euros, tuesday } = rowsOf(town(rules), purchases);
    expect(tuesday).toMatchObject({ unit: "cents", times: 1, units: 600, givenCents: 600 });
    expect(euros).toMatchObject({ times: 2, units: 800, givenCents: 800, leftUnits: 1_400 });
    expect(run(town(rules), purchases, "never").totals.givenCents).toBe(1_400);
    expect(run(town(rules.slice(0, 1)), purchases, "never").totals.givenCents).toBe(800);
  });

  it("is what it makes over the next best, or on top of it; levels have it, too, and a cap cuts it", () => {
    const twice = (stacking: Programme["stacking"], ...more: readonly Rule[]) =>
      rowsOf(
        town(
          [
            points10,
            multiplier({ id: "double", of: "p", permille: 2_000 }),
            multiplier({ id: "triple", of: "p", permille: 3_000 }),
            ...more,
          ],
          { stacking },
        ),
        [bought("a", "01-06", 10_000)],
      );
    const unitsIn = (rows: ReturnType<typeof twice>) => ["p", "double", "triple"].map((id) => rows[id]!.units);
    expect(unitsIn(twice("best-of"))).toEqual([200, 0, 100]);
    expect(unitsIn(twice("multiplicative"))).toEqual([100, 200, 300].map((_, i) => [100, 100, 400][i]));
    expect(twice("multiplicative").triple!.givenCents).toBe(1_200);
    expect(unitsIn(twice("best-of", cap({ id: "most", of: "p", per: "visit", most: 250 })))).toEqual([200, 0, 50]);
    const levels = tiers({
      ...{ id: "levels", of: ["p"], window: "year" },
      levels: [
        { name: "a", from: 0, permille: 1_000 },
        { name: "b", from: 10_000, permille: 1_500 },
      ],
    });
    const rows = rowsOf(town([points10, levels]), [bought("a", "01-06", 10_000), bought("a", "01-07", 10_000)]);
    expect([rows.p!.units, rows.levels!.givenCents]).toEqual([200, 150]);
  });
});

describe("what went wrong", () => {
  it("is counted by rule and reason", () => {
    const wrong = bonus({
      id: "own",
      of: "euros",
      gives: { says: "Un cadeau", earn: ({ lines }) => (lines[0]!.amount > 5_000 ? -1 : 1) },
    });
    const of = town([cagnotte({ id: "euros", rate: percent(4) }), wrong]);
    const { wrong: told, totals } = run(of, [
      bought("a", "01-06", 9_000),
      bought("b", "01-06", 9_000),
      bought("b", "01-07", 900),
    ]);
    expect(told).toEqual([{ rule: "own", reason: "BAD_VALUE", times: 2 }]);
    expect(totals.givenCents).toBe(360 + 360 + 36 + 1);
    expect(run(town(of.rules.slice(0, 1)), [bought("a", "01-06", 9_000)]).wrong).toEqual([]);
  });
});

describe("what runs out in a simulation", () => {
  it("is given so often at each merchant, to all members together", () => {
    const flash = town([discount({ id: "flash", off: { cents: 100 }, stock: 2 })]);
    const purchases = [1, 2].flatMap((merchant) =>
      ["a", "b", "c"].flatMap((member) => ["01-05", "01-06"].map((day) => bought(member, day, 1_000, { merchant }))),
    );
    const { totals } = run(flash, purchases);
    expect(totals.givenCents).toBe(400);
  });

  it("stamps of too long ago expire, and leave none at the end", () => {
    const grid = stamps({ id: "g", grid: 3, withinDays: 30, reward: { kind: "gift", label: "Mug", value: 300 } });
    const { rules, totals } = run(town([grid]), [
      ...["01-05", "01-06", "02-10"].map((day) => bought("late", day, 1_000)),
      ...["02-08", "02-09", "02-10"].map((day) => bought("often", day, 1_000)),
      bought("other", "12-31", 1_000),
    ]);
    expect(totals.givenCents).toBe(300);
    const row = rules.find(({ rule }) => rule === "g")!;
    expect([row.expiredUnits, row.leftUnits]).toEqual([3, 1]);
  });
});

describe("what a programme would have come to", () => {
  const rate = town([cagnotte({ id: "euros", rate: percent(10) })]);

  it("saves, and spends all of it once it has reached what members wait for", () => {
    const purchases = [bought("a", "01-02", 3_000), bought("a", "01-03", 3_000), bought("a", "02-01", 1_000)];
    const { totals, months, merchants } = run(rate, purchases);
    expect(totals).toMatchObject({ visits: 3, turnoverCents: 7_000, givenCents: 640, spentCents: 600, costCents: 600 });
    expect(totals).toMatchObject({ expiredCents: 0, dueCents: 40, membersRewarded: 1 });
    expect([...months].map(([month, sums]) => [month, sums.givenCents, sums.costCents])).toEqual([
      ["2026-01", 600, 0],
      ["2026-02", 40, 600],
    ]);
    expect([...merchants.keys()]).toEqual([1]);
    expect(run(rate, purchases, "never").totals).toMatchObject({ givenCents: 700, costCents: 0, dueCents: 700 });
    expect(run(rate, purchases, "max").totals.spentCents).toBe(300 + 270);
  });

  it("asks for nothing where nothing may be spent, and for no more than a terminal lets out in a day", () => {
    const away = [bought("a", "01-02", 9_000), bought("a", "01-03", 9_000, { merchant: 3 })];
    expect(run(rate, away).totals.spentCents).toBe(0);
    const capped = town(rate.rules, { offlineCap: 500 });
    const twice = [bought("a", "01-02", 9_000), bought("a", "01-03", 900), bought("a", "01-03", 900)];
    expect(run(rate, twice, "max").totals.spentCents).toBe(900);
    expect(run(capped, twice, "max").totals.spentCents).toBe(500);
    const elsewhere = [...twice.slice(0, 2), bought("a", "01-03", 900, { merchant: 2 })];
    expect(run(capped, elsewhere, "max").totals.spentCents).toBeGreaterThan(900);
  });

  it("lets value expire on the last day, of cards too that nobody has shown since", () => {
    const short = town([cagnotte({ id: "euros", rate: percent(10), validity: { days: 30 } })]);
    const { totals, rules } = run(short, [bought("a", "01-02", 9_000), bought("b", "06-01", 1_000)]);
    expect(totals).toMatchObject({ givenCents: 1_000, expiredCents: 900, dueCents: 100 });
    expect(rules[0]).toMatchObject({ times: 2, units: 1_000, expiredUnits: 900, leftUnits: 100, dueCents: 100 });
    const kept = run(short, [bought("a", "01-02", 9_000), bought("a", "01-31", 1_000)]);
    expect(kept.totals).toMatchObject({ spentCents: 900, expiredCents: 0, dueCents: 10 });
    const late = run(short, [bought("a", "01-02", 9_000), bought("a", "02-02", 1_000)]);
    expect(late.totals).toMatchObject({ spentCents: 0, expiredCents: 900, dueCents: 100 });
  });

  it("counts rewards of grids and discounts as given and handed out at once", () => {
    const both = town([
      stamps({ id: "grid", grid: 2, reward: { kind: "gift", label: "Cadeau", value: 250 } }),
      discount({ id: "off", off: { rate: percent(10) }, funder: "association" }),
    ]);
    const { totals, rules } = run(
      both,
      [1, 2, 3].map((day) => bought("a", `01-0${day}`, 1_000)),
    );
    expect(totals).toMatchObject({ givenCents: 550, costCents: 550, spentCents: 0, dueCents: 0 });
    expect(rules[0]).toMatchObject({ rule: "grid", times: 1, units: 3, givenCents: 250, leftUnits: 1 });
    expect(rules[1]).toMatchObject({ rule: "off", funder: "association", times: 3, givenCents: 300 });
  });

  it("counts a challenge that was won once, whether it gave a bonus, a badge or both", () => {
    const bonuses = [{ gives: 200 }, { gives: 200, label: "Tour" }, { gives: 0, label: "Tour" }];
    for (const more of [{ label: "Tour" }, ...bonuses.map((one) => ({ ...one, of: "euros" }))]) {
      const tour = town([cagnotte({ id: "euros", rate: percent(1) }), challenge({ id: "tour", distinct: 2, ...more })]);
      const { rules, totals } = run(tour, [bought("a", "01-01", 1_000), bought("a", "01-02", 1_000, { merchant: 2 })]);
      const cents = "gives" in more ? more.gives : 0;
      expect(rules.find(({ rule }) => rule === "tour")).toMatchObject({ times: 1, givenCents: cents });
      expect(totals.givenCents).toBe(20 + cents);
    }
  });

  it("values points by the gift for the fewest of them, and takes gifts as members do", () => {
    const gifts = [
      { id: "mug", label: "Mug", points: 100, value: 500 },
      { id: "bag", label: "Sac", points: 300, value: 2_000 },
    ];
    const shop = town([points({ id: "p", earn: { per: "amount", cents: 100, points: 1, groups: "exact" }, gifts })]);
    const purchases = [1, 2, 3, 4].map((day) => bought("a", `01-0${day}`, 9_900));
    const small = run(shop, purchases);
    expect(small.totals).toMatchObject({ givenCents: 1_980, spentCents: 1_000, dueCents: 980 });
    expect(small.rules[0]).toMatchObject({ unit: "points", units: 396, spentUnits: 200, leftUnits: 196 });
    const patient = run(shop, [...purchases, bought("a", "01-05", 100)], { fromCents: 1_500 });
    expect(patient.totals.spentCents).toBe(2_000);
    expect(run(shop, purchases, "never").totals.spentCents).toBe(0);
  });

  it("leaves purchases at other merchants out, says how many, and shows months without any", () => {
    const { unlisted, totals, months } = run(rate, [
      bought("a", "01-02", 100),
      bought("b", "01-02", 700, { merchant: 9 }),
      bought("a", "04-01", 100),
      bought("a", "04-02", 300, { merchant: 8 }),
    ]);
    expect(unlisted).toEqual({ purchases: 2, cents: 1_000, merchants: [8, 9] });
    expect(totals.visits).toBe(2);
    expect([...months.keys()]).toEqual(["2026-01", "2026-02", "2026-03", "2026-04"]);
    expect(run(rate, []).totals.visits).toBe(0);
  });

  it("knows the day of the last visit, and the hour that the file says", () => {
    const awake = town([
      cagnotte({ id: "euros", rate: percent(1) }),
      bonus({ id: "back", of: "euros", gives: 100, when: { awayDays: 60 } }),
      multiplier({ id: "morning", of: "euros", permille: 3_000, when: { hours: { from: 480, to: 600 } } }),
    ]);
    const visits = [bought("a", "01-02", 1_000), bought("a", "03-10", 1_000, { minute: 540 })];
    expect(run(awake, visits).totals.givenCents).toBe(10 + 30 + 100);
    expect(run(awake, [visits[0]!, bought("a", "02-10", 1_000)]).totals.givenCents).toBe(20);
    for (const [month, dayOfMonth] of [
      [3, 29],
      [10, 25],
      [7, 1],
    ] as const) {
      const day = dayOfCivil(2026, month, dayOfMonth);
      for (const minute of [0, 200, 720, 1_439]) {
        const at = instantOf("Europe/Paris", day, minute) + 946_684_800;
        expect(localTime("Europe/Paris", at)).toMatchObject({ day, minute });
      }
    }
  });

  it("names the purchase that rules cannot work with", () => {
    const wrong = bought("0421", "01-02", 100, { items: 0 });
    expect(() => run(rate, [wrong])).toThrow(SimulationFault);
    expect(() => run(rate, [wrong])).toThrow("at least one unit");
  });
});

describe("sums", () => {
  const purchases = year(3_000);
  const whole = run(EVERYTHING, purchases);

  it("by month, merchant, member and rule are the totals", () => {
    for (const of of ["visits", "turnoverCents", "givenCents", "spentCents", "costCents", "expiredCents"] as const) {
      expect(total(whole.months.values(), of), of).toBe(whole.totals[of]);
      expect(total(whole.members.values(), of), of).toBe(whole.totals[of]);
    }
    for (const of of ["visits", "turnoverCents", "givenCents", "spentCents", "costCents"] as const)
      expect(total(whole.merchants.values(), of), of).toBe(whole.totals[of]);
    const ofRules = (of: "givenCents" | "spentCents" | "expiredCents" | "dueCents") =>
      whole.rules.reduce((sum, row) => sum + row[of], 0);
    for (const of of ["givenCents", "spentCents", "expiredCents", "dueCents"] as const)
      expect(ofRules(of), of).toBe(whole.totals[of]);
    expect(whole.rules.map(({ rule }) => rule)).not.toContain("day");
    for (const { rule, times } of whole.rules) expect(times, rule).toBeGreaterThan(0);
  });

  it("given is cost, expired and due, to the cent, for all and for each card", () => {
    const { givenCents, costCents, expiredCents, dueCents } = whole.totals;
    expect(expiredCents).toBeGreaterThan(0);
    expect(dueCents).toBeGreaterThan(0);
    expect(givenCents).toBe(costCents + expiredCents + dueCents);
    for (const member of whole.members.values())
      expect(member.givenCents).toBe(member.costCents + member.expiredCents + member.dueCents);
  });

  it("points balance in points, and in cents to what a fraction is worth", () => {
    const earn = { per: "amount", cents: 70, points: 1, groups: "exact" } as const;
    const half = town([
      points({ id: "p", earn, redeem: { points: 30, cents: 100 }, validity: { months: 2 } }),
      bonus({ id: "hello", of: "p", gives: 20, when: { first: true } }),
    ]);
    const { rules, totals, members } = run(half, purchases);
    const [own, hello] = rules;
    expect(own!.units + hello!.units).toBe(own!.spentUnits + own!.expiredUnits + own!.leftUnits);
    expect(own!.expiredUnits).toBeGreaterThan(0);
    const gap = totals.givenCents - totals.costCents - totals.expiredCents - totals.dueCents;
    expect(Math.abs(gap)).toBeLessThanOrEqual(2 * members.size);
  });

  it("do not depend on the order in which the cards stand in the file", () => {
    const byCard = [...purchases].sort((a, b) => (a.member < b.member ? 1 : a.member > b.member ? -1 : 0));
    const again = run(EVERYTHING, byCard);
    expect(again.totals).toEqual(whole.totals);
    expect(again.rules).toEqual(whole.rules);
    expect(new Map(again.members)).toEqual(new Map(whole.members));
    expect([...again.months]).toEqual([...whole.months]);
  });
});

describe("one programme beside another", () => {
  const purchases = year(1_000);
  const [five, ten] = [5, 10].map((rate) => town([cagnotte({ id: "euros", rate: percent(rate) })]));

  it("with itself has no winners and no losers", () => {
    const same = compare(run(EVERYTHING, purchases), run(EVERYTHING, purchases));
    const nobody = { members: 0, cents: 0, medianCents: 0, largestCents: 0 };
    expect(same).toMatchObject({ winners: nobody, losers: nobody, unchanged: 60, largest: [] });
  });

  it("says who wins and who loses, how much, and shows no more of a card than its end", () => {
    const bought2 = [bought("card-10421", "01-01", 1_000), bought("b", "01-01", 4_000), bought("c", "01-02", 10)];
    const [before, after] = [run(five!, bought2), run(ten!, bought2)];
    const change = compare(before, after);
    expect(change.winners).toEqual({ members: 3, cents: 251, medianCents: 50, largestCents: 200 });
    expect(change.largest).toEqual([
      { card: "…b", beforeCents: 200, afterCents: 400, changeCents: 200 },
      { card: "…0421", beforeCents: 50, afterCents: 100, changeCents: 50 },
      { card: "…c", beforeCents: 0, afterCents: 1, changeCents: 1 },
    ]);
    expect(compare(after, before).losers).toEqual(change.winners);
    const values = (of: typeof before) => [...of.members.values()].reduce((sum, member) => sum + valueTo(member), 0);
    expect(change.winners.cents - change.losers.cents).toBe(values(after) - values(before));
    expect(compare(run(five!, purchases), run(ten!, purchases)).largest).toHaveLength(10);
  });
});

describe("how value spreads", () => {
  it("bands hold everyone once, losses like winnings", () => {
    const bands = bandsOf([0, 1, 99, 100, 9_999, 10_000]);
    expect(bands.map(({ members }) => members)).toEqual([1, 2, 1, 0, 0, 0, 0, 1, 1]);
    const changes = changesIn([-10_000, -9_999, -1, 0, 1, 99, 100]);
    expect(changes.map(({ members }) => members)).toEqual([1, 1, 0, 0, 0, 0, 0, 1, 1, 2, 1, 0, 0, 0, 0, 0, 0]);
    expect(changes[0]).toMatchObject({ fromCents: null, toCents: -9_999 });
  });

  it("tenths are as equal as can be, and the median is the lower middle", () => {
    const tenths = tenthsOf(Array.from({ length: 23 }, (_, i) => 22 - i));
    expect(tenths.map(({ members }) => members).sort()).toEqual([2, 2, 2, 2, 2, 2, 2, 3, 3, 3]);
    expect(tenths[0]).toMatchObject({ leastCents: 0 });
    expect(tenths.at(-1)).toMatchObject({ mostCents: 22 });
    expect(tenthsOf([5, 1])).toHaveLength(2);
    expect([medianOf([]), medianOf([3]), medianOf([9, 1, 4]), medianOf([4, 1])]).toEqual([0, 3, 4, 1]);
  });
});

describe("what purchases do not say", () => {
  it("is told with the rules that ask for it", () => {
    const missing = (of: Programme, ...columns: readonly ("merchant" | "time" | "category")[]) =>
      cautionsOf(of, new Set(columns)).map((caution) => [caution.missing, ...caution.rules]);
    expect(missing(EVERYTHING)).toEqual([["merchant"], ["category", "books"]]);
    expect(missing(EVERYTHING, "merchant", "category")).toEqual([]);
    const rules = [
      prepaid({ id: "account" }),
      cagnotte({ id: "euros", purse: 1, rate: percent(1), when: { hours: { from: 480, to: 600 } } }),
      bonus({ id: "day", of: "euros", gives: 5, when: { birthday: { before: 0, after: 0, leap: "1-march" } } }),
    ];
    const offers = [7, 8].map((offer) => discount({ id: `d${offer}`, off: { rate: percent(1) }, when: { offer } }));
    const opening = stamps({ id: "g", grid: 5, reward: { kind: "offer", label: "Livre", offer: 7, days: 9 } });
    expect(missing(town([opening, ...offers]), "merchant")).toEqual([["offer", "d8"]]);
    const mug = { kind: "gift", label: "Mug", value: 300, stock: 5 } as const;
    const few = [discount({ id: "flash", off: { cents: 100 }, stock: 5 }), stamps({ id: "g", grid: 5, reward: mug })];
    expect(missing(town(few), "merchant")).toEqual([["stock", "flash", "g"]]);
    const asking = town(rules, { offlineCap: 2_000 });
    expect(missing(asking)).toEqual([["merchant"], ["time", "euros"], ["top-up", "account"], ["birthday", "day"]]);
  });
});
