import type { Day } from "@cachet/card-layout";
import type { Ledger, LedgerTables } from "./schema.ts";

type AreaRow = LedgerTables["intent_area"];

/** What each card holds by the last record that is known of it. */
export type LastRecord = Pick<AreaRow, "card" | "programme" | "holds_cents" | "terminal" | "number" | "day" | "utc">;

/** Later than any day that an entry can have. */
export const LAST_OF_DAYS: Day = 0xff_ff_ff;

/**
 * The committed areas that no other one goes on from, of visits up to a local day: one for each card and programme, more where a card
 * shows several histories or a visit between two of them is not known.
 */
export function lastAreas(ledger: Ledger, to: Day = LAST_OF_DAYS) {
  return ledger
    .selectFrom("intent_area as last")
    .where("last.outcome", "=", "committed")
    .where("last.day", "<=", to)
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom("intent_area as next")
            .select("next.terminal")
            .whereRef("next.card", "=", "last.card")
            .whereRef("next.programme", "=", "last.programme")
            .whereRef("next.old_hash", "=", "last.new_hash")
            .where("next.outcome", "=", "committed")
            .where("next.day", "<=", to),
        ),
      ),
    );
}

/** What all cards hold by their last records. */
export const lastRecords = (ledger: Ledger): Promise<LastRecord[]> =>
  lastAreas(ledger)
    .select(["last.card", "last.programme", "last.holds_cents", "last.terminal", "last.number", "last.day", "last.utc"])
    .execute();
