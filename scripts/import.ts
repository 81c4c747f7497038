import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync, type SQLInputValue } from "node:sqlite";
import { dayOf } from "@cachet/card-layout";
import { Chance } from "@cachet/terminal-sim";
import { sql } from "kysely";
import { importFiles } from "../host/src/office/import-files.ts";
import { migrate } from "../host/src/office/migrations.ts";
import { ReadAhead } from "../host/src/office/read-ahead.ts";
import { type Cells, cellsOf, insertCells, type Ledger, TABLES } from "../host/src/office/schema.ts";
import { enrolTerminal } from "../host/src/office/terminals.ts";
import { type Engine, openDatabase } from "../host/src/ports/database/index.ts";
import { SETTINGS } from "../host/src/ports/database/sqlite.ts";
import { earned, freshCard, HandJournal, type HandState, spent } from "../tests/fixtures/hand-journal.ts";
import { startPostgres } from "../tests/fixtures/postgres-server.ts";

/** Entries that go in beside raw ones, at most. */
const COMPARED_MAX = 500_000;
/** A town whose terminals bring some hundred entries a night each. */
const [TERMINALS, CARDS, VISITS_A_NIGHT] = [43, 9_000, 10_000];
const PROGRAMME = 20;
const DAY = 86_400;
const START = Date.UTC(2026, 0, 5, 8) / 1_000;
/** What every import of a visit writes, row by row. */
const WRITTEN = ["entry", "intent_area", "posting"] as const;

/** What the terminals bring in one night. */
interface Night {
  readonly files: readonly {
    readonly name: string;
    readonly file: Uint8Array;
    readonly terminal: number;
    readonly first: number;
    readonly last: number;
    /** On which its entries are. */
    readonly day: number;
  }[];
  readonly entries: number;
}

/** The nights of a town, one after the other; nothing of a night is kept. */
class Nights {
  readonly journals = Array.from(
    { length: TERMINALS },
    (_, i) => new HandJournal(i + 1, i + 1, START, Math.floor((8 * 3_600 * TERMINALS) / (2 * VISITS_A_NIGHT))),
  );
  private readonly chance = new Chance(1);
  private readonly cards: HandState[] = Array.from({ length: CARDS }, (_, i) => freshCard(1_000 + i, PROGRAMME));
  private readonly sent = this.journals.map(() => 0);
  private night = 0;

  /** What is imported by one command: the batches of the next five nights. */
  week(): Night[] {
    return Array.from({ length: 5 }, () => this.next());
  }

  /** The batches of the next night. */
  private next(): Night {
    for (const journal of this.journals) {
      journal.forget();
      journal.at(START + this.night * DAY);
    }
    this.night += 1;
    for (let visit = 0; visit < VISITS_A_NIGHT; visit += 1) {
      const at = this.chance.below(CARDS);
      const held = this.cards[at]!;
      const effects = held.cents >= 500 && visit % 3 === 0 ? [spent(400)] : [earned(10 + this.chance.below(200))];
      this.cards[at] = this.journals[this.chance.below(TERMINALS)]!.visit(held, ...effects).state;
    }
    const day = dayOf(START + (this.night - 1) * DAY, 0);
    const files = this.journals.map((journal, i) => {
      const first = this.sent[i]! + 1;
      this.sent[i] = journal.length;
      return {
        name: `night-${this.night}`,
        file: journal.batch(first, journal.length),
        ...{ terminal: journal.terminal, first, last: journal.length, day },
      };
    });
    return { files, entries: files.reduce((sum, { first, last }) => sum + last - first + 1, 0) };
  }
}

const entriesIn = (nights: readonly Night[]): number => nights.reduce((sum, { entries }) => sum + entries, 0);

export interface ImportFigures {
  /** Entries a second over the last part, and what the very same rows take raw into a copy of the same ledger. */
  readonly perSecond: number;
  readonly rawPerSecond: number;
  readonly entries: number;
  /** Microseconds for an entry in the second of five parts, and in the last. */
  readonly secondPart: number;
  readonly lastPart: number;
  /** Bytes of memory at the end of these parts. */
  readonly secondMemory: number;
  readonly lastMemory: number;
}

/** What one batch brought into a ledger: for each table that is written its rows. */
type Brought = readonly (readonly Cells[])[];

async function broughtBy(ledger: Ledger, { terminal, first, last, day }: Night["files"][number]): Promise<Brought> {
  const tables: Cells[][] = [];
  for (const table of WRITTEN) {
    const rows = await ledger
      .selectFrom(table)
      .selectAll()
      .where("day", "=", day)
      .where("terminal", "=", terminal)
      .where("number", ">=", first)
      .where("number", "<=", last)
      .execute();
    tables.push(rows.map((row) => cellsOf(table, row)));
  }
  if (tables[0]!.length !== last - first + 1)
    throw new Error(`not all entries of terminal ${terminal} are of day ${day}`);
  return tables;
}

/** Writes rows raw into a ledger that another one was copied to, in a transaction for each batch, as its import did. */
interface Raw {
  write(brought: Brought): Promise<void>;
  close(): Promise<void>;
}

