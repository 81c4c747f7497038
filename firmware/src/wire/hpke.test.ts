import { fromHex, toHex } from "@cachet/card-layout";
import { Chacha20Poly1305 } from "@hpke/chacha20poly1305";
import { CipherSuite, HkdfSha256 } from "@hpke/core";
import { DhkemX25519HkdfSha256 } from "@hpke/dhkem-x25519";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hpkeCrypto as nodeCrypto } from "../../../host/src/ports/crypto.ts";
import { hpkeCrypto as nobleCrypto } from "../supervisor/crypto.ts";
import { type HpkeCrypto, hpkeOpen, hpkeSeal } from "./hpke.ts";

/** RFC 9180, A.2.1: base mode, first message (sequence number 0). */
const VECTOR = {
  info: fromHex("4f6465206f6e2061204772656369616e2055726e"),
  skEm: fromHex("f4ec9b33b792c372c1d2c2063507b684ef925b8c75a42dbcbf57d63ccd381600"),
  pkEm: fromHex("1afa08d3dec047a643885163f1180476fa7ddb54c6a8029ea33f95796bf2ac4a"),
  pkRm: fromHex("4310ee97d88cc1f088a5576c77ab0cf5c3ac797f3d95139c6c84b5429c59662a"),
  skRm: fromHex("8057991eef8f1f1af18f4a9491d16a1ce333f695d4db8e38da75975c4478e0fb"),
  aad: fromHex("436f756e742d30"),
  pt: fromHex("4265617574792069732074727574682c20747275746820626561757479"),
  ct: fromHex("1c5250d8034ec2b784ba2cfd69dbdb8af406cfe3ff938e131f0def8c8b60b4db21993c62ce81883d2dd1b51a28"),
};
const BOTH: readonly (readonly [string, HpkeCrypto])[] = [
  ["noble", nobleCrypto],
  ["node", nodeCrypto],
];
const suite = new CipherSuite({
  kem: new DhkemX25519HkdfSha256(),
  kdf: new HkdfSha256(),
  aead: new Chacha20Poly1305(),
});
const bufferOf = (bytes: Uint8Array): ArrayBuffer => Uint8Array.from(bytes).buffer;
const joined = (enc: ArrayBuffer | Uint8Array, ct: ArrayBuffer | Uint8Array) =>
  Uint8Array.of(...new Uint8Array(enc), ...new Uint8Array(ct));
const vectorSealed = joined(VECTOR.pkEm, VECTOR.ct);

describe("the vector of RFC 9180, A.2.1", () => {
  it("opens in an independent implementation", async () => {
    const opened = await suite.open(
      {
        recipientKey: await suite.kem.importKey("raw", bufferOf(VECTOR.skRm), false),
        enc: bufferOf(VECTOR.pkEm),
        info: bufferOf(VECTOR.info),
      },
      bufferOf(VECTOR.ct),
      bufferOf(VECTOR.aad),
    );
    expect(new Uint8Array(opened)).toEqual(VECTOR.pt);
  });

  it.each(BOTH)("is what we seal and open, by %s", (_, crypto) => {
    const { info, aad, pt, pkRm, skRm, skEm } = VECTOR;
    expect(toHex(crypto.x25519Public(skRm))).toBe(toHex(pkRm));
    expect(toHex(hpkeSeal(crypto, skEm, pkRm, info, aad, pt))).toBe(toHex(vectorSealed));
    expect(hpkeOpen(crypto, skRm, info, aad, vectorSealed)).toEqual(pt);
  });
});

describe.each(BOTH)("what is sealed for one holder, by %s", (_, crypto) => {
  const { info, aad, pt, skRm } = VECTOR;

  it("opens in the independent implementation, and what that seals opens here", async () => {
    const keys = await suite.kem.generateKeyPair();
    const secret = new Uint8Array(await suite.kem.serializePrivateKey(keys.privateKey));
    const open = new Uint8Array(await suite.kem.serializePublicKey(keys.publicKey));
    const theirs = await suite.seal(
      { recipientPublicKey: keys.publicKey, info: bufferOf(info) },
      bufferOf(pt),
      bufferOf(aad),
    );
    expect(hpkeOpen(crypto, secret, info, aad, joined(theirs.enc, theirs.ct))).toEqual(pt);
    const ours = hpkeSeal(crypto, VECTOR.skEm, open, info, aad, pt);
    const opened = await suite.open(
      { recipientKey: keys.privateKey, enc: bufferOf(ours.subarray(0, 32)), info: bufferOf(info) },
      bufferOf(ours.subarray(32)),
      bufferOf(aad),
    );
    expect(new Uint8Array(opened)).toEqual(pt);
  });

  it("opens for its holder, of any size", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        fc.uint8Array({ maxLength: 300 }),
        (ephemeral, secret, plain) => {
          const sealed = hpkeSeal(crypto, ephemeral, crypto.x25519Public(secret), info, aad, plain);
          expect(hpkeOpen(crypto, secret, info, aad, sealed)).toEqual(plain);
        },
      ),
      { numRuns: 20 },
    );
  });

  it("does not open for another holder, purpose or context", () => {
    expect(hpkeOpen(crypto, skRm.with(1, 0), info, aad, vectorSealed)).toBeNull();
    expect(hpkeOpen(crypto, skRm, info.with(0, 0), aad, vectorSealed)).toBeNull();
    expect(hpkeOpen(crypto, skRm, info, aad.with(0, 0), vectorSealed)).toBeNull();
    expect(hpkeOpen(crypto, skRm, info, new Uint8Array(), vectorSealed)).toBeNull();
  });

  it("does not open with any bit flipped, nor cut off anywhere, nor with bytes behind it", () => {
    for (let bit = 0; bit < 8 * vectorSealed.length; bit += 1) {
      const changed = vectorSealed.slice();
      changed[bit >> 3]! ^= 1 << (bit & 7);
      // X25519 ignores the top bit of a public key (RFC 7748, 5); the key schedule does not.
      expect(hpkeOpen(crypto, skRm, info, aad, changed), `bit ${bit}`).toBeNull();
    }
    for (let size = 0; size < vectorSealed.length; size += 1)
      expect(hpkeOpen(crypto, skRm, info, aad, vectorSealed.subarray(0, size)), `${size} bytes`).toBeNull();
    expect(hpkeOpen(crypto, skRm, info, aad, joined(vectorSealed, Uint8Array.of(0)))).toBeNull();
  });

  it("is never sealed for a key of small order, nor opened from one", () => {
    const small = [new Uint8Array(32), new Uint8Array(32).with(0, 1), new Uint8Array(31), new Uint8Array(33)];
    for (const key of small) expect(() => hpkeSeal(crypto, VECTOR.skEm, key, info, aad, pt)).toThrow(RangeError);
    for (const key of small.slice(0, 2)) expect(hpkeOpen(crypto, skRm, info, aad, joined(key, VECTOR.ct))).toBeNull();
  });
});
