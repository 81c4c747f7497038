import { toHex } from "@cachet/card-layout";
import type { Content } from "../keys/content.ts";
import { certificatesOf, type KnownCertificate, revocationsOf } from "../keys/installers.ts";
import { nameOfKey } from "../keys/key-record.ts";
import { keyRingOf } from "../keys/key-ring.ts";
import { utcText } from "../keys/open.ts";

/** The public half of the office key, by which everybody else checks what the office signed. Empty where there is none. */
export function officeLines(content: Content): string[] {
  const { office } = keyRingOf(content);
  return office === null ? [] : [`office key       ${toHex(office.publicKey)} (public)`];
}

/** The same for programs. */
export function officeDocument(content: Content) {
  const { office } = keyRingOf(content);
  return office === null ? {} : { office_key: toHex(office.publicKey) };
}

const stateOf = ({ revoked, expires }: KnownCertificate, now: number): "revoked" | "expired" | "good" =>
  revoked ? "revoked" : now >= expires ? "expired" : "good";

/** The certificates of a content as programs may see them. `now` in UTC seconds. */
export const certificateDocuments = (content: Content, now: number) =>
  certificatesOf(content).map((known) => ({
    serial: known.serial,
    name: known.name,
    issued_on: utcText(known.issued),
    expires_on: utcText(known.expires),
    state: stateOf(known, now),
    key_hash: toHex(known.keyHash),
  }));

/** One line for each installer's key, for people. */
export const certificateLines = (content: Content, now: number): string[] =>
  certificateDocuments(content, now).map(
    ({ serial, name, expires_on, state, key_hash }) =>
      `installer ${serial}  ${name}, until ${expires_on}  ${state}  key ${key_hash.slice(0, 16)}`,
  );

/** What the lists are to name as revoked, for programs. */
export function revokedDocument(content: Content) {
  const { generations, installers } = revocationsOf(content);
  return { generations: generations.map(nameOfKey), installers: installers.map(toHex) };
}
