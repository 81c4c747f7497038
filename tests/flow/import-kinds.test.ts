import { describe, expect, it } from "vitest";
import { testTerminalSigner } from "../../host/src/keys/test-keys.ts";
import { importBatch } from "../../host/src/office/import.ts";
import { outstanding } from "../../host/src/office/ledger.ts";
import { enrolTerminal } from "../../host/src/office/terminals.ts";
import { codeOf, done } from "../fixtures/at-the-till.ts";
import { centsOf, pointsOf, shown, stampsOf } from "../fixtures/audit.ts";
import { AT, newLedger } from "../fixtures/ledger.ts";
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

const MEMBERS = 36;
const image = await imageOf([fixtureFile("members")]);
const studio = (number: number) => terminal(number, { programmes: [MEMBERS], image });

describe("batches with every kind of visit", () => {
  it("add up: what the cards hold is what the books say, and they go in twice without effect", async () => {
    const [first, second] = [await studio(1), await studio(2)];
    const [ann, bob] = [await card(1, { chip: "NTAG216" }), await card(2, { chip: "NTAG216" })];
    await done(first, topUp(4_000), ann);
    await done(first, paper(MEMBERS, "passages", 3), ann);
    await done(second, paper(MEMBERS, "passages", 4), bob);
    await done(second, refund("last"), bob);
    await done(first, buy(10_000, MEMBERS, "seances", 2), ann);
    await done(first, buy(3_000, MEMBERS, "club"), bob);
    await done(first, { ...sale(9_900), prepaid: "none" }, ann);
    await done(first, sale(4_400), bob);
    const code = codeOf(first);
    await done(second, refund({ code }), bob);
    const { ticket } = await done(first, give(MEMBERS, "points", 50), ann);
    await done(first, receive(ticket!), bob);
    await done(first, lateSale(2_200, "K-9", NOON), bob);
    await done(first, topUp(2_500), bob);
    await done(first, refund("last"), bob);
    await done(first, { ...sale(0), lines: [], use: 2 }, ann);
    await done(second, close(MEMBERS), ann);
    const ledger = await newLedger();
    for (const [number, shop] of [
      [1, first],
      [2, second],
    ] as const) {
      await enrolTerminal(ledger, number, 1, testTerminalSigner(number).publicKey, AT);
      const { name, file } = shop.collect();
      expect(await importBatch(ledger, { name, file }, AT)).toMatchObject({ status: "accepted" });
      expect(await importBatch(ledger, { name, file }, AT)).toMatchObject({ status: "already-imported" });
    }
    const areas = [await shown(ann, MEMBERS), await shown(bob, MEMBERS)];
    const sum = (of: (area: (typeof areas)[number]) => number) => areas.reduce((all, area) => all + of(area), 0);
    expect(await outstanding(ledger, "cents")).toBe(sum(centsOf));
    expect(await outstanding(ledger, "points")).toBe(sum(pointsOf));
    expect(await outstanding(ledger, "stamps")).toBe(sum(stampsOf));
    expect(sum(pointsOf)).toBe(50 + 22);
  });
});
