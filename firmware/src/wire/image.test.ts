import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign, verify } from "node:crypto";
import { readFileSync } from "node:fs";
import { ascii, concat, fromHex, toHex } from "@cachet/card-layout";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Ed25519Verify, Sha256 } from "./crypto.ts";
import {
  encodeContainer,
  encodeImage,
  IMAGE_BYTES_MAX,
  type ImageExpectation,
  type ImageFacts,
  type ImageReading,
  inspectImage,
  keyHashOf,
  type Signer,
  verifyImage,
} from "./image.ts";

const PKCS8 = fromHex("302e020100300506032b657004220420");
const SPKI = fromHex("302a300506032b6570032100");
const sha256: Sha256 = (message) => Uint8Array.from(createHash("sha256").update(message).digest());

interface NodeSigner extends Signer {
  readonly open: KeyObject;
  readonly spki: Buffer;
}
function signerOf(secret: Uint8Array): NodeSigner {
  const key = createPrivateKey({ format: "der", type: "pkcs8", key: Buffer.from(concat(PKCS8, secret)) });
  const open = createPublicKey(key);
  const spki = open.export({ format: "der", type: "spki" });
  return {
    open,
    spki,
    publicKey: Uint8Array.from(spki.subarray(SPKI.length)),
    sign: (message) => Uint8Array.from(sign(null, message, key)),
  };
}

const signer = signerOf(new Uint8Array(32).fill(2));
const spare = signerOf(new Uint8Array(32).fill(3));
const stranger = signerOf(new Uint8Array(32).fill(4));
const verifyByNode: Ed25519Verify = (publicKey, message, signature) =>
  [signer, spare, stranger].some(
    (one) => toHex(one.publicKey) === toHex(publicKey) && verify(null, message, one.open, signature),
  );

const facts: ImageFacts = {
  version: { major: 1, minor: 2, revision: 3, build: 4 },
  securityCounter: 7,
  product: "cachet-terminal",
  layouts: { lowest: 1, highest: 2 },
  programmes: [
    { number: 11, version: 3, name: "Boulangerie" },
    { number: 20, version: 258, name: "Cœur de ville" },
  ],
};
const payload = ascii('globalThis.hello=()=>"cachet";\n');
const file = encodeImage(facts, payload, signer, sha256);
const expectation: ImageExpectation = {
  trustedKeys: [spare.publicKey, signer.publicKey],
  securityCounter: 7,
  layoutsInField: { lowest: 1, highest: 2 },
  sha256,
  verify: verifyByNode,
};

/** "accepted", or the word of the refusal. */
const outcome = (reading: ImageReading) => (reading.ok ? "accepted" : reading.refusal);
const verdict = (bytes: Uint8Array, expected: Partial<ImageExpectation> = {}) =>
  outcome(verifyImage(bytes, { ...expectation, ...expected }));

/** A second way to the same bytes, on Buffer alone. */
const u16 = (value: number) => Buffer.of(value & 0xff, value >> 8);
const u32 = (value: number) => Buffer.of(value & 0xff, (value >> 8) & 0xff, (value >> 16) & 0xff, value >>> 24);
type Tlv = readonly [type: number, value: Uint8Array];
const tlvs = (magic: number, list: readonly Tlv[]) => {
  const body = Buffer.concat(list.flatMap(([type, value]) => [u16(type), u16(value.length), value]));
  return Buffer.concat([u16(magic), u16(4 + body.length), body]);
};
const programmeList = Buffer.concat([
  Buffer.from([0, 11, 0, 3, 11]),
  Buffer.from("Boulangerie"),
  Buffer.from([0, 20, 1, 2, 14]),
  Buffer.from("Cœur de ville"),
]);
const PROTECTED: readonly Tlv[] = [
  [0x50, u32(7)],
  [0xa0, Buffer.from("cachet-terminal")],
  [0xa1, Buffer.of(1, 2)],
  [0xa2, programmeList],
];
function build(protectedTlvs: readonly Tlv[], unprotected?: (digest: Buffer) => readonly Tlv[]): Uint8Array {
  const area = protectedTlvs.length === 0 ? Buffer.alloc(0) : tlvs(0x6908, protectedTlvs);
  const version = Buffer.concat([Buffer.of(1, 2), u16(3), u32(4)]);
  const sizes = [u16(32), u16(area.length), u32(payload.length)];
  const region = Buffer.concat([u32(0x96f3b83d), u32(0), ...sizes, u32(0), version, u32(0), payload, area]);
  const digest = createHash("sha256").update(region).digest();
  const ending = unprotected ?? signedBy(signer);
  return Uint8Array.from(Buffer.concat([region, tlvs(0x6907, ending(digest))]));
}
const signedBy = (by: NodeSigner) => (digest: Buffer) => [hashOf(digest), keyOf(by), signatureOf(by, digest)];
const hashOf = (digest: Buffer): Tlv => [0x10, digest];
const keyOf = (by: NodeSigner): Tlv => [0x01, createHash("sha256").update(by.spki).digest()];
const signatureOf = (by: NodeSigner, digest: Buffer): Tlv => [0x24, by.sign(digest)];

