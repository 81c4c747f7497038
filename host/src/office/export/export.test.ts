import { toHex } from "@cachet/card-layout";
import { CompiledQuery } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ARCHIVED_AT, archivedBooks } from "../../../../tests/fixtures/archives.ts";
import { earned, freshCard, HandJournal } from "../../../../tests/fixtures/hand-journal.ts";
import { AT, newLedger } from "../../../../tests/fixtures/ledger.ts";
import { sha256 } from "../../ports/crypto.ts";
import { type Columns, openDatabase } from "../../ports/database/index.ts";
import { importBatch } from "../import.ts";
import { migrate } from "../migrations.ts";
import { KEYS, type Ledger, TABLES } from "../schema.ts";
import { enrolTerminal } from "../terminals.ts";
import { type ExportWish, exportLedger } from "./export.ts";
import { timeText } from "./fields.ts";
import { rowsByKey } from "./tables.ts";

type TableName = keyof typeof TABLES;
const NAMES = Object.keys(TABLES) as TableName[];
type Files = ReadonlyMap<string, string>;

/** An export in memory. */
async function exported(ledger: Ledger, merchant: ExportWish["merchant"] = null): Promise<Files> {
  const files = new Map<string, string>();
  await exportLedger(ledger, { merchant, made: ARCHIVED_AT }, async (path, fill) => {
    const pieces: Uint8Array[] = [];
    const result = await fill((bytes) => void pieces.push(bytes.slice()));
    files.set(path, Buffer.concat(pieces).toString("utf8"));
    return result;
  });
  return files;
}

/** A CSV file's cells, read as RFC 4180 says. */
function cellsOf(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  for (let at = 0; at < text.length; ) {
    let cell = "";
    if (text[at] === '"') {
      for (at += 1; text[at] !== '"' || text[at + 1] === '"'; at += 1) {
        if (text[at] === '"') at += 1;
        cell += text[at];
      }
      at += 1;
    } else {
      for (; text[at] !== "," && text[at] !== "\n"; at += 1) cell += text[at];
    }
    row.push(cell);
    if (text[at] === "\n") {
      rows.push(row);
      row = [];
    }
    at += 1;
  }
  expect(row).toEqual([]);
  return rows;
}

const DAY_NAMES = ["day", "first_day", "last_day"];
const TIME_NAMES = ["utc", "at", "before", "after", "issued", "moved_at"];
/** What a value of the ledger is in an export, by the calendar of another. */
function outside(name: string, value: unknown): unknown {
  if (value instanceof Uint8Array) return toHex(value);
  if (DAY_NAMES.includes(name)) return new Date(Date.UTC(2000, 0, 1 + (value as number))).toISOString().slice(0, 10);
  if (TIME_NAMES.includes(name)) return new Date(1_000 * (value as number)).toISOString().replace(".000Z", "Z");
  return value;
}

/** Rows of a table as an export should have them, sorted by its key. */
async function expectedRows(ledger: Ledger, table: TableName): Promise<Record<string, unknown>[]> {
  const text = `select ${Object.keys(TABLES[table]).join(", ")} from ${table} order by ${KEYS[table].join(", ")}`;
  const { rows } = await ledger.executeQuery<Record<string, unknown>>(CompiledQuery.raw(text));
  return rows.map((row) =>
    Object.fromEntries(Object.entries(row).map(([name, value]) => [name, outside(name, value)])),
  );
}

const AWKWARD = '=1+1, "quoted"\nand é';
async function awkwardBooks(ledger: Ledger): Promise<Ledger> {
  await archivedBooks(ledger);
  await ledger
    .insertInto("alert")
    .values([
      { kind: "balance", terminal: 1, number: 1, card: 0, programme: 0, utc: 0, detail: AWKWARD },
      { kind: "balance", terminal: 1, number: 2, card: 0, programme: 0, utc: 0, detail: "" },
    ])
    .execute();
  await ledger
    .insertInto("phone")
    .values({ merchant: 1, hash: Uint8Array.of(0, 255, 16), card: 11 })
    .execute();
  return ledger;
}

