import { dayOfCivil } from "@cachet/card-layout";
import { receiptText, writtenReceipt } from "@cachet/firmware/counter";
import type { Hal, Receipt } from "@cachet/firmware/hal";
import { evaluate, type Programme, programmeOfJson } from "@cachet/firmware/rules";
import { describe, expect, it } from "vitest";
import { linesOfNote } from "../../firmware/src/app/receipt-notes.ts";
import type { Terminal } from "../../firmware/src/app/terminal.ts";
import { tellWithoutCard } from "../../firmware/src/app/without-card.ts";

/** Rows of what the product is asked to say on a ticket, in their own words and with their own figures. */
const shop = (...rules: readonly object[]): Programme =>
  programmeOfJson({
    number: 1,
    version: 1,
    name: "V",
    scope: "shop",
    merchants: { 1: { name: "M", role: "earn-and-spend" } },
    offlineCap: 100_000,
    rules,
  });
const gift = (id: string, label: string, points: number) => ({ id, label, points, value: points });
const points = (more: object = {}) => ({
  kind: "points",
  id: "points",
  purse: 1,
  earn: { per: "amount", cents: 100, points: 1, groups: "exact" },
  ...more,
});
const grid = {
  kind: "stamps",
  id: "grille",
  grid: 10,
  reward: { kind: "gift", label: "Bouquet offert", value: 800 },
};
const [FEBRUARY_14, FEBRUARY_28] = [dayOfCivil(2027, 2, 14), dayOfCivil(2027, 2, 28)];
const DAY_SECONDS = 86_400;
const said = (receipt: Receipt) => receiptText(writtenReceipt(receipt, "fr"), 48);

/** What a ticket of a sale on a day says beneath the programme's name. */
function ticket(programme: Programme, purses: Parameters<typeof evaluate>[1], day = FEBRUARY_14, amount = 0): string[] {
  const sale = amount === 0 ? ({ kind: "look" } as const) : { lines: [{ amount, quantity: 1 }], tip: 0 };
  const at = day * DAY_SECONDS + 36_000;
  const { receipt } = evaluate(programme, purses, sale, { merchant: 1, at, clockSuspect: false });
  return said(receipt.flatMap((note) => linesOfNote(note, day)));
}
const inLots = (value: number, expires: number) =>
  [{ kind: "points-lots-4", index: 1, lots: [{ value, expires, issued: 9_000 }] }] as const;

describe("rows about tickets", () => {
  it("AC-29: without a card, what it would have brought", async () => {
    const printed: Receipt[] = [];
    const hal = {
      now: async () => ({ utc: 1_800_000_000, offset: 60, suspect: false }),
      print: async (receipt: Receipt) => {
        printed.push(receipt);
        return "printed";
      },
    } as unknown as Hal;
    const terminal = { hal, facts: { merchant: 1 }, programmes: [shop(points())] } as unknown as Terminal;
    const lines = [{ amount: 6_200, quantity: 1 }];
    await tellWithoutCard(terminal, { kind: "without-card", visit: 1, lines, tip: 0 });
    expect(said(printed[0]!).map((line) => line.trim())).toContain("Avec la carte : 62 points sur ce ticket");
  });

  it("CM-03: below 5,00 a top-up is suggested, with what it brings", () => {
    const bonus = { bands: [{ from: 5_000, rate: 1_000 }] };
    const programme = shop({ kind: "prepaid", id: "compte", suggestBelow: 500, bonus });
    const holding = (cents: number) => ticket(programme, [{ kind: "prepaid", index: 0, cents }]);
    expect(holding(499)).toContain("Rechargez 50 € = 5 € offerts");
    expect(holding(500).join()).not.toContain("Rechargez");
  });

  it("ZS-05, ZS-15, ZS-16: rewards that are there, the greatest first, then the next one and what is missing", () => {
    const gifts = [gift("mug", "Mug", 300), gift("sac", "Sac", 500), gift("vase", "Vase", 900)];
    const purses = [
      { kind: "points", index: 1, count: 620 },
      { kind: "stamps", index: 0, count: 8, last: 0 },
    ] as unknown as Parameters<typeof evaluate>[1];
    const text = ticket(shop(points({ gifts }), grid), purses)
      .join(" ")
      .replaceAll(/\s+/g, " ");
    expect(text).toMatch(/Disponible : Sac.*Disponible : Mug.*Vase encore 280 points/);
    expect(text).toContain("8/10 - plus que 2 passages");
  });

  it("ZS-09: from fourteen days before, what expires and when", () => {
    const programme = shop(points({ validity: { through: "2027-02-28" }, lots: 4 }));
    expect(ticket(programme, inLots(500, FEBRUARY_28)).map((line) => line.trim())).toContain(
      "500 points expirent le 28/02/2027",
    );
    expect(ticket(programme, inLots(500, FEBRUARY_28), FEBRUARY_14 - 1).join()).not.toContain("expirent");
  });
});
