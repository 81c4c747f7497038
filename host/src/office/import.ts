import { sameBytes } from "@cachet/card-layout";
import { type Batch, type BatchRefusal, readBatch, terminalName } from "@cachet/firmware/wire";
import { sha256, verifyEd25519 } from "../ports/crypto.ts";
import { engineOf } from "../ports/database/index.ts";
import { takeAccounts } from "./accounts.ts";
import { appendAudit } from "./audit.ts";
import { type BatchFile, type FileSeen, type ImportOutcome, noteBatch } from "./batch-note.ts";
import type { BatchRead } from "./batch-read.ts";
import { overturn } from "./decisions.ts";
import { noteFacts } from "./facts.ts";
import { type Fork, recordForks } from "./forks.ts";
import { type Meaning, meaningOf } from "./meaning.ts";
import { Quarantine } from "./quarantine.ts";
import { reconcile } from "./reconcile.ts";
import { type Ledger, type LedgerTables, type LedgerTransaction, selectAll } from "./schema.ts";
import { takeIn } from "./take-in.ts";
import { lockedTerminal, terminalKeys } from "./terminals.ts";

/** Throws `Quarantine` at the first of some entries that was imported with other content. */
async function compareImported(ledger: LedgerTransaction, terminal: number, old: Batch["entries"]): Promise<void> {
  const keys = old.map(({ entry }) => [terminal, entry.number]);
  const rows = await selectAll(ledger, "entry", ["terminal", "number"], keys, ["number", "stored"]);
  const known = new Map(rows.map(({ number, stored }) => [number, stored]));
  for (const { entry, stored } of old) {
    const before = known.get(entry.number);
    if (before !== undefined && sameBytes(before, stored)) continue;
    throw new Quarantine("other-content", `entry ${entry.number} was imported with other content`, entry.number);
  }
}

/**
 * Takes a stretch of a terminal's journal into the books that goes on from what is imported of it; `file` is the SHA-256 of what it came in.
 * Throws `Quarantine`; the caller's transaction undoes everything then. Gives the cards that show two histories now. `at` in UTC seconds.
 */
export async function addStretch(
  ledger: LedgerTransaction,
  meaning: Meaning,
  file: Uint8Array,
  at: number,
): Promise<Fork[]> {
  const { terminal, first, last, head, areas } = meaning;
  const settled = await takeIn(ledger, meaning);
  await ledger.updateTable("terminal").set({ imported_to: last, head }).where("number", "=", terminal).execute();
  // From here on no other import is under way.
  await appendAudit(ledger, { ...{ kind: "batch", terminal, at }, content: [file, first, last, head] });
  await takeAccounts(ledger, terminal, meaning.accounts);
  await noteFacts(ledger, meaning);
  await overturn(ledger, settled.overturned, at);
  await reconcile(ledger, areas, settled.areas);
  // Once all of them are in: the earliest of several may stand anywhere in the batch.
  const committed = [...areas, ...settled.areas].filter(({ outcome }) => outcome === "committed");
  const links = committed.map(({ card, programme, old_hash: oldHash }) => ({ card, programme, oldHash }));
  return recordForks(ledger, links);
}

/** Takes in a verified batch. Throws `Quarantine`; the caller's transaction undoes everything then. */
async function takeInBatch(
  ledger: LedgerTransaction,
  { seal, entries }: Batch,
  hash: Uint8Array,
  at: number,
): Promise<ImportOutcome> {
  const terminal = await lockedTerminal(ledger, seal.terminal);
  if (terminal === undefined) throw new Quarantine("unknown-terminal", terminalName(seal.terminal));
  const importedTo = terminal.imported_to;
  // Of a terminal that is revoked or replaced the entries up to its last one count, and none behind it.
  const ends = Math.max(importedTo, terminal.ends ?? Number.POSITIVE_INFINITY);
  if (seal.first > ends) throw endedTerminal(terminal, ends);
  if (seal.first > importedTo + 1) return { status: "waiting", gap: [importedTo + 1, seal.first - 1] };
  const old = entries.filter(({ entry }) => entry.number <= importedTo);
  await compareImported(ledger, seal.terminal, old);
  const fresh = entries.slice(old.length).filter(({ entry }) => entry.number <= ends);
  const [next] = fresh;
  if (next === undefined) {
    if (seal.last > ends) throw endedTerminal(terminal, ends);
    return { status: "already-imported", duplicates: old.length };
  }
  if (!sameBytes(next.entry.previous, terminal.head)) {
    throw new Quarantine(
      "not-continuous",
      `entry ${next.entry.number} does not follow what is imported`,
      next.entry.number,
    );
  }
  const forks = await addStretch(ledger, meaningOf(seal.terminal, terminal.merchant, fresh), hash, at);
  if (seal.last > ends) return { status: "quarantined", ...refusalOf(endedTerminal(terminal, ends)) };
  return { status: "accepted", accepted: fresh.length, duplicates: old.length, forks };
}

