import { sameBytes } from "@cachet/card-layout";
import {
  type Batch,
  type BatchEntry,
  type BatchRefusal,
  journalRoot,
  readBatch,
  terminalName,
} from "@cachet/firmware/wire";
import { sha256, verifyEd25519 } from "../ports/crypto.ts";
import type { Database } from "../ports/database.ts";
import { type CardLink, type Fork, recordForks } from "./forks.ts";
import { addIntent, settle } from "./intents.ts";
import { Quarantine } from "./quarantine.ts";

/** What became of a batch file. Whatever it is, the ledger is whole: a file counts entirely or not at all. */
export type ImportOutcome =
  | {
      readonly status: "accepted";
      readonly accepted: number;
      readonly duplicates: number;
      /** Cards with two histories that this batch brought to light. The batch counts all the same: the money moved. */
      readonly forks: readonly Fork[];
    }
  | { readonly status: "already-imported"; readonly duplicates: number }
  /** Entries before it are missing; it goes in by itself once they came. */
  | { readonly status: "waiting"; readonly gap: readonly [number, number] }
  /** Set aside for a person to look at. `number` is the first entry that is wrong, where one is. */
  | { readonly status: "quarantined"; readonly reason: string; readonly detail: string; readonly number?: number }
  | { readonly status: "still-being-written" };

/** Makes a terminal known, so that its batches are taken. Changes nothing when it is known just so; throws `RangeError` when it is known otherwise. */
export function enrolTerminal(database: Database, terminal: number, merchant: number, publicKey: Uint8Array): void {
  const known = database.get("select public_key, merchant from terminal where number = ?", terminal);
  if (known !== null) {
    if (sameBytes(known.public_key as Uint8Array, publicKey) && known.merchant === merchant) return;
    throw new RangeError(`${terminalName(terminal)} is known with another key or merchant`);
  }
  const root = journalRoot(sha256, terminal, publicKey);
  database.run("insert into terminal values (?, ?, ?, 0, ?)", terminal, merchant, publicKey, root);
}

/** Keeps an entry and what it means. Gives the link that it adds to a card's history, where it commits one. */
function addEntry(database: Database, terminal: number, item: BatchEntry): CardLink | null {
  const { entry, stored, hash } = item;
  database.run(
    "insert into entry values (?, ?, ?, ?, ?, ?)",
    terminal,
    entry.number,
    hash,
    entry.kind,
    entry.utc,
    stored,
  );
  if (entry.kind === "intent") addIntent(database, terminal, entry);
  return settle(database, terminal, item);
}

/** Takes in a verified batch. Throws `Quarantine`; the caller's transaction undoes everything then. */
function takeIn(database: Database, { seal, entries }: Batch): ImportOutcome {
  const known = database.get("select imported_to, head from terminal where number = ?", seal.terminal);
  if (known === null) throw new Quarantine("unknown-terminal", terminalName(seal.terminal));
  const importedTo = Number(known.imported_to);
  if (seal.first > importedTo + 1) return { status: "waiting", gap: [importedTo + 1, seal.first - 1] };
  const old = entries.filter(({ entry }) => entry.number <= importedTo);
  for (const { entry, hash } of old) {
    const before = database.get(
      "select hash from entry where terminal = ? and number = ?",
      seal.terminal,
      entry.number,
    );
    if (before === null || !sameBytes(before.hash as Uint8Array, hash)) {
      throw new Quarantine("other-content", `entry ${entry.number} was imported with other content`, entry.number);
    }
  }
  const fresh = entries.slice(old.length);
  const [next] = fresh;
  if (next === undefined) return { status: "already-imported", duplicates: old.length };
  if (!sameBytes(next.entry.previous, known.head as Uint8Array)) {
    throw new Quarantine(
      "not-continuous",
      `entry ${next.entry.number} does not follow what is imported`,
      next.entry.number,
    );
  }
  const links = fresh.map((item) => addEntry(database, seal.terminal, item)).filter((link) => link !== null);
  // Once all of them are in: the earliest of several may stand anywhere in the batch.
  const forks = recordForks(database, links);
  database.run("update terminal set imported_to = ?, head = ? where number = ?", seal.last, seal.head, seal.terminal);
  return { status: "accepted", accepted: fresh.length, duplicates: old.length, forks };
}

