import {
  type Certificate,
  type Ed25519Sign,
  encodeCertificate,
  keyHashOf,
  readCertificate,
} from "@cachet/firmware/wire";
import { sha256, signerOfSecret, verifyEd25519 } from "../ports/crypto.ts";
import { CERTIFICATES_MAX, type Content, type IssuedCertificate, type Lending } from "./content.ts";
import { lend, OFFICE_USE } from "./generations.ts";
import { INSTALLER, type KeyName, type KeyRecord, SECRET_BYTES } from "./key-record.ts";
import type { Origin, Refused } from "./sealed-file.ts";

/** How an installer opens terminals: by showing the certificate and signing what the terminal asks (wire/installer.ts, `loginMessage`). */
export interface Installer {
  readonly certificate: Uint8Array;
  readonly sign: Ed25519Sign;
}

/** A certificate of the ring, as people may see it. */
export interface KnownCertificate extends Certificate {
  readonly revoked: boolean;
  /** How lists and terminals name the key: SHA-256 of its SubjectPublicKeyInfo. */
  readonly keyHash: Uint8Array;
}

/** The certificates of a content, in the order in which they were issued. One that does not read is left out: we never wrote it. */
export function certificatesOf({ certificates = [] }: Content): readonly KnownCertificate[] {
  return certificates.flatMap(({ certificate: file, revoked }) => {
    const reading = readCertificate(file, verifyEd25519);
    if (!reading.ok) return [];
    const { certificate } = reading;
    return [{ ...certificate, revoked, keyHash: keyHashOf(sha256, certificate.publicKey) }];
  });
}

export type Issued =
  | { readonly ok: true; readonly content: Content; readonly key: KeyRecord; readonly issued: IssuedCertificate }
  | Refused<"no-office-key" | "too-many">;

/**
 * Makes a key for an installer and certifies it with the office key. The ring that comes back knows the certificate and not the
 * secret: that is in `key`, for the bundle alone.
 */
export function issueInstaller(content: Content, { holder, expiresAt }: Lending, origin: Origin): Issued {
  const { certificates = [] } = content;
  const office = content.keys.find(({ role, state }) => role === OFFICE_USE.role && state === "current");
  if (office === undefined) return { ok: false, refusal: "no-office-key", detail: "the ring has no office key" };
  if (certificates.length >= CERTIFICATES_MAX) {
    return { ok: false, refusal: "too-many", detail: `the ring holds ${CERTIFICATES_MAX} certificates, and no more` };
  }
  const serial = 1 + Math.max(0, ...certificatesOf(content).map((known) => known.serial));
  const secret = origin.random(SECRET_BYTES);
  const now = origin.now();
  const body = { publicKey: signerOfSecret(secret).publicKey, name: holder, serial, issued: now, expires: expiresAt };
  const issued = { certificate: encodeCertificate(body, signerOfSecret(office.secret)), revoked: false };
  return {
    ok: true,
    content: { ...content, certificates: [...certificates, issued] },
    key: { role: INSTALLER, number: serial, generation: 1, state: "current", madeAt: now, test: office.test, secret },
    issued,
  };
}

export type Bundled =
  | { readonly ok: true; readonly ring: Content; readonly bundle: Content }
  | Refused<"no-such-key" | "no-office-key" | "too-many">;

/**
 * What an installer gets: the card keys of an issuer, never an area key, and a key of his own that opens terminals, certified
 * until the bundle ends. `ring` is the office's with the certificate in it. The bundle's secrets are copies, to be wiped by themselves.
 */
export function makeBundle(content: Content, issuer: number, lending: Lending, origin: Origin): Bundled {
  const lent = lend(content, issuer, lending);
  if (!lent.ok) return lent;
  const made = issueInstaller(content, lending, origin);
  if (!made.ok) return made;
  const keys = [...lent.content.keys.map((key) => ({ ...key, secret: key.secret.slice() })), made.key];
  return { ok: true, ring: made.content, bundle: { keys, lending, certificates: [made.issued] } };
}

export type InstallerRevoked =
  | { readonly ok: true; readonly content: Content; readonly revoked: KnownCertificate }
  | Refused<"no-such-certificate">;

/** Marks an installer's key as revoked: the lists name it. Repeating it changes nothing. */
export function revokeInstaller(content: Content, serial: number): InstallerRevoked {
  const found = certificatesOf(content).find((known) => known.serial === serial);
  if (found === undefined) {
    return { ok: false, refusal: "no-such-certificate", detail: `no installer's certificate has the serial ${serial}` };
  }
  const certificates = (content.certificates ?? []).map((issued) => {
    const reading = readCertificate(issued.certificate, verifyEd25519);
    return reading.ok && reading.certificate.serial === serial ? { ...issued, revoked: true } : issued;
  });
  return { ok: true, content: { ...content, certificates }, revoked: { ...found, revoked: true } };
}

/** What the office's lists are to name: generations of keys, and installers' keys by their hash. */
export interface Revocations {
  readonly generations: readonly KeyName[];
  readonly installers: readonly Uint8Array[];
}

export const revocationsOf = (content: Content): Revocations => ({
  generations: content.keys
    .filter(({ state }) => state === "revoked")
    .map(({ role, number, generation }) => ({ role, number, generation })),
  installers: certificatesOf(content).flatMap(({ revoked, keyHash }) => (revoked ? [keyHash] : [])),
});

/** The installer of a bundle; null in the office's ring, and in bundles of before there were installers' keys. */
export function installerIn({ keys, lending, certificates = [] }: Content): Installer | null {
  const key = keys.find(({ role }) => role === INSTALLER);
  const [own] = certificates;
  if (lending === null || key === undefined || own === undefined) return null;
  return { certificate: own.certificate, sign: (message) => signerOfSecret(key.secret).sign(message) };
}
