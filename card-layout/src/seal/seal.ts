import { ascii, concat } from "../record/bytes.ts";
import { cardBytes } from "../record/card-number.ts";
import { MAC_BYTES } from "../record/state.ts";

/** HMAC-SHA-256, done outside: 32 bytes. */
export type Hmac = (key: Uint8Array, message: Uint8Array) => Uint8Array;

/** What a card's key is for: its identity record or its password (issuer's card key), or a state record (a programme's area key). */
export type KeyRole = "identity" | "password" | "area";

/** The card a record is bound to. */
export interface Bearer {
  readonly uid: Uint8Array;
  readonly card: number;
}

/** HKDF-SHA-256 (RFC 5869) for one block of 32 bytes. */
export function hkdf32(hmac: Hmac, ikm: Uint8Array, salt: Uint8Array, info: Uint8Array): Uint8Array {
  const prk = hmac(salt, ikm);
  return hmac(prk, concat(info, Uint8Array.of(1)));
}

const CARD_KEY_SALT = ascii("cachet/card-key/1");
const MAC_TAG = ascii("cachet/mac/1");

function bearerBytes({ uid, card }: Bearer): Uint8Array {
  return concat(Uint8Array.of(uid.length), uid, cardBytes(card));
}

/** The key of one card: HKDF-SHA-256 of a master key, salt "cachet/card-key/1", info = role, UID length, UID, card number. */
export function cardKey(hmac: Hmac, master: Uint8Array, role: KeyRole, bearer: Bearer): Uint8Array {
  return hkdf32(hmac, master, CARD_KEY_SALT, concat(ascii(role), bearerBytes(bearer)));
}

/**
 * The 8-byte MAC of a record: HMAC-SHA-256 under the card's key, truncated, over
 * "cachet/mac/1", UID length, UID, card number and the record's bytes.
 */
export function seal(hmac: Hmac, key: Uint8Array, bearer: Bearer, sealed: Uint8Array): Uint8Array {
  return hmac(key, concat(MAC_TAG, bearerBytes(bearer), sealed)).slice(0, MAC_BYTES);
}

/** Compares two MACs in a time that does not depend on where they differ. */
export function sameSeal(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i += 1) difference |= a[i]! ^ b[i]!;
  return difference === 0;
}

/** What opens a card's pages for writing: PWD, four bytes, and PACK, the two that the chip answers with. */
export interface CardPassword {
  readonly password: Uint8Array;
  readonly pack: Uint8Array;
}

/**
 * The password of one card, from the issuer's card key: bytes 0 to 3 and 4 to 5 of `cardKey` with the role "password". It goes
 * over the air in clear: it keeps phones out that did not listen, and whoever listened to one tap has the password of one card.
 */
export function cardPassword(hmac: Hmac, master: Uint8Array, bearer: Bearer): CardPassword {
  const key = cardKey(hmac, master, "password", bearer);
  return { password: key.slice(0, 4), pack: key.slice(4, 6) };
}
