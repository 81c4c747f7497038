import { ascii, concat } from "./bytes.ts";
import { cardBytes } from "./card-number.ts";
import { bytes, type Decoded, type Field, type RecordOf, record, reserved, u8, u16, u24, u48 } from "./record.ts";

/** A 32-byte SHA-256, done outside (by the terminal's HAL, or a library on a host). */
export type Hash = (message: Uint8Array) => Promise<Uint8Array> | Uint8Array;

/** Six bytes, whichever form of card number they are (record/card-number.ts). */
const cardField: Field<number> = { ...u48({ max: 2 * 2 ** 48 }), encode: cardBytes };

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
  card: cardField,
  issued: u16(),
  reserved: reserved(2),
  mac: bytes(8),
});
export type Identity = RecordOf<typeof Identity>;

/**
 * Identity record of chips with commit counters: as above, and from byte 12 on
 *
 *   12–14  start2      counter 2 at personalisation: even. The area that commits by it is free only there
 *   15–17  start1      counter 1 likewise; zero on maps with one area
 *   18–25  mac         over UID, card number and bytes 0–17
 *
 * Golden bytes: vectors/identity-2.json.
 */
export const CounterIdentity = record("CounterIdentity", 26, {
  layout: u8({ min: 1 }),
  generation: u8({ min: 1 }),
  issuer: u16({ max: 9_999 }),
  card: cardField,
  issued: u16(),
  start2: u24(),
  start1: u24(),
  mac: bytes(8),
});
export type CounterIdentity = RecordOf<typeof CounterIdentity>;

/** Who a card is, in either form. */
export type CardIdentity = Identity | CounterIdentity;

const hasCounters = (identity: CardIdentity): identity is CounterIdentity => "start2" in identity;

/** The record's bytes. */
export function encodeIdentity(identity: CardIdentity): Uint8Array {
  return hasCounters(identity) ? CounterIdentity.encode(identity) : Identity.encode(identity);
}

/** The bytes that an identity's MAC covers: all before it. */
export function sealedIdentity(identity: CardIdentity): Uint8Array {
  const encoded = encodeIdentity(identity);
  return encoded.slice(0, encoded.length - identity.mac.length);
}

/** What the counter of area `index` (counter 2 - index) was at personalisation; 0 where the identity does not say. */
export function counterStart(identity: CardIdentity, index: number): number {
  if (!hasCounters(identity)) return 0;
  return index === 0 ? identity.start2 : identity.start1;
}

/**
 * On Type 2 chips the identity is the value of a proprietary TLV (NFC Forum Type 2 Tag, section 2.3: tag FDh, one length
 * byte), so that a phone looking for an NDEF message steps over it. The length tells the form: six pages or seven.
 */
const IDENTITY_TAG = 0xfd;
const TLV_HEAD = 2;
/** The longest TLV: what is read where the form is not known yet. */
export const IDENTITY_TLV_MAX = TLV_HEAD + CounterIdentity.size;

/** The identity record wrapped in its TLV: whole pages. */
export function wrapIdentity(identity: CardIdentity): Uint8Array {
  const encoded = encodeIdentity(identity);
  return concat(Uint8Array.of(IDENTITY_TAG, encoded.length), encoded);
}

/** The identity at the start of `bytes`. Checks form only; the MAC is the caller's to check before anything is believed. */
export function unwrapIdentity(tlv: Uint8Array): Decoded<CardIdentity> {
  const length = tlv[0] === IDENTITY_TAG ? tlv[1] : undefined;
  const table = [Identity, CounterIdentity].find(({ size }) => size === length);
  if (table === undefined) {
    return { ok: false, fault: { record: "Identity", field: "tlv", offset: 0, problem: "no identity record here" } };
  }
  return table.decode(tlv.subarray(TLV_HEAD, TLV_HEAD + table.size));
}

/**
 * Who a card is that has no room for an identity record: its UID is its number, and the password it answers to is the only
 * sign that it is the issuer's. Never written anywhere.
 */
export function uidIdentity(layout: number, issuer: number, card: number): Identity {
  return { layout, generation: 1, issuer, card, issued: 0, reserved: new Uint8Array(2), mac: new Uint8Array(8) };
}

const IDENTITY_HASH_TAG = ascii("cachet/identity/1");

/** What `identityHash` is taken over: tag, card number, and the sealed bytes without the key generation. */
export function identityHashMessage(identity: CardIdentity): Uint8Array {
  const sealed = sealedIdentity(identity);
  return concat(IDENTITY_HASH_TAG, cardBytes(identity.card), sealed.subarray(0, 1), sealed.subarray(2));
}

/** The state hash of a card that holds no state yet: what the first record of each area names as its predecessor. */
export async function identityHash(hash: Hash, identity: CardIdentity): Promise<Uint8Array> {
  return hash(identityHashMessage(identity));
}
