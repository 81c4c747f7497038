import { describe, expect, it } from "vitest";
import { testTerminalSigner } from "../../host/src/keys/test-keys.ts";
import { importBatch } from "../../host/src/office/import.ts";
import { outstanding } from "../../host/src/office/ledger.ts";
import { statement } from "../../host/src/office/statement.ts";
import { enrolTerminal } from "../../host/src/office/terminals.ts";
import { centsOf, shown, stampsOf } from "../fixtures/audit.ts";
import { AT, newLedger, rowOf, rowsOf } from "../fixtures/ledger.ts";
import { card, fixtureFile, imageOf, refund, sale, terminal, topUp } from "../fixtures/town.ts";

const SPEEDS = 35;
const DAY = 86_400;

/** A shop whose customers save cents that end, points, stamps and prepaid money, and bring things back. */
async function busyShop() {
  const shop = await terminal(1, { programmes: [SPEEDS], image: await imageOf([fixtureFile("speeds")]) });
  const chips = [await card(1, { chip: "NTAG216" }), await card(2, { chip: "NTAG216" })];
  const tickets: number[] = [];
  for (let i = 0; i < 12; i += 1) {
    const chip = chips[i % 2]!;
    const asked =
      i === 4
        ? topUp(3_000)
        : i === 9
          ? { ...sale(2_100), gift: "mug" }
          : sale(900 + 333 * i, i % 3 === 2 ? 40 : undefined);
    const report = await shop.visit(asked, chip);
    expect(report).toMatchObject({ result: "done" });
    if (report !== "power-cut") tickets.push(report.ticket!);
    shop.clock.utc += 3_600;
  }
  for (const [i, ticket] of [tickets[7]!, tickets[9]!, tickets[10]!].entries()) {
    expect(await shop.visit(refund(ticket), chips[[1, 1, 0][i]!]!)).toMatchObject({ result: "done" });
  }
  // Two years later everything that ends has ended.
  shop.clock.utc += 800 * DAY;
  for (const chip of chips) expect(await shop.visit(sale(700), chip)).toMatchObject({ result: "done" });
  return { shop, chips };
}

describe("a batch of a programme at several speeds", () => {
  it("adds up: what the cards hold is what the books say, in cents, points and stamps", async () => {
    const { shop, chips } = await busyShop();
    const ledger = await newLedger();
    await enrolTerminal(ledger, 1, 1, testTerminalSigner(1).publicKey, AT);
    const { name, file } = shop.collect();
    expect(await importBatch(ledger, { name, file }, AT)).toMatchObject({ status: "accepted" });
    let [cents, points, stamps] = [0, 0, 0];
    for (const chip of chips) {
      const area = await shown(chip, SPEEDS);
      cents += centsOf(area);
      stamps += stampsOf(area);
      for (const purse of area.purses) if (purse.kind === "carrying-points") points += purse.count;
    }
    expect(await outstanding(ledger, "cents")).toBe(cents);
    expect(await outstanding(ledger, "points")).toBe(points);
    expect(await outstanding(ledger, "stamps")).toBe(stamps);
    const expired = await rowOf(
      ledger,
      "select sum(amount) as sum from posting where account = 'breakage' and programme = 35",
    );
    expect(Number(expired?.sum)).toBeGreaterThan(0);
    const unbalanced = await rowsOf(
      ledger,
      "select terminal, number, unit from posting group by terminal, number, unit having sum(amount) <> 0",
    );
    expect(unbalanced).toEqual([]);
    expect(await statement(ledger)).toMatchObject({ outstandingCents: cents, visits: 13, inDoubt: 0 });
  });
});
