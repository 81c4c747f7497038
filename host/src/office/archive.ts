import { type Day, dayText, sameBytes, toHex } from "@cachet/card-layout";
import { encodeCbor, joinBatch, type Signer, terminalName, utf8Encode } from "@cachet/firmware/wire";
import { publicPem, sha256 } from "../ports/crypto.ts";
import { snapshot } from "../ports/database/index.ts";
import {
  ARCHIVE,
  ARCHIVE_FORMAT,
  ARCHIVE_VERSION,
  type ArchiveAbout,
  type ArchiveBatch,
  type ArchiveClosing,
  type ArchiveTerminal,
} from "./archive-about.ts";
import { AUDIT_START } from "./audit.ts";
import { LedgerFault } from "./check.ts";
import { bytesOver, type Closing, closedDays, closings, isClosed, PARTS_OF_CLOSINGS } from "./closings.ts";
import type { Ledger, LedgerTables } from "./schema.ts";

/** There is no closing of the days that were asked for. */
export class NothingClosed extends Error {}

export interface ArchiveWish {
  /** First and last local day, by closings; null for all that is in, closed or not. */
  readonly from: Day | null;
  readonly to: Day | null;
  /** UTC seconds. */
  readonly at: number;
  readonly signer: Signer | null;
}

/** Many pieces, more than a call takes arguments. */
function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

const ZEROS = toHex(new Uint8Array(32));
const PAGE = 1_000;

/**
 * Writes what the books rest on in forms that need no cachet to be verified: the terminals' batches as they sealed them, keys, closings with
 * what they hash, the audit chain, and a manifest over all of it, last. The ledger is read as it stands at one moment. Throws `LedgerFault`
 * where it does not give the bytes that were signed any more, `NothingClosed` where no day of those asked for is closed.
 */
export function writeArchive(
  ledger: Ledger,
  wish: ArchiveWish,
  write: (path: string, bytes: Uint8Array) => void,
  progress: (done: number, of: number) => void = () => {},
): Promise<ArchiveAbout> {
  return snapshot(ledger, async (transaction) => {
    const sums = new Map<string, string>();
    const put = (path: string, bytes: Uint8Array) => {
      write(path, bytes);
      sums.set(path, toHex(sha256(bytes)));
    };
    const isIn = (day: Day) => (wish.from ?? day) <= day && day <= (wish.to ?? day);
    const days = await closedDays(transaction);
    if ((wish.from !== null || wish.to !== null) && !days.some(({ closing }) => isIn(closing.day)))
      throw new NothingClosed();
    const terminals = await terminalsOf(transaction, wish, days);
    for (const { name, public_key } of terminals) put(`keys/${name}.pem`, publicPem(public_key));
    if (wish.signer !== null) put(ARCHIVE.key, publicPem(wish.signer.publicKey));
    const batches = await putBatches(transaction, terminals, put, progress);
    const closed: ArchiveClosing[] = [];
    for (const day of days) if (isIn(day.closing.day)) closed.push(await putDay(transaction, day, put));
    for (const kind of ["month", "year"] as const) closed.push(...(await putOver(transaction, kind, isIn, put)));
    const about: ArchiveAbout = {
      format: ARCHIVE_FORMAT,
      version: ARCHIVE_VERSION,
      made: wish.at,
      from: wish.from === null ? null : dayText(wish.from),
      to: wish.to === null ? null : dayText(wish.to),
      office_key: wish.signer === null ? null : toHex(wish.signer.publicKey),
      audit: await putAudit(transaction, put),
      terminals: terminals.map(({ public_key, ...terminal }) => ({ ...terminal, public_key: toHex(public_key) })),
      batches,
      closings: closed,
    };
    put(ARCHIVE.about, utf8Encode(`${JSON.stringify(about, null, 1)}\n`));
    const lines = [...sums].sort(([a], [b]) => (a < b ? -1 : 1)).map(([path, sum]) => `${sum}  ${path}\n`);
    const manifest = utf8Encode(lines.join(""));
    if (wish.signer !== null) write(ARCHIVE.signature, wish.signer.sign(manifest));
    write(ARCHIVE.manifest, manifest);
    return about;
  });
}

type Covered = Omit<ArchiveTerminal, "public_key"> & { readonly public_key: Uint8Array };
type Put = (path: string, bytes: Uint8Array) => void;
type ClosedDays = Awaited<ReturnType<typeof closedDays>>;

/** How far each terminal was closed when the last of some days was; nothing where no day is. */
function closedTo(days: ClosedDays): ReadonlyMap<number, number> {
  return new Map(days.flatMap(({ stretches }) => stretches.map(({ terminal, to }) => [terminal, to])));
}

/** The terminals, each with the entries that are asked for. */
async function terminalsOf(ledger: Ledger, { from, to }: ArchiveWish, days: ClosedDays): Promise<Covered[]> {
  const before = closedTo(days.filter(({ closing }) => from !== null && closing.day < from));
  const until = closedTo(days.filter(({ closing }) => to !== null && closing.day <= to));
  const rows = await ledger.selectFrom("terminal").selectAll().orderBy("number").execute();
  return rows.map(({ number, merchant, public_key, imported_to }) => {
    const after = before.get(number) ?? 0;
    const last = to === null ? imported_to : (until.get(number) ?? after);
    return { number, name: terminalName(number), merchant, public_key, after, to: last };
  });
}

