import type { Hmac } from "@cachet/card-layout";
import { chacha20poly1305 } from "@noble/ciphers/chacha.js";
import { ed25519, x25519 } from "@noble/curves/ed25519.js";
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 as nobleSha256 } from "@noble/hashes/sha2.js";
import type { Ed25519Verify, HpkeCrypto, Sha256, Signer } from "../wire/index.ts";

export const sha256: Sha256 = (message) => nobleSha256(message);

export const hmacSha256: Hmac = (key, message) => hmac(nobleSha256, key, message);

/** Strict RFC 8032 verification; a malformed key or signature is false. */
export const verifyEd25519: Ed25519Verify = (publicKey, message, signature) => {
  try {
    return ed25519.verify(signature, message, publicKey, { zip215: false });
  } catch {
    return false;
  }
};

/** A signer from a 32-byte Ed25519 secret. */
export function signerOf(secret: Uint8Array): Signer {
  return { publicKey: ed25519.getPublicKey(secret), sign: (message) => ed25519.sign(message, secret) };
}

/** What HPKE needs, as the terminal has it. */
export const hpkeCrypto: HpkeCrypto = {
  x25519: (secret, publicKey) => {
    try {
      return x25519.getSharedSecret(secret, publicKey);
    } catch {
      return null;
    }
  },
  x25519Public: (secret) => x25519.getPublicKey(secret),
  hmac: hmacSha256,
  encrypt: (key, nonce, aad, plain) => chacha20poly1305(key, nonce, aad).encrypt(plain),
  decrypt: (key, nonce, aad, sealed) => {
    try {
      return chacha20poly1305(key, nonce, aad).decrypt(sealed);
    } catch {
      return null;
    }
  },
};
