import { ascii, bigEndian, concat, type Hmac } from "@cachet/card-layout";

/**
 * HPKE (RFC 9180), base mode, one message: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20Poly1305. Whoever knows a public
 * key seals for it; only the holder of its secret opens. It says nothing about who sealed: that is for a signature around it.
 *
 *   sealed   enc, the ephemeral public key (32 bytes) · ciphertext and tag of 16 bytes
 */
export interface HpkeCrypto {
  /** X25519 (RFC 7748, 5): null where the result is all zeros, as it is for public keys of small order. */
  readonly x25519: (secret: Uint8Array, publicKey: Uint8Array) => Uint8Array | null;
  /** The public key of 32 secret bytes. */
  readonly x25519Public: (secret: Uint8Array) => Uint8Array;
  /** HMAC-SHA-256. */
  readonly hmac: Hmac;
  /** ChaCha20-Poly1305 (RFC 8439, 2.8): ciphertext and tag. */
  readonly encrypt: (key: Uint8Array, nonce: Uint8Array, aad: Uint8Array, plain: Uint8Array) => Uint8Array;
  /** The plaintext, or null where anything is not what it was encrypted with. */
  readonly decrypt: (key: Uint8Array, nonce: Uint8Array, aad: Uint8Array, sealed: Uint8Array) => Uint8Array | null;
}

export const X25519_KEY_BYTES = 32;
const TAG_BYTES = 16;
const AEAD_KEY_BYTES = 32;
const AEAD_NONCE_BYTES = 12;
const HASH_BYTES = 32;

const EMPTY = new Uint8Array();
const VERSION = ascii("HPKE-v1");
/** Identifiers of RFC 9180, section 7. */
const [KEM_ID, KDF_ID, AEAD_ID] = [bigEndian(0x0020, 2), bigEndian(0x0001, 2), bigEndian(0x0003, 2)];
const KEM_SUITE = concat(ascii("KEM"), KEM_ID);
const SUITE = concat(ascii("HPKE"), KEM_ID, KDF_ID, AEAD_ID);
const MODE_BASE = Uint8Array.of(0);

/** LabeledExtract and LabeledExpand of section 4, for one suite. */
function labeled(hmac: Hmac, suite: Uint8Array) {
  return {
    extract: (salt: Uint8Array, label: string, ikm: Uint8Array): Uint8Array =>
      hmac(salt, concat(VERSION, suite, ascii(label), ikm)),
    /** At most one block of HKDF: `size` is 32 or less. */
    expand: (prk: Uint8Array, label: string, info: Uint8Array, size: number): Uint8Array =>
      hmac(prk, concat(bigEndian(size, 2), VERSION, suite, ascii(label), info, Uint8Array.of(1))).slice(0, size),
  };
}

/** ExtractAndExpand of section 4.1. */
function sharedSecret(hmac: Hmac, dh: Uint8Array, enc: Uint8Array, recipient: Uint8Array): Uint8Array {
  const { extract, expand } = labeled(hmac, KEM_SUITE);
  return expand(extract(EMPTY, "eae_prk", dh), "shared_secret", concat(enc, recipient), HASH_BYTES);
}

/** KeySchedule of section 5.1, base mode: no PSK. The nonce is that of the first message. */
function keySchedule(hmac: Hmac, shared: Uint8Array, info: Uint8Array) {
  const { extract, expand } = labeled(hmac, SUITE);
  const context = concat(MODE_BASE, extract(EMPTY, "psk_id_hash", EMPTY), extract(EMPTY, "info_hash", info));
  const secret = extract(shared, "secret", EMPTY);
  return {
    key: expand(secret, "key", context, AEAD_KEY_BYTES),
    nonce: expand(secret, "base_nonce", context, AEAD_NONCE_BYTES),
  };
}

/**
 * Seals `plain` for the holder of `recipient`. `ephemeral`: 32 secret bytes that are drawn for this message and forgotten
 * after it. Throws `RangeError` for a recipient's key that no honest terminal has.
 */
export function hpkeSeal(
  crypto: HpkeCrypto,
  ephemeral: Uint8Array,
  recipient: Uint8Array,
  info: Uint8Array,
  aad: Uint8Array,
  plain: Uint8Array,
): Uint8Array {
  const dh = recipient.length === X25519_KEY_BYTES ? crypto.x25519(ephemeral, recipient) : null;
  if (dh === null) throw new RangeError("hpkeSeal: not a public key to seal for");
  const enc = crypto.x25519Public(ephemeral);
  const { key, nonce } = keySchedule(crypto.hmac, sharedSecret(crypto.hmac, dh, enc, recipient), info);
  return concat(enc, crypto.encrypt(key, nonce, aad, plain));
}

/** What was sealed for the holder of `secret`, or null where secret, info, aad or any byte is not the one it was sealed with. */
export function hpkeOpen(
  crypto: HpkeCrypto,
  secret: Uint8Array,
  info: Uint8Array,
  aad: Uint8Array,
  sealed: Uint8Array,
): Uint8Array | null {
  if (sealed.length < X25519_KEY_BYTES + TAG_BYTES) return null;
  const enc = sealed.slice(0, X25519_KEY_BYTES);
  const dh = crypto.x25519(secret, enc);
  if (dh === null) return null;
  const shared = sharedSecret(crypto.hmac, dh, enc, crypto.x25519Public(secret));
  const { key, nonce } = keySchedule(crypto.hmac, shared, info);
  return crypto.decrypt(key, nonce, aad, sealed.slice(X25519_KEY_BYTES));
}
