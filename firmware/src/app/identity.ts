import {
  type CardIdentity,
  type CardMap,
  type Chip,
  FACTORY_CONTENT,
  IDENTITY_TLV_MAX,
  isBlank,
  isCardNumber,
  mapOf,
  PAGE_BYTES,
  sameBytes,
  sealedIdentity,
  type2,
  uidCardNumber,
  uidIdentity,
  uidMapOf,
  unwrapIdentity,
} from "@cachet/card-layout";
import type { DeviceFacts, Hal } from "../hal/index.ts";
import { CardGone, type CardOnReader, CardRefused, exchange, readPages } from "./card.ts";

const IDENTITY_FIRST_PAGE = 4;
const IDENTITY_PAGES = IDENTITY_TLV_MAX / PAGE_BYTES;

/** Reads and verifies who the card is. Throws `CardGone` or `CardRefused`. */
export async function readIdentity(hal: Hal, facts: DeviceFacts, uid: Uint8Array): Promise<CardOnReader> {
  const commands = [type2.getVersion(), readPages(IDENTITY_FIRST_PAGE, IDENTITY_PAGES)];
  const [version, content] = await exchange(hal, commands, new CardRefused("NOT_OURS"));
  const chip = type2.chipOf(version!);
  if (chip === null) throw new CardRefused("NOT_OURS");
  const uidMap = uidMapOf(chip);
  return uidMap === null
    ? verifiedIdentity(hal, facts, uid, chip, content!)
    : identityByUid(hal, facts, uid, uidMap, content!);
}

async function verifiedIdentity(
  hal: Hal,
  facts: DeviceFacts,
  uid: Uint8Array,
  chip: Chip,
  content: Uint8Array,
): Promise<CardOnReader> {
  const found = unwrapIdentity(content);
  if (!found.ok) throw new CardRefused(isNew(content) ? "NOT_PERSONALISED" : "NOT_OURS");
  const identity = found.value;
  const { layout, generation, issuer, card } = identity;
  if (issuer !== facts.issuer) throw new CardRefused("NOT_OURS");
  const sealed = sealedIdentity(identity);
  const right = await hal.open({ role: "identity", issuer, generation }, uid, card, sealed, identity.mac);
  if (right === "no-key") throw new CardRefused("KEY_NOT_HELD", card);
  if (!right) throw new CardRefused("BAD_SIGNATURE");
  if (!isCardNumber(card)) throw new CardRefused("NOT_OURS");
  const map = mapOf(layout, chip);
  if (map === null) throw new CardRefused("NEWER_LAYOUT", card);
  return { uid, number: card, map, identity, unlock: await unlockOf(hal, identity, generation, uid) };
}

/** What a chip holds that nobody has written to. */
function isNew(content: Uint8Array): boolean {
  return [[], ...FACTORY_CONTENT].some((factory) => {
    const expected = new Uint8Array(content.length);
    expected.set(factory);
    return sameBytes(content, expected);
  });
}

async function unlockOf(
  hal: Hal,
  { issuer, card }: CardIdentity,
  generation: number,
  uid: Uint8Array,
): Promise<CardOnReader["unlock"]> {
  const known = await hal.password(issuer, generation, uid, card);
  if (known === "no-key") throw new CardRefused("KEY_NOT_HELD", card);
  return { command: type2.passwordAuth(known.password), pack: known.pack };
}

/** A chip without room for an identity record shows by the password it takes that it is the issuer's. */
async function identityByUid(
  hal: Hal,
  facts: DeviceFacts,
  uid: Uint8Array,
  map: CardMap,
  content: Uint8Array,
): Promise<CardOnReader> {
  const number = uidCardNumber(uid);
  if (number === null) throw new CardRefused("NOT_OURS");
  const identity = uidIdentity(map.layout, facts.issuer, number);
  for (const generation of [facts.cardGeneration, facts.cardGeneration - 1]) {
    if (generation < 1) continue;
    const unlock = await unlockOf(hal, identity, generation, uid);
    const { answers, end } = await hal.exchange([unlock!.command]);
    if (end === "gone") throw new CardGone();
    if (end === "done" && sameBytes(answers[0]!, unlock!.pack)) return { uid, number, map, identity, unlock: null };
  }
  throw new CardRefused(isBlank(content) ? "NOT_PERSONALISED" : "NOT_OURS");
}

/** Opens the card's pages for writing, once for as long as it stays. Throws `CardGone` or `CardRefused`; nothing is written. */
export async function unlock(hal: Hal, card: CardOnReader): Promise<void> {
  if (card.unlock === null) return;
  const refused = new CardRefused("WRONG_PASSWORD", card.number);
  const [pack] = await exchange(hal, [card.unlock.command], refused);
  if (!sameBytes(pack!, card.unlock.pack)) throw refused;
  card.unlock = null;
}
