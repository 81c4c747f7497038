import { decodeEntry } from "@cachet/firmware/wire";
import type { Ledger } from "../schema.ts";

/** The list that a terminal's imported journal says it took last. */
export interface HeldList {
  readonly terminal: number;
  /** 0 where it never took one. */
  readonly version: number;
}

async function heldBy(ledger: Ledger, terminal: number): Promise<HeldList> {
  let before = Number.MAX_SAFE_INTEGER;
  for (;;) {
    const row = await ledger
      .selectFrom("entry")
      .select(["number", "stored"])
      .where("terminal", "=", terminal)
      .where("kind", "=", "list-change")
      .where("number", "<", before)
      .orderBy("number", "desc")
      .limit(1)
      .executeTakeFirst();
    if (row === undefined) return { terminal, version: 0 };
    const entry = decodeEntry(row.stored);
    // One that was refused changed nothing.
    if (entry.kind === "list-change" && entry.body.reason === undefined)
      return { terminal, version: entry.body.version ?? 0 };
    before = row.number;
  }
}

/** What every terminal holds, as far as its imported journal tells. By terminal. */
export async function heldLists(ledger: Ledger): Promise<readonly HeldList[]> {
  const terminals = await ledger.selectFrom("terminal").select("number").orderBy("number").execute();
  const held: HeldList[] = [];
  for (const { number } of terminals) held.push(await heldBy(ledger, number));
  return held;
}
