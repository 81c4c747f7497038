import { ascii, type Bearer, cardKey, cardPassword, concat, MAC_BYTES, sameSeal, seal } from "@cachet/card-layout";
import type { Password, SealKey } from "../hal/index.ts";
import { PHONE_HASH_BYTES } from "../wire/index.ts";
import { hmacSha256 } from "./crypto.ts";

const CODE_TAG = ascii("cachet/refund-code/1");

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
  /** The newest generation of each merchant's receipt key and list key, by role and merchant. */
  private readonly newest = new Map<string, number>();

  constructor(held: readonly HeldKey[], production: boolean) {
    for (const { key, master, test } of held) {
      if (test && production) throw new TestKeyRefused(nameOf(key));
      if (master.length !== 32) throw new RangeError(`key ${nameOf(key)} has ${master.length} bytes instead of 32`);
      this.masters.set(nameOf(key), master);
      if (key.role !== "receipt" && key.role !== "list") continue;
      const of = `${key.role}/${key.merchant}`;
      this.newest.set(of, Math.max(key.generation, this.newest.get(of) ?? 0));
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

  /** The MAC of a receipt's code under the newest receipt key of a merchant. */
  sealCode(
    merchant: number,
    message: Uint8Array,
  ): { readonly generation: number; readonly mac: Uint8Array } | "no-key" {
    const generation = this.newest.get(`receipt/${merchant}`);
    const mac = generation === undefined ? "no-key" : this.codeMac(merchant, generation, message);
    return mac === "no-key" ? mac : { generation: generation!, mac };
  }

  /** What stands for a phone number in lists: the MAC of its digits with the country's under the newest list key of a merchant. */
  phoneHash(merchant: number, number: string): Uint8Array | "no-key" {
    const generation = this.newest.get(`list/${merchant}`);
    if (generation === undefined) return "no-key";
    const mac = this.mac({ role: "list", merchant, generation }, ascii(number));
    return mac === "no-key" ? mac : mac.slice(0, PHONE_HASH_BYTES);
  }

  openCode(merchant: number, generation: number, message: Uint8Array, mac: Uint8Array): boolean | "no-key" {
    const right = this.codeMac(merchant, generation, message);
    return right === "no-key" ? right : sameSeal(right, mac);
  }

  private codeMac(merchant: number, generation: number, message: Uint8Array): Uint8Array | "no-key" {
    const mac = this.mac({ role: "receipt", merchant, generation }, concat(CODE_TAG, message));
    return mac === "no-key" ? mac : mac.slice(0, MAC_BYTES);
  }
}
