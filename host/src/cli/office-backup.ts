import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { toHex } from "@cachet/card-layout";
import type { Command } from "commander";
import { type BackupFacts, backup, proveBackup, restore } from "../office/backup.ts";
import { BackupFault } from "../office/backup-items.ts";
import type { Ledger } from "../office/schema.ts";
import { readLarge, writeLarge } from "../ports/large-file.ts";
import { type Console, tell } from "./console.ts";
import { localText } from "./dates.ts";
import { Failure } from "./failure.ts";
import { makeFolder } from "./files.ts";
import { makeLedger, withLedger } from "./home.ts";
import { usageFailure } from "./key-file.ts";
import { amountText } from "./money.ts";
import { faultFailure } from "./office-check.ts";
import { withProgress, withScratch } from "./scratch.ts";
import { tableLines } from "./table.ts";

/** Adds `office backup` and `office restore`. */
export function backupCommands(office: Command, console: () => Console): void {
  office
    .command("backup")
    .description("write the whole ledger into one file, restore it for a test and check the books in it")
    .option("-o, --output <file>", "where to; never over another file")
    .option("--verify <file>", "only try out this backup; needs no ledger")
    .action((options: { readonly output?: string; readonly verify?: string }) => backUp(console(), options));
  office
    .command("restore")
    .description("make the ledger of a new home, or of an empty database, from a backup")
    .argument("<file>", "a file of office backup, of whatever database")
    .action((file: string) => restoreFile(console(), file));
}

const linesOf = ({ made, rows, head, balances }: BackupFacts): string[] => [
  `made             ${localText(made, 0)} UTC, ${rows} rows`,
  `head             ${toHex(head)}`,
  ...tableLines({
    title: "what accounts hold",
    head: ["account", "unit", "postings", "sum"],
    rows: balances.map(([account, unit, postings, sum]) => [account, unit, String(postings), amountText(unit, sum)]),
    words: 2,
  }),
];

const documentOf = (file: string, { made, rows, head, balances, migrations, digest }: BackupFacts) => ({
  ...{ file, made, rows, head: toHex(head), sha256: toHex(digest), migrations },
  balances: balances.map(([account, unit, postings, sum]) => ({ account, unit, postings, sum })),
});

/** What is said of a file that cannot be read, or is no backup. */
function told(path: string, error: unknown, state: string): unknown {
  if (error instanceof BackupFault) {
    const next = error.isNewer ? "use the version of cachet that made it, or a later one" : "take another copy of it";
    return new Failure("C-BACKUP-01", `${path}: ${error.message}`, state, [next]);
  }
  const { code } = error as { readonly code?: string };
  if (code !== "ENOENT" && code !== "EACCES" && code !== "EISDIR") return error;
  return new Failure("C-FILE-01", `${path} cannot be read (${code})`, state, ["check the name and your rights to it"]);
}

/** Writes a backup of a ledger into a file. Fails with C-BACKUP-02 or C-FILE-03. */
export async function writeBackup(console: Console, ledger: Ledger, path: string): Promise<BackupFacts> {
  if (existsSync(path))
    throw new Failure("C-BACKUP-02", `${path} exists already`, "it was not touched", ["name another file with -o"]);
  makeFolder(dirname(path));
  try {
    return await withProgress(console, "backup", (progress) =>
      writeLarge(path, (write) => backup(ledger, write, console.now(), progress)),
    );
  } catch (error) {
    const { code, syscall } = error as { readonly code?: string; readonly syscall?: string };
    if (syscall === undefined) throw error;
    const next = ["check the folder, your rights and the free space, and run the command again"];
    if (code === "EEXIST") next.unshift(`no other backup runs? then remove ${path}.new`);
    throw new Failure("C-FILE-03", `${path} cannot be written (${code})`, "no backup was made", next);
  }
}

/** Tries a backup out. Fails with C-BACKUP-01, and with C-LEDGER-01 where the books in it are wrong. */
async function prove(console: Console, path: string): Promise<BackupFacts> {
  const proof = await withScratch(2, (first, second) =>
    withProgress(console, "self-test", (progress) =>
      readLarge(path, (source) => proveBackup(source, first!, second!, progress)),
    ),
  ).catch((error: unknown) => {
    throw told(path, error, "nothing was restored");
  });
  if (proof.fault !== null) throw faultFailure(proof.fault, `${path} is whole and gives back these very books`);
  return proof.facts;
}

async function backUp(
  console: Console,
  options: { readonly output?: string; readonly verify?: string },
): Promise<void> {
  const { output, verify } = options;
  if ((output === undefined) === (verify === undefined))
    throw usageFailure("a backup is written or tried out", "give -o FILE, or --verify FILE");
  const path = (output ?? verify)!;
  if (output !== undefined) await withLedger(console, (ledger) => writeBackup(console, ledger, output));
  const facts = await prove(console, path);
  const said = output === undefined ? `${path} is good` : `${path} written`;
  const lines = [`${said}; restored for a test: the same rows, the books are what the journals come to`];
  tell(console, [...lines, ...linesOf(facts)], { ...documentOf(path, facts), verified: true });
}

async function restoreFile(console: Console, path: string): Promise<void> {
  try {
    await readLarge(path, async (source) => {
      let facts: BackupFacts | undefined;
      const ledger = await makeLedger(console, async (made) => {
        facts = await withProgress(console, "restoring", (progress) => restore(source, made, progress));
      });
      await ledger.destroy();
      tell(console, [`${path} restored`, ...linesOf(facts!)], documentOf(path, facts!));
    });
  } catch (error) {
    throw told(path, error, "nothing was restored");
  }
}
