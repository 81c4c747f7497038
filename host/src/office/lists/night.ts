import type { Day } from "@cachet/card-layout";
import type { Ledger } from "../schema.ts";
import { type ListHead, type MadeList, makeList } from "./build.ts";
import { type CreditRow, settleCredits } from "./credits.ts";
import { finishReplacements } from "./replace.ts";
import { adoptRevoked, creditCorrections, creditPromises } from "./sources.ts";

/** A night's list, and what was done for it. */
export interface PreparedList extends MadeList {
  /** Credits that cards show by now. */
  readonly passed: readonly CreditRow[];
  /** Credits that are new: of corrections, promises, replacements and revoked records. */
  readonly credits: readonly CreditRow[];
}

/**
 * Makes the next list, once all batches of a night are in: credits that cards show leave it, what corrections and other cards' visits
 * owe becomes credits, replacements whose terminals have all reported are finished. `day`: the local one. Throws `RangeError` as
 * `makeList` does, with nothing made.
 */
export async function prepareList(ledger: Ledger, head: ListHead, day: Day): Promise<PreparedList> {
  const { issued: at } = head;
  const passed = await settleCredits(ledger, day, at);
  return ledger.transaction().execute(async (transaction) => {
    const revoked = head.revokedGenerations.flatMap(({ role, number, generation }) =>
      role === "area" ? [{ programme: number, generation }] : [],
    );
    const credits = [
      ...(await creditCorrections(transaction, day, at)),
      ...(await creditPromises(transaction, day, at)),
      ...(await adoptRevoked(transaction, revoked, day, at)),
      ...(await finishReplacements(transaction, day, at)),
    ];
    return { ...(await makeList(transaction, head)), passed, credits };
  });
}
