import { ascii, concat, sameBytes } from "@cachet/card-layout";
import { type Cbor, encodeCbor } from "@cachet/firmware/wire";
import { sql } from "kysely";
import { sha256 } from "../ports/crypto.ts";
import { Busy, engineOf } from "../ports/database/index.ts";
import type { Ledger, LedgerTables, LedgerTransaction } from "./schema.ts";

/** What changed the books. */
export type AuditKind =
  | "account"
  | "batch"
  | "block"
  | "closing"
  | "correction"
  | "count"
  | "credit"
  | "credits"
  | "decision"
  | "expiry"
  | "list"
  | "moved"
  | "phone"
  | "replace"
  | "second-refund"
  | "terminal"
  | "terminal-end"
  | "void";
type AuditRow = LedgerTables["audit"];

const TAG = ascii("cachet/audit/1");
/** What the first row follows from. */
export const AUDIT_START = new Uint8Array(32);
/** Any number that no other lock of the database has. */
const ARRIVAL_LOCK = 0xcac4;

/**
 * From here to its end a transaction has the books for itself: what two imports at once bring of one card is seen by the second of
 * them, and arrivals are counted without a hole. What goes before, the bulk of the work, goes on side by side.
 */
export async function queueByArrival(ledger: LedgerTransaction): Promise<void> {
  if (engineOf(ledger) === "postgres") await sql`select pg_advisory_xact_lock(${ARRIVAL_LOCK})`.execute(ledger);
}

/** The same, where it would not have to wait: throws `Busy` where another transaction has the books. */
export async function takeArrival(ledger: LedgerTransaction): Promise<void> {
  if (engineOf(ledger) === "sqlite") return;
  const { rows } = await sql<{ taken: boolean }>`select pg_try_advisory_xact_lock(${ARRIVAL_LOCK}) as taken`.execute(
    ledger,
  );
  if (rows[0]?.taken !== true) throw new Busy();
}

/** A row's link: SHA-256 of a tag, the link before it and the row as CBOR [number, terminal, kind, at, content]. */
export const linkOf = (
  previous: Uint8Array,
  { number, terminal, kind, at, content }: Omit<AuditRow, "chain">,
): Uint8Array => sha256(concat(TAG, previous, encodeCbor([number, terminal, kind, at, content])));

/** Notes what this transaction changed, behind everything that came before. Seconds since 1970. Gives its number. */
export async function appendAudit(
  ledger: LedgerTransaction,
  what: { readonly kind: AuditKind; readonly terminal?: number; readonly at: number; readonly content: Cbor },
): Promise<number> {
  await queueByArrival(ledger);
  const last = await lastAudit(ledger);
  const { kind, terminal = 0, at } = what;
  const row = { number: (last?.number ?? 0) + 1, terminal, kind, at, content: encodeCbor(what.content) };
  const chain = linkOf(last?.chain ?? AUDIT_START, row);
  await ledger
    .insertInto("audit")
    .values({ ...row, chain })
    .execute();
  return row.number;
}

const lastAudit = (ledger: Ledger) =>
  ledger.selectFrom("audit").select(["number", "chain"]).orderBy("number", "desc").limit(1).executeTakeFirst();

/** The end of the chain: binds all that ever came to the books. Zeros where nothing did. */
export const auditHead = async (ledger: Ledger): Promise<Uint8Array> => (await lastAudit(ledger))?.chain ?? AUDIT_START;

const PAGE = 1_000;

/** The first row that does not follow from those before it, in words; null where all do. */
export async function auditFault(ledger: Ledger): Promise<string | null> {
  let previous: Uint8Array = AUDIT_START;
  let number = 0;
  for (;;) {
    const rows = await ledger
      .selectFrom("audit")
      .selectAll()
      .where("number", ">", number)
      .orderBy("number")
      .limit(PAGE)
      .execute();
    for (const row of rows) {
      number += 1;
      if (row.number !== number) return `audit ${number} is missing`;
      if (!sameBytes(row.chain, linkOf(previous, row))) return `audit ${number} (${row.kind}) is not what was written`;
      previous = row.chain;
    }
    if (rows.length < PAGE) return null;
  }
}
