import { ascii, bigEndian, concat } from "@cachet/card-layout";
import { encodeCertificate, type Signer } from "@cachet/firmware/wire";
import { sha256, signerOfSecret } from "../ports/crypto.ts";

/**
 * Test keys: made from published words, so anybody can make them again. They serve simulations and tests; production
 * terminals refuse them, and images signed with them are shown as such.
 */
const testSecret = (...words: readonly Uint8Array[]): Uint8Array => sha256(concat(ascii("cachet/test-key/"), ...words));

/** Signs test images. */
export const testImageSigner = (): Signer => signerOfSecret(testSecret(ascii("image")));

/** A terminal's own key. */
export const testTerminalSigner = (terminal: number): Signer =>
  signerOfSecret(testSecret(ascii("terminal/"), bigEndian(terminal, 2)));

/** Signs provisions, lists and certificates of simulated associations. Terminals that it provisions are never production ones. */
export const testOfficeSigner = (): Signer => signerOfSecret(testSecret(ascii("office")));

/** Opens terminals of the test office. */
export const testInstallerSigner = (): Signer => signerOfSecret(testSecret(ascii("installer")));

/** The test installer's certificate: it never expires. */
export const testInstallerCertificate = (): Uint8Array =>
  encodeCertificate(
    {
      publicKey: testInstallerSigner().publicKey,
      name: "test installer",
      serial: 1,
      issued: 0,
      expires: 253_402_300_799,
    },
    testOfficeSigner(),
  );

/** A merchant's keys, by role: `receipt` or `list`. */
export const testMerchantKey = (role: "receipt" | "list", merchant: number, generation: number): Uint8Array =>
  testSecret(ascii(`${role}/`), bigEndian(merchant, 2), bigEndian(generation, 1));

/** Master card key of an issuer: seals identity records. */
export const testCardKey = (issuer: number, generation: number): Uint8Array =>
  testSecret(ascii("identity/"), bigEndian(issuer, 2), bigEndian(generation, 1));

/** Master area key of a programme: seals state records. */
export const testAreaKey = (programme: number, generation: number): Uint8Array =>
  testSecret(ascii("area/"), bigEndian(programme, 2), bigEndian(generation, 1));
