import { ascii, bigEndian, concat } from "./bytes.ts";
import { bytes, type Decoded, type RecordOf, record, reserved, u8, u16, u48 } from "./record.ts";

/** A 32-byte SHA-256, done outside (by the terminal's HAL, or a library on a host). */
export type Hash = (message: Uint8Array) => Promise<Uint8Array> | Uint8Array;

/**
 * Identity record: who the card is. Written once at personalisation, locked where the chip can, never rewritten in the field.
 *
 *   byte   field       meaning
 *   0      layout      memory map of the card (media/): fixes every address on it
 *   1      generation  of the card key that made the MAC
 *   2–3    issuer      0 to 9999, as in the card number
 *   4–9    card        card number, 13 digits (record/card-number.ts)
 *   10–11  issued      local date of personalisation, days since 2000-01-01
 *   12–13  reserved    zero
 *   14–21  mac         over UID, card number and bytes 0–13 (seal/)
 *
 * All integers big-endian. Golden bytes: vectors/identity-1.json.
 */
export const Identity = record("Identity", 22, {
  layout: u8({ min: 1 }),
  generation: u8({ min: 1 }),
  issuer: u16({ max: 9_999 }),
  card: u48(),
  issued: u16(),
  reserved: reserved(2),
  mac: bytes(8),
});
export type Identity = RecordOf<typeof Identity>;

/** Bytes of the identity record that its MAC covers: all before it. */
export const IDENTITY_SEALED_BYTES = 14;

/**
 * On Type 2 chips the identity is the value of a proprietary TLV (NFC Forum Type 2 Tag, section 2.3: tag FDh, one length
 * byte), so that a phone looking for an NDEF message steps over it.
 */
export const IDENTITY_TLV = { tag: 0xfd, length: Identity.size, size: 2 + Identity.size } as const;

/** The identity record wrapped in its TLV: six pages. */
export function wrapIdentity(identityBytes: Uint8Array): Uint8Array {
  return concat(Uint8Array.of(IDENTITY_TLV.tag, IDENTITY_TLV.length), identityBytes);
}

/** The identity inside its TLV. Checks form only; the MAC is the caller's to check before anything is believed. */
export function unwrapIdentity(tlv: Uint8Array): Decoded<Identity> {
  if (tlv[0] !== IDENTITY_TLV.tag || tlv[1] !== IDENTITY_TLV.length) {
    return { ok: false, fault: { record: "Identity", field: "tlv", offset: 0, problem: "no identity record here" } };
  }
  return Identity.decode(tlv.subarray(2, IDENTITY_TLV.size));
}

const IDENTITY_HASH_TAG = ascii("cachet/identity/1");

/** The state hash of a card that holds no state yet: what the first record of each area names as its predecessor. */
export async function identityHash(hash: Hash, identity: Identity): Promise<Uint8Array> {
  const sealed = Identity.encode(identity).subarray(0, IDENTITY_SEALED_BYTES);
  const body = concat(sealed.subarray(0, 1), sealed.subarray(2)); // without the key generation
  return hash(concat(IDENTITY_HASH_TAG, bigEndian(identity.card, 6), body));
}