const HASH_AT = file.length - 140;
const KEY_HASH_AT = HASH_AT + 36;
const SIGNATURE_AT = KEY_HASH_AT + 36;
const PROTECTED_AT = 32 + payload.length;
const UNPROTECTED_AT = HASH_AT - 4;

function flipped(at: number, bits = 1): Uint8Array {
  const changed = file.slice();
  changed[at]! ^= bits;
  return changed;
}

describe("the container", () => {
  it("is that of the worked MCUboot image, byte for byte as far as it is hashed", () => {
    const region = encodeContainer(facts.version, payload, [
      { type: 0x50, value: Uint8Array.of(7, 0, 0, 0) },
      { type: 0xa1, value: Uint8Array.of(1, 2, 3, 4, 5) },
      { type: 0xa2, value: ascii("loyalty") },
    ]);
    expect(region.length).toBe(0x5f);
    expect(toHex(region.subarray(0x00, 0x10))).toBe("3db8f39600000000200020001f000000");
    expect(toHex(region.subarray(0x10, 0x20))).toBe("00000000010203000400000000000000");
    expect(region.subarray(0x20, 0x3f)).toEqual(payload);
    expect(toHex(region.subarray(0x3f, 0x43))).toBe("08692000");
    expect(toHex(region.subarray(0x43, 0x4b))).toBe("5000040007000000");
    expect(toHex(region.subarray(0x4b, 0x54))).toBe("a10005000102030405");
    expect(toHex(region.subarray(0x54))).toBe("a20007006c6f79616c7479");
    expect(toHex(sha256(region))).toMatch(/^ae83cc80.*4e28fc$/);
  });

  it("does not take a version that does not fit", () => {
    for (const wrong of [{ major: 256 }, { minor: 256 }, { revision: 65_536 }, { build: 2 ** 32 }]) {
      expect(() => encodeContainer({ ...facts.version, ...wrong }, payload, [])).toThrow(RangeError);
    }
  });
});