describe("a full export", () => {
  let ledger: Ledger;
  let files: Files;
  beforeAll(async () => {
    ledger = await awkwardBooks(await newLedger());
    files = await exported(ledger);
  });
  afterAll(() => ledger.destroy());

  it("has every row of every table, as CSV and as JSON, by its key", async () => {
    for (const table of NAMES) {
      const rows = await expectedRows(ledger, table);
      const names = Object.keys(TABLES[table]);
      const text = (value: unknown) => (value === null ? "" : String(value));
      expect(cellsOf(files.get(`csv/${table}.csv`)!), table).toEqual([
        names,
        ...rows.map((row) => names.map((name) => text(row[name]))),
      ]);
      expect(JSON.parse(files.get(`json/${table}.json`)!), table).toEqual(rows);
    }
    expect(files.get("csv/posting.csv")!.split("\n").length).toBeGreaterThan(100);
    expect(files.get("csv/alert.csv")).toContain('"=1+1, ""quoted""\nand é"');
  });

  it("describes every column, and tells a missing text from an empty one", () => {
    const document = JSON.parse(files.get("datapackage.json")!);
    expect(document.resources.map((resource: { name: string }) => resource.name)).toEqual(NAMES);
    for (const { name, schema, description, rows } of document.resources) {
      const columns: Columns = TABLES[name as TableName];
      expect(description).not.toBe("");
      expect(rows).toBe(JSON.parse(files.get(`json/${name}.json`)!).length);
      expect(schema.primaryKey).toEqual(KEYS[name as TableName]);
      expect(schema.fields.map((field: { name: string }) => field.name)).toEqual(Object.keys(columns));
      for (const field of schema.fields) {
        const column = columns[field.name]!;
        const [type, orNull] = typeof column === "string" ? [column, null] : column;
        expect(field.description.length, `${name}.${field.name}`).toBeGreaterThan(2);
        expect(field.constraints.required).toBe(orNull === null && type !== "text");
        expect(field.missingValues).toEqual(type === "text" && orNull === null ? [] : undefined);
      }
    }
  });

  it("lists the SHA-256 of every file but its own", () => {
    const lines = files.get("manifest.sha256")!.trimEnd().split("\n");
    const found = lines.map((line) => line.split("  ") as [string, string]);
    expect(found.map(([, path]) => path).sort()).toEqual(
      [...files.keys()].filter((path) => path !== "manifest.sha256").sort(),
    );
    for (const [sum, path] of found) expect(toHex(sha256(Buffer.from(files.get(path)!))), path).toBe(sum);
    for (const { path, hash, bytes } of JSON.parse(files.get("datapackage.json")!).resources) {
      expect(found).toContainEqual([hash.replace("sha256:", ""), path]);
      expect(Buffer.byteLength(files.get(path)!)).toBe(bytes);
    }
  });

  it("is the same from either engine", async () => {
    const other: Ledger = openDatabase("sqlite::memory:");
    await migrate(other);
    await awkwardBooks(other);
    expect(await exported(other)).toEqual(files);
    await other.destroy();
  });

  it("reads each row once, however many are read at once", async () => {
    for (const table of NAMES) {
      const names = Object.keys(TABLES[table]) as never[];
      const all = [];
      for await (const rows of rowsByKey(ledger, table, names)) all.push(...rows);
      for (const atOnce of [1, 3, all.length].filter((count) => count > 0)) {
        const read = [];
        for await (const rows of rowsByKey(ledger, table, names, { atOnce })) {
          expect(rows.length).toBeLessThanOrEqual(atOnce);
          read.push(...rows);
        }
        expect(read, table).toEqual(all);
      }
    }
  });

  it("is whole where the ledger is empty", async () => {
    const empty = await newLedger();
    const none = await exported(empty);
    expect(none.get("csv/gap.csv")).toBe("card,programme,old_hash,old_terminal\n");
    expect(JSON.parse(none.get("json/gap.json")!)).toEqual([]);
    await empty.destroy();
  });
});

describe("what a merchant takes along who leaves", () => {
  it("are the cards that were used there first, and what they did there", async () => {
    const at = (day: number) => Date.UTC(2026, 5, day, 10) / 1_000;
    const [here, there] = [new HandJournal(1, 1, at(1)), new HandJournal(2, 2, at(2))];
    const sale = (amount: number) => ({ sale: { lines: [{ amount, quantity: 1 }], tip: 0, payable: amount } });
    const buy = (journal: HandJournal, from: ReturnType<typeof freshCard>, amount: number) => {
      const [step] = journal.intent([{ from, effects: [earned(10)] }], sale(amount));
      journal.commit(step!);
      return step!.state;
    };
    const own = buy(here, freshCard(2_800_011, 20), 1_111);
    const guest = buy(there, freshCard(2_800_022, 20), 2_222);
    buy(there, own, 3_333);
    here.at(at(3));
    buy(here, guest, 4_444);
    buy(here, freshCard(2_800_033, 20), 5_555);
    const ledger = await newLedger();
    for (const { terminal, merchant, signer } of [here, there])
      await enrolTerminal(ledger, terminal, merchant, signer.publicKey, AT);
    for (const journal of [here, there]) await importBatch(ledger, { name: "", file: journal.batch() }, AT);
    const files = await exported(ledger, 1);
    expect([...files.keys()].sort()).toEqual([
      ...["csv/client.csv", "csv/visit.csv", "datapackage.json"],
      ...["json/client.json", "json/visit.json", "manifest.sha256"],
    ]);
    expect(JSON.parse(files.get("json/client.json")!)).toEqual([
      { card: 2_800_011, since: "2026-06-01", last_bought: "2026-06-01", visits: 1, sold_cents: 1_111 },
      { card: 2_800_033, since: "2026-06-03", last_bought: "2026-06-03", visits: 1, sold_cents: 5_555 },
    ]);
    const visits = JSON.parse(files.get("json/visit.json")!);
    expect(visits.map(({ card, sale_cents }: Record<string, number>) => [card, sale_cents])).toEqual([
      [2_800_011, 1_111],
      [2_800_033, 5_555],
    ]);
    // Nothing of other merchants' cards, and nothing of what these cards did elsewhere.
    const all = [...files.values()].join("");
    for (const secret of ["2800022", "3333", "4444", "2222"]) expect(all).not.toContain(secret);
    await ledger.destroy();
  });
});

describe("times", () => {
  it("are told of any clock", () => {
    expect(timeText(0)).toBe("1970-01-01T00:00:00Z");
    expect(timeText(951_827_696)).toBe("2000-02-29T12:34:56Z");
    expect(timeText(253_402_300_800)).toBe("10000-01-01T00:00:00Z");
  });
});
