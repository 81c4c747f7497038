import { dayOfCivil } from "@cachet/card-layout";
import type { SaleRequest, VisitRequest } from "@cachet/firmware/hal";
import type { SimTerminal, Type2Chip } from "@cachet/terminal-sim";
import { afterAll, describe, expect, it } from "vitest";
import {
  cagnotte,
  discount,
  multiplier,
  type Programme,
  percent,
  points,
  prepaid,
  programme,
  stamps,
} from "../../firmware/src/rules/plain.ts";
import { testTerminalSigner } from "../../host/src/keys/test-keys.ts";
import { type Correction, correctionOf } from "../../host/src/office/correct/correction.ts";
import { importBatch } from "../../host/src/office/import.ts";
import type { Ledger } from "../../host/src/office/schema.ts";
import { enrolTerminal } from "../../host/src/office/terminals.ts";
import { codeOf } from "../fixtures/at-the-till.ts";
import { AT, newLedger } from "../fixtures/ledger.ts";
import { ProgrammeDesk } from "../fixtures/programme-desk.ts";
import members from "../fixtures/programmes/members.programme.ts";
import {
  buy,
  card,
  close,
  fixtureFile,
  give,
  imageOf,
  lateSale,
  NOON,
  paper,
  receive,
  refund,
  sale,
  terminal,
  topUp,
} from "../fixtures/town.ts";

/** Visits of real terminals, as their journals tell them to the office, replayed under the same rules and under others. */
const desk = new ProgrammeDesk("corrected");
afterAll(() => desk.remove());
const WEEK = { from: dayOfCivil(2026, 6, 15), to: dayOfCivil(2026, 6, 21) };

/** A terminal that runs these programmes. */
async function shopWith(...programmes: readonly Programme[]): Promise<SimTerminal> {
  const files = programmes.map((one) =>
    desk.write(`p${one.number}.programme.ts`, `export default ${JSON.stringify(one)};`),
  );
  return terminal(1, { programmes: programmes.map(({ number }) => number), image: await imageOf(files) });
}

async function ticketOf(shop: SimTerminal, asked: VisitRequest, chip: Type2Chip): Promise<number> {
  const report = await shop.visit(asked, chip);
  if (report === "power-cut" || report.result !== "done") throw new Error(JSON.stringify(report));
  shop.clock.utc += 600;
  return report.ticket!;
}

async function books(...shops: readonly SimTerminal[]): Promise<Ledger> {
  const ledger = await newLedger();
  for (const [i, shop] of shops.entries()) {
    await enrolTerminal(ledger, i + 1, 1, testTerminalSigner(i + 1).publicKey, AT);
    expect(await importBatch(ledger, { name: `${i}`, file: shop.collect().file }, AT)).toMatchObject({
      status: "accepted",
    });
  }
  return ledger;
}

/** A correction without cards set aside, and its purses by name. */
async function corrected(ledger: Ledger, wrong: Programme, right: Programme) {
  const correction: Correction = await correctionOf(ledger, wrong, right, WEEK);
  expect(correction.apart).toEqual([]);
  const { visits, off, purses } = correction.total;
  return { visits, off, ...Object.fromEntries(purses.map((one) => [one.purse, one])) };
}

const lines = (...amounts: readonly number[]): SaleRequest => ({
  ...sale(0),
  lines: amounts.map((amount) => ({ amount, quantity: 1 })),
});
const merchants = { 1: { name: "Un", role: "earn-and-spend" } } as const;

