import { purseOfHead } from "@cachet/card-layout";
import type { AccountArea, Entry, StoredEffect } from "@cachet/firmware/wire";
import { accountMoves, dayOfEntry, type Posting, postings } from "./ledger.ts";
import { Quarantine } from "./quarantine.ts";
import type { LedgerTables } from "./schema.ts";

type Unit = StoredEffect["unit"];
type AccountEntry = Entry & { readonly kind: "account" };
/** One purse of one account. */
export type AccountPurse = Omit<LedgerTables["account_balance"], "balance">;

/** What purses of accounts without a chip count, by the kind of purse; they keep neither lots nor fractions. */
const UNITS: Readonly<Partial<Record<string, Unit>>> = {
  stamps: "stamps",
  cagnotte: "cents",
  points: "points",
  prepaid: "cents",
};

/** What a purse of an account counts; null for one that no account has. */
export const unitOfPurse = (head: number): Unit | null => UNITS[purseOfHead(head)?.kind ?? ""] ?? null;

/** What effects take out of an account, by unit; what they give back to it is below zero. */
function takenBy(effects: readonly StoredEffect[], unit: Unit): number {
  return effects.reduce((sum, effect) => {
    if (effect.type === "redeem" && effect.unit === unit) return sum + effect.value;
    if (effect.type === "return" && effect.unit === unit) return sum - effect.value;
    return unit === "stamps" ? sum + (effect.taken ?? 0) : sum;
  }, 0);
}

/** What effects of rules may do to an account without a chip, and what those of its refunds may. */
const TYPES: readonly StoredEffect["type"][] = ["discount", "redeem", "earn", "stamp", "reward", "decline"];
const UNDOING: readonly StoredEffect["type"][] = ["clawback", "return"];

/** What is wrong with one programme's part of a visit; null where nothing is. */
function areaFault({ effects, purses, programme }: AccountArea, types: typeof TYPES): string | null {
  if (effects.some(({ type }) => !types.includes(type))) return `an effect of programme ${programme} needs a card`;
  if (purses.some(({ purse }) => unitOfPurse(purse) === null))
    return `programme ${programme} has a purse that no account has`;
  for (const unit of ["cents", "points", "stamps"] as const) {
    const taken = purses.reduce((sum, one) => sum + (unitOfPurse(one.purse) === unit ? one.taken : 0), 0);
    if (taken !== takenBy(effects, unit)) return `its effects do not take ${taken} ${unit} in programme ${programme}`;
  }
  return null;
}

function checkVisit(enrolled: number, { number, body }: AccountEntry): void {
  const fault =
    body.merchant === enrolled ? null : `merchant ${body.merchant}, the terminal is enrolled for ${enrolled}`;
  const types = body.refund === undefined ? TYPES : UNDOING;
  const wrong = fault ?? body.areas.map((area) => areaFault(area, types)).find((one) => one !== null) ?? null;
  if (wrong !== null) throw new Quarantine("bad-intent", wrong, number);
}

/** What one visit took out of one purse of an account, and when; less than nothing where a refund gave it back. */
export interface AccountSpending extends AccountPurse {
  readonly number: number;
  readonly utc: number;
  readonly taken: number;
}

/**
 * What an entry says of an account without a chip, or of a card that was not there: what was spent leaves the account, what was earned is
 * promised to it, and comes with the next list. A refund does the same the other way: what was promised may be less than nothing then. Throws `Quarantine` where no honest terminal writes that.
 */
export function readAccountVisit(
  terminal: number,
  merchant: number,
  entry: AccountEntry,
): { readonly postings: readonly Posting[]; readonly spendings: readonly AccountSpending[] } {
  checkVisit(merchant, entry);
  const { number, utc, body } = entry;
  const moves = body.areas.flatMap((area) => accountMoves(body, area));
  const spendings = body.areas.flatMap(({ programme, purses }) =>
    purses.flatMap(({ purse, taken }) =>
      taken === 0 ? [] : [{ account: body.account, programme, purse, number, utc, taken }],
    ),
  );
  return { postings: postings(moves, { day: dayOfEntry(entry), terminal, number }), spendings };
}