/** Why entries behind the last one of a terminal do not count. */
function endedTerminal({ number, state }: LedgerTables["terminal"], ends: number): Quarantine {
  const detail = `${terminalName(number)} is ${state}; its entries count up to ${ends}, and those are in`;
  return new Quarantine(`terminal-${state}`, detail, ends + 1);
}

const refusalOf = ({ reason, message: detail, number }: Quarantine) => ({
  ...{ reason, detail },
  ...(number === undefined ? {} : { number }),
});

/** What becomes of a file that is no batch. One that lies here already grows no more. */
function refusalOutcome({ reason, detail, number }: BatchRefusal, isReceived: boolean): ImportOutcome {
  if (reason === "unfinished" && !isReceived) return { status: "still-being-written" };
  return { status: "quarantined", reason, detail, ...(number === undefined ? {} : { number }) };
}

/** Takes in a batch that was read ahead; null where it does not go on whole from what is imported: its import reads it itself then. */
async function takeInRead(
  ledger: LedgerTransaction,
  { seal, merchant, hash, meaning }: BatchRead,
  at: number,
): Promise<ImportOutcome | null> {
  const terminal = await lockedTerminal(ledger, seal.terminal);
  if (terminal === undefined || terminal.merchant !== merchant) return null;
  const follows = seal.first === terminal.imported_to + 1 && sameBytes(meaning.previous, terminal.head);
  if (!follows || (terminal.ends !== null && seal.last > terminal.ends)) return null;
  const forks = await addStretch(ledger, meaning, hash, at);
  return { status: "accepted", accepted: seal.count, duplicates: 0, forks };
}

/** Gives the file that is to be imported, once it is this importer's own; null where there is none for it. */
type Claim = (transaction: LedgerTransaction) => Promise<BatchFile | null>;

/** Reads and takes in one file in a transaction of its own. Null where there was none to claim. */
async function importOne(ledger: Ledger, claim: Claim, at: number): Promise<Imported | null> {
  try {
    return await ledger.transaction().execute(async (transaction) => {
      const claimed = await claim(transaction);
      if (claimed === null) return null;
      const { name, file, read = null } = claimed;
      if (read !== null) {
        const seen = { hash: read.hash, batch: read };
        const outcome = await orSetAside(claimed, seen, takeInRead(transaction, read, at));
        if (outcome !== null) {
          await noteBatch(transaction, claimed, seen, outcome);
          return { name, outcome };
        }
      }
      const hash = sha256(file);
      const reading = readBatch(file, sha256, verifyEd25519, await terminalKeys(transaction));
      if (!reading.ok) {
        const outcome = refusalOutcome(reading.refusal, claim === nextReceived);
        await noteBatch(transaction, claimed, { hash, batch: null }, outcome);
        return { name, outcome };
      }
      const { batch } = reading;
      const outcome = await orSetAside(claimed, { hash, batch }, takeInBatch(transaction, batch, hash, at));
      await noteBatch(transaction, claimed, { hash, batch }, outcome);
      return { name, outcome };
    });
  } catch (error) {
    if (!(error instanceof SetAside)) throw error;
    const { claimed, seen, outcome } = error;
    // The transaction undid what was begun, the claim too.
    return ledger.transaction().execute(async (transaction) => {
      await release(transaction, seen.hash);
      await noteBatch(transaction, claimed, seen, outcome);
      return { name: claimed.name, outcome };
    });
  }
}

/** A file and what became of it. */
interface Imported {
  readonly name: string;
  readonly outcome: ImportOutcome;
}

/** Undoes a transaction whose batch is to be quarantined. */
class SetAside extends Error {
  readonly claimed: BatchFile;
  readonly seen: FileSeen;
  readonly outcome: ImportOutcome;
  constructor(claimed: BatchFile, seen: FileSeen, why: Quarantine) {
    super(why.message);
    this.claimed = claimed;
    this.seen = seen;
    this.outcome = { status: "quarantined", ...refusalOf(why) };
  }
}

async function orSetAside<T>(claimed: BatchFile, seen: FileSeen, taken: Promise<T>): Promise<T> {
  try {
    return await taken;
  } catch (error) {
    throw error instanceof Quarantine ? new SetAside(claimed, seen, error) : error;
  }
}

