import { ascii, concat, toHex } from "@cachet/card-layout";
import { decodeCbor, encodeCbor } from "./cbor.ts";
import { ED25519_KEY_BYTES, type Ed25519Verify } from "./crypto.ts";
import { isFormatError } from "./entry.ts";
import type { Signer } from "./image.ts";
import {
  bstr,
  bstrUpTo,
  type Decoded,
  integer,
  key,
  list,
  map,
  maybe,
  printable,
  truth,
  uint,
  word,
} from "./schema.ts";
import { encodeSigned, type Refused, readSigned, refused, type SignedForm, type SignedRefusal } from "./signed.ts";

/**
 * Provision: everything that makes a blank terminal one of an association's. A COSE_Sign1 by the office key (`signed.ts`) over
 *
 *   map { 1: facts (byte string: the map below), 2: sealed keys (byte string) }
 *
 * The keys are sealed by HPKE (`hpke.ts`) to the terminal's X25519 key: info "cachet/provision/1", associated data = the office
 * public key and the bytes of the facts, so that sealed keys never serve in another provision. Sealed is a CBOR list of
 * `ProvisionKey`. Golden bytes: firmware/vectors/provisioning-1.json.
 */
export const PROVISION_BYTES_MAX = 16 * 1024;
export const PROVISION_INFO = ascii("cachet/provision/1");
export const SECRET_KEY_BYTES = 32;

const u16 = uint(0xffff);
const generation = integer({ min: 1, max: 255 });
const programme = integer({ min: 1, max: 0xffff });

/** What the office says of a terminal. */
export const ProvisionFacts = map({
  /** Only ever higher for one terminal: an older provision never comes back. */
  serial: key(1, integer({ min: 1, max: 0xffff_ffff })),
  /** Ed25519 public key of the terminal it is for. */
  device: key(2, bstr(ED25519_KEY_BYTES)),
  terminal: key(3, integer({ min: 1, max: 0xffff })),
  merchant: key(4, u16),
  /** As it stands on screens and receipts. */
  merchantName: key(5, printable(60)),
  /** Time zone by its IANA name, like "Europe/Paris". */
  zone: key(6, printable(40)),
  /**
   * production: refuses every test key. trial: may hold test keys beside others. open: whoever is on the line may do
   * everything, and every key is a test key. There is no open production terminal: the word cannot say it.
   */
  use: key(7, word({ production: 1, trial: 2, open: 3 })),
  issuer: key(8, uint(9_999)),
  /** Generation of the issuer's card key that new cards are made with. */
  cardGeneration: key(9, generation),
  /** Programmes whose area key the terminal holds, with the generation it writes. */
  programmes: key(10, list(map({ programme: key(1, programme), generation: key(2, generation) }), 64)),
  /** Keys whose images may run. */
  imageKeys: key(11, list(map({ publicKey: key(1, bstr(ED25519_KEY_BYTES)), test: maybe(2, truth) }), 8)),
  /** There where the office key itself is a published test key. */
  testOffice: maybe(12, truth),
});
export type ProvisionFacts = Decoded<typeof ProvisionFacts>;

/** One secret key of a terminal. `number` counts what the role says: issuers, programmes, or merchants. */
export const ProvisionKey = map({
  role: key(1, word({ identity: 1, area: 2, receipt: 3, list: 4 })),
  number: key(2, u16),
  generation: key(3, generation),
  /** There where the key is published. */
  test: maybe(4, truth),
  secret: key(5, bstr(SECRET_KEY_BYTES)),
});
export type ProvisionKey = Decoded<typeof ProvisionKey>;

const ProvisionKeys = list(ProvisionKey, 200);
const ProvisionBody = map({
  facts: key(1, bstrUpTo(PROVISION_BYTES_MAX)),
  sealed: key(2, bstrUpTo(PROVISION_BYTES_MAX)),
});
const FORM: SignedForm<Decoded<typeof ProvisionBody>> = {
  contentType: "application/vnd.cachet.provision",
  version: 1,
  body: ProvisionBody,
  bytesMax: PROVISION_BYTES_MAX,
};

/** A provision whose signature is right. Its keys are still sealed. */
export interface Provision {
  /** The office key: it signed this. */
  readonly office: Uint8Array;
  readonly facts: ProvisionFacts;
  readonly sealed: Uint8Array;
  /** What the keys were sealed with: associated data. */
  readonly context: Uint8Array;
}

/**
 * What facts and keys may not say together:
 * test-key (a published key, the office's and image keys included, in a production terminal) · not-a-test-key (any other key in
 * an open one) · missing-key (the facts name a key that is not there) · duplicate-key.
 */
export type ProvisionFault = "test-key" | "not-a-test-key" | "missing-key" | "duplicate-key";