type BatchRow = LedgerTables["batch"];

/** A file that is in, as its terminal sealed it. Throws `LedgerFault` where the ledger does not give it any more. */
async function batchFile(
  ledger: Ledger,
  { terminal, hash, name, first, last, trailer }: BatchRow,
): Promise<Uint8Array> {
  const rows = await ledger
    .selectFrom("entry")
    .select("stored")
    .where("terminal", "=", terminal)
    .where("number", ">=", first!)
    .where("number", "<=", last!)
    .orderBy("number")
    .execute();
  const stored = rows.map((row) => row.stored);
  const file = trailer === null ? null : joinBatch({ terminal, first: first!, last: last! }, stored, trailer);
  if (file === null || !sameBytes(sha256(file), hash))
    throw new LedgerFault("batch", `${name} of ${terminalName(terminal)} is not what came in any more`);
  return file;
}

/** The files that brought entries which are asked for, in the order in which they came. */
async function putBatches(
  ledger: Ledger,
  terminals: readonly Covered[],
  put: Put,
  progress: (done: number, of: number) => void,
): Promise<ArchiveBatch[]> {
  const wanted = new Map(terminals.map((terminal) => [terminal.number, terminal]));
  const accepted = ledger.selectFrom("batch").where("status", "=", "accepted");
  const rows = await accepted.select(["terminal", "hash", "first", "last"]).orderBy("arrival").execute();
  const asked = rows.filter(({ terminal, first, last }) => {
    const { after, to } = wanted.get(terminal)!;
    return first! <= to && last! > after;
  });
  const batches: ArchiveBatch[] = [];
  const names = new Set<string>();
  for (const [done, { terminal, hash }] of asked.entries()) {
    const row = await accepted
      .selectAll()
      .where("terminal", "=", terminal)
      .where("hash", "=", hash)
      .executeTakeFirstOrThrow();
    const [first, last] = [row.first!, row.last!];
    const range = `batches/${terminalName(terminal)}-${first}-${last}`;
    // The same range was sealed twice, under two images.
    let file = `${range}.batch`;
    for (let copy = 2; names.has(file); copy += 1) file = `${range}-${copy}.batch`;
    names.add(file);
    put(file, await batchFile(ledger, row));
    batches.push({ file, terminal, first, last });
    progress(done + 1, asked.length);
  }
  return batches;
}

const facts = (closing: Closing, before: Closing | null) => ({
  day: closing.day,
  date: dayText(closing.day),
  before: before === null ? ZEROS : toHex(before.hash),
  hash: toHex(closing.hash),
  postings: closing.postings,
  totals: closing.totals,
  perpetual: closing.perpetual,
});

async function putDay(ledger: Ledger, day: ClosedDays[number], put: Put): Promise<ArchiveClosing> {
  const { closing, before, stretches } = day;
  const pieces: Uint8Array[] = [];
  if (!(await isClosed(ledger, day, (bytes) => pieces.push(bytes))))
    throw new LedgerFault("closing", `the closing of ${dayText(closing.day)} is not what its postings come to`);
  const file = `closings/day-${dayText(closing.day)}.cbor`;
  put(file, joined(pieces));
  return { file, kind: "day", ...facts(closing, before), ends: stretches };
}

async function putOver(
  ledger: Ledger,
  kind: "month" | "year",
  isIn: (day: Day) => boolean,
  put: Put,
): Promise<ArchiveClosing[]> {
  const parts = await closings(ledger, PARTS_OF_CLOSINGS[kind]);
  const found: ArchiveClosing[] = [];
  let before: Closing | null = null;
  for (const closing of await closings(ledger, kind)) {
    const after: Day = before?.day ?? Number.NEGATIVE_INFINITY;
    const hashes = parts.filter(({ day }) => day > after && day <= closing.day).map(({ hash }) => hash);
    if (isIn(closing.day)) {
      const file = `closings/${kind}-${dayText(closing.day)}.cbor`;
      put(file, bytesOver(closing, before?.hash ?? null, hashes));
      found.push({ file, kind, ...facts(closing, before), ends: [] });
    }
    before = closing;
  }
  return found;
}

/** The whole audit chain: each row as it is hashed, without its link. */
async function putAudit(ledger: Ledger, put: Put): Promise<ArchiveAbout["audit"]> {
  const pieces: Uint8Array[] = [];
  let head: Uint8Array = AUDIT_START;
  for (let rows = 0; ; ) {
    const page = await ledger
      .selectFrom("audit")
      .selectAll()
      .where("number", ">", rows)
      .orderBy("number")
      .limit(PAGE)
      .execute();
    for (const { number, terminal, kind, at, content, chain } of page) {
      pieces.push(encodeCbor([number, terminal, kind, at, content]));
      head = chain;
    }
    rows += page.length;
    if (page.length < PAGE) {
      put(ARCHIVE.audit, joined(pieces));
      return { rows, head: toHex(head) };
    }
  }
}
