import { CborFault, decodeCbor } from "./cbor.ts";
import { decodeSign1, encodeSign1, verifySign1 } from "./cose.ts";
import type { Ed25519Sign, Ed25519Verify } from "./crypto.ts";
import { FormatFault } from "./schema.ts";

/** The key id of everything that the office signs: a terminal knows one office. */
const OFFICE = "office";

/** What kind of thing the office signs, and in which version. */
export interface OfficeFormat {
  readonly contentType: string;
  readonly version: number;
}

/** Why bytes are not what the office signed: not this kind of thing at all, signed by somebody else, or of a later format. */
export type OfficeSealFault = "not-ours" | "forged" | "newer-format";

/** COSE_Sign1 by the office key, kid "office". */
export function sealByOffice(
  { contentType, version }: OfficeFormat,
  payload: Uint8Array,
  sign: Ed25519Sign,
): Uint8Array {
  return encodeSign1({ contentType, keyId: OFFICE, formatVersion: version }, payload, sign);
}

/** The payload, once the signature is verified; nothing of it was looked at before. */
export function openByOffice(
  { contentType, version }: OfficeFormat,
  bytes: Uint8Array,
  verify: Ed25519Verify,
  officeKey: Uint8Array,
):
  | { readonly ok: true; readonly payload: Uint8Array }
  | { readonly ok: false; readonly fault: OfficeSealFault; readonly detail: string } {
  const refuse = (fault: OfficeSealFault, detail: string) => ({ ok: false, fault, detail }) as const;
  try {
    const sign1 = decodeSign1(decodeCbor(bytes));
    if (sign1.contentType !== contentType) return refuse("not-ours", `content type ${sign1.contentType}`);
    if (sign1.keyId !== OFFICE) return refuse("not-ours", `signed as ${sign1.keyId}`);
    if (!verifySign1(verify, officeKey, sign1)) return refuse("forged", "not signed with the office key held here");
    if (sign1.formatVersion > version) return refuse("newer-format", `format version ${sign1.formatVersion}`);
    if (sign1.formatVersion !== version) return refuse("not-ours", `format version ${sign1.formatVersion}`);
    return { ok: true, payload: sign1.payload };
  } catch (error) {
    if (error instanceof CborFault || error instanceof FormatFault) return refuse("not-ours", error.message);
    throw error;
  }
}
