import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dayOfCivil, toHex } from "@cachet/card-layout";
import { receiptText } from "@cachet/firmware/counter";
import { Mishaps, type SimTerminal, type Type2Chip } from "@cachet/terminal-sim";
import { afterAll, describe, expect, it } from "vitest";
import { testTerminalSigner } from "../../host/src/keys/test-keys.ts";
import { importBatch } from "../../host/src/office/import.ts";
import { parkingRows } from "../../host/src/office/parking.ts";
import type { Ledger } from "../../host/src/office/schema.ts";
import { enrolTerminal } from "../../host/src/office/terminals.ts";
import { codeOf, done } from "../fixtures/at-the-till.ts";
import { AT, newLedger, newLedgerFile } from "../fixtures/ledger.ts";
import { expectFailure, ProgrammeDesk } from "../fixtures/programme-desk.ts";
import { card, fixtureFile, imageOf, lateSale, NOON, refund, sale, terminal } from "../fixtures/town.ts";

const PARKING = 38;
const image = await imageOf([fixtureFile("parking")]);
const shop = (number = 1) => terminal(number, { programmes: [PARKING], image });
const DAY = 86_400;
const [FIRST, SECOND, THIRD] = [15, 16, 17].map((day) => dayOfCivil(2026, 6, day)) as [number, number, number];

const home = mkdtempSync(join(tmpdir(), "cachet-parking-"));
const desk = new ProgrammeDesk("parking");
afterAll(() => {
  rmSync(home, { recursive: true });
  desk.remove();
});

async function books(shops: readonly SimTerminal[], making = newLedger()): Promise<Ledger> {
  const ledger = await making;
  for (const [i, one] of shops.entries()) {
    await enrolTerminal(ledger, i + 1, 1, testTerminalSigner(i + 1).publicKey, AT);
    expect(await importBatch(ledger, one.collect(), AT)).toMatchObject({ status: "accepted" });
  }
  return ledger;
}

/** Two days at two terminals: what was given and is not taken back, taken back the same day, the day after, and by code elsewhere. */
async function twoDays() {
  const [first, second] = [await shop(1), await shop(2)];
  const [anna, bob, carl] = [await card(1), await card(2), await card(3)] as [Type2Chip, Type2Chip, Type2Chip];
  await done(first, sale(2_000), anna);
  const printed = receiptText(first.till.receipts.at(-1)!).join("\n");
  await first.visit(sale(1_999), anna);
  await done(first, sale(3_000), bob);
  await done(first, refund("last"), bob);
  const { ticket } = await done(first, sale(4_000), carl);
  await done(first, sale(5_000), bob);
  const code = codeOf(first);
  for (const one of [first, second]) one.clock.utc += DAY;
  await done(first, refund(ticket!), carl);
  await done(second, refund({ code }), bob);
  await done(second, lateSale(2_500, "K-1", NOON + DAY - 3_600), carl);
  return { first, second, anna, bob, carl, ticket: ticket!, printed };
}

