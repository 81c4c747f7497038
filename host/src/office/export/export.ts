import { toHex } from "@cachet/card-layout";
import { utf8Encode } from "@cachet/firmware/wire";
import { sql } from "kysely";
import { sha256InPieces } from "../../ports/crypto.ts";
import { snapshot } from "../../ports/database/index.ts";
import { auditHead } from "../audit.ts";
import type { Ledger } from "../schema.ts";
import { clientTables } from "./clients.ts";
import { csvHead, csvLine, fieldDocument, jsonObject } from "./fields.ts";
import { type ExportTable, ledgerTables } from "./tables.ts";

const FORMAT = "cachet/export";
const VERSION = 1;
const PACKAGE = "datapackage.json";
const MANIFEST = "manifest.sha256";

/** Makes a file from pieces, one after the other; whole once `fill` is through. */
export type PutFile = <T>(path: string, fill: (write: (bytes: Uint8Array) => void) => Promise<T>) => Promise<T>;

export interface ExportWish {
  /** Only what is this merchant's own: his clients; null for everything. */
  readonly merchant: number | null;
  /** UTC seconds. */
  readonly made: number;
}

/** What was written of a table. */
export interface ExportedTable {
  readonly name: string;
  readonly rows: number;
  /** Of the CSV file. */
  readonly bytes: number;
}

interface Written {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** Writes a file by pieces of text, and tells what it comes to. */
async function putText(
  put: PutFile,
  path: string,
  fill: (write: (text: string) => void) => Promise<void>,
): Promise<Written> {
  const hasher = sha256InPieces();
  let bytes = 0;
  await put(path, (write) =>
    fill((text) => {
      const piece = utf8Encode(text);
      bytes += piece.length;
      hasher.add(piece);
      write(piece);
    }),
  );
  return { path, bytes, sha256: toHex(hasher.digest()) };
}

/** One table as CSV and as JSON, each row read once. */
async function putTable(put: PutFile, { name, fields, rows }: ExportTable, count: (rows: number) => void) {
  let done = 0;
  let json: Written | undefined;
  const csv = await putText(put, `csv/${name}.csv`, async (writeCsv) => {
    writeCsv(csvHead(fields));
    json = await putText(put, `json/${name}.json`, async (writeJson) => {
      for await (const some of rows()) {
        const before = done === 0 ? "[\n" : ",\n";
        writeJson(before + some.map((row) => jsonObject(fields, row)).join(",\n"));
        writeCsv(some.map((row) => csvLine(fields, row)).join(""));
        done += some.length;
        count(some.length);
      }
      writeJson(done === 0 ? "[]\n" : "\n]\n");
    });
  });
  return { rows: done, csv, json: json! };
}

const STANDARD = "https://datapackage.org/profiles/2.0";
/** Lines end as on Unix; all else is what the standard says anyway. */
const DIALECT = { $schema: `${STANDARD}/tabledialect.json`, lineTerminator: "\n" };

const resourceDocument = (
  { name, says, fields, key }: ExportTable,
  rows: number,
  { path, bytes, sha256 }: Written,
) => ({
  ...{ name, type: "table", path, description: says },
  ...{ format: "csv", mediatype: "text/csv", encoding: "utf-8", bytes, hash: `sha256:${sha256}`, rows },
  dialect: DIALECT,
  schema: {
    $schema: `${STANDARD}/tableschema.json`,
    fields: fields.map(fieldDocument),
    primaryKey: key,
    missingValues: [""],
  },
});

async function countRows(ledger: Ledger, tables: readonly ExportTable[]): Promise<number> {
  let all = 0;
  for (const { name } of tables)
    all += (await sql<{ n: number }>`select count(*) as n from ${sql.table(name)}`.execute(ledger)).rows[0]!.n;
  return all;
}

/**
 * Writes tables as CSV and JSON with their schema, as a Data Package (docs/formats/export.md), and the SHA-256 of every file last. The ledger
 * is read at one moment, whatever is imported meanwhile; memory does not grow with it.
 */
export function exportLedger(
  ledger: Ledger,
  { merchant, made }: ExportWish,
  put: PutFile,
  progress: (done: number, of: number) => void = () => {},
): Promise<readonly ExportedTable[]> {
  return snapshot(ledger, async (books) => {
    const tables = merchant === null ? ledgerTables(books) : await clientTables(books, merchant);
    const of = merchant === null ? await countRows(books, tables) : 0;
    const [files, resources, exported]: [Written[], unknown[], ExportedTable[]] = [[], [], []];
    let done = 0;
    for (const table of tables) {
      const { rows, csv, json } = await putTable(put, table, (some) => {
        done += some;
        progress(done, of);
      });
      files.push(csv, json);
      resources.push(resourceDocument(table, rows, csv));
      exported.push({ name: table.name, rows, bytes: csv.bytes });
    }
    const document = {
      $schema: `${STANDARD}/datapackage.json`,
      name: merchant === null ? "cachet-ledger" : `cachet-merchant-${merchant}`,
      title: merchant === null ? "Ledger of a loyalty programme" : `Clients of merchant ${merchant}`,
      created: new Date(1_000 * made).toISOString(),
      cachet: { format: FORMAT, version: VERSION, merchant, audit_head: toHex(await auditHead(books)) },
      resources,
    };
    const text = (content: string) => async (write: (text: string) => void) => write(content);
    files.push(await putText(put, PACKAGE, text(`${JSON.stringify(document, null, 1)}\n`)));
    const lines = files.map(({ path, sha256 }) => `${sha256}  ${path}\n`);
    await putText(put, MANIFEST, text(lines.join("")));
    return exported;
  });
}
