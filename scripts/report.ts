import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CompiledQuery } from "kysely";
import { migrate } from "../host/src/office/migrations.ts";
import { report } from "../host/src/office/report/report.ts";
import type { Ledger } from "../host/src/office/schema.ts";
import { openDatabase } from "../host/src/ports/database/index.ts";
import { importMonth, MONTH } from "../tests/fixtures/office-month.ts";
import { startPostgres } from "../tests/fixtures/postgres-server.ts";

export interface ReportFigures {
  /** Seconds of the report itself, in a process that made none before. */
  readonly seconds: number;
  /** Seconds of the whole command, its start included. */
  readonly commandSeconds: number;
}

/** The report of a month from a ledger that is opened for it. */
async function measured(address: string): Promise<ReportFigures> {
  const ledger: Ledger = openDatabase(address);
  await migrate(ledger);
  await importMonth(ledger);
  // A server does so by itself within a minute.
  await ledger.executeQuery(CompiledQuery.raw("analyze"));
  await ledger.destroy();
  const again: Ledger = openDatabase(address);
  const began = performance.now();
  const { visits, members, merchants } = await report(again, { now: Date.UTC(2026, 6, 1) / 1_000, silentDays: 7 });
  const seconds = (performance.now() - began) / 1_000;
  await again.destroy();
  if (visits !== MONTH.visits || merchants.length !== MONTH.merchants || members < 0.95 * MONTH.cards)
    throw new Error(`the month has ${visits} visits of ${members} cards at ${merchants.length} merchants`);
  const start = performance.now();
  const command = [join("host", "bin", "cachet.mjs"), "office", "report", "--db", address, "--json"];
  const { status, stderr } = spawnSync(process.execPath, command, { encoding: "utf8", maxBuffer: 1 << 28 });
  if (status !== 0) throw new Error(`office report ended with ${status}: ${stderr}`);
  return { seconds, commandSeconds: (performance.now() - start) / 1_000 };
}

/** The report of a month of 43 merchants and 9 000 cards, on both engines. */
export async function reportFigures(): Promise<{ readonly sqlite: ReportFigures; readonly postgres: ReportFigures }> {
  const folder = mkdtempSync(join(tmpdir(), "cachet-report-"));
  const server = await startPostgres();
  try {
    const sqlite = await measured(`sqlite:${join(folder, "ledger.sqlite")}`);
    return { sqlite, postgres: await measured(server.addressOf("postgres")) };
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