describe("a shop's discount before a town's cagnotte, on one card", () => {
  const shopRules = (version: number, rate: number) =>
    programme({
      ...{ number: 41, version, name: "Boutique", scope: "shop", merchants },
      rules: [
        discount({ id: "remise", off: { rate: percent(rate) } }),
        points({ id: "points", purse: 1, earn: { per: "amount", cents: 100, points: 1, groups: "exact" } }),
        stamps({ id: "grille", grid: 5, reward: { kind: "gift", label: "Café", value: 150 } }),
      ],
    });
  const townRules = (version: number, rate: number) =>
    programme({
      ...{ number: 40, version, name: "Ville", scope: "town", merchants },
      rules: [cagnotte({ id: "cagnotte", rate: percent(rate) })],
    });

  it("is what the town saw of the sale, and a changed discount is told, not posted", async () => {
    const shop = await shopWith(shopRules(1, 10), townRules(1, 5));
    const chip = await card(1, { chip: "NTAG216", areas: 2 });
    await ticketOf(shop, sale(2_000), chip);
    await ticketOf(shop, sale(1_000, 50), chip);
    const ledger = await books(shop);
    // 18.00 and 8.50 are what was paid.
    expect(await corrected(ledger, townRules(1, 5), townRules(2, 10))).toMatchObject({
      visits: 2,
      "cagnotte 0": { given: 90 + 42, right: 180 + 85, spent: 50, uncovered: 0 },
    });
    expect(await corrected(ledger, shopRules(1, 10), shopRules(2, 20))).toMatchObject({
      off: { given: 300, right: 600 },
      "stamps 0": { given: 2, right: 2 },
      // On 18.00 and 9.00, whatever the town takes off afterwards.
      "points 1": { given: 27, right: 24 },
    });
  });

  it("pays its part of what was asked for, and the town the rest", async () => {
    const saves = (number: number, version: number, scope: Programme["scope"], rate: number) =>
      programme({
        ...{ number, version, name: scope, scope, merchants },
        rules: [cagnotte({ id: "cagnotte", rate: percent(rate) })],
      });
    const shop = await shopWith(saves(51, 1, "shop", 10), saves(50, 1, "town", 10));
    const chip = await card(1, { chip: "NTAG216", areas: 2 });
    await ticketOf(shop, sale(1_000), chip);
    await ticketOf(shop, sale(1_000, "max"), chip);
    const ledger = await books(shop);
    // 1.00 of each paid; under the right version the town has 2.00, and 1.00 is what it paid.
    expect(await corrected(ledger, saves(50, 1, "town", 10), saves(50, 2, "town", 20))).toMatchObject({
      "cagnotte 0": { given: 100 + 80, right: 200 + 160, spent: 100, uncovered: 0 },
    });
    expect(await corrected(ledger, saves(51, 1, "shop", 10), saves(51, 2, "shop", 20))).toMatchObject({
      "cagnotte 0": { given: 100 + 90, right: 200 + 180, spent: 100, uncovered: 0 },
    });
  });
});

describe("days and hours", () => {
  const rules = (version: number, permille: number) =>
    programme({
      ...{ number: 45, version, name: "Essai", scope: "shop", merchants },
      rules: [
        cagnotte({ id: "cagnotte", rate: percent(10) }),
        multiplier({ id: "heureuse", of: "cagnotte", permille, when: { hours: { from: 660, to: 720 } } }),
        multiplier({ id: "retour", of: "cagnotte", permille: 3_000, when: { awayDays: 2 } }),
      ],
    });

  it("are those of the sale that was added afterwards, and of the card's last visit", async () => {
    const shop = await shopWith(rules(1, 2_000));
    const chip = await card(1);
    await ticketOf(shop, sale(1_000), chip);
    // Paid at 11:50, when everything counted twice; the card came after noon.
    await ticketOf(shop, lateSale(1_000, "A-1", NOON - 600), chip);
    shop.clock.utc += 3 * 86_400;
    await ticketOf(shop, sale(1_000), chip);
    expect(await corrected(await books(shop), rules(1, 2_000), rules(2, 4_000))).toMatchObject({
      "cagnotte 0": { given: 100 + 200 + 300, right: 100 + 400 + 300 },
    });
  });
});

describe("stamps with a cooldown", () => {
  const rules = (version: number, each: number, minutes: number) =>
    programme({
      ...{ number: 42, version, name: "Essai", scope: "shop", merchants },
      rules: [
        stamps({
          ...{ id: "grille", grid: 3, cooldownMinutes: minutes, count: { per: "visit", stamps: each } },
          reward: { kind: "gift", label: "Café", value: 150 },
        }),
      ],
    });

  it("are counted from the moment the card came, however long the visit took", async () => {
    const shop = await shopWith(rules(1, 1, 5));
    const chip = await card(1);
    let { utc } = shop.clock;
    // A clock that goes on by two seconds at each look.
    Object.defineProperty(shop.clock, "utc", {
      get() {
        utc += 2;
        return utc;
      },
      set(now: number) {
        utc = now;
      },
    });
    for (let i = 0; i < 4; i += 1) await ticketOf(shop, sale(500), chip);
    const ledger = await books(shop);
    expect(await corrected(ledger, rules(1, 1, 5), rules(2, 1, 5))).toMatchObject({
      "stamps 0": { given: 4, right: 4, difference: 0, spent: 3 },
    });
    // Two at a time fill the grid twice as often: what was not handed out is in the stamps that are owed.
    expect(await corrected(ledger, rules(1, 1, 5), rules(3, 2, 5))).toMatchObject({
      "stamps 0": { given: 4, right: 8, difference: 4, spent: 3, uncovered: 0 },
    });
    expect(await corrected(ledger, rules(1, 1, 5), rules(4, 1, 15))).toMatchObject({
      "stamps 0": { given: 4, right: 2, difference: -2, spent: 3, uncovered: 3 },
    });
  });
});

