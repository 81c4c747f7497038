import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { terminalName } from "@cachet/firmware/wire";
import {
  type BatchFolder,
  type CollectedFile,
  type EntryRange,
  fetchBatch,
  nextRange,
  noteCollected,
  rangeText,
  statusOf,
} from "../link/collect.ts";
import type { Progress } from "../link/upload.ts";
import { partialFile } from "../ports/partial-file.ts";
import { type Console, progressLine, tell } from "./console.ts";
import { Failure } from "./failure.ts";
import { makeFolder } from "./files.ts";
import { refusal } from "./terminal-error.ts";
import { type TerminalSession, withTerminal } from "./terminal-session.ts";
import type { PortOptions, TerminalTools } from "./terminal-tools.ts";

const PART = ".part";
/** Entries are written while batches are fetched: so often a further batch follows. */
const ROUNDS_MAX = 5;

/** Batches in a folder of this computer. */
function batchFolder(folder: string): BatchFolder {
  makeFolder(folder);
  return {
    read: (name) => (existsSync(join(folder, name)) ? new Uint8Array(readFileSync(join(folder, name))) : null),
    arriving: (name) => partialFile(join(folder, name)),
    begun: () =>
      readdirSync(folder)
        .filter((name) => name.endsWith(PART))
        .map((name) => name.slice(0, -PART.length)),
  };
}

const UNITS = 1_024;

/** `61 %  8.2 KiB/s  0:12 left`. */
export function progressText(what: string, { bytes, total, speed, secondsLeft }: Progress): string {
  const percent = total === 0 ? 100 : Math.floor((100 * bytes) / total);
  const fast = speed > 0 ? `  ${(speed / UNITS).toFixed(1)} KiB/s` : "";
  const seconds = secondsLeft === null ? null : Math.ceil(secondsLeft);
  const left = seconds === null ? "" : `  ${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")} left`;
  return `${what}  ${percent} %${fast}${left}`;
}

const KEPT = "the terminal keeps every entry; nothing was released";

function diskFailure(folder: string, error: unknown): Failure {
  const reason = (error as { readonly code?: string }).code ?? String(error);
  return new Failure("C-FILE-03", `${folder} cannot be written (${reason})`, KEPT, [
    "check the folder, your rights and the free space, and run the command again",
  ]);
}

/** What the disk says on the way becomes a failure that names the folder. */
async function onDisk<T>(folder: string, collecting: () => Promise<T>): Promise<T> {
  try {
    return await collecting();
  } catch (error) {
    const isDisk = error instanceof Error && "syscall" in error;
    throw isDisk ? diskFailure(folder, error) : error;
  }
}

async function fetchOne(session: TerminalSession, range: EntryRange, folder: string): Promise<CollectedFile> {
  const { console, tools } = session;
  const whose = { terminal: session.number, key: session.identity.key };
  const line = progressLine(console, () => tools.clock.now());
  session.standing = {
    state: `${KEPT}; what arrived stays in ${folder}`,
    next: ["the next run goes on at the same byte"],
  };
  try {
    const told = await fetchBatch(session.client, range, whose, batchFolder(folder), (progress) =>
      line.show(progressText(`entries ${range.first} to ${range.last}`, progress)),
    );
    if (told.ok) return told.file;
    if (told.what === "refused") throw refusal("give its entries", told.refusal, told.detail, session.standing);
    const { reason, detail } = told.refusal;
    throw new Failure("C-TERM-11", `what ${session.name} gave is no batch of its own: ${detail} (${reason})`, KEPT, [
      "collect again; if it stays so, the terminal has to go to the office",
    ]);
  } finally {
    line.end();
  }
}

/** Collects everything that is not collected yet: each batch is on the disk before the terminal hears of it. */
export const collectAll = (session: TerminalSession, folder: string): Promise<readonly CollectedFile[]> =>
  onDisk(folder, () => everything(session, folder));

async function everything(session: TerminalSession, folder: string): Promise<readonly CollectedFile[]> {
  const whose = { terminal: session.number, key: session.identity.key };
  const files: CollectedFile[] = [];
  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    const status = await statusOf(session.client);
    if (typeof status === "string") throw refusal("tell of its journal", status, "", session.standing);
    const range = nextRange(status, whose, batchFolder(folder));
    if (range === null) break;
    const file = await fetchOne(session, range, folder);
    session.standing = {
      state: `${join(folder, file.name)} is whole and verified; the terminal may not know that it is collected`,
      next: [],
    };
    const problem = await noteCollected(session.client, file);
    if (problem !== null) throw refusal("note what is collected", problem.refusal, problem.detail, session.standing);
    files.push(file);
  }
  session.standing = null;
  return files;
}

/** Reads entries from a number on again; what is noted as collected already stays so. */
async function collectFrom(session: TerminalSession, folder: string, from: number): Promise<readonly CollectedFile[]> {
  const status = await statusOf(session.client);
  if (typeof status === "string") throw refusal("tell of its journal", status, "", session.standing);
  if (from < status.first || from > status.last) {
    throw new Failure(
      "C-TERM-08",
      `${session.name} holds entries ${status.first} to ${status.last}, not ${from}`,
      KEPT,
      ["name a number within that range with --from"],
    );
  }
  const file = await fetchOne(session, { first: from, last: status.last }, folder);
  if (file.last > status.collected && from <= status.collected + 1) {
    const problem = await noteCollected(session.client, file);
    if (problem !== null) throw refusal("note what is collected", problem.refusal, problem.detail, session.standing);
  }
  return [file];
}

export const fileText = (folder: string, file: CollectedFile): string =>
  `${rangeText(file)}, file ${join(folder, file.name)}, collected`;

export const fileDocument = (folder: string, { name, first, last, resumedAt }: CollectedFile) => ({
  file: join(folder, name),
  first,
  last,
  entries: last - first + 1,
  resumed_at_byte: resumedAt,
});

export interface CollectOptions extends PortOptions {
  readonly output: string;
  readonly from?: number;
}

/** `terminal collect`. */
export async function collect(console: Console, options: CollectOptions, tools: TerminalTools): Promise<void> {
  const { output: folder, from } = options;
  await withTerminal(console, options, tools, async (session) => {
    const files = await (from === undefined
      ? collectAll(session, folder)
      : onDisk(folder, () => collectFrom(session, folder, from)));
    const lines = files.map((file) => fileText(folder, file));
    tell(console, lines.length > 0 ? lines : ["nothing to collect: every entry is collected already"], {
      terminal: terminalName(session.number),
      batches: files.map((file) => fileDocument(folder, file)),
    });
  });
}
