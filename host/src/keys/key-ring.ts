import type { Signer } from "@cachet/firmware/wire";
import { signerOfSecret } from "../ports/crypto.ts";
import type { Content } from "./content.ts";
import type { KeyUse } from "./generations.ts";
import { type Installer, installerIn } from "./installers.ts";
import {
  AREA,
  GENERATION_MAX,
  IDENTITY,
  type KeyRecord,
  type KeyState,
  LIST,
  OFFICE,
  RECEIPT,
  wipe,
} from "./key-record.ts";
import {
  testAreaKey,
  testCardKey,
  testInstallerCertificate,
  testInstallerSigner,
  testMerchantKey,
  testOfficeSigner,
} from "./test-keys.ts";

/** A master key, as the commands that seal and check records use it. */
export interface MasterKey {
  /** 32 bytes: cards get keys of their own from it (card-layout, `cardKey`). */
  readonly master: Uint8Array;
  readonly generation: number;
  readonly state: KeyState;
  /** Test keys are published with the project: worth nothing, and refused by production terminals. */
  readonly test: boolean;
}

/** The keys somebody holds. Null always means: this ring does not have that key. */
export interface KeyRing {
  /** The office's own ring, the bundle of an installer (never an area key in it), or the published test keys. */
  readonly source: "office" | "bundle" | "test";
  /** Issuers whose card keys are here, and programmes whose area keys are; null where any number has a (test) key. */
  readonly issuers: readonly number[] | null;
  readonly programmes: readonly number[] | null;
  cardKey(issuer: number, generation: number): MasterKey | null;
  /** The card key that new cards are sealed with. */
  currentCardKey(issuer: number): MasterKey | null;
  areaKey(programme: number, generation: number): MasterKey | null;
  currentAreaKey(programme: number): MasterKey | null;
  /** The current key of a use and the one before it, as a terminal holds them: newest first, none where there is no current one. */
  keysInUse(use: KeyUse): readonly MasterKey[];
  /** Signs for the association; only the office has it, and everybody that of the test keys. */
  readonly office: Signer | null;
  /** Opens the association's terminals: in an installer's bundle, and among the test keys. */
  readonly installer: Installer | null;
  /** Overwrites the secrets. The ring answers nothing of use afterwards. */
  wipe(): void;
}

const masterOf = ({ secret, generation, state, test }: KeyRecord): MasterKey => ({
  master: secret,
  generation,
  state,
  test,
});

/** A signer that looks at the secret each time: it is of no use once the ring was wiped. */
const signerOfRecord = ({ secret }: KeyRecord): Signer => ({
  publicKey: signerOfSecret(secret).publicKey,
  sign: (message) => signerOfSecret(secret).sign(message),
});

/** The ring of an opened file. It holds the content's secrets themselves, not copies. */
export function keyRingOf(content: Content): KeyRing {
  const { keys, lending } = content;
  const find = (role: string, number: number, wanted: (key: KeyRecord) => boolean): MasterKey | null => {
    const found = keys.find((key) => key.role === role && key.number === number && wanted(key));
    return found === undefined ? null : masterOf(found);
  };
  const numbers = (role: string) => [...new Set(keys.filter((key) => key.role === role).map(({ number }) => number))];
  const exactly = (generation: number) => (key: KeyRecord) => key.generation === generation;
  const isCurrent = ({ state }: KeyRecord) => state === "current";
  const isPrevious = ({ state }: KeyRecord) => state === "previous";
  const office = keys.find((key) => key.role === OFFICE && isCurrent(key));
  return {
    source: lending === null ? "office" : "bundle",
    issuers: numbers(IDENTITY),
    programmes: numbers(AREA),
    cardKey: (issuer, generation) => find(IDENTITY, issuer, exactly(generation)),
    currentCardKey: (issuer) => find(IDENTITY, issuer, isCurrent),
    areaKey: (programme, generation) => find(AREA, programme, exactly(generation)),
    currentAreaKey: (programme) => find(AREA, programme, isCurrent),
    keysInUse: ({ role, number }) => {
      const [current, previous] = [find(role, number, isCurrent), find(role, number, isPrevious)];
      return current === null ? [] : previous === null ? [current] : [current, previous];
    },
    office: office === undefined ? null : signerOfRecord(office),
    installer: installerIn(content),
    wipe: () => wipe(...keys.map(({ secret }) => secret)),
  };
}

const isIn = (value: number, min: number, max: number): boolean =>
  Number.isInteger(value) && value >= min && value <= max;

/**
 * The published test keys of one issuer and some programmes; of every issuer and programme where none is named.
 * Every generation has a key; the current one is 1.
 */
export function testKeyRing(issuer: number | null = null, programmes: readonly number[] | null = null): KeyRing {
  const key = (
    make: (number: number, generation: number) => Uint8Array,
    known: readonly number[] | null,
    number: number,
    generation: number,
  ): MasterKey | null => {
    if (!isIn(number, 0, 0xffff) || !isIn(generation, 1, GENERATION_MAX)) return null;
    if (known !== null && !known.includes(number)) return null;
    return {
      master: make(number, generation),
      generation,
      state: generation === 1 ? "current" : "retired",
      test: true,
    };
  };
  const issuers = issuer === null ? null : [issuer];
  const cardKey = (number: number, generation: number) => key(testCardKey, issuers, number, generation);
  const areaKey = (number: number, generation: number) => key(testAreaKey, programmes, number, generation);
  const merchantKey = (role: "receipt" | "list", number: number) =>
    key((merchant, generation) => testMerchantKey(role, merchant, generation), null, number, 1);
  return {
    source: "test",
    issuers,
    programmes,
    cardKey,
    currentCardKey: (number) => cardKey(number, 1),
    areaKey,
    currentAreaKey: (number) => areaKey(number, 1),
    keysInUse: ({ role, number }) => {
      const held =
        role === IDENTITY
          ? cardKey(number, 1)
          : role === AREA
            ? areaKey(number, 1)
            : role === RECEIPT || role === LIST
              ? merchantKey(role, number)
              : null;
      return held === null ? [] : [held];
    },
    office: testOfficeSigner(),
    installer: { certificate: testInstallerCertificate(), sign: testInstallerSigner().sign },
    wipe: () => {},
  };
}
