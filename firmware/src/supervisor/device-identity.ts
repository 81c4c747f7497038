import { ascii, concat, sameSeal } from "@cachet/card-layout";
import type { Chance, StoredFile } from "../hal/index.ts";
import {
  decodeCbor,
  ED25519_KEY_BYTES,
  type Ed25519Sign,
  encodeCbor,
  hpkeOpen,
  type OpenSealed,
  SHA256_BYTES,
  type Signer,
  X25519_KEY_BYTES,
} from "../wire/index.ts";
import { hpkeCrypto, sha256, signerOf } from "./crypto.ts";

/**
 * A terminal's own keys. The secrets are used and never shown: a port may keep them in a secure element and give this
 * interface itself.
 */
export interface DeviceIdentity {
  /** Public half of the key that signs batches and requests. */
  readonly ed25519: Uint8Array;
  /** Public half of the key that an office seals to. */
  readonly x25519: Uint8Array;
  readonly sign: Ed25519Sign;
  /** HPKE (wire/hpke.ts): what was sealed to this terminal; null where it was not, or was altered. */
  readonly open: OpenSealed;
}

/** The identity as it signs. */
export const signerOfDevice = ({ ed25519, sign }: DeviceIdentity): Signer => ({ publicKey: ed25519, sign });

/**
 * The terminal's keys are gone: `damaged`, or `lost` though the terminal was provisioned. It does not make new ones by itself:
 * the office knows it by the old ones, and the journal hangs on them. It has to be emptied and provisioned anew.
 */
export class DeviceIdentityFault extends Error {
  readonly problem: "damaged" | "lost";
  constructor(problem: DeviceIdentityFault["problem"]) {
    super(problem === "lost" ? "the terminal's own keys are gone" : "the terminal's own keys are damaged");
    this.name = "DeviceIdentityFault";
    this.problem = problem;
  }
}

/**
 * The file: CBOR ["cachet/device", version 1, Ed25519 secret, X25519 secret] and its check, the SHA-256 of
 * "cachet/device/1" and those bytes. Always of one size.
 */
const CHECK_TAG = ascii("cachet/device/1");
const checkOf = (body: Uint8Array): Uint8Array => sha256(concat(CHECK_TAG, body));

function encodeSecrets(ed25519: Uint8Array, x25519: Uint8Array): Uint8Array {
  const body = encodeCbor(["cachet/device", 1, ed25519, x25519]);
  return concat(body, checkOf(body));
}

const FILE_BYTES = encodeSecrets(new Uint8Array(ED25519_KEY_BYTES), new Uint8Array(X25519_KEY_BYTES)).length;

function decodeSecrets(file: Uint8Array): { readonly ed25519: Uint8Array; readonly x25519: Uint8Array } | null {
  const body = file.slice(0, -SHA256_BYTES);
  if (file.length !== FILE_BYTES || !sameSeal(file.subarray(body.length), checkOf(body))) return null;
  const [, , ed25519, x25519] = decodeCbor(body) as readonly [string, number, Uint8Array, Uint8Array];
  return { ed25519, x25519 };
}

function identityOf(ed25519: Uint8Array, x25519: Uint8Array): DeviceIdentity {
  const { publicKey, sign } = signerOf(ed25519);
  return {
    ed25519: publicKey,
    x25519: hpkeCrypto.x25519Public(x25519),
    sign,
    open: (sealed, info, aad) => hpkeOpen(hpkeCrypto, x25519, info, aad, sealed),
  };
}

/**
 * The terminal's identity out of its file; made from `chance` and stored where there is none yet. A file that is damaged on a
 * terminal that nobody provisioned is made anew too: nothing hangs on it. Cut at any moment, the next start finds one whole
 * identity or makes one. Throws `DeviceIdentityFault`.
 */
export async function loadDeviceIdentity(
  file: StoredFile,
  chance: Chance,
  isProvisioned: boolean,
): Promise<DeviceIdentity> {
  const stored = await file.read();
  const secrets = decodeSecrets(stored);
  stored.fill(0);
  if (secrets !== null) return identityOf(secrets.ed25519, secrets.x25519);
  if (isProvisioned) throw new DeviceIdentityFault(stored.length === 0 ? "lost" : "damaged");
  const [ed25519, x25519] = [chance.bytes(ED25519_KEY_BYTES), chance.bytes(X25519_KEY_BYTES)];
  await file.replace(encodeSecrets(ed25519, x25519));
  return identityOf(ed25519, x25519);
}
