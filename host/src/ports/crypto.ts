import {
  createHash,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  hash,
  type KeyObject,
  sign,
  verify,
} from "node:crypto";
import { concat, type Hmac } from "@cachet/card-layout";
import type { Ed25519Verify, HpkeCrypto, Sha256, Signer } from "@cachet/firmware/wire";
import { decrypt, encrypt } from "./sealing.ts";

export const sha256: Sha256 = (message) => new Uint8Array(hash("sha256", message, "buffer"));

/** SHA-256 of what comes in pieces. */
export interface Hasher {
  add(bytes: Uint8Array): void;
  digest(): Uint8Array;
}

export function sha256InPieces(): Hasher {
  const hasher = createHash("sha256");
  return { add: (bytes) => void hasher.update(bytes), digest: () => new Uint8Array(hasher.digest()) };
}

const BLOCK_BYTES = 64;
const [INNER, OUTER] = [0x36, 0x5c];

/** HMAC-SHA-256 (RFC 2104) of two whole hashes: Node's own costs three times as much for what is on a card, in the making of its key object. */
export const hmacSha256: Hmac = (key, message) => {
  const block = new Uint8Array(BLOCK_BYTES);
  block.set(key.length > BLOCK_BYTES ? sha256(key) : key);
  const inner = sha256(
    concat(
      block.map((byte) => byte ^ INNER),
      message,
    ),
  );
  return sha256(
    concat(
      block.map((byte) => byte ^ OUTER),
      inner,
    ),
  );
};

/** DER of an Ed25519 key without its 32 bytes (RFC 8410): PKCS#8 private, SubjectPublicKeyInfo public. */
const PKCS8_PREFIX = Uint8Array.from(Buffer.from("302e020100300506032b657004220420", "hex"));
const SPKI_PREFIX = Uint8Array.from(Buffer.from("302a300506032b6570032100", "hex"));
const KEY_BYTES = 32;

function publicBytes(key: KeyObject): Uint8Array {
  return new Uint8Array(key.export({ format: "der", type: "spki" })).slice(-KEY_BYTES);
}

export const verifyEd25519: Ed25519Verify = (publicKey, message, signature) => {
  if (publicKey.length !== KEY_BYTES) return false;
  const der = Buffer.from(concat(SPKI_PREFIX, publicKey));
  try {
    return verify(null, message, createPublicKey({ key: der, format: "der", type: "spki" }), signature);
  } catch {
    return false;
  }
};

function signerFrom(key: KeyObject): Signer {
  return {
    publicKey: publicBytes(createPublicKey(key)),
    sign: (message) => new Uint8Array(sign(null, message, key)),
  };
}

/** A signer from 32 secret bytes. */
export function signerOfSecret(secret: Uint8Array): Signer {
  return signerFrom(createPrivateKey({ key: Buffer.from(concat(PKCS8_PREFIX, secret)), format: "der", type: "pkcs8" }));
}

/** A signer from a PKCS#8 PEM file's text, or null when it holds no Ed25519 private key. */
export function signerOfPem(pem: string): Signer | null {
  try {
    const key = createPrivateKey(pem);
    return key.asymmetricKeyType === "ed25519" ? signerFrom(key) : null;
  } catch {
    return null;
  }
}

/** The 32 public bytes in a PEM file's text (public key, or private key), or null when it holds no Ed25519 key. */
export function publicKeyOfPem(pem: string): Uint8Array | null {
  try {
    const key = createPublicKey(pem);
    return key.asymmetricKeyType === "ed25519" ? publicBytes(key) : null;
  } catch {
    return null;
  }
}

/** A public key as a PEM file. */
export const publicPem = (publicKey: Uint8Array): Uint8Array =>
  new Uint8Array(
    Buffer.from(
      createPublicKey({ key: Buffer.from(concat(SPKI_PREFIX, publicKey)), format: "der", type: "spki" }).export({
        format: "pem",
        type: "spki",
      }),
    ),
  );

/** The same for X25519 (RFC 8410). */
const X25519_PKCS8_PREFIX = Uint8Array.from(Buffer.from("302e020100300506032b656e04220420", "hex"));
const X25519_SPKI_PREFIX = Uint8Array.from(Buffer.from("302a300506032b656e032100", "hex"));

const x25519Secret = (secret: Uint8Array): KeyObject =>
  createPrivateKey({ key: Buffer.from(concat(X25519_PKCS8_PREFIX, secret)), format: "der", type: "pkcs8" });

/** What HPKE needs, by node:crypto. */
export const hpkeCrypto: HpkeCrypto = {
  x25519: (secret, publicKey) => {
    const der = Buffer.from(concat(X25519_SPKI_PREFIX, publicKey));
    try {
      const theirs = createPublicKey({ key: der, format: "der", type: "spki" });
      return new Uint8Array(diffieHellman({ privateKey: x25519Secret(secret), publicKey: theirs }));
    } catch {
      // OpenSSL refuses a result of zeros, as RFC 9180, 7.1.4 asks.
      return null;
    }
  },
  x25519Public: (secret) => publicBytes(createPublicKey(x25519Secret(secret))),
  hmac: hmacSha256,
  encrypt,
  decrypt,
};
