import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Chance } from "@cachet/terminal-sim";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { checkLedger } from "../../host/src/office/check.ts";
import { closeTo, firstOpenDay } from "../../host/src/office/closings.ts";
import { decideDoubts } from "../../host/src/office/decisions.ts";
import { migrate } from "../../host/src/office/migrations.ts";
import type { Ledger } from "../../host/src/office/schema.ts";
import { openDatabase } from "../../host/src/ports/database/index.ts";
import { AT, newLedger, rowsOf } from "../fixtures/ledger.ts";
import { enrolTown, importTown, officeTown, shuffled } from "../fixtures/office-town.ts";
import { type PostgresServer, startPostgres } from "../fixtures/postgres-server.ts";

/** How often an importer is killed. */
const SOAK = process.env.CACHET_SOAK === "1";
const KILLS = SOAK ? { sqlite: 200, postgres: 50 } : { sqlite: 12, postgres: 5 };
const MINUTES = 60_000;
const PROCESS = fileURLToPath(new URL("../fixtures/import-process.ts", import.meta.url));
const TOWN = officeTown(11, { terminals: 6, cards: 30, visits: 600, batches: 60 });

const folder = mkdtempSync(join(tmpdir(), "cachet-crash-"));
const inbox = join(folder, "in");
let server: PostgresServer;
beforeAll(async () => {
  mkdirSync(inbox);
  for (const [i, { file }] of shuffled(TOWN.files, new Chance(5)).entries())
    writeFileSync(join(inbox, `${String(i).padStart(3, "0")}.batch`), file);
  server = await startPostgres();
});
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true });
});

/** What the books say that does not depend on how often somebody began. */
async function booksOf(ledger: Ledger) {
  await decideDoubts(ledger, AT);
  const closed = await closeTo(ledger, (await firstOpenDay(ledger))! + 3, AT);
  const scratch = await newLedger();
  await checkLedger(ledger, scratch);
  await scratch.destroy();
  return {
    closings: closed.map(({ hash }) => Buffer.from(hash).toString("hex")),
    balances: await rowsOf(
      ledger,
      "select account, holder, unit, sum(amount) as sum from posting group by account, holder, unit order by account, holder, unit",
    ),
    entries: await rowsOf(ledger, "select count(*) as n from entry"),
    left: await rowsOf(ledger, "select name from batch where status in ('waiting', 'quarantined')"),
  };
}

/** Runs an importer, killed after so many milliseconds of work; gives how long it worked where it came to its end before, else null. */
function run(address: string, killAfter: number | null): Promise<number | null> {
  const child = spawn(process.execPath, ["--import", "tsx", PROCESS, address, inbox, String(AT)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let began = 0;
  return new Promise((resolve, reject) => {
    child.stdout.once("data", () => {
      began = performance.now();
      if (killAfter !== null) setTimeout(() => child.kill("SIGKILL"), killAfter);
    });
    child.once("exit", (code, signal) => {
      if (code === 0) resolve(performance.now() - began);
      else if (signal === "SIGKILL") resolve(null);
      else reject(new Error(`the importer ended with ${code}`));
    });
  });
}

async function newBooks(address: string): Promise<void> {
  const ledger: Ledger = openDatabase(address);
  await migrate(ledger);
  await enrolTown(ledger, TOWN, AT);
  await ledger.destroy();
}

describe("an import that is killed", () => {
  it.each(["sqlite", "postgres"] as const)(
    "comes to the same books once it is begun again, on %s",
    async (engine) => {
      const whole = await newLedger();
      await importTown(whole, TOWN, TOWN.files, AT);
      const expected = await booksOf(whole);
      await whole.destroy();
      expect(expected.left).toEqual([]);
      const chance = new Chance(engine === "sqlite" ? 1 : 2);
      const timing = await server.newDatabase(engine, folder, "timing");
      await newBooks(timing);
      const longest = Math.ceil((await run(timing, null))!);
      let [kills, rounds] = [0, 0];
      while (kills < KILLS[engine]) {
        rounds += 1;
        const address = await server.newDatabase(engine, folder, `${engine}${rounds}`);
        await newBooks(address);
        while (kills < KILLS[engine] && (await run(address, chance.below(longest))) === null) kills += 1;
        await run(address, null);
        const ledger: Ledger = openDatabase(address);
        expect(await booksOf(ledger), `after ${kills} kills`).toEqual(expected);
        await ledger.destroy();
      }
      process.stdout.write(`killed ${kills} times on ${engine}, in ${rounds} ledgers of ${TOWN.entries} entries\n`);
    },
    SOAK ? 120 * MINUTES : 5 * MINUTES,
  );
});
