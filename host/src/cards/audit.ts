import {
  CONFIG_PAGES,
  concat,
  EMPTY_NDEF,
  freezeDynamicLocks,
  isBlank,
  PAGE_BYTES,
  sameBytes,
  uidOfPages,
} from "@cachet/card-layout";
import { auditAreas } from "./audit-areas.ts";
import { type Check, check, fail, keyCheck, type Verdict, verdict, warn } from "./audit-check.ts";
import type { PasswordVerdict } from "./card-password.ts";
import type { KnownKeys } from "./known-keys.ts";
import { urlOf } from "./new-card.ts";
import { originality, signedFamily } from "./originality.ts";
import { FIRST_PROTECTED } from "./protect.ts";
import { bytesAt, type CardInspection } from "./read.ts";
import { contentOf, lockedUserPages, pagesText, pageText } from "./user-pages.ts";

/** What is known beside the card itself. */
export interface AuditFacts {
  readonly keys: KnownKeys;
  readonly password: PasswordVerdict;
  /** The web address that must be on the card, `{card}` in it for its number; null where none is expected in particular. */
  readonly url: string | null;
}

function originalityVerdict({ chip, uid, signature }: CardInspection): Verdict {
  if (signature === null) return warn("the maker's signature is not known: it could not be read");
  switch (originality(signedFamily(chip), uid, signature)) {
    case "genuine":
      return verdict("pass", "NXP signed this UID; a clone that repeats UID and signature says the same");
    case "not-genuine":
      return fail("the maker's signature does not fit the UID: not a chip of NXP, or a copy with another UID");
    case "no-signature":
      return warn("the chip has no maker's signature: not a genuine NXP chip, or a simulated one");
  }
}

function uidVerdict({ uid, pages }: CardInspection): Verdict {
  const head = bytesAt(pages, 0, 3);
  if (head === null) return warn("pages 00-02 are not known");
  const stored = uidOfPages(head);
  if (stored === null) return fail("the check bytes of the UID are wrong: not a chip as its maker delivers it");
  return sameBytes(stored, uid)
    ? verdict("pass", "the UID in the memory is the one the card answers with")
    : fail("the UID in the memory is another one than the card answers with: a chip whose UID can be written");
}

const NOBODYS = {
  blank: "the card is blank: personalise it first",
  new: "the card is as its maker delivers it: personalise it first",
  other: "there is no identity record: the card holds something of another system",
  unknown: "there is no identity record in what is known of the card",
} as const;

function identityVerdict(card: CardInspection): Verdict {
  const { identity, map, chip } = card;
  if (identity.kind === "none") return fail(NOBODYS[contentOf(card)]);
  const { layout } = identity.identity;
  if (map === null) return fail(`layout ${layout} on ${chip} is not known to this version of cachet`);
  return identity.kind === "uid"
    ? verdict("pass", "the UID stands for the card number; this chip has no room for an identity record")
    : verdict("pass", `layout ${layout}, issuer ${identity.identity.issuer}`);
}

function identityMac({ identity }: CardInspection): Verdict | null {
  if (identity.kind !== "record") return null;
  switch (identity.seal) {
    case "right":
      return verdict("pass", "the identity is the one that the issuer sealed for this chip");
    case "wrong":
      return fail("the identity's MAC is wrong: altered, or copied from another chip");
    case "no-key":
      return warn("not checkable without the card key of this issuer and generation");
  }
}

function identityLocked({ identity, map, locked }: CardInspection): Verdict | null {
  if (identity.kind !== "record" || map?.identity == null) return null;
  const { firstPage, pages } = map.identity;
  const open = Array.from({ length: pages }, (_, i) => firstPage + i).filter((page) => !locked.includes(page));
  if (open.length === 0) return verdict("pass", "the pages of the identity are locked for ever");
  return fail(`pages ${pagesText(open)} of the identity are not locked; card personalise finishes such a card`);
}

function lockBits(card: CardInspection): Verdict {
  const { locksFrozen, chip, pages } = card;
  if (!locksFrozen) return fail("lock bits are not frozen: anybody can lock the card's areas for ever");
  const { dynamicLock } = CONFIG_PAGES[chip];
  const [wanted, found] = [freezeDynamicLocks(chip), dynamicLock === null ? null : pages[dynamicLock]];
  if (wanted !== null && found != null && (found[2]! & wanted[2]!) !== wanted[2]!)
    return warn("the dynamic lock bits are not frozen: who has the password can lock areas for ever");
  return verdict("pass", "no lock bit can be set any more");
}