describe("parking minutes", () => {
  it("are promised on the ticket with the last minute that counts", async () => {
    const { printed } = await twoDays();
    expect(printed).toMatch(/Stationnement offert +30 min/);
    expect(printed).toContain("jusqu'au 15/06/2026");
  });

  it("are told by the books, by day: what was given, and what was taken back of days before", async () => {
    const { first, second, anna, carl, bob, ticket } = await twoDays();
    const ledger = await books([first, second]);
    const rows = async (from: number, to: number) =>
      (await parkingRows(ledger, from, to)).map(({ card: number, minutes, until }) => [number, minutes, until]);
    const [A, B, C] = await Promise.all(
      [anna, bob, carl].map(async (chip) => (await done(await shop(3), sale(2_000), chip)).card),
    );
    const day = "2026-06-15 23:59";
    expect(await rows(FIRST, FIRST)).toEqual([
      [A, 30, day],
      [C, 30, day],
      [B, 30, day],
    ]);
    expect(await rows(SECOND, SECOND)).toEqual([
      [C, -30, day],
      [B, -30, day],
      [C, 30, "2026-06-16 23:59"],
    ]);
    expect(await rows(FIRST, SECOND)).toEqual([
      [A, 30, day],
      [C, 30, "2026-06-16 23:59"],
    ]);
    expect(await rows(THIRD, THIRD)).toEqual([]);
    const late = (await parkingRows(ledger, FIRST, SECOND))[1]!;
    const back = (await parkingRows(ledger, SECOND, SECOND))[0]!;
    expect([late.from, back.from, back.ticket]).toEqual([NOON + DAY - 3_600, NOON, `T-0001-${ticket}`]);
    await ledger.destroy();
  });

  it("are not told of a purchase that is in doubt, nor of one that never came to be", async () => {
    const [first, chip] = [await shop(), await card(4)];
    first.mishaps = new Mishaps();
    const probe = await terminal(1, { programmes: [PARKING], image });
    probe.mishaps = new Mishaps();
    await probe.visit(sale(2_000), chip.copy());
    first.mishaps = new Mishaps().at(probe.mishaps.seen.indexOf("card-write"), { what: "card", when: "before" });
    expect(await first.visit(sale(2_000), chip)).toMatchObject({ result: "in-doubt" });
    const ledger = await books([first]);
    expect(await parkingRows(ledger, FIRST, SECOND)).toEqual([]);
    await ledger.destroy();
  });

  it("are promised by no clock that was reset", async () => {
    const [first, chip] = [await shop(), await card(5)];
    first.clock.suspect = true;
    expect(await first.visit(sale(2_000), chip)).toMatchObject({ result: "nothing-to-do", reason: "CLOCK_SUSPECT" });
  });
});

describe("cachet office parking", () => {
  const run = (...args: readonly string[]) => desk.runAs(["office", "parking"], "--home", home, ...args);

  it("writes what the books say, printed, into a file, and for programs", async () => {
    const { first, second, anna, ticket } = await twoDays();
    const ledger = await books([first, second], newLedgerFile(join(home, "ledger.sqlite")));
    const rows = await parkingRows(ledger, FIRST, FIRST);
    await ledger.destroy();
    const [head, ...lines] = run("--from", "2026-06-15", "--to", "2026-06-15").out.trimEnd().split("\n");
    expect(head).toBe("card,uid,minutes,from,until,ticket");
    expect(lines).toHaveLength(rows.length);
    expect(lines[0]).toBe(`2800010000018,${toHex(anna.uid)},30,2026-06-15 12:00,2026-06-15 23:59,T-0001-2`);
    const file = join(home, "minutes.csv");
    const told = run("--from", "2026-06-16", "--to", "2026-06-17", "-o", file);
    expect(told).toMatchObject({ code: 0, err: "" });
    expect(told.out).toContain("3 rows: 30 minutes given, 60 taken back of purchases before 2026-06-16");
    expect(readFileSync(file, "utf8")).toMatch(new RegExp(`,-30,2026-06-15 12:00,2026-06-15 23:59,T-0001-${ticket}\n`));
    const { out } = run("--from", "2026-06-15", "--to", "2026-06-16", "--json");
    expect(JSON.parse(out)).toMatchObject({ given: 60, takenBack: 0, output: null, rows: [{ minutes: 30 }, {}] });
  });

  it("refuses days that are none, and a home without a ledger", () => {
    expectFailure(run("--from", "2026-06-16", "--to", "2026-06-15"), 2, "C-USAGE-01", "--from 2026-06-16 is after");
    expectFailure(run("--from", "16/06/2026", "--to", "2026-06-17"), 2, "C-USAGE-01", "is not a date like");
    const nowhere = desk.runAs(
      ["office", "parking"],
      "--home",
      join(home, "none"),
      "--from",
      "2026-06-15",
      "--to",
      "2026-06-15",
    );
    expectFailure(nowhere, 1, "C-HOME-02");
  });
});
