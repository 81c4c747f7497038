import { createCipheriv, createDecipheriv, scryptSync } from "node:crypto";
import { concat } from "@cachet/card-layout";

/** What one guess of a passphrase costs (RFC 7914, section 2): 128 · r · 2^logN bytes of memory, p times over. */
export interface ScryptCost {
  /** Binary logarithm of N. */
  readonly logN: number;
  readonly r: number;
  readonly p: number;
}

export const AEAD_KEY_BYTES = 32;
export const AEAD_NONCE_BYTES = 12;
export const AEAD_TAG_BYTES = 16;
const AEAD = "chacha20-poly1305";

/** scrypt (RFC 7914): `size` bytes. The caller has checked that the cost is one this machine should pay. */
export function scrypt(passphrase: Uint8Array, salt: Uint8Array, cost: ScryptCost, size: number): Uint8Array {
  const { logN, r, p } = cost;
  const N = 2 ** logN;
  return new Uint8Array(scryptSync(passphrase, salt, size, { N, r, p, maxmem: 128 * r * (N + p + 8) }));
}

/** ChaCha20-Poly1305 (RFC 8439, section 2.8): ciphertext followed by its tag of 16 bytes. A nonce serves once per key. */
export function encrypt(key: Uint8Array, nonce: Uint8Array, header: Uint8Array, plain: Uint8Array): Uint8Array {
  const cipher = createCipheriv(AEAD, key, nonce, { authTagLength: AEAD_TAG_BYTES });
  cipher.setAAD(header, { plaintextLength: plain.length });
  return concat(cipher.update(plain), cipher.final(), cipher.getAuthTag());
}

/** The plaintext, or null when key, nonce, header, ciphertext or tag is not the one it was sealed with. */
export function decrypt(key: Uint8Array, nonce: Uint8Array, header: Uint8Array, sealed: Uint8Array): Uint8Array | null {
  const size = sealed.length - AEAD_TAG_BYTES;
  if (size < 0) return null;
  const decipher = createDecipheriv(AEAD, key, nonce, { authTagLength: AEAD_TAG_BYTES });
  decipher.setAAD(header, { plaintextLength: size });
  decipher.setAuthTag(sealed.subarray(size));
  const plain = decipher.update(sealed.subarray(0, size));
  try {
    decipher.final();
    return new Uint8Array(plain.buffer, plain.byteOffset, plain.length);
  } catch {
    plain.fill(0);
    return null;
  }
}