describe("a signed image", () => {
  it("has the same bytes every time, and those that a second builder gives", () => {
    expect(encodeImage(facts, payload, signer, sha256)).toEqual(file);
    expect(toHex(build(PROTECTED))).toBe(toHex(file));
  });

  it("says what was put into it", () => {
    const reading = verifyImage(file, expectation);
    const keyHash = Uint8Array.from(createHash("sha256").update(signer.spki).digest());
    expect(reading).toEqual({
      ok: true,
      image: { ...facts, payload, hash: sha256(file.subarray(0, UNPROTECTED_AT)), keyHash },
    });
  });

  it("is signed over its digest", () => {
    const digest = createHash("sha256").update(file.subarray(0, UNPROTECTED_AT)).digest();
    expect(toHex(file.subarray(HASH_AT + 4, KEY_HASH_AT))).toBe(digest.toString("hex"));
    expect(verify(null, digest, signer.open, file.subarray(SIGNATURE_AT + 4))).toBe(true);
    expect(verify(null, digest, stranger.open, file.subarray(SIGNATURE_AT + 4))).toBe(false);
  });

  it("names its key by the SHA-256 of the SubjectPublicKeyInfo", () => {
    const hash = createHash("sha256").update(signer.spki).digest("hex");
    expect(toHex(keyHashOf(sha256, signer.publicKey))).toBe(hash);
    expect(toHex(file.subarray(KEY_HASH_AT + 4, SIGNATURE_AT))).toBe(hash);
  });

  it("is accepted with the security counter that is needed, and with a higher one", () => {
    expect(verdict(file, { securityCounter: 7 })).toBe("accepted");
    expect(verdict(file, { securityCounter: 6 })).toBe("accepted");
    expect(verdict(file, { securityCounter: 8 })).toBe("older-counter");
  });

  it.each([
    [{ lowest: 1, highest: 1 }, "accepted"],
    [{ lowest: 2, highest: 2 }, "accepted"],
    [{ lowest: 0, highest: 1 }, "unreadable-layout"],
    [{ lowest: 1, highest: 3 }, "unreadable-layout"],
    [{ lowest: 3, highest: 3 }, "unreadable-layout"],
  ])("reads the layouts 1 to 2; where cards carry %o it is %s", (layoutsInField, word) => {
    expect(verdict(file, { layoutsInField })).toBe(word);
  });

  it("gives back any facts and payload", () => {
    const u16s = fc.nat(0xffff);
    const anyFacts = fc.record<ImageFacts>({
      version: fc.record({ major: fc.nat(255), minor: fc.nat(255), revision: u16s, build: fc.nat(0xffff_ffff) }),
      securityCounter: fc.nat(0xffff_ffff),
      product: fc.constant("cachet-terminal"),
      layouts: fc.record({ lowest: fc.constant(0), highest: fc.constant(255) }),
      programmes: fc.array(
        fc.record({ number: u16s, version: u16s, name: fc.string({ unit: "binary", maxLength: 60 }) }),
        { maxLength: 5 },
      ),
    });
    fc.assert(
      fc.property(anyFacts, fc.uint8Array({ maxLength: 300 }), (given, content) => {
        const reading = verifyImage(encodeImage(given, content, signer, sha256), {
          ...expectation,
          securityCounter: 0,
        });
        expect(reading).toMatchObject({ ok: true, image: { ...given, payload: content } });
      }),
    );
  });
});

