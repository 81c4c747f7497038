import {
  type CardMap,
  type CardState,
  cardKey,
  IDENTITY_SEALED_BYTES,
  IDENTITY_TLV,
  Identity,
  isCardNumber,
  type KeyRole,
  mapOf,
  PAGE_BYTES,
  readArea,
  readSlot,
  type Slot,
  sameSeal,
  seal,
  splitSlot,
  type2,
  unwrapIdentity,
} from "@cachet/card-layout";
import { hmacSha256 } from "../ports/crypto.ts";
import type { Transceive } from "./personalise.ts";

/** Master keys by what they seal; null where this host does not hold the key. */
export interface MasterKeys {
  card(issuer: number, generation: number): Uint8Array | null;
  area(programme: number, generation: number): Uint8Array | null;
}

/** A card as read on a host that holds keys; areas whose key is not held are left out of `states`. */
export type CardReading =
  | { readonly result: "read"; readonly card: number; readonly map: CardMap; readonly states: readonly CardState[] }
  | { readonly result: "gone" | "not-ours" | "bad-seal" | "damaged" };

function sealFits(
  master: Uint8Array,
  role: KeyRole,
  uid: Uint8Array,
  card: number,
  sealed: Uint8Array,
  mac: Uint8Array,
) {
  const bearer = { uid, card };
  return sameSeal(seal(hmacSha256, cardKey(hmacSha256, master, role, bearer), bearer, sealed), mac);
}

/** Reads identity and every area, and checks every seal it has the key for. Writes nothing. */
export async function readCard(transceive: Transceive, uid: Uint8Array, keys: MasterKeys): Promise<CardReading> {
  const pages = (first: number, count: number) => transceive(type2.fastRead(first, first + count - 1));
  const version = await transceive(type2.getVersion());
  const tlv = await pages(4, IDENTITY_TLV.size / PAGE_BYTES);
  if (version === "gone" || tlv === "gone") return { result: "gone" };
  const chip = type2.chipOf(version);
  const identity = unwrapIdentity(tlv);
  if (chip === null || !identity.ok) return { result: "not-ours" };
  const { issuer, generation, card, layout, mac } = identity.value;
  const master = keys.card(issuer, generation);
  const sealed = Identity.encode(identity.value).subarray(0, IDENTITY_SEALED_BYTES);
  const map = mapOf(layout, chip);
  if (master === null || map === null) return { result: "not-ours" };
  if (!sealFits(master, "identity", uid, card, sealed, mac)) return { result: "bad-seal" };
  if (!isCardNumber(card)) return { result: "not-ours" };
  const states: CardState[] = [];
  for (const area of map.areas) {
    const bytes = await pages(area.firstPage, 2 * area.slotPages);
    if (bytes === "gone") return { result: "gone" };
    const half = area.slotPages * PAGE_BYTES;
    if (bytes.length !== 2 * half) return { result: "damaged" };
    const slots = [bytes.subarray(0, half), bytes.subarray(half)].map((slot) => checkSlot(slot, uid, card, keys));
    // Without the area key nothing can be said of the area.
    if (slots.includes("foreign") && !slots.some((slot) => slot !== "foreign" && slot.kind === "valid")) continue;
    const [a, b] = slots.map((slot): Slot => (slot === "foreign" ? { kind: "invalid" } : slot));
    const reading = readArea(a!, b!);
    if (reading.kind === "conflict" || reading.kind === "damaged") return { result: "damaged" };
    if (reading.kind === "current") states.push(reading.state);
  }
  return { result: "read", card, map, states };
}

function checkSlot(slot: Uint8Array, uid: Uint8Array, card: number, keys: MasterKeys): Slot | "foreign" {
  const { programme, generation, sealed, mac } = splitSlot(slot);
  const master = programme === 0 || generation === 0 ? null : keys.area(programme, generation);
  if (programme !== 0 && master === null) return "foreign";
  const found = readSlot(slot, master !== null && sealFits(master, "area", uid, card, sealed, mac));
  return found === "newer" ? { kind: "invalid" } : found;
}