describe("refunds line by line", () => {
  const rules = (version: number, rate: number) =>
    programme({
      ...{ number: 43, version, name: "Essai", scope: "shop", merchants },
      rules: [
        cagnotte({ id: "cagnotte", rate, rounding: "carry" }),
        stamps({ id: "grille", grid: 5, reward: { kind: "gift", label: "Café", value: 150 } }),
      ],
    });

  it("take back what the right version would have given, and end with nothing", async () => {
    const shop = await shopWith(rules(1, 333));
    const chip = await card(1);
    const first = await ticketOf(shop, lines(1_001, 777), chip);
    const second = await ticketOf(shop, lines(500, 250), chip);
    await ticketOf(shop, refund(first, [0]), chip);
    await ticketOf(shop, refund(second, [1]), chip);
    await ticketOf(shop, refund(first, [1]), chip);
    const ledger = await books(shop);
    expect(await corrected(ledger, rules(1, 333), rules(2, 333))).toMatchObject({
      visits: 5,
      "cagnotte 0": { given: 16, right: 16 },
      "stamps 0": { given: 1, right: 1 },
    });
    expect(await corrected(ledger, rules(1, 333), rules(3, 1_000))).toMatchObject({
      "cagnotte 0": { given: 16, right: 50 },
      "stamps 0": { given: 1, right: 1 },
    });
  });

  it("by code are not taken for those of a ticket of the same number at the other terminal", async () => {
    const shop = await shopWith(rules(1, 333));
    const other = await terminal(2, {
      merchant: 1,
      programmes: [43],
      image: await imageOf([desk.at("p43.programme.ts")]),
    });
    const chip = await card(1);
    const here = await ticketOf(other, sale(900), chip);
    await ticketOf(other, refund(here, [0]), chip);
    expect(await ticketOf(shop, lines(1_001, 777), chip)).toBe(here);
    other.clock.utc = shop.clock.utc;
    await ticketOf(other, refund({ code: codeOf(shop) }, [1]), chip);
    expect(await corrected(await books(shop, other), rules(1, 333), rules(2, 333))).toMatchObject({
      "stamps 0": { given: 1, difference: 0 },
    });
  });

  it("of a sale that is not imported set the card aside", async () => {
    const shop = await shopWith(rules(1, 333));
    const other = await terminal(2, {
      merchant: 1,
      programmes: [43],
      image: await imageOf([desk.at("p43.programme.ts")]),
    });
    const chip = await card(1);
    shop.clock.utc -= 10 * 86_400;
    other.clock.utc -= 10 * 86_400;
    const ticket = await ticketOf(shop, sale(900), chip);
    await ticketOf(other, sale(700), chip);
    other.clock.utc += 10 * 86_400;
    await ticketOf(other, refund({ code: codeOf(shop) }), chip);
    const ledger = await newLedger();
    await enrolTerminal(ledger, 2, 1, testTerminalSigner(2).publicKey, AT);
    expect(await importBatch(ledger, { name: "b", file: other.collect().file }, AT)).toMatchObject({
      status: "accepted",
    });
    expect((await correctionOf(ledger, rules(1, 333), rules(2, 333), WEEK)).apart).toMatchObject([
      { reason: "gap", problem: `T-0001-${ticket}, which it takes back, is not imported` },
    ]);
  });
});

