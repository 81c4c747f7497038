import type { Chance, DeviceFacts, Storage } from "../hal/index.ts";
import type { Signer } from "../wire/index.ts";
import { type DeviceIdentity, loadDeviceIdentity, signerOfDevice } from "./device-identity.ts";
import type { HeldKey } from "./key-store.ts";
import { ProvisionStore, type TerminalProvision } from "./provision-store.ts";

/** A key whose images may run. Production terminals refuse test keys. */
export interface TrustedImageKey {
  readonly publicKey: Uint8Array;
  readonly test: boolean;
}

/** What makes a terminal one of an association's. */
export interface Belonging {
  readonly facts: DeviceFacts;
  readonly keys: readonly HeldKey[];
  /** The terminal's own key: seals batches. */
  readonly signer: Signer;
  readonly trustedImageKeys: readonly TrustedImageKey[];
  /** Ed25519: signs lists, receipts, certificates and provisions. */
  readonly officeKey: Uint8Array;
  readonly merchantName: string;
  /** Test keys only, and whoever is on the line may do everything. */
  readonly isOpen: boolean;
}

/** How a terminal came to belong to somebody, and how it can. */
export interface Origin {
  /** Null while it is blank. */
  readonly belonging: Belonging | null;
  /** The terminal's own key. */
  readonly signer: Signer;
  /** Null where a port fixes what the terminal is: such a one takes no provision. */
  readonly provisioning: { readonly device: DeviceIdentity; readonly store: ProvisionStore } | null;
}

const belongingOf = (provision: TerminalProvision, signer: Signer): Belonging => ({ ...provision, signer });

/**
 * Opens the terminal's own keys and its provision; the keys are made where there are none yet. Throws `DeviceIdentityFault` or
 * `ProvisionFault`: a terminal does not start as a blank one because a file is damaged.
 */
export async function loadOrigin(storage: Storage, chance: Chance): Promise<Origin> {
  const provision = storage.file("provision");
  const device = await loadDeviceIdentity(storage.file("identity"), chance, (await provision.read()).length > 0);
  const store = await ProvisionStore.load(provision, device);
  const signer = signerOfDevice(device);
  const belonging = store.current === null ? null : belongingOf(store.current, signer);
  return { belonging, signer, provisioning: { device, store } };
}

/** What a port says that the terminal is: for simulated towns, which make thousands of them. */
export const fixedOrigin = (belonging: Belonging): Origin => ({
  belonging,
  signer: belonging.signer,
  provisioning: null,
});
