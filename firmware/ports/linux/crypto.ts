/** The supervisor's cryptography on Linux: hashes in C, which every start, every entry and every record needs; the curves as they are. */
import { hpkeCrypto as curves } from "../../src/supervisor/crypto.ts";
import { native } from "./native.ts";

export { signerOf, verifyEd25519 } from "../../src/supervisor/crypto.ts";

export const sha256 = (message: Uint8Array): Uint8Array => native.sha256(message);

export const hmacSha256 = (key: Uint8Array, message: Uint8Array): Uint8Array => native.hmacSha256(key, message);

export const hpkeCrypto: typeof curves = { ...curves, hmac: hmacSha256 };
