import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { Command } from "commander";
import { type ExportedTable, exportLedger, type PutFile } from "../office/export/export.ts";
import { writeFolder } from "../ports/folder.ts";
import { writeLarge } from "../ports/large-file.ts";
import { type Console, tell } from "./console.ts";
import { Failure } from "./failure.ts";
import { folderFailure, makeFolder } from "./files.ts";
import { withLedger } from "./home.ts";
import { expectMerchant } from "./known-here.ts";
import { parseMerchant } from "./numbers.ts";
import { withProgress } from "./scratch.ts";
import { tableLines } from "./table.ts";

interface ExportOptions {
  readonly output: string;
  readonly merchant?: number;
}

/** Adds `office export`. */
export function exportCommand(office: Command, console: () => Console): void {
  office
    .command("export")
    .description("write every table as CSV and JSON with its schema, for whoever wants the data without cachet")
    .requiredOption("-o, --output <dir>", "new folder to write it into")
    .option("--merchant <number>", "only this merchant's own clients and what they bought there", parseMerchant)
    .action((options: ExportOptions) => exportBooks(console(), options));
}

const linesOf = (folder: string, tables: readonly ExportedTable[]): string[] => [
  `${folder} written: ${tables.length} tables, ${tables.reduce((sum, { rows }) => sum + rows, 0)} rows`,
  ...tableLines({
    title: "rows of each table; what they are: datapackage.json",
    head: ["table", "rows"],
    rows: tables.map(({ name, rows }) => [name, String(rows)]),
    words: 1,
  }),
];

async function exportBooks(console: Console, { output, merchant }: ExportOptions): Promise<void> {
  const folder = resolve(output);
  if (existsSync(folder))
    throw new Failure("C-EXPORT-01", `${folder} is there already`, "it was not touched", ["name a new folder with -o"]);
  await withLedger(console, async (ledger) => {
    if (merchant !== undefined) await expectMerchant(ledger, merchant);
    makeFolder(dirname(folder));
    const tables = await writeFolder(folder, (draft) => {
      const put: PutFile = (path, fill) => {
        makeFolder(dirname(join(draft, path)));
        return writeLarge(join(draft, path), fill);
      };
      const wish = { merchant: merchant ?? null, made: console.now() };
      return withProgress(console, "export", (progress) => exportLedger(ledger, wish, put, progress));
    }).catch((error: unknown) => {
      throw folderFailure(folder, "nothing was exported", error);
    });
    tell(console, linesOf(folder, tables), { folder, merchant: merchant ?? null, tables });
  });
}
