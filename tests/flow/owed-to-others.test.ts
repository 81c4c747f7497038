import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { cardNumber } from "@cachet/card-layout";
import { Mishaps, type SimTerminal } from "@cachet/terminal-sim";
import { afterAll, describe, expect, it } from "vitest";
import { testTerminalSigner } from "../../host/src/keys/test-keys.ts";
import { importBatch } from "../../host/src/office/import.ts";
import { owedTo } from "../../host/src/office/owed.ts";
import type { Ledger } from "../../host/src/office/schema.ts";
import { statement } from "../../host/src/office/statement.ts";
import { enrolTerminal } from "../../host/src/office/terminals.ts";
import { done } from "../fixtures/at-the-till.ts";
import { pointsOf, shown } from "../fixtures/audit.ts";
import { AT, newLedger, newLedgerFile, rowsOf as rowsIn } from "../fixtures/ledger.ts";
import { ProgrammeDesk } from "../fixtures/programme-desk.ts";
import { card, fixtureFile, ISSUER, imageOf, refund, sale, terminal } from "../fixtures/town.ts";

const desk = new ProgrammeDesk("owed");
afterAll(() => desk.remove());

const NEIGHBOURS = 40;
const DAY = 86_400;
const image = await imageOf([fixtureFile("neighbours")]);
const shop = (number: number, merchant: number) => terminal(number, { merchant, programmes: [NEIGHBOURS], image });
const [ANN, BOB] = [cardNumber(ISSUER, 1), cardNumber(ISSUER, 2)];

/** A ledger with all that these terminals have journalled. */
async function booksOf(
  making: Promise<Ledger>,
  terminals: readonly (readonly [number, number, SimTerminal])[],
): Promise<Ledger> {
  const ledger = await making;
  for (const [number, merchant, from] of terminals) {
    await enrolTerminal(ledger, number, merchant, testTerminalSigner(number).publicKey, AT);
    const batch = from.collect();
    expect(await importBatch(ledger, batch, AT)).toMatchObject({ status: "accepted" });
    expect(await importBatch(ledger, batch, AT)).toMatchObject({ status: "already-imported" });
  }
  return ledger;
}

/** The rows of the ledger itself, by account and unit. */
const rowsOf = async (ledger: Ledger) => {
  const rows = await rowsIn(
    ledger,
    `select account, party, holder, programme, unit, sum(amount) as sum from posting where account in ('owed', 'promised')
     group by account, party, holder, programme, unit having sum(amount) <> 0 order by account, party, holder`,
  );
  return rows.map(({ account, party, holder, programme, unit, sum }) => [
    account,
    party ?? holder,
    programme,
    unit,
    sum,
  ]);
};

const printed = ({ till }: SimTerminal): string => JSON.stringify(till.receipts.at(-1));