/** Files that waited and need not wait any more, in the order of their entries. */
const waiting = (ledger: Ledger) =>
  ledger
    .selectFrom("batch")
    .innerJoin("terminal", "terminal.number", "batch.terminal")
    .select(["batch.name", "batch.file"])
    .where("batch.status", "=", "waiting")
    .where(({ eb }) => eb("batch.first", "<=", eb("terminal.imported_to", "+", 1)))
    .orderBy("batch.terminal")
    .orderBy("batch.first")
    .limit(1);

/** The next file that waited, for this importer. */
function nextWaiting(ledger: LedgerTransaction): Promise<BatchFile | null> {
  const next = waiting(ledger);
  return claimedOf(engineOf(ledger) === "sqlite" ? next : next.forUpdate("batch").skipLocked());
}

async function claimedOf(query: {
  executeTakeFirst(): Promise<{ readonly name: string; readonly file: Uint8Array | null } | undefined>;
}): Promise<BatchFile | null> {
  const row = await query.executeTakeFirst();
  return row === undefined || row.file === null ? null : { name: row.name, file: row.file };
}

type OnImported = (name: string, outcome: ImportOutcome) => void | Promise<void>;

/** Imports what waited and need not wait any more. */
async function importWaiting(ledger: Ledger, at: number, onWaited: OnImported): Promise<void> {
  while ((await claimedOf(waiting(ledger))) !== null) {
    const waited = await importOne(ledger, nextWaiting, at);
    // Another importer has it.
    if (waited === null) return;
    await onWaited(waited.name, waited.outcome);
  }
}

/**
 * Imports a batch file exactly once: signature, chain, continuity and totals are verified, entries count by their number.
 * When it fills a gap, the files that waited behind it go in too; `onWaited` is told what became of each.
 * Cards that show two histories are found at whichever import brings the second one (`forks.ts`). `at` in UTC seconds.
 */
export async function importBatch(
  ledger: Ledger,
  batch: BatchFile,
  at: number,
  onWaited: OnImported = () => {},
): Promise<ImportOutcome> {
  const { outcome } = (await importOne(ledger, async () => batch, at))!;
  if (outcome.status === "accepted" || outcome.status === "already-imported") await importWaiting(ledger, at, onWaited);
  return outcome;
}

/** Where files lie that came and were not looked at yet: no terminal is known to have sent them. */
const RECEIVED = { terminal: 0, status: "received" } as const;

/** Puts a file into the ledger as it came, for `importReceived`: whoever brought it can go. */
export async function receiveBatch(ledger: Ledger, { name, file }: BatchFile): Promise<void> {
  const values = {
    ...RECEIVED,
    hash: sha256(file),
    name,
    first: null,
    last: null,
    detail: "",
    arrival: 0,
    trailer: null,
  };
  await ledger
    .insertInto("batch")
    .values({ ...values, file })
    // One that was set aside before any terminal was known is looked at again.
    .onConflict((conflict) =>
      conflict.columns(["terminal", "hash"]).doUpdateSet({ status: RECEIVED.status, name, file }),
    )
    .execute();
}

/** A received file that no other importer works on: it leaves the place where it lay. */
async function nextReceived(ledger: LedgerTransaction): Promise<BatchFile | null> {
  const next = ledger
    .selectFrom("batch")
    .select(["name", "file", "hash"])
    .where("terminal", "=", RECEIVED.terminal)
    .where("status", "=", RECEIVED.status)
    .orderBy("name")
    .limit(1);
  const row = await (engineOf(ledger) === "sqlite" ? next : next.forUpdate().skipLocked()).executeTakeFirst();
  if (row === undefined || row.file === null) return null;
  await release(ledger, row.hash);
  return { name: row.name, file: row.file };
}

/** A file that was received leaves the place where it lay. */
async function release(ledger: LedgerTransaction, hash: Uint8Array): Promise<void> {
  const { terminal, status } = RECEIVED;
  await ledger
    .deleteFrom("batch")
    .where("terminal", "=", terminal)
    .where("hash", "=", hash)
    .where("status", "=", status)
    .execute();
}

/**
 * Imports files that were received until none is left, beside other importers that do the same: each file is one importer's. `onImported`
 * is told what became of each. `at` in UTC seconds.
 */
export async function importReceived(ledger: Ledger, at: number, onImported: OnImported = () => {}): Promise<void> {
  for (;;) {
    const imported = await importOne(ledger, nextReceived, at);
    if (imported === null) return;
    await onImported(imported.name, imported.outcome);
    await importWaiting(ledger, at, onImported);
  }
}
