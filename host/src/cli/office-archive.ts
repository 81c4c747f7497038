import { existsSync, readdirSync, readFileSync, rmdirSync, statSync } from "node:fs";
import { dirname, join, resolve, sep } from "node:path";
import { type Day, toHex } from "@cachet/card-layout";
import type { Command } from "commander";
import { testOfficeSigner } from "../keys/test-keys.ts";
import { type ArchiveWish, NothingClosed, writeArchive } from "../office/archive.ts";
import type { ArchiveAbout } from "../office/archive-about.ts";
import { verifyArchive } from "../office/archive-check.ts";
import { ArchiveFault, type ArchiveFiles } from "../office/archive-files.ts";
import { LedgerFault } from "../office/check.ts";
import { writeFolder } from "../ports/folder.ts";
import { type Console, tell } from "./console.ts";
import { parseDate } from "./dates.ts";
import { Failure } from "./failure.ts";
import { folderFailure, makeFolder, readPublicKey, writeFile } from "./files.ts";
import { withLedger } from "./home.ts";
import { ringPath, usageFailure } from "./key-file.ts";
import { type KeyOptions, keyOptions, keyRingFor } from "./key-options.ts";
import { withProgress } from "./scratch.ts";

interface ArchiveOptions extends KeyOptions {
  readonly output?: string;
  readonly verify?: string;
  readonly from?: Day;
  readonly to?: Day;
  readonly unsigned?: boolean;
  readonly officeKey?: string;
}

/** Adds `office archive`. */
export function archiveCommand(office: Command, console: () => Console): void {
  const command = office
    .command("archive")
    .description("write what the books rest on, to be verified without cachet; or verify such an archive")
    .option("-o, --output <dir>", "new or empty folder to write it into")
    .option("--from <date>", "first closed day of it, 2026-01-31; default all that is in", parseDate)
    .option("--to <date>", "last closed day of it; default all that is in", parseDate)
    .option("--unsigned", "without the office's signature, though there are keys")
    .option("--verify <dir>", "verify this archive; needs no ledger")
    .option(
      "--office-key <file>",
      "with --verify: the office's public key as PEM, from elsewhere; it must have signed",
    );
  keyOptions(command).action((options: ArchiveOptions) => archive(console(), options));
}

function archive(console: Console, options: ArchiveOptions): Promise<void> {
  const { output, verify, officeKey } = options;
  if ((output === undefined) === (verify === undefined))
    throw usageFailure("an archive is written or verified", "give -o DIR, or --verify DIR");
  if (verify !== undefined) return verifyFolder(console, verify, officeKey);
  return writeNew(console, output!, options);
}

/** The office's key, where there is one; null where the archive is to be unsigned. */
async function signing<T>(
  console: Console,
  options: ArchiveOptions,
  use: (signer: ArchiveWish["signer"]) => Promise<T>,
): Promise<T> {
  const isNamed = options.testKeys === true || options.keys !== undefined || existsSync(ringPath(console));
  if (options.unsigned === true || !isNamed) return use(null);
  const ring = await keyRingFor(console, options);
  try {
    return await use(ring.office);
  } finally {
    ring.wipe();
  }
}

const refused = (what: string, state: string, ...next: string[]) => new Failure("C-ARCHIVE-01", what, state, next);

/** A folder that is there and empty gives way to the archive. Fails with C-ARCHIVE-01 where it is not. */
function makeWay(folder: string): void {
  if (!existsSync(folder)) return;
  if (!statSync(folder).isDirectory() || readdirSync(folder).length > 0)
    throw refused(`${folder} is not an empty folder`, "it was not touched", "name a new or empty folder with -o");
}

