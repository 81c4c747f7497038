import { toHex } from "@cachet/card-layout";
import { receiptText } from "@cachet/firmware/counter";
import type { Sandbox } from "@cachet/firmware/hal";
import { Chance, loadQuickJs, Mishaps, newV8Sandbox } from "@cachet/terminal-sim";
import { describe, expect, it } from "vitest";
import { drawSale, recorded } from "../fixtures/drawn-sales.ts";
import { card, terminal } from "../fixtures/town.ts";

interface Day {
  readonly commands: readonly string[];
  readonly journal: string;
  readonly receipts: readonly string[];
  readonly reports: readonly unknown[];
}

/** The same day at two shops, with tears and power cuts, in one engine. */
async function liveDay(newSandbox: () => Sandbox): Promise<Day> {
  const chance = new Chance(77);
  const commands: string[] = [];
  const cards = [recorded(await card(1), commands), recorded(await card(2), commands)];
  const shops = [await terminal(1, { newSandbox }), await terminal(2, { newSandbox, merchant: 2 })];
  const reports: unknown[] = [];
  const receipts: string[] = [];
  for (let visit = 1; visit <= 120; visit += 1) {
    const shop = shops[chance.below(2)]!;
    const chip = cards[chance.below(2)]!;
    shop.clock.utc += 60 * chance.below(300);
    shop.mishaps = new Mishaps();
    if (chance.happens(1, 4)) {
      const what = chance.happens(1, 2) ? "card" : "power";
      shop.mishaps.at(chance.below(22), { what, when: chance.happens(1, 2) ? "before" : "after" });
    }
    const report = await shop.visit(drawSale(chance, visit), chip, () => (chance.happens(1, 2) ? chip : null));
    receipts.push(...shop.till.receipts.splice(0).map((receipt) => receiptText(receipt).join("\n")));
    if (report === "power-cut") {
      shop.mishaps = new Mishaps();
      await shop.powerOn();
    }
    reports.push(report);
  }
  const journal = (await Promise.all(shops.map((shop) => shop.journalBytes()))).map(toHex).join("/");
  for (const shop of shops) shop.powerOff();
  return { commands, journal, receipts, reports };
}

describe("the same day in two engines", () => {
  it("gives the same card commands, journal and receipts, byte for byte", async () => {
    const v8 = await liveDay(newV8Sandbox);
    const quickjs = await liveDay(await loadQuickJs());
    expect(quickjs).toEqual(v8);
    expect(v8.commands.filter((command) => command.startsWith("a2")).length).toBeGreaterThan(500);
    expect(v8.receipts.length).toBeGreaterThan(60);
    const results = new Set(
      v8.reports.map((report) => (typeof report === "string" ? report : (report as { result: string }).result)),
    );
    expect([...results].sort()).toEqual(expect.arrayContaining(["done", "in-doubt", "power-cut"]));
  });
});