function refusalOutcome({ reason, detail, number }: BatchRefusal): ImportOutcome {
  if (reason === "unfinished") return { status: "still-being-written" };
  return { status: "quarantined", reason, detail, ...(number === undefined ? {} : { number }) };
}

function detailOf(outcome: ImportOutcome): string {
  switch (outcome.status) {
    case "accepted":
      return `${outcome.accepted} entries`;
    case "waiting":
      return `gap ${outcome.gap[0]}-${outcome.gap[1]}`;
    case "quarantined":
      return `${outcome.reason}: ${outcome.detail}`;
    default:
      return "";
  }
}

/** Notes a file and what became of it. Files that are not in are kept whole: nothing that came is lost. */
function note(database: Database, name: string, file: Uint8Array, batch: Batch | null, outcome: ImportOutcome): void {
  const hash = sha256(file);
  const before = database.get("select status from batch where hash = ?", hash);
  if (before?.status === "accepted" || outcome.status === "still-being-written") return;
  const arrival = Number(database.get("select count(*) as n from batch")?.n ?? 0) + 1;
  const kept = outcome.status === "accepted" || outcome.status === "already-imported" ? null : file;
  database.run(
    `insert into batch values (?, ?, ?, ?, ?, ?, ?, ?, ?)
     on conflict (hash) do update set status = excluded.status, detail = excluded.detail, file = excluded.file`,
    hash,
    name,
    batch?.seal.terminal ?? null,
    batch?.seal.first ?? null,
    batch?.seal.last ?? null,
    outcome.status,
    detailOf(outcome),
    arrival,
    kept,
  );
}

function importOne(database: Database, name: string, file: Uint8Array): ImportOutcome {
  const keyOf = (terminal: number) =>
    (database.get("select public_key from terminal where number = ?", terminal)?.public_key as Uint8Array) ?? null;
  const reading = readBatch(file, sha256, verifyEd25519, keyOf);
  if (!reading.ok) {
    const outcome = refusalOutcome(reading.refusal);
    database.transaction(() => note(database, name, file, null, outcome));
    return outcome;
  }
  try {
    return database.transaction(() => {
      const outcome = takeIn(database, reading.batch);
      note(database, name, file, reading.batch, outcome);
      return outcome;
    });
  } catch (error) {
    if (!(error instanceof Quarantine)) throw error;
    const { reason, message: detail, number } = error;
    const outcome: ImportOutcome = {
      status: "quarantined",
      reason,
      detail,
      ...(number === undefined ? {} : { number }),
    };
    database.transaction(() => note(database, name, file, reading.batch, outcome));
    return outcome;
  }
}

/**
 * Imports a batch file exactly once: signature, chain, continuity and totals are verified, entries count by their number.
 * When it fills a gap, the files that waited behind it go in too; `onWaited` is told what became of each.
 * Cards that show two histories are found at whichever import brings the second one (`forks.ts`).
 */
export function importBatch(
  database: Database,
  name: string,
  file: Uint8Array,
  onWaited: (name: string, outcome: ImportOutcome) => void = () => {},
): ImportOutcome {
  const outcome = importOne(database, name, file);
  if (outcome.status !== "accepted" && outcome.status !== "already-imported") return outcome;
  for (;;) {
    const waiting = database.get(
      `select batch.name, batch.file from batch join terminal on terminal.number = batch.terminal
       where batch.status = 'waiting' and batch.first <= terminal.imported_to + 1 order by batch.first limit 1`,
    );
    if (waiting === null) return outcome;
    const waited = String(waiting.name);
    onWaited(waited, importOne(database, waited, waiting.file as Uint8Array));
  }
}