async function writeNew(console: Console, output: string, options: ArchiveOptions): Promise<void> {
  const folder = resolve(output);
  makeWay(folder);
  await withLedger(console, (ledger) =>
    signing(console, options, async (signer) => {
      const wish = { from: options.from ?? null, to: options.to ?? null, at: console.now(), signer };
      makeFolder(dirname(folder));
      try {
        if (existsSync(folder)) rmdirSync(folder);
        const about = await writeFolder(folder, (draft) => {
          const write = (path: string, bytes: Uint8Array) => writeFile(join(draft, path), bytes);
          return withProgress(console, "archive", (progress) => writeArchive(ledger, wish, write, progress));
        });
        const isTest = options.testKeys === true;
        tell(console, [`${folder} written, ${signedText(signer, isTest)}`, ...linesOf(about)], {
          ...documentOf(folder, about),
          test_key: signer !== null && isTest,
        });
      } catch (error) {
        throw told(folder, error);
      }
    }),
  );
}

const TEST_SIGNED = "signed by the published TEST key: it proves nothing";

function signedText(signer: ArchiveWish["signer"], isTest: boolean): string {
  if (signer === null) return "NOT signed: no office key";
  return isTest ? TEST_SIGNED : "signed by the office";
}

function told(folder: string, error: unknown): unknown {
  const nothing = "nothing was archived";
  if (error instanceof NothingClosed)
    return refused("no day of those asked for is closed", nothing, "close them: cachet office close");
  if (error instanceof LedgerFault)
    return refused(error.message, nothing, "see what else is wrong: cachet office check");
  return folderFailure(folder, nothing, error);
}

const linesOf = ({ terminals, batches, closings, audit }: ArchiveAbout): string[] => [
  `terminals        ${terminals.length}, ${terminals.reduce((sum, { after, to }) => sum + to - after, 0)} entries in ${batches.length} batches`,
  `closings         ${closings.length}${closings.length > 0 ? `, ${closings.reduce((sum, { kind, postings }) => sum + (kind === "day" ? postings : 0), 0)} postings` : ""}`,
  `audit chain      ${audit.rows} rows, head ${audit.head}`,
];

const documentOf = (folder: string, { from, to, terminals, batches, closings, audit, office_key }: ArchiveAbout) => ({
  ...{ folder, from, to, signed_by: office_key, audit },
  entries: terminals.reduce((sum, { after, to: last }) => sum + last - after, 0),
  ...{ batches: batches.length, closings: closings.length },
});

const unreadable = (path: string, error: unknown) =>
  new Failure("C-FILE-01", `${path} cannot be read (${(error as { code?: string }).code})`, "nothing was done", [
    "name the folder of an archive",
  ]);

/** Every file of a folder by its name in an archive. */
function filesIn(folder: string): ArchiveFiles {
  let names: readonly string[];
  try {
    const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
    names = entries
      .filter((entry) => !entry.isDirectory())
      .map((entry) => join(entry.parentPath, entry.name).slice(join(folder, ".").length + 1))
      .map((name) => name.replaceAll(sep, "/"));
  } catch (error) {
    throw unreadable(folder, error);
  }
  const isThere = new Set(names);
  return {
    keys: () => names,
    get(path) {
      if (!isThere.has(path)) return undefined;
      try {
        return new Uint8Array(readFileSync(join(folder, path)));
      } catch (error) {
        throw unreadable(join(folder, path), error);
      }
    },
  };
}

async function verifyFolder(console: Console, folder: string, officeKey: string | undefined): Promise<void> {
  const trusted = officeKey === undefined ? null : readPublicKey(officeKey);
  try {
    const about = verifyArchive(filesIn(folder), trusted);
    const { office_key: key } = about;
    const isTest = key !== null && key === toHex(testOfficeSigner().publicKey);
    const signed = key === null ? "NOT signed by an office" : `signed by the office key ${key}`;
    const lines = [`${folder} is whole, ${isTest ? TEST_SIGNED : signed}`, ...linesOf(about)];
    tell(console, lines, { ...documentOf(folder, about), verified: true, test_key: isTest });
  } catch (error) {
    if (!(error instanceof ArchiveFault)) throw error;
    throw new Failure(
      "C-ARCHIVE-02",
      error.message,
      "the archive was only read",
      ["take another copy of it; the ledger gives a new one: cachet office archive"],
      { file: error.file },
    );
  }
}
