import { CborFault, decodeCbor, encodeCbor } from "./cbor.ts";
import { type Ed25519Sign, type Ed25519Verify, SHA256_BYTES } from "./crypto.ts";
import { openByOffice, sealByOffice } from "./office-seal.ts";
import { bstr, type Decoded, FormatFault, integer, key, map, uint } from "./schema.ts";

export const RECEIPT_VERSION = 1;
const FORMAT = { contentType: "application/vnd.cachet.batch-receipt", version: RECEIPT_VERSION } as const;

/**
 * Batch receipt: the office says up to which entry it has imported a terminal's journal without a hole. COSE_Sign1 by the
 * office key, kid "office". It alone lets a terminal release entries. The hash binds it to the one journal that it is about.
 */
export const BatchReceipt = map({
  terminal: key(1, uint(0xffff)),
  /** Last entry of the unbroken imported prefix. */
  last: key(2, integer({ min: 1, max: 0xffff_ffff })),
  /** Hash of that entry. */
  head: key(3, bstr(SHA256_BYTES)),
  /** UTC seconds, by the office's clock. */
  issued: key(4, uint()),
});
export type BatchReceipt = Decoded<typeof BatchReceipt>;

/** Throws `RangeError` on what no receipt says. */
export function encodeBatchReceipt(receipt: BatchReceipt, sign: Ed25519Sign): Uint8Array {
  return sealByOffice(FORMAT, encodeCbor(BatchReceipt.encode(receipt)), sign);
}

export type BatchReceiptReading =
  | { readonly ok: true; readonly receipt: BatchReceipt }
  | { readonly ok: false; readonly reason: "not-a-receipt" | "forged" | "newer-format"; readonly detail: string };

/**
 * Reads a receipt: signature first. Whether it is for this terminal, and its hash that of the entry it names, is for the
 * terminal that holds the journal to compare.
 */
export function readBatchReceipt(bytes: Uint8Array, verify: Ed25519Verify, officeKey: Uint8Array): BatchReceiptReading {
  const opened = openByOffice(FORMAT, bytes, verify, officeKey);
  if (!opened.ok) {
    const reason = opened.fault === "not-ours" ? "not-a-receipt" : opened.fault;
    return { ok: false, reason, detail: opened.detail };
  }
  try {
    return { ok: true, receipt: BatchReceipt.decode(decodeCbor(opened.payload), "receipt") };
  } catch (error) {
    if (!(error instanceof CborFault || error instanceof FormatFault)) throw error;
    return { ok: false, reason: "not-a-receipt", detail: error.message };
  }
}
