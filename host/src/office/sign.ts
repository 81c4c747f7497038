import { sameBytes } from "@cachet/card-layout";
import {
  deltaListOf,
  encodeBatchReceipt,
  encodeTerminalList,
  entryHash,
  fullListOf,
  type ListContents,
  type Signer,
  terminalName,
} from "@cachet/firmware/wire";
import { sha256 } from "../ports/crypto.ts";
import type { Ledger } from "./schema.ts";

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
export async function signReceipt(
  ledger: Ledger,
  terminal: number,
  issued: number,
  signer: Signer,
): Promise<Uint8Array | null> {
  const known = await ledger.selectFrom("terminal").selectAll().where("number", "=", terminal).executeTakeFirst();
  if (known === undefined || known.imported_to === 0) return null;
  const { imported_to: last, head } = known;
  const prefix = ledger.selectFrom("entry").where("terminal", "=", terminal).where("number", "<=", last);
  const kept = await prefix.select(({ fn }) => fn.countAll<number>().as("entries")).executeTakeFirst();
  const end = await prefix.select("stored").where("number", "=", last).executeTakeFirst();
  const isWhole = kept?.entries === last && end !== undefined && sameBytes(entryHash(sha256, end.stored), head);
  if (!isWhole) throw new LedgerIncomplete(terminal, last);
  return encodeBatchReceipt({ terminal, last, head, issued }, signer.sign);
}