function writablePages(card: CardInspection): Verdict | null {
  const areas = card.areas.flatMap(({ map }) => Array.from({ length: 2 * map.slotPages }, (_, i) => map.firstPage + i));
  if (areas.length === 0) return null;
  const locked = lockedUserPages(card).filter((page) => areas.includes(page));
  return locked.length === 0
    ? verdict("pass", "no page of an area is locked")
    : fail(`pages ${pagesText(locked)} of areas are locked for ever: terminals cannot write there`);
}

function passwordInForce({ access, chip }: CardInspection): Verdict {
  if (access === null) return warn("the configuration is not known");
  const { firstProtected: first } = access;
  if (first <= FIRST_PROTECTED) return verdict("pass", `writing needs the password from page ${pageText(first)}`);
  return first >= CONFIG_PAGES[chip].pages
    ? fail("no page needs the password: anybody with a phone can write on the card")
    : fail(`only pages from ${pageText(first)} need the password, not those from ${pageText(FIRST_PROTECTED)}`);
}

const PASSWORDS: Readonly<Record<PasswordVerdict, Verdict>> = {
  right: verdict("pass", "the chip answers to the password of this card"),
  wrong: fail("the chip does not answer to the password of this card: another issuer's, or a copy on another chip"),
  "no-key": warn("not checkable without the card key, and with a right identity"),
  "counts-tries": warn("not tried: the chip counts wrong passwords and closes itself"),
  "not-passed": warn("not checkable with this reader: it does not pass the command"),
  "no-chip": warn("not checkable in a file: passwords are in no dump"),
};

function configVerdicts({ access }: CardInspection): Check[] {
  if (access === null) return [];
  const { configLocked, attempts, readNeedsPassword } = access;
  return [
    check(
      "configuration-open",
      configLocked
        ? warn("the configuration is locked for ever: password and protection can never be changed")
        : verdict("pass", "the configuration can still be changed by who has the password"),
    ),
    check(
      "password-tries",
      attempts > 0
        ? fail(`after ${attempts} wrong passwords the chip closes itself for ever: anybody can do that`)
        : verdict("pass", "wrong passwords close nothing"),
    ),
    check(
      "reading-free",
      readNeedsPassword
        ? fail("reading needs the password: terminals and phones read nothing")
        : verdict("pass", "everything can be read without the password"),
    ),
  ];
}

function ndefVerdict({ map, pages, url, identity }: CardInspection, template: string | null): Verdict | null {
  if (map?.ndef == null || identity.kind === "none") return null;
  const bytes = bytesAt(pages, map.ndef.firstPage, map.ndef.pages);
  if (bytes === null) return warn("the NDEF pages are not known");
  const wanted = template === null ? null : urlOf(template, identity.identity.card);
  if (wanted !== null) {
    return url === wanted
      ? verdict("pass", `phones open ${wanted}`)
      : fail(`phones open ${url ?? "nothing"}, not ${wanted}`);
  }
  if (url !== null) return verdict("pass", `phones open ${url}`);
  const isEmpty = sameBytes(bytes, concat(EMPTY_NDEF, new Uint8Array(map.ndef.pages * PAGE_BYTES - EMPTY_NDEF.length)));
  return isEmpty || isBlank(bytes)
    ? verdict("pass", "no web address; phones find nothing to open")
    : warn("the NDEF pages hold something else than one web address; a phone may open it");
}

function identityKeyChecks({ identity }: CardInspection, { keys }: AuditFacts): Check[] {
  if (identity.kind !== "record" || identity.seal !== "right") return [];
  const { issuer, generation } = identity.identity;
  return keyCheck("identity-key", keys.cardKey(issuer, generation), "identities are never written again");
}

const named = (name: string, found: Verdict | null): Check[] => (found === null ? [] : [check(name, found)]);

/**
 * Checks a card for everything that personalisation and visits should have left. Names are stable. `fail`: something is wrong
 * that somebody has to deal with. `warn`: look at it, or it could not be checked; the sentence says which.
 */
export function auditCard(card: CardInspection, facts: AuditFacts): readonly Check[] {
  const isOurs = card.identity.kind !== "none" && card.map !== null;
  return [
    check("originality", originalityVerdict(card)),
    check("uid", uidVerdict(card)),
    check("identity", identityVerdict(card)),
    ...named("identity-mac", identityMac(card)),
    ...identityKeyChecks(card, facts),
    ...named("identity-locked", identityLocked(card)),
    ...(isOurs ? [check("lock-bits", lockBits(card))] : []),
    ...named("areas-writable", writablePages(card)),
    ...(isOurs
      ? [check("password-in-force", passwordInForce(card)), check("password", PASSWORDS[facts.password])]
      : []),
    ...configVerdicts(card),
    ...named("ndef", ndefVerdict(card, facts.url)),
    ...auditAreas(card, facts.keys),
  ];
}
