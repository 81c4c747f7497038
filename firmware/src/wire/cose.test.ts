import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from "node:crypto";
import { Algorithms, Sign1 } from "@auth0/cose";
import { ascii, concat, fromHex } from "@cachet/card-layout";
import { Encoder } from "cbor-x";
import { describe, expect, it } from "vitest";
import { type Cbor, type CborTag, decodeCbor, encodeCbor } from "./cbor.ts";
import { decodeSign1, encodeSign1, verifySign1 } from "./cose.ts";
import type { Ed25519Verify } from "./crypto.ts";
import { FormatFault } from "./schema.ts";

const PKCS8 = fromHex("302e020100300506032b657004220420");
const SPKI = fromHex("302a300506032b6570032100");

function keysOf(seed: number): {
  readonly secret: KeyObject;
  readonly open: KeyObject;
  readonly publicKey: Uint8Array;
} {
  const key = Buffer.from(concat(PKCS8, new Uint8Array(32).fill(seed)));
  const secret = createPrivateKey({ format: "der", type: "pkcs8", key });
  const open = createPublicKey(secret);
  return {
    secret,
    open,
    publicKey: Uint8Array.from(open.export({ format: "der", type: "spki" }).subarray(SPKI.length)),
  };
}

const verifyByNode: Ed25519Verify = (publicKey, message, signature) => {
  const key = createPublicKey({ format: "der", type: "spki", key: Buffer.from(concat(SPKI, publicKey)) });
  return verify(null, message, key, signature);
};

const terminal = keysOf(1);
const stranger = keysOf(2);
const headers = { contentType: "application/vnd.cachet.batch", keyId: "T-0042", formatVersion: 1 };
const payload = ascii("what the terminal says");
const message = encodeSign1(headers, payload, (bytes) => sign(null, bytes, terminal.secret));
const other = new Encoder({ useRecords: false, mapsAsObjects: false, tagUint8Array: false });

type Items = [Uint8Array, Cbor, Uint8Array, Uint8Array];
const itemsOf = (bytes: Uint8Array) => (decodeCbor(bytes) as CborTag).value as unknown as Items;

/** A Sign1 with one of its four items replaced. */
function withItem(index: number, item: Cbor): Cbor {
  return { tag: 18, value: (itemsOf(message) as Cbor[]).with(index, item) };
}

describe("COSE_Sign1", () => {
  it("gives back its headers and its payload", () => {
    expect(decodeSign1(decodeCbor(message))).toMatchObject({ ...headers, payload });
  });

  it("verifies with its key and with no other", () => {
    const sign1 = decodeSign1(decodeCbor(message));
    expect(verifySign1(verifyByNode, terminal.publicKey, sign1)).toBe(true);
    expect(verifySign1(verifyByNode, stranger.publicKey, sign1)).toBe(false);
  });

  it("verifies in an independent COSE library, and there too only with its key", async () => {
    const theirs = Sign1.decode(message);
    expect(Uint8Array.from(theirs.payload)).toEqual(payload);
    await expect(theirs.verify(terminal.open, { algorithms: [Algorithms.EdDSA] })).resolves.toBeUndefined();
    await expect(theirs.verify(stranger.open, { algorithms: [Algorithms.EdDSA] })).rejects.toThrow(
      /verification failed/,
    );
  });

  it("signs the Sig_structure of RFC 9052, section 4.4", () => {
    const [protectedHeader, , said, signature] = itemsOf(message);
    const structure = other.encode(["Signature1", protectedHeader, new Uint8Array(), said]);
    expect(verify(null, structure, terminal.open, signature)).toBe(true);
    expect(Uint8Array.from(structure)).toEqual(decodeSign1(decodeCbor(message)).signed);
  });

  it("says algorithm, content type, key and format version in its protected header", () => {
    expect(other.decode(itemsOf(message)[0])).toEqual(
      new Map<number, unknown>([
        [1, -8],
        [3, "application/vnd.cachet.batch"],
        [4, ascii("T-0042")],
        [-65_537, 1],
      ]),
    );
  });

  it("does not verify any more when a bit of it changes", () => {
    for (let bit = 0; bit < 8 * message.length; bit += 1) {
      const changed = message.slice();
      changed[bit >> 3]! ^= 1 << (bit & 7);
      let verified = false;
      try {
        verified = verifySign1(verifyByNode, terminal.publicKey, decodeSign1(decodeCbor(changed)));
      } catch (error) {
        expect((error as Error).name).toMatch(/^(CborFault|FormatFault)$/);
      }
      expect(verified, `bit ${bit}`).toBe(false);
    }
  });

  const protectedHeader = (...pairs: readonly (readonly [number, Cbor])[]) => encodeCbor(new Map(pairs));
  const right = [
    [1, -8],
    [3, "t"],
    [4, ascii("k")],
    [-65_537, 1],
  ] as const;
  it.each([
    ["no tag", [1, 2, 3, 4]],
    ["null", null],
    ["another tag", { tag: 17, value: [] }],
    ["a tag over no list", { tag: 18, value: new Map() }],
    ["three items", { tag: 18, value: [new Uint8Array(), new Map(), new Uint8Array()] }],
    ["a protected header that is no byte string", withItem(0, new Map())],
    ["an unprotected header", withItem(1, new Map([[4, ascii("T-0001")]]))],
    ["a detached payload", withItem(2, null)],
    ["a signature of 63 bytes", withItem(3, new Uint8Array(63))],
    ["an empty protected header", withItem(0, protectedHeader())],
    ["another algorithm", withItem(0, protectedHeader([1, -7], ...right.slice(1)))],
    ["no key", withItem(0, protectedHeader(right[0], right[1], right[3]))],
    ["a content type that is a number", withItem(0, protectedHeader(right[0], [3, 0], right[2], right[3]))],
    ["a key that is a text", withItem(0, protectedHeader(right[0], right[1], [4, "k"], right[3]))],
    ["one header more", withItem(0, protectedHeader(...right, [2, [1]]))],
  ] as readonly (readonly [string, Cbor])[])("is refused with %s", (_, item) => {
    expect(() => decodeSign1(item)).toThrow(FormatFault);
  });
});