describe("what visits owe to others than their card", () => {
  it("goes from the till to the statement, by name, card and month, and is what the ledger's rows come to", async () => {
    const primeur = await shop(1, 1);
    const bob = await card(2);
    const first = { ...sale(2_000), referredBy: ANN };
    await done(primeur, first, bob);
    expect(printed(primeur)).toContain("Parrain, carte …0018");
    // The till asks again: it is the same visit.
    expect(await primeur.visit(first, bob)).toMatchObject({ result: "already-done" });
    await done(primeur, { ...sale(1_000), gift: "miles", giftPoints: 303 }, bob);
    expect(printed(primeur)).toContain("2,42");
    await done(primeur, { ...sale(1_000), gift: "don" }, bob);
    primeur.clock.utc += 20 * DAY;
    await done(primeur, { ...sale(1_000), gift: "don" }, bob);
    const home = desk.at("home");
    mkdirSync(home);
    const ledger = await booksOf(newLedgerFile(join(home, "ledger.sqlite")), [[1, 1, primeur]]);
    const owed = { programme: NEIGHBOURS, unit: "cents" } as const;
    expect((await statement(ledger)).owed).toEqual([
      { ...owed, to: "Les Amis", month: "2026-06", amount: 100 },
      { ...owed, to: "Les Amis", month: "2026-07", amount: 100 },
      { ...owed, to: "P", month: "2026-06", amount: 242 },
      { programme: NEIGHBOURS, to: ANN, month: "2026-06", unit: "points", amount: 400 },
    ]);
    expect(await rowsOf(ledger)).toEqual([
      ["owed", "Les Amis", NEIGHBOURS, "cents", 200],
      ["owed", "P", NEIGHBOURS, "cents", 242],
      ["promised", ANN, NEIGHBOURS, "points", 400],
    ]);
    const balanced = await rowsIn(ledger, "select unit from posting group by unit having sum(amount) <> 0");
    expect(balanced).toEqual([]);
    expect(pointsOf(await shown(bob, NEIGHBOURS))).toBe(200 + 500 + 100 - 303 + 100 - 100 + 100 - 100);
    await ledger.destroy();
    const report = desk.runAs(["office", "report"], "--home", home);
    expect(report.code, report.err).toBe(0);
    expect(report.out).toMatch(/dû à d'autres, par mois\n2026-06 {2}Les Amis +programme 40 +1,00/);
    expect(report.out).toMatch(new RegExp(`2026-06 {2}carte ${ANN} +programme 40 +400 points`));
    const json = JSON.parse(desk.runAs(["office", "report"], "--home", home, "--json").out);
    expect(json.owed).toHaveLength(4);
  });

  it("is owed no longer once the sale is returned, in the month of the return", async () => {
    const primeur = await shop(1, 1);
    const bob = await card(2);
    const { ticket } = await done(primeur, { ...sale(2_000), referredBy: ANN }, bob);
    const { ticket: given } = await done(primeur, { ...sale(100), gift: "don" }, bob);
    primeur.clock.utc += 20 * DAY;
    await done(primeur, refund(given!), bob);
    await done(primeur, refund(ticket!), bob);
    expect(pointsOf(await shown(bob, NEIGHBOURS))).toBe(0);
    const again = await primeur.visit({ ...sale(2_000), referredBy: ANN }, bob);
    expect(again).toMatchObject({ result: "done", reason: "SEEN_BEFORE" });
    const ledger = await booksOf(newLedger(), [[1, 1, primeur]]);
    expect(await rowsOf(ledger)).toEqual([]);
    expect((await owedTo(ledger)).map(({ to, month, amount }) => [to, month, amount])).toEqual([
      ["Les Amis", "2026-06", 100],
      ["Les Amis", "2026-07", -100],
      [ANN, "2026-06", 400],
      [ANN, "2026-07", -400],
    ]);
  });

  it("is refused with its reason, and the sale goes on", async () => {
    const primeur = await shop(1, 1);
    for (const [serial, amount, referredBy, reason] of [
      [2, 2_000, BOB, "SAME_CARD"],
      [3, 1_999, ANN, "BELOW_MINIMUM"],
      [4, 2_000, ANN + 1, "NO_SUCH_CARD"],
    ] as const) {
      const chip = await card(serial);
      expect(await primeur.visit({ ...sale(amount), referredBy }, chip)).toMatchObject({ result: "done", reason });
      expect(pointsOf(await shown(chip, NEIGHBOURS))).toBe(Math.floor(amount / 10));
    }
    expect(await owedTo(await booksOf(newLedger(), [[1, 1, primeur]]))).toEqual([]);
  });

  it("is owed once, wherever the power went in the middle of the first purchase", async () => {
    let cuts = 0;
    const moments = Array.from({ length: 20 }, (_, i) => i + 1).flatMap((operation) =>
      (["before", "after"] as const).map((when) => ({ operation, when })),
    );
    for (const { operation, when } of moments) {
      const primeur = await shop(1, 1);
      const bob = await card(2);
      const first = { ...sale(2_000), referredBy: ANN };
      primeur.mishaps = new Mishaps().at(operation, { what: "power", when });
      if ((await primeur.visit(first, bob)) === "power-cut") {
        cuts += 1;
        await primeur.powerOn();
      }
      primeur.mishaps = new Mishaps();
      const { result } = (await primeur.visit(first, bob)) as { readonly result: string };
      expect(["done", "already-done"], `${when} ${operation}`).toContain(result);
      expect(pointsOf(await shown(bob, NEIGHBOURS)), `${when} ${operation}`).toBe(700);
      const ledger = await booksOf(newLedger(), [[1, 1, primeur]]);
      expect(await rowsOf(ledger), `${when} ${operation}`).toEqual([["promised", ANN, NEIGHBOURS, "points", 400]]);
      await ledger.destroy();
      primeur.powerOff();
    }
    expect(cuts).toBeGreaterThan(30);
  });
});

describe("cards that were also used next door", () => {
  it("get at each shop what the other's visit opens, until its last day is over", async () => {
    const [primeur, fromager] = [await shop(1, 1), await shop(2, 2)];
    const bob = await card(2);
    await done(primeur, sale(1_000), bob);
    // Ten points for a euro, twice of it: the card was at the greengrocer's today.
    await done(fromager, sale(1_000), bob);
    expect(pointsOf(await shown(bob, NEIGHBOURS))).toBe(100 + 200);
    for (const { clock } of [primeur, fromager]) clock.utc += 6 * DAY;
    expect(await done(primeur, sale(1_000), bob)).toMatchObject({ discountCents: 100, payable: 900 });
    for (const { clock } of [primeur, fromager]) clock.utc += DAY;
    expect(await done(primeur, sale(1_000), bob)).toMatchObject({ discountCents: 0, payable: 1_000 });
    const { ticket } = await done(fromager, sale(1_000), bob);
    expect(await done(primeur, sale(1_000), bob)).toMatchObject({ discountCents: 100 });
    await done(fromager, refund(ticket!), bob);
    expect(await done(primeur, sale(1_000), bob)).toMatchObject({ discountCents: 0 });
  });
});
