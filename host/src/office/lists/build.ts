import {
  type BlockReason,
  type Cbor,
  contentsHash,
  contentsOf,
  decodeCbor,
  encodeCbor,
  encodeCredit,
  fromStored,
  LIST_LIMITS,
  type ListContents,
  type SectionRow,
  StoredContents,
  toStored,
} from "@cachet/firmware/wire";
import { sha256 } from "../../ports/crypto.ts";
import { appendAudit, queueByArrival } from "../audit.ts";
import { insertAll, type Ledger, type LedgerTransaction } from "../schema.ts";
import { makeCeilings } from "./ceilings.ts";
import type { CreditRow } from "./credits.ts";
import { type HeldList, heldLists } from "./held.ts";

/** What a list says beside what the ledger knows. */
export interface ListHead {
  readonly issuer: number;
  /** UTC seconds. */
  readonly issued: number;
  readonly officeKey: Uint8Array;
  /** The newest state layout that terminals may write; never lower than before. */
  readonly writeLayout: number;
  readonly revokedGenerations: readonly SectionRow<"revokedGenerations">[];
  readonly revokedKeys: readonly Uint8Array[];
}

/** A list that was made, and what found no room in it. */
export interface MadeList {
  readonly contents: ListContents;
  readonly held: readonly HeldList[];
  /** Cards whose credits wait for a later list. */
  readonly waitingCards: number;
  /** Blocked cards that are left out: the ones that have been on lists longest. */
  readonly unblocked: number;
}

/** All that stands of a credit that is void: its number. */
const VOID = encodeCredit({ kind: "void" });
/** So many lists are kept whole: a terminal that holds an older one gets a full list. */
const LISTS_KEPT = 30;

/** The contents of a list that was made; null where it is not kept any more. */
export async function contentsAt(ledger: Ledger, version: number): Promise<ListContents | null> {
  const row = await ledger.selectFrom("list").select("contents").where("version", "=", version).executeTakeFirst();
  return row?.contents == null ? null : fromStored(StoredContents.decode(decodeCbor(row.contents), "list"));
}

/** The version that the next list has. */
export async function nextVersion(ledger: Ledger): Promise<number> {
  const row = await ledger
    .selectFrom("list")
    .select(({ fn }) => fn.max<number | null>("version").as("version"))
    .executeTakeFirst();
  return (row?.version ?? 0) + 1;
}

/**
 * All credits to come of as many cards as there is room for, those that wait longest first: of a card all, or none. A replaced card has
 * none: its list blocks it, and nothing of it comes any more.
 */
async function creditsOf(
  ledger: Ledger,
): Promise<{ readonly rows: readonly CreditRow[]; readonly waitingCards: number }> {
  const rows = await ledger
    .selectFrom("credit")
    .selectAll()
    .where("passed", "=", 0)
    .where("card", "not in", (of) => of.selectFrom("blocked_card").select("card").where("reason", "=", "replaced"))
    .orderBy("act")
    .execute();
  const byCard = new Map<number, CreditRow[]>();
  for (const row of rows) byCard.set(row.card, [...(byCard.get(row.card) ?? []), row]);
  const taken: CreditRow[] = [];
  let cards = 0;
  // By their first act: the order of a map is that of its first entries.
  for (const of of byCard.values()) {
    if (taken.length + of.length > LIST_LIMITS.credits) break;
    taken.push(...of);
    cards += 1;
  }
  return { rows: taken, waitingCards: byCard.size - cards };
}

const revokedName = ({ role, number, generation }: SectionRow<"revokedGenerations">) =>
  `${role} ${number} ${generation}`;
const united = <T>(before: readonly T[], more: readonly T[], nameOf: (row: T) => string): T[] => [
  ...new Map([...before, ...more].map((row) => [nameOf(row), row])).values(),
];

/**
 * Makes the next list for terminals from what the ledger knows, and keeps it. Throws `RangeError` where no list may follow the one
 * before. What is revoked stays revoked, and the write layout never falls, whatever `head` says.
 */
export async function makeList(ledger: LedgerTransaction, head: ListHead): Promise<MadeList> {
  await queueByArrival(ledger);
  const version = await nextVersion(ledger);
  const before = await contentsAt(ledger, version - 1);
  const held = await heldLists(ledger);
  const blocked = await ledger.selectFrom("blocked_card").selectAll().orderBy("at", "desc").orderBy("card").execute();
  const { rows: credits, waitingCards } = await creditsOf(ledger);
  const { balances, ceilings } = await makeCeilings(ledger, version, held);
  const terminals = await ledger.selectFrom("terminal").select(["number", "imported_to"]).execute();
  const phones = await ledger.selectFrom("phone").selectAll().execute();
  const contents = contentsOf(
    {
      issuer: head.issuer,
      version,
      issued: head.issued,
      officeKey: head.officeKey,
      writeLayout: Math.max(head.writeLayout, before?.writeLayout ?? 1),
    },
    {
      blocked: blocked
        .slice(0, LIST_LIMITS.blocked)
        .map(({ card, reason }) => ({ card, reason: reason as BlockReason })),
      credits: credits.map(({ card, programme, number, body, state }) => ({
        ...{ card, programme, number },
        body: state === "open" ? body : VOID,
      })),
      balances,
      ceilings,
      imported: terminals
        .filter(({ imported_to }) => imported_to > 0)
        .map(({ number, imported_to }) => ({ terminal: number, entry: imported_to })),
      phones,
      revokedGenerations: united(rowsOf(before?.sections.revokedGenerations), head.revokedGenerations, revokedName),
      revokedKeys: united(
        rowsOf(before?.sections.revokedKeys),
        head.revokedKeys.map((key) => ({ key })),
        ({ key }) => key.join(),
      ),
    },
  );
  await keep(ledger, contents, head, credits);
  return { contents, held, waitingCards, unblocked: Math.max(0, blocked.length - LIST_LIMITS.blocked) };
}

const rowsOf = <T>(rows: { readonly count: number; at(index: number): T } | undefined): T[] =>
  Array.from({ length: rows?.count ?? 0 }, (_, i) => rows!.at(i));

async function keep(
  ledger: LedgerTransaction,
  contents: ListContents,
  head: ListHead,
  credits: readonly CreditRow[],
): Promise<void> {
  const { version, issued } = contents;
  const hash = contentsHash(sha256, contents);
  const stored = encodeCbor(StoredContents.encode(toStored(contents)) as Cbor);
  await insertAll(ledger, "list", [{ version, issued, hash, contents: stored }]);
  await ledger
    .updateTable("list")
    .set({ contents: null })
    .where("version", "=", version - LISTS_KEPT)
    .execute();
  for (const { card, programme, number } of credits.filter(({ listed }) => listed === 0)) {
    await ledger
      .updateTable("credit")
      .set({ listed: version })
      .where("card", "=", card)
      .where("programme", "=", programme)
      .where("number", "=", number)
      .execute();
  }
  await appendAudit(ledger, {
    kind: "list",
    at: issued,
    content: [
      version,
      hash,
      head.issuer,
      head.officeKey,
      head.writeLayout,
      head.revokedGenerations.map(({ role, number, generation }) => [role, number, generation]),
      [...head.revokedKeys],
    ],
  });
}
