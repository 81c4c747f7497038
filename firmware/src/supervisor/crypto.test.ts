import { createHash, createHmac } from "node:crypto";
import { ascii, fromHex, toHex } from "@cachet/card-layout";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hmacSha256, sha256, signerOf, verifyEd25519 } from "./crypto.ts";

/** RFC 8032, section 7.1, tests 1 to 3. */
const VECTORS = [
  {
    secret: "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
    publicKey: "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
    message: "",
    signature:
      "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
  },
  {
    secret: "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
    publicKey: "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
    message: "72",
    signature:
      "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
  },
  {
    secret: "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
    publicKey: "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
    message: "af82",
    signature:
      "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
  },
] as const;
const bytesOf = ({ secret, publicKey, message, signature }: (typeof VECTORS)[number]) => ({
  secret: fromHex(secret),
  publicKey: fromHex(publicKey),
  message: fromHex(message),
  signature: fromHex(signature),
});

describe("Ed25519", () => {
  it.each(VECTORS)("signs and verifies the RFC 8032 message '$message'", (vector) => {
    const { secret, publicKey, message, signature } = bytesOf(vector);
    const signer = signerOf(secret);
    expect(signer.publicKey).toEqual(publicKey);
    expect(toHex(signer.sign(message))).toBe(vector.signature);
    expect(verifyEd25519(publicKey, message, signature)).toBe(true);
  });

  const { publicKey, message, signature } = bytesOf(VECTORS[2]);

  it("does not verify with another key, message or signature", () => {
    expect(verifyEd25519(fromHex(VECTORS[1].publicKey), message, signature)).toBe(false);
    expect(verifyEd25519(publicKey, Uint8Array.of(0xaf, 0x83), signature)).toBe(false);
    for (let bit = 0; bit < 512; bit += 1) {
      const changed = signature.slice();
      changed[bit >> 3]! ^= 1 << (bit & 7);
      expect(verifyEd25519(publicKey, message, changed), `bit ${bit}`).toBe(false);
    }
  });

  it.each([
    ["no key", new Uint8Array(), signature],
    ["a key of 31 bytes", publicKey.subarray(1), signature],
    ["a key of 33 bytes", Uint8Array.of(...publicKey, 0), signature],
    ["a key that is no point", new Uint8Array(32).fill(0xff), signature],
    ["no signature", publicKey, new Uint8Array()],
    ["a signature of 63 bytes", publicKey, signature.subarray(1)],
    ["a signature of 65 bytes", publicKey, Uint8Array.of(...signature, 0)],
    ["a signature of zeros", publicKey, new Uint8Array(64)],
    ["a signature of ones", publicKey, new Uint8Array(64).fill(0xff)],
  ])("says false to %s and does not throw", (_, key, wrong) => {
    expect(verifyEd25519(key, message, wrong)).toBe(false);
  });

  it("says false to a second form of a right signature", () => {
    const order = 2n ** 252n + 27_742_317_777_372_353_535_851_937_790_883_648_493n;
    const s = BigInt(`0x${toHex(signature.slice(32).reverse())}`) + order;
    const second = fromHex(s.toString(16).padStart(64, "0")).reverse();
    expect(verifyEd25519(publicKey, message, Uint8Array.of(...signature.subarray(0, 32), ...second))).toBe(false);
  });

  it("says false to a key of small order, for which one signature would fit many messages", () => {
    const neutral = new Uint8Array(32).with(0, 1);
    expect(verifyEd25519(neutral, message, Uint8Array.of(...neutral, ...new Uint8Array(32)))).toBe(false);
  });
});

describe("SHA-256 and HMAC", () => {
  it("are those of the platform", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.uint8Array({ maxLength: 100 }), (message, key) => {
        expect(toHex(sha256(message))).toBe(createHash("sha256").update(message).digest("hex"));
        expect(toHex(hmacSha256(key, message))).toBe(createHmac("sha256", key).update(message).digest("hex"));
      }),
    );
  });

  it("give the test case of RFC 4231 with key and message in their places", () => {
    expect(toHex(hmacSha256(ascii("Jefe"), ascii("what do ya want for nothing?")))).toBe(
      "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
    );
  });
});
