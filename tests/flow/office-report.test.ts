import { mkdirSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { importBatch } from "../../host/src/office/import.ts";
import { enrolTerminal } from "../../host/src/office/terminals.ts";
import { earned, freshCard, HandJournal, spent } from "../fixtures/hand-journal.ts";
import { AT, inLedgerOf } from "../fixtures/ledger.ts";
import { expectFailure, ProgrammeDesk } from "../fixtures/programme-desk.ts";

const desk = new ProgrammeDesk("report");
const home = desk.at("home");
const P = 20;
const POINTS = 21;

beforeAll(async () => {
  mkdirSync(home);
  const [a, b] = [new HandJournal(1, 1), new HandJournal(2, 2)];
  const first = a.visit(freshCard(2_800_010_000_421, P), earned(500));
  b.visit(first.state, spent(300));
  const purses = [{ kind: "points", index: 0, count: 48_210 }] as const;
  const [step] = a.intent([{ from: freshCard(2_800_010_000_438, POINTS), effects: [], purses }]);
  a.commit(step!);
  await inLedgerOf(home, async (ledger) => {
    for (const journal of [a, b]) {
      const { terminal, merchant, signer } = journal;
      await enrolTerminal(ledger, terminal, merchant, signer.publicKey, AT);
      await importBatch(ledger, { name: "", file: journal.batch() }, AT);
    }
  });
  desk.write(
    "points.programme.ts",
    'import { points, programme, pts, cents } from "@cachet/firmware/rules";',
    "export default programme({",
    '  number: 21, version: 1, name: "Points", scope: "town",',
    '  merchants: { 1: { name: "Boulangerie", role: "earn-and-spend" }, 2: { name: "Librairie", role: "earn-and-spend" } },',
    "  rules: [points({",
    '    id: "points", earn: { per: "amount", cents: cents(100), points: pts(1), groups: "whole" },',
    "    redeem: { points: pts(1), cents: cents(1) },",
    "  })],",
    "});",
  );
});
afterAll(() => desk.remove());

const run = (...args: readonly string[]) => desk.runAs(["office", "report"], "--home", home, ...args);

describe("cachet office report", () => {
  it("says in French who issued what was spent where, and what points are worth", () => {
    const { code, out, err } = run("--programme", desk.at("points.programme.ts"));
    expect(err).toBe("");
    expect(code).toBe(0);
    expect(out).toMatch(/Boulangerie +2 +2 +0,0 % +10,00 € +10,00 € +5,00 €/);
    expect(out).toMatch(
      /émis ici \(lignes\), dépensé là \(colonnes\)\n +Librairie +total\n +Boulangerie +3,00 € +3,00 €/,
    );
    expect(out).toMatch(/21 +points 0 +48210 points +482,10 €/);
    expect(out).toMatch(/terminaux sans nouvelles depuis 3 jours: 2\n/);
  });

  it("speaks English, and of some days only", () => {
    const { out } = run("--lang", "en", "--from", "2026-06-15", "--to", "2026-06-15");
    expect(out).toContain("2026-06-15 - 2026-06-15");
    expect(out).toMatch(/total +3 +2 +50.0% +€10.00 +€15.00 +€5.00 +€3.00/);
    expect(run("--lang", "en", "--from", "2026-06-16").out).toMatch(/total +0 +0 +0.0% +€0.00/);
  });

  it("gives every figure as JSON and as CSV", () => {
    const csv = desk.at("report.csv");
    const { code, out } = run("--json", "--csv", csv, "--to", "2026-06-30");
    expect(code).toBe(0);
    const all = JSON.parse(out);
    expect(all).toMatchObject({
      from: null,
      to: "2026-06-30",
      visits: 3,
      members: 2,
      outstandingCents: 200,
      inDoubt: 0,
    });
    expect(all.matrix.cells).toEqual([{ issuer: 1, merchant: 2, cents: 300 }]);
    const lines = readFileSync(csv, "utf8").trimEnd().split("\n");
    expect(lines[0]).toBe("table,row,column,unit,value");
    for (const line of [
      "town,total,visits,count,3",
      "town,total,earned,cents,500",
      "merchant,2,guests,count,1",
      "matrix,1,2,cents,300",
      "issued,1,left,cents,200",
      "paid,2,fromOthers,cents,300",
      "held,21,points 0,points,48210",
      "expiring,20,,cents,200",
    ])
      expect(lines).toContain(line);
  });

  it("tells a merchant of his own cards alone", () => {
    const own = JSON.parse(run("--json", "--merchant", "1").out);
    expect(own.clients.map(({ card }: { card: number }) => card)).toEqual([2_800_010_000_421, 2_800_010_000_438]);
    expect(JSON.parse(run("--json", "--merchant", "2").out).clients).toEqual([]);
    expectFailure(run("--merchant", "7"), 1, "C-REPORT-01", "merchant 7", "merchants here: 1, 2");
  });

  it("refuses days in the wrong order", () => {
    expectFailure(run("--from", "2026-07-01", "--to", "2026-06-01"), 2, "C-USAGE-01", "is after --to");
  });
});
