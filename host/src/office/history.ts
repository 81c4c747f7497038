import { dayOf } from "@cachet/card-layout";
import { entryHash } from "@cachet/firmware/wire";
import { sha256 } from "../ports/crypto.ts";
import { type Ledger, type LedgerTables, selectAll } from "./schema.ts";

type AreaRow = LedgerTables["intent_area"];

/** One visit of a card under one programme, as the books have it. Amounts in cents. */
export interface VisitOfCard
  extends Pick<
    AreaRow,
    | "programme"
    | "terminal"
    | "number"
    | "merchant"
    | "kind"
    | "utc"
    | "sale_cents"
    | "earned_cents"
    | "spent_cents"
    | "topped_up_cents"
    | "discount_cents"
    | "stamps"
    | "rewards"
    | "holds_cents"
  > {
  /** Minutes that local time was ahead. */
  readonly utc_offset: number;
  /** `decided` where only the office says so. */
  readonly outcome: "committed" | "aborted" | "open" | "decided";
  /** SHA-256 of its entry: the paper ticket has the first digits. */
  readonly seal: Uint8Array;
}

/** Every visit of a card that is known, earliest first by the terminals' clocks; of some local days only, where they are given. */
export async function historyOf(
  ledger: Ledger,
  card: number,
  from = Number.NEGATIVE_INFINITY,
  to = Number.POSITIVE_INFINITY,
): Promise<readonly VisitOfCard[]> {
  const rows = await ledger
    .selectFrom("intent_area")
    .selectAll()
    .where("card", "=", card)
    .orderBy("utc")
    .orderBy("terminal")
    .orderBy("number")
    .orderBy("programme")
    .execute();
  const within = rows.filter(({ utc, utc_offset }) => {
    const day = dayOf(utc, utc_offset);
    return day >= from && day <= to;
  });
  const keys = within.map(({ terminal, number }) => [terminal, number]);
  const entries = await selectAll(ledger, "entry", ["terminal", "number"], keys, ["terminal", "number", "stored"]);
  const seals = new Map(
    entries.map(({ terminal, number, stored }) => [`${terminal}-${number}`, entryHash(sha256, stored)]),
  );
  return within.map((row) => ({
    ...row,
    outcome: row.decided === 1 ? "decided" : (row.outcome as VisitOfCard["outcome"]),
    seal: seals.get(`${row.terminal}-${row.number}`)!,
  }));
}
