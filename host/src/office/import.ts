import { sameBytes } from "@cachet/card-layout";
import { type Batch, type BatchRefusal, readBatch, terminalName } from "@cachet/firmware/wire";
import { sha256, verifyEd25519 } from "../ports/crypto.ts";
import { engineOf } from "../ports/database/index.ts";
import { appendAudit } from "./audit.ts";
import { type BatchFile, type ImportOutcome, noteBatch } from "./batch-note.ts";
import { overturn } from "./decisions.ts";
import { noteFacts } from "./facts.ts";
import { type Fork, recordForks } from "./forks.ts";
import { Quarantine } from "./quarantine.ts";
import { reconcile } from "./reconcile.ts";
import { type Ledger, type LedgerTables, type LedgerTransaction, selectAll } from "./schema.ts";
import { takeIn, write } from "./take-in.ts";
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

/** A stretch of a terminal's journal that goes on from what is imported of it. */
export interface Stretch {
  readonly terminal: LedgerTables["terminal"];
  readonly entries: Batch["entries"];
  /** SHA-256 of the file that they came in. */
  readonly file: Uint8Array;
}

/**
 * Takes new entries into the books. Throws `Quarantine`; the caller's transaction undoes everything then. Gives the cards that show two
 * histories now. `at` in UTC seconds.
 */
export async function addEntries(
  ledger: LedgerTransaction,
  { terminal, entries, file }: Stretch,
  at: number,
): Promise<Fork[]> {
  const { number } = terminal;
  const [first, last] = [entries[0]!, entries.at(-1)!];
  const taken = await takeIn(ledger, terminal, entries);
  await write(ledger, taken);
  await ledger
    .updateTable("terminal")
    .set({ imported_to: last.entry.number, head: last.hash })
    .where("number", "=", number)
    .execute();
  // From here on no other import is under way.
  await appendAudit(ledger, {
    ...{ kind: "batch", terminal: number, at },
    content: [file, first.entry.number, last.entry.number, last.hash],
  });
  await noteFacts(ledger, number, entries, taken.areas);
  await overturn(ledger, taken.overturned, at);
  await reconcile(ledger, taken.areas, taken.settled);
  // Once all of them are in: the earliest of several may stand anywhere in the batch.
  const committed = [...taken.areas, ...taken.settled].filter(({ outcome }) => outcome === "committed");
  const links = committed.map(({ card, programme, old_hash: oldHash }) => ({ card, programme, oldHash }));
  return recordForks(ledger, links);
}

/** Takes in a verified batch. Throws `Quarantine`; the caller's transaction undoes everything then. */
async function takeInBatch(
  ledger: LedgerTransaction,
  { seal, entries }: Batch,
  file: Uint8Array,
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
  const forks = await addEntries(ledger, { terminal, entries: fresh, file: sha256(file) }, at);
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

/** Gives the file that is to be imported, once it is this importer's own; null where there is none for it. */
type Claim = (transaction: LedgerTransaction) => Promise<BatchFile | null>;

/** Reads and takes in one file in a transaction of its own. Null where there was none to claim. */
async function importOne(ledger: Ledger, claim: Claim, at: number): Promise<Imported | null> {
  const keyOf = await terminalKeys(ledger);
  try {
    return await ledger.transaction().execute(async (transaction) => {
      const claimed = await claim(transaction);
      if (claimed === null) return null;
      const { name, file } = claimed;
      const reading = readBatch(file, sha256, verifyEd25519, keyOf);
      if (!reading.ok) {
        const outcome = refusalOutcome(reading.refusal, claim === nextReceived);
        await noteBatch(transaction, claimed, null, outcome);
        return { name, outcome };
      }
      const { batch } = reading;
      const outcome = await takeInOrThrow(transaction, claimed, batch, at);
      await noteBatch(transaction, claimed, batch, outcome);
      return { name, outcome };
    });
  } catch (error) {
    if (!(error instanceof SetAside)) throw error;
    const { claimed, batch, outcome } = error;
    // The transaction undid what was begun, the claim too.
    return ledger.transaction().execute(async (transaction) => {
      await release(transaction, sha256(claimed.file));
      await noteBatch(transaction, claimed, batch, outcome);
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
  readonly batch: Batch;
  readonly outcome: ImportOutcome;
  constructor(claimed: BatchFile, batch: Batch, why: Quarantine) {
    super(why.message);
    this.claimed = claimed;
    this.batch = batch;
    this.outcome = { status: "quarantined", ...refusalOf(why) };
  }
}

async function takeInOrThrow(
  transaction: LedgerTransaction,
  claimed: BatchFile,
  batch: Batch,
  at: number,
): Promise<ImportOutcome> {
  try {
    return await takeInBatch(transaction, batch, claimed.file, at);
  } catch (error) {
    throw error instanceof Quarantine ? new SetAside(claimed, batch, error) : error;
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

/** Puts a file into the ledger as it came, for `importReceived`: whoever brought it can go. What is there already stays as it is. */
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
    .onConflict((conflict) => conflict.doNothing())
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
