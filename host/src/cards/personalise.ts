import {
  CARD_MAPS,
  type CardMap,
  type Chip,
  cardKey,
  cardNumber,
  concat,
  type Day,
  EMPTY_NDEF,
  FACTORY_CONTENT,
  IDENTITY_SEALED_BYTES,
  Identity,
  isBlank,
  PAGE_BYTES,
  sameBytes,
  seal,
  type2,
  wrapIdentity,
} from "@cachet/card-layout";
import { hmacSha256 } from "../ports/crypto.ts";

/** Sends one command to the card in the field; "gone" when the answer was lost. */
export type Transceive = (command: Uint8Array) => Promise<Uint8Array | "gone">;

/** The memory map that a new card of each chip gets. */
const USUAL_LAYOUT: Readonly<Partial<Record<Chip, number>>> = { NTAG213: 1, NTAG215: 3, NTAG216: 4 };

export interface NewCard {
  readonly uid: Uint8Array;
  readonly issuer: number;
  readonly serial: number;
  readonly issued: Day;
  /** Master card key of the issuer and its generation. */
  readonly master: Uint8Array;
  readonly generation: number;
}

/** What became of a card. Whatever it is, its number is never given again. */
export type Personalised =
  | { readonly result: "personalised"; readonly card: number; readonly map: CardMap }
  | { readonly result: "gone" | "not-blank" | "unknown-chip" | "not-writable" | "read-back-differs" };

function identityOf(card: NewCard, layout: number): Uint8Array {
  const number = cardNumber(card.issuer, card.serial);
  const unsealed = {
    layout,
    generation: card.generation,
    issuer: card.issuer,
    card: number,
    issued: card.issued,
    reserved: new Uint8Array(2),
    mac: new Uint8Array(8),
  };
  const bearer = { uid: card.uid, card: number };
  const key = cardKey(hmacSha256, card.master, "identity", bearer);
  const sealed = Identity.encode(unsealed).subarray(0, IDENTITY_SEALED_BYTES);
  return Identity.encode({ ...unsealed, mac: seal(hmacSha256, key, bearer, sealed) });
}

/** Pages in one reading: 60 bytes and its frame pass every reader. */
const PAGES_AT_A_TIME = 15;

/** Pages `first` to `last`; "gone", or "refused" where the chip does not give all of them. */
async function readUser(transceive: Transceive, first: number, last: number): Promise<Uint8Array | "gone" | "refused"> {
  const parts: Uint8Array[] = [];
  for (let page = first; page <= last; page += PAGES_AT_A_TIME) {
    const end = Math.min(last, page + PAGES_AT_A_TIME - 1);
    const part = await transceive(type2.fastRead(page, end));
    if (part === "gone") return "gone";
    if (part.length !== (end - page + 1) * PAGE_BYTES) return "refused";
    parts.push(part);
  }
  return concat(...parts);
}

/** Nothing but zeros, or what the maker delivers. */
function isNew(user: Uint8Array): boolean {
  if (isBlank(user)) return true;
  return FACTORY_CONTENT.some(
    (content) => content.every((byte, at) => user[at] === byte) && isBlank(user.subarray(content.length)),
  );
}

/**
 * Writes the identity record on a new card, an empty NDEF message behind it where the card has room for one, and reads both
 * back. Areas stay blank: the first tap opens them.
 */
export async function personalise(transceive: Transceive, card: NewCard): Promise<Personalised> {
  const version = await transceive(type2.getVersion());
  if (version === "gone") return { result: "gone" };
  const chip = type2.chipOf(version);
  const map = CARD_MAPS.find((known) => chip !== null && known.layout === USUAL_LAYOUT[chip]);
  if (map?.identity == null) return { result: "unknown-chip" };
  const user = await readUser(transceive, map.user.first, map.user.last);
  if (user === "gone") return { result: "gone" };
  if (user === "refused") return { result: "unknown-chip" };
  if (!isNew(user)) return { result: "not-blank" };
  const ndef = map.ndef === null ? new Uint8Array() : Uint8Array.from(EMPTY_NDEF);
  const content = concat(wrapIdentity(identityOf(card, map.layout)), ndef);
  const first = map.identity.firstPage;
  for (let at = 0; at < content.length; at += PAGE_BYTES) {
    const answer = await transceive(type2.write(first + at / PAGE_BYTES, content.subarray(at, at + PAGE_BYTES)));
    if (answer === "gone") return { result: "gone" };
    if (!type2.isAck(answer)) return { result: "not-writable" };
  }
  const back = await transceive(type2.fastRead(first, first + content.length / PAGE_BYTES - 1));
  if (back === "gone") return { result: "gone" };
  if (!sameBytes(back, content)) return { result: "read-back-differs" };
  return { result: "personalised", card: cardNumber(card.issuer, card.serial), map };
}
