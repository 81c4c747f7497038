import type { Hmac } from "@cachet/card-layout";
import { ed25519 } from "@noble/curves/ed25519.js";
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 as nobleSha256 } from "@noble/hashes/sha2.js";
import type { Ed25519Verify, Sha256, Signer } from "../wire/index.ts";

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