describe("prepaid money with a bonus", () => {
  const rules = (version: number, rate: number) =>
    programme({
      ...{ number: 44, version, name: "Essai", scope: "shop", merchants, offlineCap: 10_000 },
      rules: [
        prepaid({
          id: "compte",
          balanceMax: 50_000,
          bonus: {
            ...{ bands: [{ from: 1_000, rate }], purse: 1, rounding: "floor", validity: null, lots: 0 },
            funder: "merchant",
          },
        }),
        stamps({ id: "grille", grid: 5, reward: { kind: "gift", label: "Café", value: 150 } }),
      ],
    });

  it("pays what it paid: nothing where nobody wanted it to, and no more than was there", async () => {
    const shop = await shopWith(rules(1, 2_000));
    const chip = await card(1);
    await ticketOf(shop, topUp(1_000), chip);
    await ticketOf(shop, { ...sale(300), prepaid: "none" }, chip);
    await ticketOf(shop, { ...sale(700), prepaid: 150 }, chip);
    await ticketOf(shop, sale(5_000), chip);
    const ledger = await books(shop);
    expect(await corrected(ledger, rules(1, 2_000), rules(2, 1_000))).toMatchObject({
      "cagnotte 1": { given: 200, right: 100, difference: -100, spent: 200, uncovered: 100 },
      "prepaid 0": { given: 1_000, right: 1_000, spent: 1_000, uncovered: 0 },
    });
    expect(await corrected(ledger, rules(1, 2_000), rules(3, 3_000))).toMatchObject({
      "cagnotte 1": { given: 200, right: 300, difference: 100 },
      "prepaid 0": { difference: 0 },
    });
  });
});

describe("every other kind of visit", () => {
  /** The right version: a point for so many cents. */
  const version = (cents: number, balanceMax = 16_777_215): Programme => ({
    ...members,
    version: 2,
    rules: members.rules.map((rule) =>
      rule.kind === "points"
        ? { ...rule, earn: { per: "amount", cents, points: 1, groups: "exact" }, balanceMax }
        : rule,
    ),
  });

  it("comes to no difference under the same rules, and to its own under others", async () => {
    const image = await imageOf([fixtureFile("members")]);
    const shop = await terminal(1, { merchant: 1, programmes: [36], image });
    const other = await terminal(2, { merchant: 1, programmes: [36], image });
    const [from, to, closed] = [
      await card(1, { chip: "NTAG216" }),
      await card(2, { chip: "NTAG216" }),
      await card(3, { chip: "NTAG216" }),
    ];
    await ticketOf(shop, buy(10_000, 36, "seances", 2), from);
    await ticketOf(shop, buy(3_000, 36, "club"), from);
    await ticketOf(shop, { ...sale(0), lines: [], use: 2 }, from);
    // A member pays 90 of 100: 90 points, and 11 of a sale that was paid without the card.
    await ticketOf(shop, sale(10_000), from);
    await ticketOf(shop, lateSale(1_100, "A-1"), from);
    await ticketOf(shop, receive(await ticketOf(shop, give(36, "points", 60), from)), to);
    await ticketOf(shop, topUp(4_000), to);
    await ticketOf(shop, refund("last"), to);
    // So many lines that the code of the receipt merges them.
    await ticketOf(shop, lines(...Array.from({ length: 60 }, (_, i) => 50 + i)), to);
    const code = codeOf(shop);
    other.clock.utc = shop.clock.utc;
    await ticketOf(other, refund({ code }), to);
    await ticketOf(other, sale(500), to);
    await ticketOf(other, topUp(4_000), closed);
    await ticketOf(other, { ...sale(2_500), prepaid: "none" }, closed);
    await ticketOf(other, close(36), closed);
    const onPaper = await card(4, { chip: "NTAG216" });
    await ticketOf(other, paper(36, "passages", 3), onPaper);
    await ticketOf(other, refund("last"), onPaper);
    await ticketOf(other, paper(36, "passages", 2), onPaper);
    const ledger = await books(shop, other);
    const same = await corrected(ledger, members, version(100));
    expect(same).toMatchObject({
      visits: 18,
      "units 0": { given: 11, spent: 2, difference: 0 },
      "points 2": { given: 101 + 60 + 5, right: 166, spent: 60 },
      "prepaid 0": { given: 4_000, right: 4_000, spent: 4_000, difference: 0 },
      "cagnotte 1": { given: 0, right: 0, difference: 0 },
      "stamps 0": { difference: 0 },
    });
    // A third of the points: 33 are there when 60 are given away. Those 60 came to the other card all the same.
    expect(await corrected(ledger, members, version(300))).toMatchObject({
      "points 2": { given: 166, right: 33 + 60 + 1, spent: 60, uncovered: 27 },
    });
    expect(await corrected(ledger, members, version(1_000_000))).toMatchObject({
      "points 2": { given: 166, right: 60, spent: 60, uncovered: 60 },
    });
    const small = version(100, 50);
    expect((await correctionOf(ledger, members, small, WEEK)).apart).toMatchObject([
      { reason: "impossible", problem: "version 2 refuses what was put on the card" },
    ]);
  });
});
