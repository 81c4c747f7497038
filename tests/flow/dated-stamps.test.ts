import { receiptText } from "@cachet/firmware/counter";
import type { SimTerminal, Type2Chip } from "@cachet/terminal-sim";
import { describe, expect, it } from "vitest";
import { done } from "../fixtures/at-the-till.ts";
import { entriesOf, shown } from "../fixtures/audit.ts";
import { card, fixtureFile, imageOf, refund, sale, terminal } from "../fixtures/town.ts";

const PROGRAMME = 37;
const image = await imageOf([fixtureFile("bottles")]);
const HOUR = 3_600;
const paper = (shop: SimTerminal) => receiptText(shop.till.receipts.at(-1)!).join("\n");

describe("three bottles within 30 days", () => {
  const bottle = (cheese: number) => ({
    ...sale(0),
    lines: [
      { amount: 900, quantity: 1, category: "vin" },
      ...(cheese > 0 ? [{ amount: cheese, quantity: 1, category: "fromage" }] : []),
    ],
  });
  const days = async (chip: Type2Chip) => {
    const { purses } = await shown(chip, PROGRAMME);
    const purse = purses.find(({ kind }) => kind === "dated-stamps");
    return purse?.kind === "dated-stamps" ? purse.days.filter((day) => day > 0).length : null;
  };

  it("open an offer on cheese on the card; the 31st day is too late, and a refund takes the offer back", async () => {
    const shop = await terminal(1, { programmes: [PROGRAMME], image });
    const [first, late] = [await card(1), await card(2)];
    for (const chip of [first, late]) for (let i = 0; i < 2; i += 1) await done(shop, bottle(0), chip);
    shop.clock.utc += 29 * 24 * HOUR;
    const third = await done(shop, bottle(0), first);
    expect(paper(shop)).toMatch(/OBJECTIF ATTEINT - FROMAGE/);
    expect(await days(first)).toBe(0);
    expect(await done(shop, bottle(1_000), first)).toMatchObject({ discountCents: 500 });
    await done(shop, refund(third.ticket!), first);
    expect(await days(first)).toBe(3);
    shop.clock.utc += 24 * HOUR;
    await done(shop, bottle(0), late);
    expect(paper(shop)).not.toMatch(/OBJECTIF/);
    expect(await days(late)).toBe(1);
    expect(await done(shop, bottle(1_000), first)).toMatchObject({ discountCents: 0 });
    // The journal's sums, by which the office keeps its books, come to what the cards hold.
    const sums = entriesOf(await shop.journalBytes()).flatMap((entry) =>
      entry.kind === "commit" ? [entry.body.sums.stampsAdded - entry.body.sums.stampsTaken] : [],
    );
    const held = (await days(first))! + (await days(late))!;
    expect(sums.reduce((all, one) => all + one, 0)).toBe(held);
  });
});
