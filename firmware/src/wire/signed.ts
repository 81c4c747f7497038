import { decodeCbor, encodeCbor } from "./cbor.ts";
import { decodeSign1, encodeSign1, verifySign1 } from "./cose.ts";
import { ED25519_KEY_BYTES, type Ed25519Verify } from "./crypto.ts";
import { isFormatError } from "./entry.ts";
import type { Signer } from "./image.ts";
import { type Codec, FormatFault } from "./schema.ts";

/**
 * A document that says by which key it is signed: a COSE_Sign1 (`cose.ts`) whose key identifier is the signer's Ed25519 public
 * key, 32 bytes. Its signature can be checked before a byte of the payload is read; whether that key is one to believe is for
 * the reader to decide.
 */
export interface SignedForm<T> {
  readonly contentType: string;
  readonly version: number;
  readonly body: Codec<T>;
  /** Longer ones are refused unread. */
  readonly bytesMax: number;
}

export type SignedRefusal = "malformed" | "newer-format" | "bad-signature";
export interface Refused<R extends string> {
  readonly ok: false;
  readonly refusal: R;
  readonly detail: string;
}
export type SignedReading<T> =
  | { readonly ok: true; readonly signer: Uint8Array; readonly body: T }
  | Refused<SignedRefusal>;

/** A refusal as a value. */
export const refused = <R extends string>(refusal: R, detail: string): Refused<R> => ({ ok: false, refusal, detail });

/** Signs a document. Throws `RangeError` on what `readSigned` would refuse. */
export function encodeSigned<T>(form: SignedForm<T>, body: T, { publicKey, sign }: Signer): Uint8Array {
  const headers = {
    contentType: form.contentType,
    keyId: String.fromCharCode(...publicKey),
    formatVersion: form.version,
  };
  const document = encodeSign1(headers, encodeCbor(form.body.encode(body)), sign);
  if (document.length > form.bytesMax) throw new RangeError(`${document.length} bytes, at most ${form.bytesMax}`);
  return document;
}

function read<T>(form: SignedForm<T>, document: Uint8Array, verify: Ed25519Verify): SignedReading<T> {
  const { contentType, version, body, bytesMax } = form;
  if (document.length > bytesMax) return refused("malformed", `${document.length} bytes, at most ${bytesMax}`);
  const sign1 = decodeSign1(decodeCbor(document));
  if (sign1.contentType !== contentType) return refused("malformed", `content type is not ${contentType}`);
  const signer = Uint8Array.from(sign1.keyId, (character) => character.charCodeAt(0));
  if (signer.length !== ED25519_KEY_BYTES) throw new FormatFault("kid", "no Ed25519 public key");
  if (!verifySign1(verify, signer, sign1)) return refused("bad-signature", "not signed by the key that it names");
  if (sign1.formatVersion > version) return refused("newer-format", `format version ${sign1.formatVersion}`);
  if (sign1.formatVersion !== version) return refused("malformed", `format version ${sign1.formatVersion}`);
  return { ok: true, signer, body: body.decode(decodeCbor(sign1.payload), "") };
}

/** Reads a document, signature first: nothing of an unverified payload is taken apart. Never throws on what a stranger sends. */
export function readSigned<T>(form: SignedForm<T>, document: Uint8Array, verify: Ed25519Verify): SignedReading<T> {
  try {
    return read(form, document, verify);
  } catch (error) {
    if (isFormatError(error)) return refused("malformed", error.message);
    throw error;
  }
}
