import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";
import { Chance } from "@cachet/terminal-sim";
import { importBatch } from "../host/src/office/import.ts";
import { migrate } from "../host/src/office/migrations.ts";
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

  /** The batches of the next night. */
  next(): {
    readonly files: readonly { readonly name: string; readonly file: Uint8Array }[];
    readonly entries: number;
  } {
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
        count: journal.length - first + 1,
      };
    });
    return { files, entries: files.reduce((sum, { count }) => sum + count, 0) };
  }
}

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

/** The rows of the batches behind an arrival, in the transactions that wrote them. */
function rowsBehind(path: string, arrival: number): SQLInputValue[][][][] {
  const database = new DatabaseSync(path, { readOnly: true });
  const batches = database
    .prepare("select terminal, first, last from batch where arrival > ? order by arrival")
    .all(arrival) as unknown as { terminal: number; first: number; last: number }[];
  const groups = batches.map(({ terminal, first, last }) =>
    WRITTEN.map((table) => {
      const rows = database.prepare(`select * from ${table} where terminal = ? and number between ? and ?`);
      rows.setReturnArrays(true);
      return rows.all(terminal, first, last) as unknown as SQLInputValue[][];
    }),
  );
  database.close();
  return groups;
}

/** Seconds that rows take into a file, by prepared statements, each batch in a transaction of its own. */
function rawSeconds(path: string, groups: readonly SQLInputValue[][][][]): number {
  const database = new DatabaseSync(path);
  database.exec("pragma journal_mode = wal; pragma synchronous = full; pragma foreign_keys = on;");
  const statements: StatementSync[] = WRITTEN.map((table) =>
    database.prepare(
      `insert into ${table} values (${Object.keys(TABLES[table])
        .map(() => "?")
        .join(", ")})`,
    ),
  );
  const began = performance.now();
  for (const group of groups) {
    database.exec("begin immediate");
    for (const [i, rows] of group.entries()) for (const row of rows) statements[i]!.run(...row);
    database.exec("commit");
  }
  const seconds = (performance.now() - began) / 1_000;
  database.close();
  return seconds;
}

/** Imports so many entries, night by night, and times them in five parts; then the last nights' rows raw beside it. */
export async function importFigures(entries: number): Promise<ImportFigures> {
  const folder = mkdtempSync(join(tmpdir(), "cachet-import-"));
  const [path, copy] = [join(folder, "ledger.sqlite"), join(folder, "raw.sqlite")];
  let ledger: Ledger = openDatabase(`sqlite:${path}`);
  await migrate(ledger);
  const nights = new Nights();
  for (const { terminal, merchant, signer } of nights.journals)
    await enrolTerminal(ledger, terminal, merchant, signer.publicKey, START);
  const parts: { perEntry: number; memory: number }[] = [];
  let [done, arrival, rawEntries, rawTime] = [0, 0, 0, 0];
  const imported = async () => {
    const { files, entries: count } = nights.next();
    const began = performance.now();
    for (const file of files) {
      const outcome = await importBatch(ledger, file, START);
      if (outcome.status !== "accepted") throw new Error(`${file.name}: ${JSON.stringify(outcome)}`);
    }
    done += count;
    return { seconds: (performance.now() - began) / 1_000, count };
  };
  for (let part = 1; part <= 5; part += 1) {
    const before = done;
    let seconds = 0;
    while (done < (entries * part) / 5) seconds += (await imported()).seconds;
    parts.push({ perEntry: (1e6 * seconds) / (done - before), memory: process.memoryUsage().rss });
  }
  await ledger.destroy();
  cpSync(path, copy);
  ledger = openDatabase(`sqlite:${path}`);
  arrival = Number(
    (
      await ledger
        .selectFrom("batch")
        .select(({ fn }) => fn.max("arrival").as("last"))
        .executeTakeFirst()
    )?.last,
  );
  while (rawEntries < Math.min(entries / 5, 100_000)) {
    const { seconds, count } = await imported();
    rawEntries += count;
    rawTime += seconds;
  }
  await ledger.destroy();
  const raw = rawSeconds(copy, rowsBehind(path, arrival));
  rmSync(folder, { recursive: true, force: true });
  const [second, last] = [parts[1]!, parts[4]!];
  return {
    perSecond: rawEntries / rawTime,
    rawPerSecond: rawEntries / raw,
    entries: done,
    secondPart: second.perEntry,
    lastPart: last.perEntry,
    secondMemory: second.memory,
    lastMemory: last.memory,
  };
}