/** By prepared statements, under the settings of a ledger. */
function rawSqlite(path: string): Raw {
  const database = new DatabaseSync(path);
  database.exec(`pragma journal_mode = wal; ${SETTINGS}`);
  const statements = WRITTEN.map((table) => {
    const columns = Object.keys(TABLES[table]);
    return database.prepare(
      `insert into ${table} (${columns.join(", ")}) values (${columns.map(() => "?").join(", ")})`,
    );
  });
  return {
    async write(brought) {
      database.exec("begin immediate");
      for (const [i, rows] of brought.entries())
        for (const row of rows) statements[i]!.run(...(row as readonly SQLInputValue[]));
      database.exec("commit");
    },
    async close() {
      database.close();
    },
  };
}

/** By one statement for each table, its columns as arrays. */
function rawPostgres(address: string): Raw {
  const ledger: Ledger = openDatabase(address);
  return {
    write: (brought) =>
      ledger.transaction().execute(async (transaction) => {
        for (const [i, rows] of brought.entries()) await insertCells(transaction, WRITTEN[i]!, rows);
      }),
    close: () => ledger.destroy(),
  };
}

/** Where the ledgers of a run are: one that batches are imported into, and a copy of it that their rows go into raw. */
interface Place {
  readonly address: string;
  /** Makes the copy, while nobody has the ledger open. */
  copy(): Promise<Raw>;
  end(): Promise<void>;
}

async function place(engine: Engine): Promise<Place> {
  if (engine === "sqlite") {
    const folder = mkdtempSync(join(tmpdir(), "cachet-import-"));
    const [path, copy] = [join(folder, "ledger.sqlite"), join(folder, "raw.sqlite")];
    return {
      address: `sqlite:${path}`,
      async copy() {
        cpSync(path, copy);
        return rawSqlite(copy);
      },
      async end() {
        rmSync(folder, { recursive: true, force: true });
      },
    };
  }
  const server = await startPostgres();
  const address = await server.newDatabase("postgres", "", "ledger");
  return {
    address,
    async copy() {
      const others: Ledger = openDatabase(server.addressOf("postgres"));
      await sql`create database raw template ledger`.execute(others);
      await others.destroy();
      return rawPostgres(server.addressOf("raw"));
    },
    end: server.stop,
  };
}

/** Imports so many entries, week by week, and times them in five parts; then some weeks' rows raw beside their import. */
export async function importFigures(engine: Engine, entries: number): Promise<ImportFigures> {
  const { address, copy, end } = await place(engine);
  let ledger: Ledger = openDatabase(address);
  await migrate(ledger);
  let ahead = new ReadAhead(ledger);
  await ahead.started;
  const nights = new Nights();
  for (const { terminal, merchant, signer } of nights.journals)
    await enrolTerminal(ledger, terminal, merchant, signer.publicKey, START);
  const imported = async (week: readonly Night[]): Promise<number> => {
    const files = week.flatMap((night) => night.files);
    const began = performance.now();
    await importFiles(
      ledger,
      files.map(({ name, file }) => ({ name, read: () => file })),
      START,
      (at, { outcome }) => {
        if (outcome.status !== "accepted") throw new Error(`${files[at]!.name}: ${JSON.stringify(outcome)}`);
      },
      ahead,
    );
    return (performance.now() - began) / 1_000;
  };
  const parts: { perEntry: number; memory: number }[] = [];
  let done = 0;
  for (let part = 1; part <= 5; part += 1) {
    let [count, seconds] = [0, 0];
    while (count === 0 || done < (entries * part) / 5) {
      const week = nights.week();
      seconds += await imported(week);
      count += entriesIn(week);
      done += entriesIn(week);
    }
    parts.push({ perEntry: (1e6 * seconds) / count, memory: process.memoryUsage().rss });
  }
  await ahead.end();
  await ledger.destroy();
  const raw = await copy();
  ledger = openDatabase(address);
  ahead = new ReadAhead(ledger);
  await ahead.started;
  let [compared, seconds, rawSeconds] = [0, 0, 0];
  // One week by import, the same one raw, and so on: whatever else the machine does, it does to both.
  while (compared < Math.min(entries / 5, COMPARED_MAX)) {
    const week = nights.week();
    compared += entriesIn(week);
    seconds += await imported(week);
    const brought: Brought[] = [];
    for (const night of week) for (const file of night.files) brought.push(await broughtBy(ledger, file));
    const began = performance.now();
    for (const one of brought) await raw.write(one);
    rawSeconds += (performance.now() - began) / 1_000;
  }
  await raw.close();
  await ahead.end();
  await ledger.destroy();
  await end();
  const [second, last] = [parts[1]!, parts[4]!];
  return {
    perSecond: compared / seconds,
    rawPerSecond: compared / rawSeconds,
    entries: done,
    secondPart: second.perEntry,
    lastPart: last.perEntry,
    secondMemory: second.memory,
    lastMemory: last.memory,
  };
}
