import { type Bearer, cardKey, type KeyRole, sameSeal, seal } from "@cachet/card-layout";
import { hmacSha256 } from "../ports/crypto.ts";

/** Whether a MAC is the one that this master key gives; compared in constant time. */
export function sealFits(
  master: Uint8Array,
  role: KeyRole,
  bearer: Bearer,
  sealed: Uint8Array,
  mac: Uint8Array,
): boolean {
  return sameSeal(seal(hmacSha256, cardKey(hmacSha256, master, role, bearer), bearer, sealed), mac);
}
