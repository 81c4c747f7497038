import { type CardPassword, CONFIG_PAGES } from "@cachet/card-layout";
import type { ChipLink } from "./chip-link.ts";
import type { KnownKey, KnownKeys } from "./known-keys.ts";
import { passwordFor } from "./new-card.ts";
import { authenticate } from "./protect.ts";
import type { CardInspection } from "./read.ts";

/** Whether any page of the card needs its password. */
export function isProtected({ access, chip }: Pick<CardInspection, "access" | "chip">): boolean {
  return access !== null && access.firstProtected < CONFIG_PAGES[chip].pages;
}

/** Card keys that an issuer may have used for a card that does not say which: the current one, then those before it. */
function generationsOf(issuer: number, keys: KnownKeys): KnownKey[] {
  const current = keys.currentCardKey(issuer);
  if (current === null) return [];
  const earlier = Array.from({ length: current.generation - 1 }, (_, i) => current.generation - 1 - i);
  return [current, ...earlier.flatMap((generation) => keys.cardKey(issuer, generation) ?? [])];
}

/**
 * The passwords that can be this card's, best first. None where its identity's MAC is not right or the key is not held: what a
 * card claims to be is not reason enough to send a password over the air. `issuer`: whose the card is to be where it does not
 * say; every issuer whose key is held where that is null.
 */
export function passwordsFor(
  { uid, identity }: Pick<CardInspection, "uid" | "identity">,
  keys: KnownKeys,
  issuer: number | null,
): CardPassword[] {
  if (identity.kind === "none") return [];
  const { card, generation } = identity.identity;
  if (identity.kind === "record") {
    const key = identity.seal === "right" ? keys.cardKey(identity.identity.issuer, generation) : null;
    return key === null ? [] : [passwordFor(key.master, uid, card)];
  }
  const issuers = issuer === null ? (keys.issuers ?? []) : [issuer];
  return issuers.flatMap((one) => generationsOf(one, keys).map(({ master }) => passwordFor(master, uid, card)));
}

/**
 * What trying a card's password showed. `no-key`: there is none to try. `counts-tries`: the chip closes itself after some wrong
 * ones, so none was tried. `not-passed`: the reader does not pass the command. `no-chip`: a file was read, not a chip.
 */
export type PasswordVerdict = "right" | "wrong" | "no-key" | "counts-tries" | "not-passed" | "no-chip";

/** Tries the passwords one after the other. Changes nothing on the chip; it is selected anew after a wrong one. */
export async function tryPasswords(
  link: ChipLink,
  { access }: Pick<CardInspection, "access">,
  passwords: readonly CardPassword[],
): Promise<PasswordVerdict | "gone"> {
  if (passwords.length === 0) return "no-key";
  if (access === null || access.attempts > 0) return "counts-tries";
  for (const password of passwords) {
    const opened = await authenticate(link, password);
    if (opened !== "wrong-password") return opened === "open" ? "right" : "gone";
  }
  return "wrong";
}
