import {
  CARD_MAPS,
  type CardMap,
  type Chip,
  cardKey,
  cardNumber,
  type Day,
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

/** Writes the identity record on a blank card and reads it back. Areas stay blank: the first tap opens them. */
export async function personalise(transceive: Transceive, card: NewCard): Promise<Personalised> {
  const version = await transceive(type2.getVersion());
  if (version === "gone") return { result: "gone" };
  const chip = type2.chipOf(version);
  const map = CARD_MAPS.find((known) => chip !== null && known.layout === USUAL_LAYOUT[chip]);
  if (map?.identity == null) return { result: "unknown-chip" };
  const user = await transceive(type2.fastRead(map.user.first, map.user.last));
  if (user === "gone") return { result: "gone" };
  if (!isBlank(user)) return { result: "not-blank" };
  const { firstPage, pages } = map.identity;
  const wrapped = wrapIdentity(identityOf(card, map.layout));
  for (let page = 0; page < pages; page += 1) {
    const answer = await transceive(
      type2.write(firstPage + page, wrapped.subarray(page * PAGE_BYTES, (page + 1) * PAGE_BYTES)),
    );
    if (answer === "gone") return { result: "gone" };
    if (!type2.isAck(answer)) return { result: "not-writable" };
  }
  const back = await transceive(type2.fastRead(firstPage, firstPage + pages - 1));
  if (back === "gone") return { result: "gone" };
  if (!sameBytes(back, wrapped)) return { result: "read-back-differs" };
  return { result: "personalised", card: cardNumber(card.issuer, card.serial), map };
}
