import {
  areLocksFrozen,
  type CardMap,
  type CardPassword,
  CONFIG_PAGES,
  freezeDynamicLocks,
  freezeLocks,
  leaveReadable,
  lockPages,
  protectFrom,
  readAccess,
  sameBytes,
  type2,
} from "@cachet/card-layout";
import { ask, type NoAnswer, readPages } from "./chip.ts";
import type { ChipLink } from "./chip-link.ts";

/** First page that only the card's password opens for writing: identity, areas, dynamic locks and configuration. */
export const FIRST_PROTECTED = 0x04;
const STATIC_LOCKS = 0x02;

/** Why a card could not be protected; what it holds is untouched. */
export type ProtectionRefusal = NoAnswer | "wrong-password" | "config-locked";

/** Opens the protected pages. Nothing to do where none is. */
export async function authenticate(
  link: ChipLink,
  { password, pack }: CardPassword,
): Promise<"open" | "wrong-password" | "gone"> {
  const answers = await ask(link, type2.passwordAuth(password));
  if (answers === "gone") return answers;
  return answers !== "refused" && sameBytes(answers[0]!, pack) ? "open" : "wrong-password";
}

/** CFG0 and CFG1. */
export async function readConfig(
  link: ChipLink,
  { chip }: Pick<CardMap, "chip">,
): Promise<readonly [Uint8Array, Uint8Array] | NoAnswer> {
  const { cfg0, cfg1 } = CONFIG_PAGES[chip];
  const bytes = await readPages(link, cfg0, cfg1);
  return typeof bytes === "string" ? bytes : [bytes.slice(0, 4), bytes.slice(4)];
}

/** What opens the card, in front of the commands that need it: readers promise a session for one exchange only. */
export const opening = (opener: CardPassword | null): Uint8Array[] =>
  opener === null ? [] : [type2.passwordAuth(opener.password)];

/** Password first, then CFG1 where it differs, and AUTH0 last: a cut never closes a card whose password is not there yet. */
async function writePassword(
  link: ChipLink,
  map: CardMap,
  { password, pack }: CardPassword,
  [cfg0, cfg1]: readonly [Uint8Array, Uint8Array],
  opener: CardPassword | null,
): Promise<"written" | NoAnswer> {
  const pages = CONFIG_PAGES[map.chip];
  const readable = leaveReadable(cfg1);
  const answers = await ask(
    link,
    ...opening(opener),
    type2.write(pages.password, password),
    type2.write(pages.pack, Uint8Array.of(pack[0]!, pack[1]!, 0, 0)),
    ...(sameBytes(readable, cfg1) ? [] : [type2.write(pages.cfg1, readable)]),
    type2.write(pages.cfg0, protectFrom(cfg0, FIRST_PROTECTED)),
  );
  return typeof answers === "string" ? answers : "written";
}

/** Locks the identity for ever, and every lock bit, so that nobody can lock what must stay writable. */
async function lock(link: ChipLink, map: CardMap, opener: CardPassword): Promise<"locked" | NoAnswer> {
  const { identity, chip } = map;
  const page2 = identity === null ? freezeLocks() : lockPages(identity.firstPage + identity.pages - 1);
  const { dynamicLock } = CONFIG_PAGES[chip];
  const dynamic = freezeDynamicLocks(chip);
  const answers = await ask(
    link,
    ...opening(opener),
    ...(dynamicLock === null || dynamic === null ? [] : [type2.write(dynamicLock, dynamic)]),
    type2.write(STATIC_LOCKS, page2),
  );
  return typeof answers === "string" ? answers : "locked";
}

/**
 * Gives a card its password and locks its identity. The card must hold its identity by now: what is locked stays for ever.
 * `left`: passwords that an earlier try, cut in the middle, may have put in force; that try's pages are all written again, since
 * their cells may only seem to hold what they should.
 */
export async function protect(
  link: ChipLink,
  map: CardMap,
  wanted: CardPassword,
  left: readonly CardPassword[],
): Promise<"protected" | ProtectionRefusal> {
  const page2 = await readPages(link, STATIC_LOCKS, STATIC_LOCKS);
  if (typeof page2 === "string") return page2;
  if (areLocksFrozen(page2)) {
    const opened = await authenticate(link, wanted);
    return opened === "open" ? "protected" : opened;
  }
  const opened = await open(link, map, left);
  if (typeof opened === "string") return opened;
  const config = await readConfig(link, map);
  if (typeof config === "string") return config;
  const written = await writePassword(link, map, wanted, config, opened.by);
  if (written !== "written") return written;
  const right = await authenticate(link, wanted);
  if (right !== "open") return right;
  const locked = await lock(link, map, wanted);
  return locked === "locked" ? "protected" : locked;
}

/** Finds what opens a card for personalising, where an earlier try may have closed it; `by` is null on a new one. */
export async function open(
  link: ChipLink,
  map: CardMap,
  left: readonly CardPassword[],
): Promise<{ readonly by: CardPassword | null } | ProtectionRefusal> {
  const config = await readConfig(link, map);
  if (typeof config === "string") return config;
  const { firstProtected, configLocked, attempts } = readAccess(...config);
  if (configLocked || attempts > 0) return "config-locked";
  for (const password of left) {
    const opened = await authenticate(link, password);
    if (opened === "gone") return opened;
    if (opened === "open") return { by: password };
  }
  return firstProtected >= CONFIG_PAGES[map.chip].pages ? { by: null } : "wrong-password";
}
