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
  const [version, content] = await exchange(hal, commands, "NOT_OURS");
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
  const password = await passwordOf(hal, identity, generation, uid);
  return { uid, number: card, map, identity, password, isUnlocked: false };
}

/** What a chip holds that nobody has written to. */
function isNew(content: Uint8Array): boolean {
  if (content.length !== IDENTITY_PAGES * PAGE_BYTES) return false;
  return [[], ...FACTORY_CONTENT].some((factory) => {
    const expected = new Uint8Array(content.length);
    expected.set(factory);
    return sameBytes(content, expected);
  });
}

async function passwordOf(
  hal: Hal,
  { issuer, card }: CardIdentity,
  generation: number,
  uid: Uint8Array,
): Promise<CardOnReader["password"]> {
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
    const known = await hal.password(facts.issuer, generation, uid, number);
    if (known === "no-key") continue;
    const password = { command: type2.passwordAuth(known.password), pack: known.pack };
    const { answers, end } = await hal.exchange([password.command]);
    if (end === "gone") throw new CardGone();
    if (end === "done" && sameBytes(answers[0]!, password.pack)) {
      return { uid, number, map, identity, password, isUnlocked: true };
    }
  }
  throw new CardRefused(isBlank(content) ? "NOT_PERSONALISED" : "NOT_OURS");
}

/** Makes sure that the card takes its password. Throws `CardGone` or `CardRefused`; nothing is written. */
export async function unlock(hal: Hal, card: CardOnReader): Promise<void> {
  if (card.isUnlocked) return;
  const [pack] = await exchange(hal, [card.password.command], "WRONG_PASSWORD", card.number);
  if (!sameBytes(pack!, card.password.pack)) throw new CardRefused("WRONG_PASSWORD", card.number);
  card.isUnlocked = true;
}
