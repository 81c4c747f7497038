import { sameBytes, toHex } from "@cachet/card-layout";
import type { DeviceFacts, StoredFile } from "../hal/index.ts";
import {
  openProvision,
  type Provision,
  type ProvisionKey,
  type ProvisionOpening,
  type ProvisionReading,
  readProvision,
  terminalName,
} from "../wire/index.ts";
import { verifyEd25519 } from "./crypto.ts";
import type { DeviceIdentity } from "./device-identity.ts";
import type { HeldKey } from "./key-store.ts";

/** What a provision made of a terminal. */
export interface TerminalProvision {
  readonly facts: DeviceFacts;
  readonly serial: number;
  /** The key that signed the provision: lists, receipts and certificates are believed by it, until a list names another. */
  readonly officeKey: Uint8Array;
  readonly merchantName: string;
  /** Time zone by its IANA name. */
  readonly zone: string;
  /** Whoever is on the line may do everything. Every key is a published test key then. */
  readonly isOpen: boolean;
  readonly trustedImageKeys: readonly { readonly publicKey: Uint8Array; readonly test: boolean }[];
  readonly keys: readonly HeldKey[];
}

type RefusalOf<T> = T extends { readonly refusal: infer R } ? R : never;
/**
 * Why a provision was not taken; the one before it is still there, whole:
 * malformed · newer-format · bad-signature · other-office (not signed by the pinned key) · other-device (for another terminal's
 * keys) · older-serial · has-journal (the terminal's number is given or changed only while its journal is empty) ·
 * sealed-for-another · malformed-keys · test-key · not-a-test-key · missing-key · duplicate-key.
 */
export type ProvisionRefusal =
  | RefusalOf<ProvisionReading>
  | RefusalOf<ProvisionOpening>
  | "other-office"
  | "other-device"
  | "older-serial"
  | "has-journal";

export type Acceptance =
  /** `taken`: it is stored. `already-taken`: it was stored before, byte for byte; nothing changed. */
  | { readonly ok: true; readonly outcome: "taken" | "already-taken"; readonly provision: TerminalProvision }
  | { readonly ok: false; readonly refusal: ProvisionRefusal; readonly detail: string };

/** What a terminal knows when a provision comes. */
export interface ProvisionCircumstances {
  /** The office key that is pinned now, where a list has changed it; null: that of the provision that is there. */
  readonly pinnedOffice: Uint8Array | null;
  readonly hasJournal: boolean;
}

/** The stored provision is not one that this terminal took: it does not start as a blank one, for anybody to take. */
export class ProvisionFault extends Error {
  readonly refusal: ProvisionRefusal;
  constructor(refusal: ProvisionRefusal, detail: string) {
    super(`the stored provision is refused: ${detail}`);
    this.name = "ProvisionFault";
    this.refusal = refusal;
  }
}

function heldKey({ role, number, generation, test, secret }: ProvisionKey): HeldKey {
  const more = { master: secret, test: test === true };
  switch (role) {
    case "identity":
      return { key: { role, issuer: number, generation }, ...more };
    case "area":
      return { key: { role, programme: number, generation }, ...more };
    default:
      return { key: { role, merchant: number, generation }, ...more };
  }
}

function provisionOf({ facts, office }: Provision, keys: readonly ProvisionKey[]): TerminalProvision {
  const { terminal, merchant, issuer, cardGeneration, programmes } = facts;
  return {
    facts: { terminal, merchant, production: facts.use === "production", issuer, cardGeneration, programmes },
    serial: facts.serial,
    officeKey: office,
    merchantName: facts.merchantName,
    zone: facts.zone,
    isOpen: facts.use === "open",
    trustedImageKeys: facts.imageKeys.map(({ publicKey, test }) => ({ publicKey, test: test === true })),
    keys: keys.map(heldKey),
  };
}

type Refusal = Extract<Acceptance, { ok: false }>;
const refused = (refusal: ProvisionRefusal, detail: string): Refusal => ({ ok: false, refusal, detail });

