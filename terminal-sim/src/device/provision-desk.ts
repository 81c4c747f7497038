import type { Chance, Storage } from "@cachet/firmware/hal";
import { type Hardware, loadDeviceIdentity, ProvisionStore, signerOfDevice } from "@cachet/firmware/supervisor";
import { encodeRequest, REQUEST_NONCE_BYTES } from "@cachet/firmware/wire";

/**
 * Has an office provision a terminal that is still blank, as an installer does over the line. `seal` answers the terminal's signed
 * request. Gives the terminal's public key, and whether it took the provision now. Throws where it refuses it.
 */
export async function provisionStorage(
  storage: Storage,
  chance: Chance,
  { model, serial }: Hardware,
  seal: (request: Uint8Array) => Uint8Array,
): Promise<{ readonly key: Uint8Array; readonly taken: boolean }> {
  const file = storage.file("provision");
  const device = await loadDeviceIdentity(storage.file("identity"), chance, (await file.read()).length > 0);
  const store = await ProvisionStore.load(file, device);
  if (store.current !== null) return { key: device.ed25519, taken: false };
  const nonce = chance.bytes(REQUEST_NONCE_BYTES);
  const request = encodeRequest({ model, hardware: serial, x25519: device.x25519, nonce }, signerOfDevice(device));
  const acceptance = await store.accept(seal(request), { pinnedOffice: null, hasJournal: false });
  if (!acceptance.ok) throw new Error(`the terminal refuses its provision: ${acceptance.detail}`);
  return { key: device.ed25519, taken: true };
}
