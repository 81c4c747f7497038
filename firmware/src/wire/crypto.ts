/** What the formats need of cryptography; the caller brings it. */
export type Sha256 = (message: Uint8Array) => Uint8Array;
/** Ed25519 (RFC 8032): a 64-byte signature. */
export type Ed25519Sign = (message: Uint8Array) => Uint8Array;
/** Ed25519 (RFC 8032). False for a wrong signature or a malformed key; never throws. */
export type Ed25519Verify = (publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array) => boolean;

export const SHA256_BYTES = 32;
export const ED25519_KEY_BYTES = 32;
export const ED25519_SIGNATURE_BYTES = 64;