/**
 * The provision of a terminal, in one file: the bytes as they were received, their keys still sealed to the terminal. A
 * terminal is blank until it takes its first one, from whoever brings it: what it trusts from then on is the key that signed that.
 */
export class ProvisionStore {
  private readonly file: StoredFile;
  private readonly device: DeviceIdentity;
  private stored: Uint8Array;
  private held: TerminalProvision | null = null;
  /** Ends when the acceptance that is under way has ended: one at a time. */
  private busy: Promise<unknown> = Promise.resolve();

  private constructor(file: StoredFile, device: DeviceIdentity, stored: Uint8Array) {
    this.file = file;
    this.device = device;
    this.stored = stored;
  }

  /** Opens what is stored. Throws `ProvisionFault` where there is something that this terminal never took. */
  static async load(file: StoredFile, device: DeviceIdentity): Promise<ProvisionStore> {
    const store = new ProvisionStore(file, device, await file.read());
    if (store.stored.length === 0) return store;
    const reading = store.read(store.stored);
    if (!reading.ok) throw new ProvisionFault(reading.refusal, reading.detail);
    const opening = store.open(reading.provision);
    if (!opening.ok) throw new ProvisionFault(opening.refusal, opening.detail);
    store.held = opening.provision;
    return store;
  }

  /** What the terminal is; null while it is blank. */
  get current(): TerminalProvision | null {
    return this.held;
  }

  /**
   * Takes a provision: whole or not at all, also when the power is cut. `current` is the new one as soon as it is stored; what
   * was started under the old one has to start again. Bringing the same one again changes nothing and is no refusal: the first answer may have been lost.
   */
  accept(bytes: Uint8Array, circumstances: ProvisionCircumstances): Promise<Acceptance> {
    const acceptance = this.busy.then(() => this.take(bytes.slice(), circumstances));
    this.busy = acceptance.catch(() => {});
    return acceptance;
  }

  private async take(bytes: Uint8Array, circumstances: ProvisionCircumstances): Promise<Acceptance> {
    if (this.held !== null && sameBytes(bytes, this.stored))
      return { ok: true, outcome: "already-taken", provision: this.held };
    const reading = this.read(bytes);
    if (!reading.ok) return reading;
    const refusal = this.refusalOf(reading.provision, circumstances);
    if (refusal !== null) return refusal;
    const opening = this.open(reading.provision);
    if (!opening.ok) return opening;
    await this.file.replace(bytes);
    this.stored = bytes;
    this.held = opening.provision;
    return { ok: true, outcome: "taken", provision: opening.provision };
  }

  /** Signature and form, and that it is for this terminal. */
  private read(bytes: Uint8Array): Extract<ProvisionReading, { ok: true }> | Refusal {
    const reading = readProvision(bytes, verifyEd25519);
    if (!reading.ok) return reading;
    const { device } = reading.provision.facts;
    return sameBytes(device, this.device.ed25519)
      ? reading
      : refused("other-device", `it is for the terminal with the key ${toHex(device)}`);
  }

  /** Why a provision that is for this terminal may not follow the one that is there. */
  private refusalOf(
    { office, facts }: Provision,
    { pinnedOffice, hasJournal }: ProvisionCircumstances,
  ): Refusal | null {
    const pinned = pinnedOffice ?? this.held?.officeKey;
    if (pinned !== undefined && !sameBytes(office, pinned))
      return refused("other-office", "it is signed by another office than the one that this terminal belongs to");
    if (this.held !== null && facts.serial <= this.held.serial)
      return refused("older-serial", `it has serial ${facts.serial}, the terminal is at ${this.held.serial}`);
    const number = this.held?.facts.terminal;
    if (hasJournal && number !== facts.terminal) {
      const now = number === undefined ? "has no number" : `is ${terminalName(number)}`;
      return refused("has-journal", `it is for ${terminalName(facts.terminal)}; the terminal ${now} and has a journal`);
    }
    return null;
  }

  private open(provision: Provision): { readonly ok: true; readonly provision: TerminalProvision } | Refusal {
    const opening = openProvision(provision, this.device.open);
    return opening.ok ? { ok: true, provision: provisionOf(provision, opening.keys) } : opening;
  }
}
