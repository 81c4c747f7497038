import { PREDECESSOR_BYTES, sameBytes, stateHashMessage, unpackState } from "@cachet/card-layout";
import {
  areasFault,
  type Batch,
  type BatchEntry,
  type BatchRefusal,
  decodeEntry,
  type Intent,
  journalRoot,
  readBatch,
  type Sums,
  sumsOf,
  terminalName,
} from "@cachet/firmware/wire";
import { sha256, verifyEd25519 } from "../ports/crypto.ts";
import type { Database } from "../ports/database.ts";
import { postCommit } from "./ledger.ts";

/** What became of a batch file. Whatever it is, the ledger is whole: a file counts entirely or not at all. */
export type ImportOutcome =
  | { readonly status: "accepted"; readonly accepted: number; readonly duplicates: number }
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

class Quarantine extends Error {
  readonly reason: string;
  readonly number: number | undefined;
  constructor(reason: string, detail: string, number?: number) {
    super(detail);
    this.reason = reason;
    this.number = number;
  }
}

function intentAt(database: Database, terminal: number, number: number): Intent {
  const row = database.get("select stored from entry where terminal = ? and number = ?", terminal, number);
  const entry = row === null ? null : decodeEntry(row.stored as Uint8Array);
  if (entry?.kind !== "intent") throw new Quarantine("no-intent", `entry ${number} is no intent`, number);
  return entry.body;
}

function sameSums(a: Sums, b: Sums): boolean {
  return (Object.keys(a) as (keyof Sums)[]).every((field) => a[field] === b[field]);
}

/** What is wrong with an intent that its terminal sealed all the same; null when nothing is. */
function intentFault(database: Database, terminal: number, { areas, merchant, card }: Intent): string | null {
  const enrolled = database.get("select merchant from terminal where number = ?", terminal)?.merchant;
  if (merchant !== enrolled) return `merchant ${merchant}, the terminal is enrolled for ${enrolled}`;
  const fault = areasFault(areas);
  if (fault !== null) return fault;
  const wrong = areas.find(({ record, oldHash, newHash, oldSequence }) => {
    const state = unpackState(record);
    if (!state.ok || state.value.terminal !== terminal) return true;
    const follows = sameBytes(state.value.predecessor, oldHash.subarray(0, PREDECESSOR_BYTES));
    if (!follows || state.value.sequence <= oldSequence) return true;
    return !sameBytes(sha256(stateHashMessage(card, record)), newHash);
  });
  return wrong === undefined ? null : `the record of programme ${wrong.programme} is not what the intent says of it`;
}

function addIntent(database: Database, terminal: number, number: number, utc: number, body: Intent): void {
  const fault = intentFault(database, terminal, body);
  if (fault !== null) throw new Quarantine("bad-intent", fault, number);
  for (const area of body.areas) {
    const sums = sumsOf(area.effects);
    database.run(
      "insert into intent_area values (?, ?, ?, ?, ?, ?, ?, ?, 'open', ?, ?, ?, ?, ?, ?)",
      terminal,
      number,
      area.programme,
      body.card,
      body.merchant,
      utc,
      area.oldHash,
      area.newHash,
      sums.earnedCents,
      sums.spentCents,
      sums.stampsAdded - sums.stampsTaken,
      area.effects.reduce((rewards, { times = 0 }) => rewards + times, 0),
      sums.rewardCents,
      sums.discountCents,
    );
  }
}

function settle(database: Database, terminal: number, { entry }: BatchEntry): void {
  if (entry.kind !== "commit" && entry.kind !== "abort") return;
  const { intent: number, programme } = entry.body;
  const intent = intentAt(database, terminal, number);
  const area = intent.areas.find((candidate) => candidate.programme === programme);
  const key = [terminal, number, programme] as const;
  const open = database.get(
    "select outcome from intent_area where terminal = ? and number = ? and programme = ?",
    ...key,
  );
  if (area === undefined || open?.outcome !== "open") {
    throw new Quarantine("not-open", `intent ${number}, programme ${programme} is not open`, entry.number);
  }
  const outcome = entry.kind === "commit" ? "committed" : "aborted";
  database.run(
    "update intent_area set outcome = ? where terminal = ? and number = ? and programme = ?",
    outcome,
    ...key,
  );
  if (entry.kind !== "commit") return;
  if (!sameSums(entry.body.sums, sumsOf(area.effects))) {
    throw new Quarantine("wrong-sums", `commit does not repeat the sums of intent ${number}`, entry.number);
  }
  postCommit(database, terminal, entry.number, intent, area);
}

function addEntry(database: Database, terminal: number, item: BatchEntry): void {
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
  if (entry.kind === "intent") addIntent(database, terminal, entry.number, entry.utc, entry.body);
  settle(database, terminal, item);
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
  for (const item of fresh) addEntry(database, seal.terminal, item);
  database.run("update terminal set imported_to = ?, head = ? where number = ?", seal.last, seal.head, seal.terminal);
  return { status: "accepted", accepted: fresh.length, duplicates: old.length };
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
