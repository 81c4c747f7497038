import { type Cbor, type CborMap, decodeCbor, encodeCbor } from "./cbor.ts";
import { ED25519_SIGNATURE_BYTES, type Ed25519Sign, type Ed25519Verify } from "./crypto.ts";
import { FormatFault } from "./schema.ts";

/** COSE_Sign1 (RFC 9052, 4.2) with EdDSA (RFC 9053, 2.2), tagged 18, empty unprotected header, no external data. */
export const SIGN1_TAG = 18;
const ALG = 1;
const CONTENT_TYPE = 3;
const KID = 4;
/** Our format version: a label from the private range (below -65536, RFC 9052 section 11). */
const FORMAT_VERSION = -65_537;
const ALG_EDDSA = -8;
const KID_BYTES_MAX = 32;

export interface Sign1Headers {
  readonly contentType: string;
  readonly keyId: string;
  readonly formatVersion: number;
}

export interface Sign1 extends Sign1Headers {
  readonly payload: Uint8Array;
  readonly signature: Uint8Array;
  /** The bytes that were signed. */
  readonly signed: Uint8Array;
}

function signedBytes(protectedHeader: Uint8Array, payload: Uint8Array): Uint8Array {
  return encodeCbor(["Signature1", protectedHeader, new Uint8Array(), payload]);
}

export function encodeSign1(headers: Sign1Headers, payload: Uint8Array, sign: Ed25519Sign): Uint8Array {
  const protectedHeader = encodeCbor(
    new Map<number, Cbor>([
      [ALG, ALG_EDDSA],
      [CONTENT_TYPE, headers.contentType],
      [KID, new Uint8Array(Array.from(headers.keyId, (c) => c.charCodeAt(0)))],
      [FORMAT_VERSION, headers.formatVersion],
    ]),
  );
  const signature = sign(signedBytes(protectedHeader, payload));
  return encodeCbor({ tag: SIGN1_TAG, value: [protectedHeader, new Map(), payload, signature] });
}

/** Takes the item apart; checks no signature. Throws `FormatFault` or `CborFault`. */
export function decodeSign1(item: Cbor): Sign1 {
  const fault = (problem: string) => new FormatFault("COSE_Sign1", problem);
  if (item === null || typeof item !== "object" || !("tag" in item) || item.tag !== SIGN1_TAG) throw fault("no tag 18");
  if (!Array.isArray(item.value) || item.value.length !== 4) throw fault("not a list of four");
  const [protectedHeader, unprotectedHeader, payload, signature] = item.value as [Cbor, Cbor, Cbor, Cbor];
  if (!(protectedHeader instanceof Uint8Array) || !(payload instanceof Uint8Array)) throw fault("header or payload");
  if (!(unprotectedHeader instanceof Map) || unprotectedHeader.size !== 0) throw fault("unprotected header not empty");
  if (!(signature instanceof Uint8Array) || signature.length !== ED25519_SIGNATURE_BYTES) throw fault("signature size");
  const headers = decodeCbor(protectedHeader);
  if (!(headers instanceof Map) || headers.size !== 4) throw fault("protected header is not ours");
  const map = headers as CborMap;
  const [contentType, keyId, formatVersion] = [map.get(CONTENT_TYPE), map.get(KID), map.get(FORMAT_VERSION)];
  if (map.get(ALG) !== ALG_EDDSA) throw fault("algorithm is not EdDSA");
  if (
    typeof contentType !== "string" ||
    !(keyId instanceof Uint8Array) ||
    keyId.length > KID_BYTES_MAX ||
    typeof formatVersion !== "number"
  ) {
    throw fault("protected header is not ours");
  }
  return {
    contentType,
    keyId: String.fromCharCode(...keyId),
    formatVersion,
    payload,
    signature,
    signed: signedBytes(protectedHeader, payload),
  };
}

export function verifySign1(verify: Ed25519Verify, publicKey: Uint8Array, message: Sign1): boolean {
  return verify(publicKey, message.signed, message.signature);
}
