import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";
import { Chance } from "@cachet/terminal-sim";
import { importFiles } from "../host/src/office/import-files.ts";
import { migrate } from "../host/src/office/migrations.ts";
import { ReadAhead } from "../host/src/office/read-ahead.ts";
import { type Ledger, TABLES } from "../host/src/office/schema.ts";
import { enrolTerminal } from "../host/src/office/terminals.ts";
import { openDatabase } from "../host/src/ports/database/index.ts";
import { earned, freshCard, HandJournal, type HandState, spent } from "../tests/fixtures/hand-journal.ts";

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
    const files = this.journals.map((journal, i) => {
      const first = this.sent[i]! + 1;
      this.sent[i] = journal.length;
      return {
        name: `night-${this.night}`,
        file: journal.batch(first, journal.length),
        ...{ terminal: journal.terminal, first, last: journal.length },
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

/** Rows that go raw into a ledger that another one was copied to, each batch in a transaction of its own, as its import did. */
class Raw {
  private readonly database: DatabaseSync;
  private readonly statements: readonly StatementSync[];
  seconds = 0;

  constructor(path: string) {
    this.database = new DatabaseSync(path);
    this.database.exec("pragma journal_mode = wal; pragma synchronous = full; pragma foreign_keys = on;");
    this.statements = WRITTEN.map((table) => {
      const columns = Object.keys(TABLES[table]);
      return this.database.prepare(
        `insert into ${table} (${columns.join(", ")}) values (${columns.map(() => "?").join(", ")})`,
      );
    });
  }

  /** Writes what some batches brought into another ledger: for each batch the rows of each table. */
  write(batches: readonly (readonly SQLInputValue[][][])[]): void {
    const began = performance.now();
    for (const tables of batches) {
      this.database.exec("begin immediate");
      for (const [i, rows] of tables.entries()) for (const row of rows) this.statements[i]!.run(...row);
      this.database.exec("commit");
    }
    this.seconds += (performance.now() - began) / 1_000;
  }

  close(): void {
    this.database.close();
  }
}

/** Reads what batches brought into a ledger. */
class Brought {
  private readonly database: DatabaseSync;
  private readonly statements: readonly StatementSync[];

  constructor(path: string) {
    this.database = new DatabaseSync(path, { readOnly: true });
    this.statements = WRITTEN.map((table) => {
      const columns = Object.keys(TABLES[table]).join(", ");
      const rows = this.database.prepare(
        `select ${columns} from ${table} where terminal = ? and number between ? and ?`,
      );
      rows.setReturnArrays(true);
      return rows;
    });
  }

  rows({ terminal, first, last }: Night["files"][number]): SQLInputValue[][][] {
    return this.statements.map((rows) => rows.all(terminal, first, last) as unknown as SQLInputValue[][]);
  }

  close(): void {
    this.database.close();
  }
}

/** Imports so many entries, night by night, and times them in five parts; then the last nights' rows raw beside it. */
export async function importFigures(entries: number): Promise<ImportFigures> {
  const folder = mkdtempSync(join(tmpdir(), "cachet-import-"));
  const [path, copy] = [join(folder, "ledger.sqlite"), join(folder, "raw.sqlite")];
  let ledger: Ledger = openDatabase(`sqlite:${path}`);
  await migrate(ledger);
  let ahead = new ReadAhead(ledger);
  const nights = new Nights();
  for (const { terminal, merchant, signer } of nights.journals)
    await enrolTerminal(ledger, terminal, merchant, signer.publicKey, START);
  const parts: { perEntry: number; memory: number }[] = [];
  let done = 0;
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
    done += entriesIn(week);
    return (performance.now() - began) / 1_000;
  };
  for (let part = 1; part <= 5; part += 1) {
    const before = done;
    let seconds = 0;
    while (done < (entries * part) / 5) seconds += await imported(nights.week());
    parts.push({ perEntry: (1e6 * seconds) / (done - before), memory: process.memoryUsage().rss });
  }
  // One week by import, the same one raw, and so on: whatever else the machine does, it does to both.
  await ahead.end();
  await ledger.destroy();
  cpSync(path, copy);
  ledger = openDatabase(`sqlite:${path}`);
  ahead = new ReadAhead(ledger);
  await ahead.started;
  const [raw, brought] = [new Raw(copy), new Brought(path)];
  let [compared, seconds] = [0, 0];
  while (compared < Math.min(entries / 5, 200_000)) {
    const week = nights.week();
    compared += entriesIn(week);
    seconds += await imported(week);
    for (const night of week) raw.write(night.files.map((file) => brought.rows(file)));
  }
  brought.close();
  raw.close();
  await ahead.end();
  await ledger.destroy();
  rmSync(folder, { recursive: true, force: true });
  const [second, last] = [parts[1]!, parts[4]!];
  return {
    perSecond: compared / seconds,
    rawPerSecond: compared / raw.seconds,
    entries: done,
    secondPart: second.perEntry,
    lastPart: last.perEntry,
    secondMemory: second.memory,
    lastMemory: last.memory,
  };
}
