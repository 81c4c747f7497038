import { ascii, bigEndian, concat } from "@cachet/card-layout";
import type { Signer } from "@cachet/firmware/wire";
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

/** Master card key of an issuer: seals identity records. */
export const testCardKey = (issuer: number, generation: number): Uint8Array =>
  testSecret(ascii("identity/"), bigEndian(issuer, 2), bigEndian(generation, 1));

/** Master area key of a programme: seals state records. */
export const testAreaKey = (programme: number, generation: number): Uint8Array =>
  testSecret(ascii("area/"), bigEndian(programme, 2), bigEndian(generation, 1));
