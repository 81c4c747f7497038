import { join } from "node:path";
import { receiptText } from "@cachet/firmware/counter";
import type { SimTerminal } from "@cachet/terminal-sim";
import { describe, expect, it } from "vitest";
import { ROOT } from "../boundaries/sources.ts";
import { card, fixtureFile, imageOf, programmeFile, sale, terminal, topUp } from "../fixtures/town.ts";

const DAY = 86_400;
const cafe = async (number = 1) =>
  terminal(number, { merchant: 4, programmes: [12], image: await imageOf([programmeFile("cafe")]) });
const lastReceipt = (shop: SimTerminal) => receiptText(shop.till.receipts.at(-1) ?? []).join("\n");

describe("prepaid money at the counter", () => {
  it("is put on the card, pays by itself, and is told on the ticket", async () => {
    const shop = await cafe();
    const chip = await card(1);
    expect(await shop.visit(topUp(3_000), chip)).toMatchObject({ result: "done", toppedUpCents: 3_000, payable: 0 });
    expect(lastReceipt(shop)).toMatch(/Recharge\s+30,00 €/);
    expect(lastReceipt(shop)).toMatch(/Solde prépayé\s+30,00 €/);
    expect(await shop.visit(sale(850), chip)).toMatchObject({ result: "done", spentCents: 850, payable: 0 });
    expect(lastReceipt(shop)).toMatch(/Payé par la carte\s+-8,50 €/);
    expect(lastReceipt(shop)).toMatch(/Reste à payer\s+0,00 €/);
    expect(lastReceipt(shop)).toMatch(/Solde prépayé\s+21,50 €/);
  });

  it("asks on the ticket for a top-up where little is left, and says what it brings", async () => {
    const image = await imageOf([join(ROOT, "host/templates/hairdresser/programme.ts")]);
    const shop = await terminal(1, { merchant: 1, programmes: [106], image });
    const chip = await card(1);
    await shop.visit(topUp(4_000), chip);
    await shop.visit(sale(2_000), chip);
    expect(lastReceipt(shop)).not.toContain("Rechargez");
    await shop.visit(sale(1), chip);
    expect(lastReceipt(shop)).toContain("Rechargez 50 € = 5 € offerts");
  });

  it("pays no more than the day's cap at one terminal, says what is left, and pays again the next day", async () => {
    const shop = await cafe();
    const chip = await card(1);
    await shop.visit(topUp(5_000), chip);
    expect(await shop.visit(sale(1_500), chip)).toMatchObject({ spentCents: 1_500, payable: 0 });
    expect(await shop.visit(sale(1_500), chip)).toMatchObject({ spentCents: 500, payable: 1_000 });
    // The cap is used up: what the journal says of today outlives a restart.
    shop.powerOff();
    await shop.powerOn();
    const third = await shop.visit(sale(400), chip);
    expect(third).toMatchObject({ spentCents: 0, payable: 400 });
    // Another terminal has a cap of its own: that is the exposure.
    expect(await (await cafe(2)).visit(sale(400), chip)).toMatchObject({ spentCents: 400 });
    shop.clock.utc += DAY;
    expect(await shop.visit(sale(400), chip)).toMatchObject({ spentCents: 400, payable: 0 });
  });

  it("opens on the media that its programme names, and on no other", async () => {
    const image = await imageOf([fixtureFile("counters-only")]);
    const shop = await terminal(1, { programmes: [34], image });
    const plain = await card(1);
    const before = plain.dump();
    expect(await shop.visit(topUp(5_000), plain)).toMatchObject({
      result: "refused",
      reason: "WRONG_MEDIUM",
      giveBackCents: 5_000,
    });
    expect(await shop.visit(sale(500), plain)).toMatchObject({ result: "refused", reason: "WRONG_MEDIUM" });
    expect(plain.dump()).toEqual(before);
    const counted = await card(2, { chip: "MF0UL21" });
    expect(await shop.visit(topUp(50_000), counted)).toMatchObject({ result: "done" });
  });

  it("declines a top-up where no programme keeps prepaid money, and the cash goes back", async () => {
    const shop = await terminal(1);
    expect(await shop.visit(topUp(1_000), await card(1))).toMatchObject({
      result: "refused",
      reason: "NO_PREPAID",
      giveBackCents: 1_000,
    });
    for (const amount of [0, -5, 1.5, Number.NaN]) {
      const report = await shop.visit(topUp(amount), await card(1));
      expect(report, String(amount)).toMatchObject({ result: "refused", reason: "BAD_AMOUNT" });
    }
  });
});

describe("a visit that moves value and leaves the purses as they were", () => {
  it("is written and journalled like any other: a redemption that earns back what it took", async () => {
    const shop = await terminal(1);
    const chip = await card(1);
    await shop.visit(sale(20_000), chip);
    // 50 cents spent of 1050, and 5 % of the 1000 left earned.
    const report = await shop.visit(sale(1_050, 50), chip);
    expect(report).toMatchObject({ result: "done", spentCents: 50, earnedCents: 50, payable: 1_000 });
  });
});

it("a programme that finds no room on a card does not bar the other", async () => {
  const shop = await terminal(1);
  const chip = await card(1, { chip: "MF0UL21" });
  // One area: the shop's stamps take it, the town's cagnotte finds none.
  expect(await shop.visit(sale(1_000), chip)).toMatchObject({ result: "done", committed: [11], payable: 1_000 });
  expect(await shop.visit(sale(1_000), chip)).toMatchObject({ result: "done", committed: [11] });
});
