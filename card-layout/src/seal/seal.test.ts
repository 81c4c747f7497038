import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { fromHex, toHex } from "../record/bytes.ts";
import { type Bearer, cardKey, cardPassword, type Hmac, hkdf32, type KeyRole, sameSeal, seal } from "./seal.ts";

interface Vector {
  readonly name: string;
  readonly master: string;
  readonly role: KeyRole;
  readonly uid: string;
  readonly card: number;
  readonly key: string;
  readonly sealed: string;
  readonly mac: string;
}

const { vectors } = JSON.parse(readFileSync(new URL("../../vectors/seal-1.json", import.meta.url), "utf8")) as {
  readonly vectors: readonly Vector[];
};
const hmac: Hmac = (key, message) => Uint8Array.from(createHmac("sha256", key).update(message).digest());
const bearerOf = ({ uid, card }: Vector): Bearer => ({ uid: fromHex(uid), card });

describe.each(vectors)("seal of $name", (vector) => {
  it("has the card key of its vector", () => {
    const key = cardKey(hmac, fromHex(vector.master), vector.role, bearerOf(vector));
    expect(toHex(key)).toBe(vector.key);
  });

  it("has the MAC of its vector", () => {
    const mac = seal(hmac, fromHex(vector.key), bearerOf(vector), fromHex(vector.sealed));
    expect(toHex(mac)).toBe(vector.mac);
  });
});

describe("seal", () => {
  const vector = vectors.find(({ role }) => role === "area")!;
  const sealed = fromHex(vector.sealed);
  const sealOf = (role: KeyRole, bearer: Bearer, bytes: Uint8Array, master = fromHex(vector.master)) =>
    toHex(seal(hmac, cardKey(hmac, master, role, bearer), bearer, bytes));
  const flipped = (bytes: Uint8Array, bit: number) => {
    const copy = bytes.slice();
    copy[bit >> 3] = copy[bit >> 3]! ^ (1 << (bit & 7));
    return copy;
  };

  it("is covered by vectors of both roles", () => {
    expect(new Set(vectors.map(({ role }) => role))).toEqual(new Set(["identity", "area"]));
  });

  it("changes with any bit of UID, record and master key, with the card number and with the role", () => {
    const { uid, card } = bearerOf(vector);
    const macs = [
      vector.mac,
      sealOf("identity", { uid, card }, sealed),
      sealOf("area", { uid, card: card + 1 }, sealed),
    ];
    for (let bit = 0; bit < 8 * uid.length; bit += 1) {
      macs.push(sealOf("area", { uid: flipped(uid, bit), card }, sealed));
    }
    for (let bit = 0; bit < 8 * sealed.length; bit += 1) {
      macs.push(sealOf("area", { uid, card }, flipped(sealed, bit)));
    }
    for (let bit = 0; bit < 256; bit += 1) {
      macs.push(sealOf("area", { uid, card }, sealed, flipped(fromHex(vector.master), bit)));
    }
    expect(new Set(macs).size).toBe(3 + 8 * (uid.length + sealed.length) + 256);
  });

  it("changes with UID and card number even under one and the same card key", () => {
    const key = fromHex(vector.key);
    const { uid, card } = bearerOf(vector);
    expect(toHex(seal(hmac, key, { uid: flipped(uid, 0), card }, sealed))).not.toBe(vector.mac);
    expect(toHex(seal(hmac, key, { uid, card: card + 1 }, sealed))).not.toBe(vector.mac);
  });

  it("is the same only when every byte is", () => {
    const mac = fromHex(vector.mac);
    expect(sameSeal(mac, mac.slice())).toBe(true);
    for (let bit = 0; bit < 64; bit += 1) expect(sameSeal(mac, flipped(mac, bit)), `bit ${bit}`).toBe(false);
    expect(sameSeal(mac, mac.subarray(0, 7))).toBe(false);
    expect(sameSeal(mac.subarray(0, 7), mac)).toBe(false);
    expect(sameSeal(mac, new Uint8Array())).toBe(false);
  });
});

/** RFC 5869, appendix A; the output is compared in its first 32 bytes. */
describe("HKDF-SHA-256", () => {
  const count = (first: number, size: number) => Uint8Array.from({ length: size }, (_, i) => first + i);

  it("gives test case 1", () => {
    const okm = hkdf32(hmac, new Uint8Array(22).fill(0x0b), count(0, 13), count(0xf0, 10));
    expect(toHex(okm)).toBe("3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf");
  });

  it("gives test case 2, with longer inputs", () => {
    const okm = hkdf32(hmac, count(0, 80), count(0x60, 80), count(0xb0, 80));
    expect(toHex(okm)).toBe("b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c");
  });

  it("gives test case 3, without salt and info", () => {
    const okm = hkdf32(hmac, new Uint8Array(22).fill(0x0b), new Uint8Array(), new Uint8Array());
    expect(toHex(okm)).toBe("8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d");
  });
});

interface PasswordVector {
  readonly name: string;
  readonly master: string;
  readonly uid: string;
  readonly card: number;
  readonly key: string;
  readonly password: string;
  readonly pack: string;
}

const passwords = (
  JSON.parse(readFileSync(new URL("../../vectors/password-1.json", import.meta.url), "utf8")) as {
    readonly vectors: readonly PasswordVector[];
  }
).vectors;

it.each(passwords)("$name is that of its vector", ({ master, uid, card, key, password, pack }) => {
  const bearer = { uid: fromHex(uid), card };
  expect(toHex(cardKey(hmac, fromHex(master), "password", bearer))).toBe(key);
  const found = cardPassword(hmac, fromHex(master), bearer);
  expect([toHex(found.password), toHex(found.pack)]).toEqual([password, pack]);
});
