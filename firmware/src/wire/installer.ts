import { ascii, concat } from "@cachet/card-layout";
import { ED25519_KEY_BYTES, type Ed25519Verify, type Sha256 } from "./crypto.ts";
import type { Signer } from "./image.ts";
import { bstr, type Decoded, integer, key, map, printable, uint } from "./schema.ts";
import { encodeSigned, type Refused, readSigned, refused, type SignedForm, type SignedRefusal } from "./signed.ts";

/** The last second of the year 9999. */
const UTC_MAX = 253_402_300_799;

/** To whom the office opens its terminals, and until when. */
const CertificateBody = map({
  /** The installer's Ed25519 public key. */
  publicKey: key(1, bstr(ED25519_KEY_BYTES)),
  name: key(2, printable(80)),
  /** Counted by the office. */
  serial: key(3, integer({ min: 1, max: 0xffff_ffff })),
  /** UTC seconds since 1970: from `expires` on it is worth nothing. */
  issued: key(4, uint(UTC_MAX)),
  expires: key(5, uint(UTC_MAX)),
});

const FORM: SignedForm<Decoded<typeof CertificateBody>> = {
  contentType: "application/vnd.cachet.installer",
  version: 1,
  body: CertificateBody,
  bytesMax: 1_024,
};

/** Installer's certificate: a COSE_Sign1 by the office key (`signed.ts`). Golden bytes: firmware/vectors/provisioning-1.json. */
export interface Certificate extends Decoded<typeof CertificateBody> {
  /** The office key that signed it. */
  readonly office: Uint8Array;
}
export type CertificateReading = { readonly ok: true; readonly certificate: Certificate } | Refused<SignedRefusal>;

/** Writes a certificate. Throws `RangeError` on one that would be refused. */
export function encodeCertificate(body: Omit<Certificate, "office">, office: Signer): Uint8Array {
  if (body.expires <= body.issued) throw new RangeError("a certificate expires after it was issued");
  return encodeSigned(FORM, body, office);
}

/** Reads a certificate, signature first. Whether its office is the right one, and it is still good, is for the caller. */
export function readCertificate(file: Uint8Array, verify: Ed25519Verify): CertificateReading {
  const reading = readSigned(FORM, file, verify);
  if (!reading.ok) return reading;
  if (reading.body.expires <= reading.body.issued) return refused("malformed", "it expires before it was issued");
  return { ok: true, certificate: { ...reading.body, office: reading.signer } };
}

export const CHALLENGE_BYTES = 16;
const LOGIN_TAG = ascii("cachet/login/1");

/**
 * What an installer signs to open one terminal once: "cachet/login/1" · the terminal's Ed25519 public key · its challenge, 16
 * bytes · SHA-256 of the certificate's bytes. It serves at no other terminal, for no other challenge and with no other certificate.
 */
export function loginMessage(
  sha256: Sha256,
  terminal: Uint8Array,
  challenge: Uint8Array,
  certificate: Uint8Array,
): Uint8Array {
  if (terminal.length !== ED25519_KEY_BYTES || challenge.length !== CHALLENGE_BYTES)
    throw new RangeError("loginMessage: key or challenge of a wrong size");
  return concat(LOGIN_TAG, terminal, challenge, sha256(certificate));
}
