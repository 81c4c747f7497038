import { type Bearer, cardKey, cardPassword, sameSeal, seal } from "@cachet/card-layout";
import type { Password, SealKey } from "../hal/index.ts";
import { hmacSha256 } from "./crypto.ts";

/** A merchant's key: `receipt` for the MAC of refund codes, `list` for keyed hashes of phone numbers. The app cannot name it. */
export interface MerchantKey {
  readonly role: "receipt" | "list";
  readonly merchant: number;
  readonly generation: number;
}

/** One master key, 32 bytes. */
export interface HeldKey {
  readonly key: SealKey | MerchantKey;
  readonly master: Uint8Array;
  /** Test keys are published with the project: worth nothing, and refused by production terminals. */
  readonly test: boolean;
}

function nameOf(key: SealKey | MerchantKey): string {
  switch (key.role) {
    case "identity":
      return `identity/${key.issuer}/${key.generation}`;
    case "area":
      return `area/${key.programme}/${key.generation}`;
    default:
      return `${key.role}/${key.merchant}/${key.generation}`;
  }
}

/** A production terminal was given a test key. */
export class TestKeyRefused extends Error {
  constructor(name: string) {
    super(`key ${name} is a test key; this terminal is a production one`);
    this.name = "TestKeyRefused";
  }
}

/** The keys of a terminal. They never leave it: others name a key and get a MAC or a verdict. */
export class KeyStore {
  private readonly masters = new Map<string, Uint8Array>();

  constructor(held: readonly HeldKey[], production: boolean) {
    for (const { key, master, test } of held) {
      if (test && production) throw new TestKeyRefused(nameOf(key));
      if (master.length !== 32) throw new RangeError(`key ${nameOf(key)} has ${master.length} bytes instead of 32`);
      this.masters.set(nameOf(key), master);
    }
  }

  seal(key: SealKey, bearer: Bearer, sealed: Uint8Array): Uint8Array | "no-key" {
    const master = this.masters.get(nameOf(key));
    if (master === undefined) return "no-key";
    return seal(hmacSha256, cardKey(hmacSha256, master, key.role, bearer), bearer, sealed);
  }

  open(key: SealKey, bearer: Bearer, sealed: Uint8Array, mac: Uint8Array): boolean | "no-key" {
    const right = this.seal(key, bearer, sealed);
    return right === "no-key" ? right : sameSeal(right, mac);
  }

  password(issuer: number, generation: number, bearer: Bearer): Password | "no-key" {
    const master = this.masters.get(nameOf({ role: "identity", issuer, generation }));
    return master === undefined ? "no-key" : cardPassword(hmacSha256, master, bearer);
  }

  /** HMAC-SHA-256 under a merchant's key. The message begins with the domain tag of its format. */
  mac(key: MerchantKey, message: Uint8Array): Uint8Array | "no-key" {
    const master = this.masters.get(nameOf(key));
    return master === undefined ? "no-key" : hmacSha256(master, message);
  }
}
