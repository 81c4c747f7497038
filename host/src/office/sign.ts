import { sameBytes } from "@cachet/card-layout";
import {
  deltaListOf,
  encodeBatchReceipt,
  encodeTerminalList,
  fullListOf,
  type ListContents,
  type Signer,
  terminalName,
} from "@cachet/firmware/wire";
import { sha256 } from "../ports/crypto.ts";
import type { Database } from "../ports/database.ts";

/**
 * A full list: whatever a terminal of the issuer holds that is older, it holds these contents afterwards. The signer is the office
 * key, or after a rotation the one before it, for terminals that did not hear of it yet. Throws `RangeError` on
 * contents that no list may have.
 */
export function signFullList(contents: ListContents, signer: Signer): Uint8Array {
  return encodeTerminalList(fullListOf(contents, signer.publicKey), signer.sign);
}

/**
 * A delta: a terminal that holds `held` holds `next` afterwards; any other refuses it. Throws `RangeError` where no delta may lead
 * there: not a newer version, another issuer, a lower write layout, a revocation taken back.
 */
export function signDelta(held: ListContents, next: ListContents, signer: Signer): Uint8Array {
  return encodeTerminalList(deltaListOf(sha256, held, next, signer.publicKey), signer.sign);
}

/** The ledger does not hold every entry that it counts as imported: no receipt may be signed from it. */
export class LedgerIncomplete extends Error {
  constructor(terminal: number, importedTo: number) {
    super(`the ledger does not hold entries 1 to ${importedTo} of ${terminalName(terminal)}`);
    this.name = "LedgerIncomplete";
  }
}

/**
 * A receipt for the unbroken imported prefix of a terminal's journal; null where nothing is imported, or the terminal is not known.
 * `issued` in UTC seconds. The terminal forgets by it: throws `LedgerIncomplete` unless every one of those entries is kept here.
 */
export function signReceipt(database: Database, terminal: number, issued: number, signer: Signer): Uint8Array | null {
  const known = database.get("select imported_to, head from terminal where number = ?", terminal);
  const last = Number(known?.imported_to ?? 0);
  if (known === null || last === 0) return null;
  const head = known.head as Uint8Array;
  const kept = database.get(
    `select count(*) as entries, max(case number when ? then hash end) as head
     from entry where terminal = ? and number between 1 and ?`,
    last,
    terminal,
    last,
  );
  const isWhole = Number(kept?.entries) === last && sameBytes(kept?.head as Uint8Array, head);
  if (!isWhole) throw new LedgerIncomplete(terminal, last);
  return encodeBatchReceipt({ terminal, last, head, issued }, signer.sign);
}
