import type { Ed25519Verify } from "./crypto.ts";
import { X25519_KEY_BYTES } from "./hpke.ts";
import type { Signer } from "./image.ts";
import { bstr, type Decoded, integer, key, map, maybe, printable } from "./schema.ts";
import { encodeSigned, readSigned, type SignedForm, type SignedReading } from "./signed.ts";

export const REQUEST_NONCE_BYTES = 16;

/** What a terminal has been given so far. */
const Provisioned = map({
  terminal: key(1, integer({ min: 1, max: 0xffff })),
  /** Serial of the provision it holds: a further one needs a higher one. */
  serial: key(2, integer({ min: 1, max: 0xffff_ffff })),
});

/** What a terminal says of itself. Its Ed25519 public key is the signer's, in the header. */
const RequestBody = map({
  /** What kind of terminal it is, like "Cachet R2". */
  model: key(1, printable(32)),
  /** The serial number on its case. */
  hardware: key(2, printable(32)),
  x25519: key(3, bstr(X25519_KEY_BYTES)),
  /** Absent on a blank terminal. */
  provisioned: maybe(4, Provisioned),
  /** 16 bytes from whoever asked: an answer that carries them is no older than the question. */
  nonce: key(5, bstr(REQUEST_NONCE_BYTES)),
});

const FORM: SignedForm<Decoded<typeof RequestBody>> = {
  contentType: "application/vnd.cachet.request",
  version: 1,
  body: RequestBody,
  bytesMax: 1_024,
};

/**
 * Request: what a terminal says of itself, so that an office can seal keys for it. A COSE_Sign1 by the terminal's own key
 * (`signed.ts`): it proves that whoever wrote it holds that key, and nothing else; that the terminal is the one on the counter
 * is known by whoever fetched the request from it. Golden bytes: firmware/vectors/provisioning-1.json.
 */
export interface TerminalRequest extends Decoded<typeof RequestBody> {
  /** The terminal's own key: signs its batches. */
  readonly ed25519: Uint8Array;
}
export type RequestReading =
  | { readonly ok: true; readonly request: TerminalRequest }
  | Exclude<SignedReading<never>, { ok: true }>;

/** Writes a request; the signer is the terminal. */
export const encodeRequest = (body: Omit<TerminalRequest, "ed25519">, terminal: Signer): Uint8Array =>
  encodeSigned(FORM, body, terminal);

/** Reads a request, signature first. */
export function readRequest(file: Uint8Array, verify: Ed25519Verify): RequestReading {
  const reading = readSigned(FORM, file, verify);
  return reading.ok ? { ok: true, request: { ...reading.body, ed25519: reading.signer } } : reading;
}