export type ProvisionReading = { readonly ok: true; readonly provision: Provision } | Refused<SignedRefusal>;
/** `sealed-for-another`: this terminal does not open the keys. `malformed-keys`: opened, but not what they must be. */
export type ProvisionOpening =
  | { readonly ok: true; readonly keys: readonly ProvisionKey[] }
  | Refused<ProvisionFault | "sealed-for-another" | "malformed-keys">;

type KeyName = Pick<ProvisionKey, "role" | "number" | "generation">;
const nameOf = ({ role, number, generation: made }: KeyName): string => `${role} ${number}, generation ${made}`;

/** Every key of a provision by its name, and whether it is published. */
function marksOf({ imageKeys, testOffice }: ProvisionFacts, keys: readonly ProvisionKey[]) {
  return [
    { name: "the office key", test: testOffice === true },
    ...imageKeys.map(({ publicKey, test }) => ({ name: `image key ${toHex(publicKey)}`, test: test === true })),
    ...keys.map((held) => ({ name: `key ${nameOf(held)}`, test: held.test === true })),
  ];
}

/** Why facts and keys do not go together, or null. No secret is in the detail. */
export function provisionFault(facts: ProvisionFacts, keys: readonly ProvisionKey[]): Refused<ProvisionFault> | null {
  const marks = marksOf(facts, keys);
  const [test, real] = [marks.find((mark) => mark.test), marks.find((mark) => !mark.test)];
  if (facts.use === "production" && test !== undefined)
    return refused("test-key", `${test.name} is a test key; the terminal is a production one`);
  if (facts.use === "open" && real !== undefined)
    return refused("not-a-test-key", `${real.name} is not a test key; the terminal is open to everybody`);
  const names = new Set<string>();
  for (const name of keys.map(nameOf)) {
    if (names.has(name)) return refused("duplicate-key", `key ${name} is there twice`);
    names.add(name);
  }
  const needed: readonly KeyName[] = [
    { role: "identity", number: facts.issuer, generation: facts.cardGeneration },
    ...facts.programmes.map((held) => ({ role: "area" as const, number: held.programme, generation: held.generation })),
  ];
  const missing = needed.map(nameOf).find((name) => !names.has(name));
  return missing === undefined ? null : refused("missing-key", `key ${missing} is not there`);
}

const contextOf = (office: Uint8Array, facts: Uint8Array): Uint8Array => concat(office, facts);

/** Seals `plain` for one terminal; `info` and `aad` as in `hpkeSeal`. */
export type SealFor = (plain: Uint8Array, info: Uint8Array, aad: Uint8Array) => Uint8Array;
/** Opens what was sealed for this terminal; null where it was not, or was altered. */
export type OpenSealed = (sealed: Uint8Array, info: Uint8Array, aad: Uint8Array) => Uint8Array | null;

/** Writes a provision. Throws `RangeError` on one that a terminal would refuse. */
export function encodeProvision(
  facts: ProvisionFacts,
  keys: readonly ProvisionKey[],
  seal: SealFor,
  office: Signer,
): Uint8Array {
  const fault = provisionFault(facts, keys);
  if (fault !== null) throw new RangeError(fault.detail);
  const said = encodeCbor(ProvisionFacts.encode(facts));
  const plain = encodeCbor(ProvisionKeys.encode(keys));
  try {
    const sealed = seal(plain, PROVISION_INFO, contextOf(office.publicKey, said));
    return encodeSigned(FORM, { facts: said, sealed }, office);
  } finally {
    plain.fill(0);
  }
}

/** Reads a provision, signature first. Opens nothing: `openProvision`. */
export function readProvision(file: Uint8Array, verify: Ed25519Verify): ProvisionReading {
  const reading = readSigned(FORM, file, verify);
  if (!reading.ok) return reading;
  const { signer: office, body } = reading;
  try {
    const facts = ProvisionFacts.decode(decodeCbor(body.facts), "facts");
    return { ok: true, provision: { office, facts, sealed: body.sealed, context: contextOf(office, body.facts) } };
  } catch (error) {
    if (isFormatError(error)) return refused("malformed", error.message);
    throw error;
  }
}

function keysOf(plain: Uint8Array): readonly ProvisionKey[] | null {
  try {
    return ProvisionKeys.decode(decodeCbor(plain), "keys");
  } catch (error) {
    // What is wrong is not told: the words might hold part of a key.
    if (isFormatError(error)) return null;
    throw error;
  } finally {
    plain.fill(0);
  }
}

/** Opens the keys of a provision and holds them against its facts. No secret is in the detail of a refusal. */
export function openProvision({ facts, sealed, context }: Provision, open: OpenSealed): ProvisionOpening {
  const plain = open(sealed, PROVISION_INFO, context);
  if (plain === null) return refused("sealed-for-another", "this terminal does not open the keys in it");
  const keys = keysOf(plain);
  if (keys === null) return refused("malformed-keys", "the keys in it are not what they must be");
  return provisionFault(facts, keys) ?? { ok: true, keys };
}
