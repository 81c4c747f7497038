import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { migrate } from "../../host/src/office/migrations.ts";
import type { Ledger } from "../../host/src/office/schema.ts";
import { openDatabase } from "../../host/src/ports/database/index.ts";
import { cachetIn } from "../fixtures/cachet.ts";
import { earned, freshCard, HandJournal, type HandState } from "../fixtures/hand-journal.ts";
import { AT, rowsOf } from "../fixtures/ledger.ts";
import { enrolTown, type OfficeTown } from "../fixtures/office-town.ts";
import { type PostgresServer, startPostgres } from "../fixtures/postgres-server.ts";
import { type Ended, expectFailure } from "../fixtures/programme-desk.ts";

const folder = mkdtempSync(join(tmpdir(), "cachet-batch-import-"));
const at = (...names: string[]) => join(folder, ...names);

/** Two shops with long journals, in files of some hundred entries: enough for a second thread to read. */
function longTown(): OfficeTown {
  const journals = [new HandJournal(1), new HandJournal(2)];
  const cards: HandState[] = Array.from({ length: 40 }, (_, i) => freshCard(1_000 + i, 20));
  for (let visit = 0; visit < 10_000; visit += 1) {
    const i = visit % cards.length;
    cards[i] = journals[visit % 3 === 0 ? 0 : 1]!.visit(cards[i]!, earned(10)).state;
  }
  const files = journals.flatMap((journal) =>
    Array.from({ length: Math.ceil(journal.length / 600) }, (_, i) => {
      const [first, last] = [600 * i + 1, Math.min(journal.length, 600 * (i + 1))];
      return { name: `T-000${journal.terminal}-${first}-${last}.batch`, file: journal.batch(first, last) };
    }),
  );
  return { journals, files, entries: journals.reduce((sum, { length }) => sum + length, 0) };
}

const TOWN = longTown();
const paths = TOWN.files.map(({ name }) => at("in", name));
let server: PostgresServer;

beforeAll(async () => {
  mkdirSync(at("in"));
  for (const { name, file } of TOWN.files) writeFileSync(at("in", name), file);
  server = await startPostgres();
});
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true });
});

const cachet = (...words: readonly string[]): Ended => cachetIn(at("home"), ...words);

/** A ledger that knows the town's terminals, by its address. */
async function enrolled(address: string): Promise<string> {
  const ledger: Ledger = openDatabase(address);
  await migrate(ledger);
  await enrolTown(ledger, TOWN, AT);
  await ledger.destroy();
  return address;
}

async function balances(address: string) {
  const ledger: Ledger = openDatabase(address);
  const rows = await rowsOf(
    ledger,
    "select holder, sum(amount) as sum from posting where account = 'card' group by holder order by holder",
  );
  const entries = await rowsOf(ledger, "select count(*) as n from entry");
  await ledger.destroy();
  return { rows, entries };
}

const outcomes = ({ out }: Ended): [file: string, status: string][] =>
  out
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line))
    .filter(({ file }) => file !== undefined)
    .map(({ file, status }): [string, string] => [file.split("/").at(-1), status])
    .sort();