describe("an image is refused", () => {
  it("when any byte of it changes", () => {
    for (const bits of [1, 2, 4, 8, 16, 32, 64, 128, 255]) {
      for (let at = 0; at < file.length; at += 1) {
        expect(verdict(flipped(at, bits)), `byte ${at} xor ${bits}`).not.toBe("accepted");
      }
    }
  });

  it.each([
    ["magic", 0, "bad-magic"],
    ["load address", 4, "bad-header"],
    ["header size", 8, "bad-header"],
    ["protected size", 10, "bad-size"],
    ["payload size", 12, "bad-size"],
    ["payload size above 16 MiB", 15, "bad-size"],
    ["flags", 16, "bad-header"],
    ["major version", 20, "hash-mismatch"],
    ["minor version", 21, "hash-mismatch"],
    ["revision", 23, "hash-mismatch"],
    ["build", 24, "hash-mismatch"],
    ["padding", 31, "bad-header"],
    ["payload", 40, "hash-mismatch"],
    ["protected magic", PROTECTED_AT, "bad-size"],
    ["protected total", PROTECTED_AT + 2, "bad-size"],
    ["type of the security counter", PROTECTED_AT + 4, "unknown-tlv"],
    ["length of the security counter", PROTECTED_AT + 6, "bad-tlv"],
    ["security counter", PROTECTED_AT + 8, "hash-mismatch"],
    ["unprotected magic", UNPROTECTED_AT, "bad-size"],
    ["unprotected total", UNPROTECTED_AT + 2, "bad-size"],
    ["type of the hash", HASH_AT, "unknown-tlv"],
    ["length of the hash", HASH_AT + 2, "bad-tlv"],
    ["hash", HASH_AT + 4, "hash-mismatch"],
    ["hash at its end", HASH_AT + 35, "hash-mismatch"],
    ["key hash", KEY_HASH_AT + 4, "unknown-key"],
    ["signature", SIGNATURE_AT + 4, "bad-signature"],
    ["signature at its end", SIGNATURE_AT + 67, "bad-signature"],
  ] as const)("when a bit of its %s changes", (_, at, word) => {
    expect(verdict(flipped(at))).toBe(word);
  });

  it("when it is cut off anywhere", () => {
    for (let length = 0; length < file.length; length += 1) {
      expect(verdict(file.subarray(0, length)), `cut to ${length}`).toBe(length < 32 ? "too-short" : "bad-size");
    }
  });

  it("when bytes follow the last TLV", () => {
    expect(verdict(Uint8Array.of(...file, 0))).toBe("bad-size");
    expect(verdict(Uint8Array.of(...file, ...file))).toBe("bad-size");
  });

  it("when a key signed it that is not trusted here", () => {
    expect(verdict(encodeImage(facts, payload, stranger, sha256))).toBe("unknown-key");
    expect(verdict(file, { trustedKeys: [] })).toBe("unknown-key");
    expect(verdict(file, { trustedKeys: [spare.publicKey] })).toBe("unknown-key");
    expect(verdict(file, { trustedKeys: [signer.publicKey.subarray(1)] })).toBe("unknown-key");
  });

  it("when it names one trusted key and another signed it", () => {
    const mixed = build(PROTECTED, (digest) => [hashOf(digest), keyOf(spare), signatureOf(signer, digest)]);
    expect(verdict(mixed)).toBe("bad-signature");
  });

  it("when the signature is over the content instead of its digest", () => {
    const pure = build(PROTECTED, (digest) => [
      hashOf(digest),
      keyOf(signer),
      [0x24, signer.sign(file.subarray(0, UNPROTECTED_AT))],
    ]);
    expect(verdict(pure)).toBe("bad-signature");
  });

  it.each<[string, (digest: Buffer) => readonly Tlv[], string]>([
    ["signature before hash", (digest) => [signatureOf(signer, digest), keyOf(signer), hashOf(digest)], "tlv-order"],
    ["key hash before hash", (digest) => [keyOf(signer), hashOf(digest), signatureOf(signer, digest)], "tlv-order"],
    ["no hash", (digest) => [keyOf(signer), signatureOf(signer, digest)], "missing-tlv"],
    ["no key hash", (digest) => [hashOf(digest), signatureOf(signer, digest)], "missing-tlv"],
    ["no signature", (digest) => [hashOf(digest), keyOf(signer)], "missing-tlv"],
    ["nothing", () => [], "missing-tlv"],
    ["two hashes", (digest) => [hashOf(digest), ...signedBy(signer)(digest)], "duplicate-tlv"],
    ["two key hashes", (digest) => [keyOf(spare), ...signedBy(signer)(digest)], "duplicate-tlv"],
    ["two signatures", (digest) => [...signedBy(signer)(digest), signatureOf(spare, digest)], "duplicate-tlv"],
    ["a security counter", (digest) => [...signedBy(signer)(digest), [0x50, u32(9)]], "unknown-tlv"],
    ["the mark of a pure signature", (digest) => [...signedBy(signer)(digest), [0x25, Buffer.of(1)]], "unknown-tlv"],
    ["a whole public key", (digest) => [...signedBy(signer)(digest), [0x02, signer.spki]], "unknown-tlv"],
    ["a vendor TLV", (digest) => [...signedBy(signer)(digest), [0xa3, Buffer.alloc(0)]], "unknown-tlv"],
    [
      "a hash of 31 bytes",
      (digest) => [[0x10, digest.subarray(1)], keyOf(signer), signatureOf(signer, digest)],
      "bad-tlv",
    ],
    ["a signature of 65 bytes", (digest) => [hashOf(digest), keyOf(signer), [0x24, Buffer.alloc(65)]], "bad-tlv"],
  ])("or not, by its unprotected area alone: %s", (_, unprotected, word) => {
    expect(verdict(build(PROTECTED, unprotected))).toBe(word);
  });

  it.each<[string, readonly Tlv[], string]>([
    ["nothing at all", [], "no-protected-area"],
    ["no security counter", PROTECTED.slice(1), "missing-tlv"],
    ["no product", PROTECTED.toSpliced(1, 1), "missing-tlv"],
    ["no layouts", PROTECTED.toSpliced(2, 1), "missing-tlv"],
    ["no programmes", PROTECTED.slice(0, 3), "missing-tlv"],
    ["two security counters", [...PROTECTED, [0x50, u32(9)]], "duplicate-tlv"],
    ["a dependency", [...PROTECTED, [0x40, Buffer.alloc(12)]], "unknown-tlv"],
    ["a signature", [...PROTECTED, [0x24, Buffer.alloc(64)]], "unknown-tlv"],
    ["a security counter of 3 bytes", PROTECTED.with(0, [0x50, Buffer.alloc(3)]), "bad-tlv"],
    ["one layout only", PROTECTED.with(2, [0xa1, Buffer.of(1)]), "bad-tlv"],
    ["a programme that is cut off", PROTECTED.with(3, [0xa2, programmeList.subarray(0, -1)]), "bad-tlv"],
    ["the head of a programme", PROTECTED.with(3, [0xa2, Buffer.alloc(4)]), "bad-tlv"],
    ["a name that is not UTF-8", PROTECTED.with(3, [0xa2, Buffer.of(0, 1, 0, 1, 1, 0xff)]), "bad-tlv"],
    ["the same in another order", PROTECTED.toReversed(), "accepted"],
    ["no programme", PROTECTED.with(3, [0xa2, Buffer.alloc(0)]), "accepted"],
    ["another product", PROTECTED.with(1, [0xa0, Buffer.from("cachet-gateway")]), "other-product"],
    ["an empty product", PROTECTED.with(1, [0xa0, Buffer.alloc(0)]), "other-product"],
    ["an older counter", PROTECTED.with(0, [0x50, u32(6)]), "older-counter"],
    ["a newer layout only", PROTECTED.with(2, [0xa1, Buffer.of(2, 3)]), "unreadable-layout"],
    ["an empty model", [...PROTECTED, [0xa3, Buffer.alloc(0)]], "bad-tlv"],
    ["a model of 33 characters", [...PROTECTED, [0xa3, Buffer.alloc(33, "R")]], "bad-tlv"],
    ["two models", [...PROTECTED, [0xa3, Buffer.from("R2")], [0xa3, Buffer.from("R2")]], "duplicate-tlv"],
    ["half a merchant", [...PROTECTED, [0xa4, Buffer.of(0, 7, 1)]], "bad-tlv"],
    ["a hardware interface of two bytes", [...PROTECTED, [0xa5, Buffer.of(1, 1)]], "bad-tlv"],
    ["a model, where nobody asks", [...PROTECTED, [0xa3, Buffer.from("R9")]], "accepted"],
    ["layouts the wrong way round", PROTECTED.with(2, [0xa1, Buffer.of(2, 1)]), "unreadable-layout"],
  ])("or not, by what its signed area holds: %s", (_, protectedTlvs, word) => {
    expect(verdict(build(protectedTlvs))).toBe(word);
  });

  const DEVICE = { model: "R2", merchant: 7, halLevel: 1 };
  it.each<[string, readonly Tlv[], string]>([
    ["for nobody in particular", PROTECTED, "accepted"],
    ["for this very one", [...PROTECTED, [0xa3, Buffer.from("R2")], [0xa4, Buffer.of(0, 7)]], "accepted"],
    ["for another model", [...PROTECTED, [0xa3, Buffer.from("R1")]], "other-model"],
    ["for a model that begins alike", [...PROTECTED, [0xa3, Buffer.from("R2+")]], "other-model"],
    ["for other merchants", [...PROTECTED, [0xa4, Buffer.of(0, 6, 7, 0)]], "other-merchant"],
    ["for no merchant", [...PROTECTED, [0xa4, Buffer.alloc(0)]], "other-merchant"],
    ["for several merchants", [...PROTECTED, [0xa4, Buffer.of(0, 6, 0, 7)]], "accepted"],
    ["for a newer hardware interface", [...PROTECTED, [0xa5, Buffer.of(2)]], "newer-hal"],
  ])("or not, by the terminal that is to run it: %s", (_, protectedTlvs, word) => {
    expect(verdict(build(protectedTlvs), { device: DEVICE })).toBe(word);
  });

  it("or not yet, by a terminal that belongs to nobody: merchants are not asked about", () => {
    const made = build([...PROTECTED, [0xa4, Buffer.of(0, 6)]]);
    expect(verdict(made, { device: { ...DEVICE, merchant: null } })).toBe("accepted");
  });

  it("before its signature is looked at, where its hash is wrong", () => {
    let looked = 0;
    const counting: Ed25519Verify = () => {
      looked += 1;
      return true;
    };
    expect(verdict(flipped(40), { verify: counting })).toBe("hash-mismatch");
    expect(verdict(encodeImage(facts, payload, stranger, sha256), { verify: counting })).toBe("unknown-key");
    expect(looked).toBe(0);
  });

  it("for its signature before anything that it says of itself", () => {
    const forged = encodeImage({ ...facts, product: "x", securityCounter: 0 }, payload, signer, sha256);
    forged[forged.length - 1]! ^= 1;
    expect(verdict(forged)).toBe("bad-signature");
  });

  it("when it is larger than any image we run, and not one byte earlier", () => {
    const largest = encodeImage(
      facts,
      new Uint8Array(IMAGE_BYTES_MAX - (file.length - payload.length)),
      signer,
      sha256,
    );
    expect(largest.length).toBe(IMAGE_BYTES_MAX);
    expect(verdict(largest)).toBe("accepted");
    expect(verdict(concat(largest, Uint8Array.of(0)))).toBe("too-long");
  });

  it("whatever random bytes it is made of", () => {
    const start = file.subarray(0, 12);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(verdict(bytes)).not.toBe("accepted");
        expect(verdict(concat(start, bytes))).not.toBe("accepted");
      }),
    );
  });
});

