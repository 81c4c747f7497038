import { createHmac, hkdfSync } from "node:crypto";
import { ascii, fromHex } from "@cachet/card-layout";
import { describe, expect, it } from "vitest";
import type { SealKey } from "../hal/index.ts";
import { type HeldKey, KeyStore, type MerchantKey, TestKeyRefused } from "./key-store.ts";

const identity: SealKey = { role: "identity", issuer: 1, generation: 1 };
const bakery: SealKey = { role: "area", programme: 11, generation: 1 };
const held = (key: HeldKey["key"], fill: number, more: Partial<HeldKey> = {}): HeldKey => ({
  key,
  master: new Uint8Array(32).fill(fill),
  test: false,
  ...more,
});
const bearer = { uid: fromHex("04a1b2c3d4e5f6"), card: 1_234_567_890_123 };
const sealed = fromHex("0b0000ff000008002a");

const store = new KeyStore([held(identity, 1), held(bakery, 2)], true);
const macOf = (key: SealKey, by = store) => {
  const mac = by.seal(key, bearer, sealed);
  if (mac === "no-key") throw new Error("no key");
  return mac;
};

describe("a terminal's keys", () => {
  it("seal with eight bytes that open", () => {
    for (const key of [identity, bakery]) {
      expect(macOf(key)).toHaveLength(8);
      expect(store.open(key, bearer, sealed, macOf(key))).toBe(true);
    }
  });

  it("seal as the format says: HKDF to the card's key, then a truncated HMAC", () => {
    const card = Buffer.from("011f71fb04cb", "hex");
    const bound = Buffer.concat([Buffer.of(7), bearer.uid, card]);
    const key = hkdfSync(
      "sha256",
      new Uint8Array(32).fill(2),
      "cachet/card-key/1",
      Buffer.concat([Buffer.from("area"), bound]),
      32,
    );
    const mac = createHmac("sha256", Buffer.from(key)).update("cachet/mac/1").update(bound).update(sealed).digest();
    expect(macOf(bakery)).toEqual(Uint8Array.from(mac.subarray(0, 8)));
  });

  it("do not open another MAC, record, card or size of MAC", () => {
    const mac = macOf(bakery);
    for (let bit = 0; bit < 64; bit += 1) {
      const wrong = mac.slice();
      wrong[bit >> 3]! ^= 1 << (bit & 7);
      expect(store.open(bakery, bearer, sealed, wrong), `bit ${bit}`).toBe(false);
    }
    expect(store.open(bakery, bearer, sealed.with(0, 0), mac)).toBe(false);
    expect(store.open(bakery, { ...bearer, card: 5 }, sealed, mac)).toBe(false);
    expect(store.open(bakery, { ...bearer, uid: bearer.uid.with(0, 5) }, sealed, mac)).toBe(false);
    expect(store.open(identity, bearer, sealed, mac)).toBe(false);
    expect(store.open(bakery, bearer, sealed, new Uint8Array())).toBe(false);
    expect(store.open(bakery, bearer, sealed, mac.subarray(0, 7))).toBe(false);
  });

  it("seal differently for a card's identity and for its areas, even under one master", () => {
    const same = new KeyStore([held(identity, 3), held(bakery, 3)], true);
    expect(macOf(identity, same)).not.toEqual(macOf(bakery, same));
  });

  it.each<[string, SealKey]>([
    ["another issuer", { ...identity, issuer: 2 }],
    ["another generation of the issuer", { ...identity, generation: 2 }],
    ["another programme", { ...bakery, programme: 1 }],
    ["another generation of the programme", { ...bakery, generation: 11 }],
    ["a programme with the issuer's number", { role: "area", programme: 1, generation: 1 }],
  ])("are not there for %s", (_, key) => {
    expect(store.seal(key, bearer, sealed)).toBe("no-key");
    expect(store.open(key, bearer, sealed, new Uint8Array(8))).toBe("no-key");
  });

  it("of a merchant give a MAC, each role its own, and seal no card", () => {
    const [receipt, list]: readonly MerchantKey[] = [
      { role: "receipt", merchant: 1, generation: 1 },
      { role: "list", merchant: 1, generation: 1 },
    ] as const;
    const shop = new KeyStore([held(identity, 1), held(receipt!, 4), held(list!, 5)], true);
    const message = ascii("cachet/receipt/1 and so on");
    const right = createHmac("sha256", new Uint8Array(32).fill(4)).update(message).digest();
    expect(shop.mac(receipt!, message)).toEqual(Uint8Array.from(right));
    expect(shop.mac(list!, message)).not.toEqual(Uint8Array.from(right));
    expect(shop.mac({ ...receipt!, merchant: 2 }, message)).toBe("no-key");
    expect(shop.mac({ ...receipt!, generation: 2 }, message)).toBe("no-key");
    expect(shop.seal({ role: "area", programme: 1, generation: 1 }, bearer, sealed)).toBe("no-key");
  });

  it("are refused as test keys by a production terminal, and by that one only", () => {
    const keys = [held(identity, 1), held(bakery, 2, { test: true })];
    expect(() => new KeyStore(keys, true)).toThrow(TestKeyRefused);
    expect(() => new KeyStore(keys, true)).toThrow("key area/11/1 is a test key");
    expect(macOf(bakery, new KeyStore(keys, false))).toEqual(macOf(bakery));
  });

  it.each([0, 16, 31, 33])("are refused with %i bytes", (size) => {
    const short = held(bakery, 0, { master: new Uint8Array(size) });
    expect(() => new KeyStore([short], false)).toThrow(RangeError);
  });

  it("seal a receipt's code under the newest generation of the merchant's key, and open older ones", () => {
    const receipt = (generation: number) => held({ role: "receipt", merchant: 7, generation }, 40 + generation);
    const [before, after] = [new KeyStore([receipt(1)], true), new KeyStore([receipt(2), receipt(1)], true)];
    const message = fromHex("010007a0");
    const [old, now] = [before.sealCode(7, message), after.sealCode(7, message)];
    if (old === "no-key" || now === "no-key") throw new Error("no key");
    const tagged = Buffer.concat([Buffer.from("cachet/refund-code/1"), message]);
    const right = createHmac("sha256", new Uint8Array(32).fill(42)).update(tagged).digest().subarray(0, 8);
    expect(now).toEqual({ generation: 2, mac: Uint8Array.from(right) });
    expect(after.openCode(7, 1, message, old.mac)).toBe(true);
    expect(after.openCode(7, 2, message, old.mac)).toBe(false);
    expect(before.openCode(7, 2, message, now.mac)).toBe("no-key");
    expect(before.sealCode(8, message)).toBe("no-key");
    for (let at = 0; at < message.length; at += 1) {
      const changed = message.slice();
      changed[at]! ^= 1;
      expect(after.openCode(7, 2, changed, now.mac)).toBe(false);
    }
  });
});
