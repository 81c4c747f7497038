import {
  encodeProvision,
  hpkeSeal,
  type ProvisionFacts,
  type ProvisionKey,
  provisionFault,
  type TerminalRequest,
  X25519_KEY_BYTES,
} from "@cachet/firmware/wire";
import { hpkeCrypto } from "../ports/crypto.ts";
import type { KeyUse } from "./generations.ts";
import { AREA, IDENTITY, LIST, nameOfKey, RECEIPT, wipe } from "./key-record.ts";
import type { KeyRing } from "./key-ring.ts";
import type { Origin, Refused } from "./sealed-file.ts";

/** What the office decides about a terminal. */
export interface ProvisionOptions
  extends Pick<ProvisionFacts, "terminal" | "merchant" | "merchantName" | "zone" | "use" | "issuer" | "imageKeys"> {
  readonly programmes: readonly number[];
}

export type ProvisionMade =
  | { readonly ok: true; readonly file: Uint8Array; readonly facts: ProvisionFacts; readonly keys: readonly HeldName[] }
  | Refused<"no-office-key" | "no-such-key" | "test-key" | "not-a-test-key" | "bad-request">;
/** A key that went into a provision, without its secret. */
export type HeldName = Omit<ProvisionKey, "secret">;

type Role = ProvisionKey["role"];
const usesOf = ({ issuer, programmes, merchant }: ProvisionOptions): readonly (KeyUse & { readonly role: Role })[] => [
  { role: IDENTITY, number: issuer },
  ...programmes.map((number) => ({ role: AREA, number }) as const),
  ...merchantUses(merchant),
];

/** Uses of a merchant's keys: made when a terminal of the merchant first needs them. */
export const merchantUses = (merchant: number): readonly (KeyUse & { readonly role: "receipt" | "list" })[] => [
  { role: RECEIPT, number: merchant },
  { role: LIST, number: merchant },
];

/** Serials are times, so that the office has nothing to remember; always above what the terminal says it is at. */
const serialFor = ({ provisioned }: TerminalRequest, now: number): number =>
  Math.min(0xffff_ffff, Math.max(now, 1, (provisioned?.serial ?? 0) + 1));

/** The current and the previous key of each use; what has no current one is named. */
function heldKeys(ring: KeyRing, uses: ReturnType<typeof usesOf>): readonly ProvisionKey[] | Refused<"no-such-key"> {
  const keys: ProvisionKey[] = [];
  for (const { role, number } of uses) {
    const inUse = ring.keysInUse({ role, number });
    if (inUse.length === 0)
      return { ok: false, refusal: "no-such-key", detail: `${role} ${number} has no current key` };
    for (const { generation, test, master } of inUse) {
      keys.push({ role, number, generation, ...(test ? { test } : {}), secret: master });
    }
  }
  return keys;
}

function factsFor(request: TerminalRequest, options: ProvisionOptions, keys: readonly ProvisionKey[], now: number) {
  const { programmes, ...said } = options;
  // Newest first: the first one found is the current one.
  const current = (role: Role, number: number) => keys.find((key) => key.role === role && key.number === number)!;
  return {
    ...said,
    serial: serialFor(request, now),
    device: request.ed25519,
    cardGeneration: current(IDENTITY, said.issuer).generation,
    programmes: programmes.map((programme) => ({ programme, generation: current(AREA, programme).generation })),
  };
}

/**
 * Seals keys for the terminal that wrote `request` and signs everything with the office key. `now` of the origin in UTC seconds;
 * its chance gives the ephemeral key. What a terminal would refuse is refused here, in the same words.
 */
export function makeProvision(
  ring: KeyRing,
  request: TerminalRequest,
  options: ProvisionOptions,
  origin: Origin,
): ProvisionMade {
  const { office } = ring;
  if (office === null) return { ok: false, refusal: "no-office-key", detail: "these keys have no office key" };
  const asked = { ...options, programmes: [...new Set(options.programmes)] };
  const keys = heldKeys(ring, usesOf(asked));
  if ("refusal" in keys) return keys;
  const facts: ProvisionFacts = {
    ...factsFor(request, asked, keys, origin.now()),
    ...(ring.source === "test" ? { testOffice: true } : {}),
  };
  const fault = provisionFault(facts, keys);
  if (fault !== null) {
    // Every key that is needed is there, each once: those two words cannot come.
    if (fault.refusal === "test-key" || fault.refusal === "not-a-test-key") return { ...fault, refusal: fault.refusal };
    throw new Error(`a provision does not hold what it must: ${fault.detail}`);
  }
  const ephemeral = origin.random(X25519_KEY_BYTES);
  try {
    if (hpkeCrypto.x25519(ephemeral, request.x25519) === null) {
      return { ok: false, refusal: "bad-request", detail: "its X25519 key is none that a terminal makes" };
    }
    const file = encodeProvision(
      facts,
      keys,
      (plain, info, aad) => hpkeSeal(hpkeCrypto, ephemeral, request.x25519, info, aad, plain),
      office,
    );
    return { ok: true, file, facts, keys: keys.map(({ secret: _, ...name }) => name) };
  } finally {
    wipe(ephemeral);
  }
}

/** What went into a provision, for people: `area 20, generation 3`. */
export const namesOfKeys = (keys: readonly HeldName[]): readonly string[] => keys.map((key) => nameOfKey(key));