describe("an image that is only looked at", () => {
  it("says what it is even where nobody here trusts its signature", () => {
    for (const bytes of [flipped(SIGNATURE_AT + 4), encodeImage(facts, payload, stranger, sha256)]) {
      expect(inspectImage(bytes, sha256)).toMatchObject({ ok: true, image: facts });
    }
  });

  it("is refused all the same where its content does not match its hash", () => {
    expect(outcome(inspectImage(flipped(40), sha256))).toBe("hash-mismatch");
    expect(outcome(inspectImage(new Uint8Array(), sha256))).toBe("too-short");
  });
});

describe("golden images", () => {
  const vectors = JSON.parse(readFileSync(new URL("../../vectors/image-1.json", import.meta.url), "utf8")) as {
    readonly secret: string;
    readonly images: readonly {
      readonly facts: ImageFacts;
      readonly payload: string;
      readonly hash: string;
      readonly file: string;
    }[];
  };
  const goldenSigner = signerOf(fromHex(vectors.secret));

  it.each(vectors.images)(
    "$facts.version.major.$facts.version.minor is written and read as its golden bytes",
    (golden) => {
      const written = encodeImage(golden.facts, ascii(golden.payload), goldenSigner, sha256);
      expect(toHex(written)).toBe(golden.file);
      const reading = inspectImage(fromHex(golden.file), sha256);
      expect(reading).toMatchObject({ ok: true, image: { ...golden.facts, hash: fromHex(golden.hash) } });
    },
  );
});