describe("cachet batch import", () => {
  it("takes many files one after the other, or several beside each other on PostgreSQL: the same books", async () => {
    const sqlite = await enrolled(`sqlite:${at("ledger.sqlite")}`);
    const postgres = await enrolled(await server.newDatabase("postgres", folder, "beside"));
    const one = cachet("--db", sqlite, "batch", "import", ...paths, "--json");
    expect(one).toMatchObject({ code: 0, err: "" });
    const three = cachet("--db", postgres, "batch", "import", ...paths, "--workers", "3", "--json");
    expect(three).toMatchObject({ code: 0, err: "" });
    expect(JSON.parse(one.out.trim().split("\n").at(-1)!)).toEqual({ files: paths.length, accepted: paths.length });
    expect(outcomes(one)).toEqual(TOWN.files.map(({ name }) => [name, "accepted"]).sort());
    const books = await balances(sqlite);
    expect(books.entries).toEqual([{ n: TOWN.entries }]);
    expect(await balances(postgres)).toEqual(books);
    // Of those that waited for others it is told that they waited, and then that they went in.
    const last = new Map(outcomes(three).filter(([, status]) => status !== "waiting"));
    expect([...last]).toEqual(outcomes(one));
    // One that was set aside before is looked at again, and told again.
    writeFileSync(at("junk"), "no batch");
    for (const _ of [1, 2]) {
      const again = cachet("--db", postgres, "batch", "import", at("junk"), paths[0]!, "--workers", "2", "--json");
      expect(outcomes(again)).toEqual([
        [TOWN.files[0]!.name, "already-imported"],
        ["junk", "quarantined"],
      ]);
      expect(again.code).toBe(1);
    }
  });

  it("says what is wrong before anything is imported", async () => {
    const sqlite = await enrolled(`sqlite:${at("wrong.sqlite")}`);
    writeFileSync(at("empty"), "");
    const run = (...args: readonly string[]) => cachet("--db", sqlite, "batch", "import", ...args);
    expectFailure(run(paths[0]!, at("missing")), 1, "C-FILE-01", "missing", "ENOENT");
    expectFailure(run(paths[0]!, folder), 1, "C-FILE-01", "EISDIR");
    expectFailure(run(paths[0]!, at("empty")), 1, "C-FILE-02", "empty");
    expectFailure(run(paths[0]!, "--workers", "2"), 2, "C-BATCH-02", "SQLite", "--workers");
    const many = run(paths[0]!, "--workers", "99");
    expect(many.err).toContain("a whole number from 1 to 8");
    expect(many.code).toBe(2);
    expect((await balances(sqlite)).entries).toEqual([{ n: 0 }]);
    writeFileSync(at("noise"), "no batch");
    const mixed = run(paths[0]!, at("noise"), paths[2]!, paths[0]!);
    expect(mixed.out).toContain("3 files: 1 already imported, 1 quarantined, 1 waiting");
    expect(mixed.code).toBe(1);
  });

  it("counts a damaged file as made good once other files brought its entries", async () => {
    const sqlite = await enrolled(`sqlite:${at("good.sqlite")}`);
    const run = (...words: readonly string[]) => cachet("--db", sqlite, ...words);
    const torn = TOWN.files[0]!.file.slice();
    torn[torn.length - 1]! ^= 1;
    writeFileSync(at("torn.batch"), torn);
    const bad = run("batch", "import", at("torn.batch"));
    expect(bad.out).toContain("Next: collect the same range again from the terminal.");
    expect(run("batch", "status").out).toContain("QUARANTINED  torn.batch");
    expect(run("office", "alerts").out).toContain("torn.batch");
    expect(run("batch", "import", paths[0]!).code).toBe(0);
    const { out } = run("batch", "status");
    expect(out).not.toContain("QUARANTINED");
    expect(out).toContain("made good  1 damaged file ");
    expect(run("office", "alerts").out).not.toContain("torn.batch");
    // Other content under the same numbers is for somebody to judge, though entries of these numbers are in.
    const other = new HandJournal(1, 1, AT, 7);
    for (let visit = 0; visit < 5; visit += 1) other.visit(freshCard(5_000, 20), earned(1));
    writeFileSync(at("other.batch"), other.batch(1, 2));
    expect(run("batch", "import", at("other.batch")).code).toBe(1);
    expect(run("batch", "status").out).toContain("QUARANTINED  other.batch  other-content");
  });

  it("shows side by side what a file says otherwise than the books", async () => {
    const sqlite = await enrolled(`sqlite:${at("two.sqlite")}`);
    // The same terminal twice, as where one was restored from a copy.
    const [here, there] = [new HandJournal(1), new HandJournal(1)];
    here.visit(freshCard(1_000, 20), earned(70));
    there.visit(freshCard(1_000, 20), earned(90));
    for (const [name, journal] of [
      ["here", here],
      ["there", there],
    ] as const)
      writeFileSync(at(name), journal.batch());
    const run = (...args: readonly string[]) => cachet("--db", sqlite, "batch", ...args);
    expect(run("import", at("here")).code).toBe(0);
    const refused = run("import", at("there"));
    expect(refused.out).toContain("entry 1: entry 1 was imported with other content (other-content)");
    expect(refused.out).toContain("cachet batch compare");
    const compared = run("compare", at("there"));
    expect(compared.code).toBe(0);
    expect(compared.out).toContain("T-0001, entries 1 to 2: 2 are in the books, 2 of them with other content");
    expect(compared.out).toMatch(/ 1 +\S+ \S+ sale .*earned €0\.70.* {2}\S+ \S+ sale .*earned €0\.90/);
    expect(run("compare", at("here")).out).toContain("0 of them with other content");
    expectFailure(run("compare", at("noise")), 1, "C-BATCH-01", "not-a-batch");
  });
});
