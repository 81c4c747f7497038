import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { Command } from "commander";
import { type ExportedTable, exportLedger, type PutFile } from "../office/export/export.ts";
import { writeFolder } from "../ports/folder.ts";
import { writeLarge } from "../ports/large-file.ts";
import { type Console, tell } from "./console.ts";
import { Failure } from "./failure.ts";
import { makeFolder } from "./files.ts";
import { withLedger } from "./home.ts";
import { expectMerchant } from "./known-merchant.ts";
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

function cannotWrite(folder: string, error: unknown): unknown {
  const { code, syscall } = error as { readonly code?: string; readonly syscall?: string };
  if (syscall === undefined) return error;
  const next = ["check the folder, your rights and the free space, and run the command again"];
  if (code === "EEXIST") next.unshift(`no other export runs? then remove ${folder}.new`);
  return new Failure("C-FILE-03", `${folder} cannot be written (${code})`, "nothing was exported", next);
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
      throw cannotWrite(folder, error);
    });
    tell(console, linesOf(folder, tables), { folder, merchant: merchant ?? null, tables });
  });
}
