import { sameBytes } from "@cachet/card-layout";
import type { Chance } from "../hal/index.ts";
import { CHALLENGE_BYTES, keyHashOf, loginMessage, readCertificate } from "../wire/index.ts";
import { sha256, verifyEd25519 } from "./crypto.ts";

/** Without a command for so long, a session ends: an installer who left does not leave the terminal open behind him. */
export const SESSION_IDLE_MS = 5 * 60_000;
/** A challenge is answered within this time, or not at all. */
export const CHALLENGE_MS = 60_000;

/** By whom a terminal is opened. Asked at every login: a list may have changed the office key. */
export interface Authority {
  readonly officeKey: Uint8Array;
  /** As provisioned: every key is a test key, and everybody may do everything. */
  readonly isOpen: boolean;
}

/** Who is logged in. */
export interface Session {
  readonly name: string;
  /** Serial of the certificate. */
  readonly serial: number;
  /** SHA-256 of the installer's SubjectPublicKeyInfo (`keyHashOf`): how lists name a revoked key. */
  readonly keyHash: Uint8Array;
}

/**
 * bad-certificate: not one, or not by this terminal's office · bad-signature: not by the certificate's key over this terminal,
 * challenge and certificate · no-challenge: none was asked for, or it is used or too old.
 */
export type LoginRefusal =
  | "not-provisioned"
  | "no-challenge"
  | "bad-certificate"
  | "bad-signature"
  | "revoked"
  | "expired";

export type Login =
  /** `session` is null on an open terminal. `expiryJudged` is false where the terminal's clock could not tell. */
  | { readonly ok: true; readonly session: Session | null; readonly expiryJudged: boolean }
  | { readonly ok: false; readonly refusal: LoginRefusal; readonly detail: string };

/** What a login is judged by, besides itself. */
export interface LoginCircumstances {
  /** Seconds since 1970 by the terminal's clock, and whether it was reset since somebody trusted set it. */
  readonly utc: number;
  readonly clockSuspect: boolean;
  /** Whether the office's list has revoked the key with this `keyHashOf`. */
  readonly isRevoked: (keyHash: Uint8Array) => boolean;
}

const refused = (refusal: LoginRefusal, detail: string): Login => ({ ok: false, refusal, detail });

/**
 * Who may give commands over the line. An installer asks for a challenge and signs it; each challenge serves for one try.
 *
 * A terminal whose clock was reset cannot say whether a certificate is over: it grants and says so. Refusing would lock out
 * the one who comes to set the clock, and let a flat battery close a shop's terminal; what ends a stolen key is the list that
 * revokes it, which needs no clock. And a session opens little: images are signed by a key that no laptop has, keys come sealed
 * to the terminal, and nothing is released without the office's receipt.
 */
export class Access {
  private readonly device: Uint8Array;
  private readonly chance: Chance;
  private readonly authority: () => Authority | null;
  private pending: { readonly nonce: Uint8Array; leftMs: number } | null = null;
  private granted: { readonly session: Session; leftMs: number } | null = null;

  /** `device`: the terminal's Ed25519 public key. `authority` gives null while the terminal is blank. A reset makes a new `Access`. */
  constructor(device: Uint8Array, chance: Chance, authority: () => Authority | null) {
    this.device = device;
    this.chance = chance;
    this.authority = authority;
  }

  /** A fresh challenge, 16 bytes. The one before it is worth nothing any more. */
  challenge(): Uint8Array {
    const nonce = this.chance.bytes(CHALLENGE_BYTES);
    this.pending = { nonce, leftMs: CHALLENGE_MS };
    return nonce.slice();
  }

  /** Opens a session, in the place of one that is open. A refused try uses up the challenge and leaves the session as it is. */
  login(certificate: Uint8Array, signature: Uint8Array, circumstances: LoginCircumstances): Login {
    const nonce = this.pending?.nonce;
    this.pending = null;
    const authority = this.authority();
    if (authority === null) return refused("not-provisioned", "the terminal belongs to nobody yet");
    if (authority.isOpen) return { ok: true, session: null, expiryJudged: true };
    if (nonce === undefined) return refused("no-challenge", "ask for a challenge first; each serves once");
    const { utc, clockSuspect, isRevoked } = circumstances;
    const reading = readCertificate(certificate, verifyEd25519);
    if (!reading.ok) return refused("bad-certificate", reading.detail);
    const { publicKey, name, serial, expires, office } = reading.certificate;
    if (!sameBytes(office, authority.officeKey)) return refused("bad-certificate", "it is signed by another office");
    const message = loginMessage(sha256, this.device, nonce, certificate);
    if (!verifyEd25519(publicKey, message, signature))
      return refused("bad-signature", "the challenge is not signed by the certificate's key");
    const keyHash = keyHashOf(sha256, publicKey);
    if (isRevoked(keyHash)) return refused("revoked", `the office has revoked the key of ${name}`);
    if (!clockSuspect && utc >= expires) return refused("expired", `the certificate of ${name} is over`);
    const session = { name, serial, keyHash };
    this.granted = { session, leftMs: SESSION_IDLE_MS };
    return { ok: true, session, expiryJudged: !clockSuspect };
  }

  /** Who is logged in; null where nobody is, or needs to be. */
  get session(): Session | null {
    return this.granted?.session ?? null;
  }

  /** Whether commands that need an installer are to be obeyed now. */
  isGranted(): boolean {
    return this.granted !== null || this.authority()?.isOpen === true;
  }

  /** A command came: the idle time begins anew. */
  touch(): void {
    if (this.granted !== null) this.granted.leftMs = SESSION_IDLE_MS;
  }

  /** So many milliseconds have passed, by a clock that nobody sets. */
  tick(ms: number): void {
    if (this.granted !== null) this.granted.leftMs -= ms;
    if (this.granted !== null && this.granted.leftMs <= 0) this.granted = null;
    if (this.pending !== null) this.pending.leftMs -= ms;
    if (this.pending !== null && this.pending.leftMs <= 0) this.pending = null;
  }

  /** Ends the session, and forgets the challenge. */
  close(): void {
    this.granted = null;
    this.pending = null;
  }
}
