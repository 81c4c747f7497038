import { readFileSync } from "node:fs";
import { ascii, concat, fromHex, toHex } from "@cachet/card-layout";
import { type Cbor, decodeCborItem, encodeCbor, utf8Encode } from "@cachet/firmware/wire";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sha256 } from "../ports/crypto.ts";
import type { ScryptCost } from "../ports/sealing.ts";
import { type Content, encodeContent } from "./content.ts";
import { fingerprint, type KeyRecord } from "./key-record.ts";
import { isBearable, KEY_FILE_BYTES_MAX, openContent, readHeader, sealContent, USUAL_COST } from "./sealed-file.ts";

interface VectorKey extends Omit<KeyRecord, "secret" | "madeAt"> {
  readonly made_at: number;
  readonly secret: string;
  readonly fingerprint: string;
}
interface Vector {
  readonly name: string;
  readonly passphrase: string;
  readonly kind: "ring" | "bundle";
  readonly sealed_at: number;
  readonly log_n: number;
  readonly r: number;
  readonly p: number;
  readonly salt: string;
  readonly nonce: string;
  readonly holder: string | null;
  readonly expires_at: number | null;
  readonly keys: readonly VectorKey[];
  /** From version 2 on. */
  readonly certificates?: readonly { readonly certificate: string; readonly revoked: boolean }[];
  readonly content: string;
  readonly file: string;
}
const vectorsOf = (version: number): readonly Vector[] =>
  JSON.parse(readFileSync(new URL(`./vectors/keys-${version}.json`, import.meta.url), "utf8")).vectors;
const vectors = vectorsOf(1);

const LOW: ScryptCost = { logN: 10, r: 8, p: 1 };
const contentOf = ({ keys, holder, expires_at, certificates }: Vector): Content => ({
  keys: keys.map(({ made_at, secret, fingerprint: _, ...rest }) => ({
    ...rest,
    madeAt: made_at,
    secret: fromHex(secret),
  })),
  lending: holder === null ? null : { holder, expiresAt: expires_at! },
  ...(certificates === undefined
    ? {}
    : {
        certificates: certificates.map(({ certificate, revoked }) => ({ certificate: fromHex(certificate), revoked })),
      }),
});
const originOf = ({ salt, nonce, sealed_at }: Vector) => ({
  random: (size: number) => fromHex(size === 16 ? salt : nonce),
  now: () => sealed_at,
});

describe.each([...vectors, ...vectorsOf(2)])("sealed file of $name", (vector) => {
  const cost = { logN: vector.log_n, r: vector.r, p: vector.p };

  it("has the bytes of its vector", () => {
    expect(toHex(encodeContent(contentOf(vector)))).toBe(vector.content);
    const file = sealContent(contentOf(vector), utf8Encode(vector.passphrase), cost, originOf(vector));
    expect(toHex(file)).toBe(vector.file);
  });

  it("opens to its content", () => {
    const header = { kind: vector.kind, sealedAt: vector.sealed_at, cost };
    const file = fromHex(vector.file);
    expect(readHeader(file)).toEqual({ ok: true, header });
    expect(openContent(file, utf8Encode(vector.passphrase))).toEqual({ ok: true, header, content: contentOf(vector) });
    for (const key of vector.keys) expect(fingerprint(fromHex(key.secret))).toBe(key.fingerprint);
  });
});

const vector = vectors[0]!;
const file = fromHex(vector.file);
const passphrase = utf8Encode(vector.passphrase);
const CHECKSUM_ITEM = 34;
/** What somebody writes who alters a file on purpose: the checksum fits. */
const withChecksum = (body: Uint8Array): Uint8Array =>
  concat(body, encodeCbor(sha256(concat(ascii("cachet/keys/file/1"), body))));
const flipped = (bytes: Uint8Array, bit: number): Uint8Array => {
  const copy = bytes.slice();
  copy[bit >> 3] = copy[bit >> 3]! ^ (1 << (bit & 7));
  return copy;
};
const refusal = (bytes: Uint8Array, word = passphrase): string => {
  const reading = openContent(bytes, word);
  return reading.ok ? "opened" : reading.refusal;
};
/** The same file with other header fields and a checksum that fits. */
const withHeader = (change: ReadonlyMap<number, Cbor | undefined>): Uint8Array => {
  const { value, end } = decodeCborItem(file, 0);
  const header = new Map(value as ReadonlyMap<number, Cbor>);
  for (const [field, item] of change) {
    if (item === undefined) header.delete(field);
    else header.set(field, item);
  }
  return withChecksum(concat(encodeCbor(header), file.subarray(end, file.length - CHECKSUM_ITEM)));
};

describe("a sealed file with certificates", () => {
  const [ring] = vectorsOf(2);

  it("is of version 2, which an older cachet calls newer; without them it is of version 1", () => {
    const versionIn = (bytes: Uint8Array) => (decodeCborItem(bytes, 0).value as ReadonlyMap<number, Cbor>).get(2);
    expect([vectors[0]!, ring!].map((of) => versionIn(fromHex(of.file)))).toEqual([1, 2]);
    const { certificates: _, ...without } = contentOf(ring!);
    expect(versionIn(sealContent(without, passphrase, LOW, originOf(ring!)))).toBe(1);
    const none = { ...without, certificates: [] };
    expect(encodeContent(none)).toEqual(encodeContent(without));
  });

  it("does not pass for one of the other version", () => {
    for (const [of, other] of [
      [vectors[0]!, 2],
      [ring!, 1],
    ] as const) {
      const body = fromHex(of.file);
      const { value, end } = decodeCborItem(body, 0);
      const header = encodeCbor(new Map(value as ReadonlyMap<number, Cbor>).set(2, other));
      const file = withChecksum(concat(header, body.subarray(end, body.length - CHECKSUM_ITEM)));
      expect(refusal(file, utf8Encode(of.passphrase))).toBe("wrong-passphrase");
    }
  });
});

describe("a sealed file", () => {
  it("opens for its passphrase alone", () => {
    for (const word of [
      "",
      "correct horse battery stapl",
      "correct horse battery staple ",
      "Correct horse battery staple",
    ]) {
      expect(refusal(file, utf8Encode(word))).toBe("wrong-passphrase");
    }
  });

  it("is refused with any bit flipped", () => {
    for (let bit = 0; bit < 8 * file.length; bit += 1) {
      expect(["damaged", "not-a-key-file"], `bit ${bit}`).toContain(refusal(flipped(file, bit)));
    }
  });

  it("is refused with any bit flipped and a checksum that fits", () => {
    const small = fromHex(vectors[1]!.file).subarray(0, -CHECKSUM_ITEM);
    const word = utf8Encode(vectors[1]!.passphrase);
    const { end } = decodeCborItem(small, 0);
    const told = new Set<string>();
    // Every bit of the header; of the sealed part, where one tag covers all, every third.
    for (let bit = 0; bit < 8 * small.length; bit += bit < 8 * (end + 2) ? 1 : 3) {
      told.add(refusal(withChecksum(flipped(small, bit)), word));
    }
    expect([...told].sort()).toEqual([
      "cost-out-of-bounds",
      "malformed",
      "newer-version",
      "not-a-key-file",
      "wrong-passphrase",
    ]);
  });

  it("is refused cut off anywhere, with bytes behind it, and too long", () => {
    for (let size = 0; size < file.length; size += 1) {
      expect(["damaged", "not-a-key-file"], `${size} bytes`).toContain(refusal(file.subarray(0, size)));
    }
    expect(refusal(concat(file, Uint8Array.of(0)))).toBe("damaged");
    expect(refusal(withChecksum(concat(file.subarray(0, -CHECKSUM_ITEM), Uint8Array.of(0))))).toBe("malformed");
    expect(refusal(new Uint8Array(KEY_FILE_BYTES_MAX + 1))).toBe("not-a-key-file");
  });

  it("never throws, whatever the bytes", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => refusal(bytes) === "not-a-key-file"));
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        const { end } = decodeCborItem(file, 0);
        return refusal(withChecksum(concat(file.subarray(0, end), bytes))) !== "opened";
      }),
    );
  });

  it("of a newer version says so, whatever else it holds", () => {
    expect(refusal(withHeader(new Map([[2, 3]])))).toBe("newer-version");
    const later = encodeCbor(
      new Map<number, Cbor>([
        [1, "cachet/keys"],
        [2, 7],
        [3, "other"],
      ]),
    );
    expect(refusal(withChecksum(concat(later, ascii("?"))))).toBe("newer-version");
  });

  it("is not worked for outside the bounds", () => {
    const costs: readonly (readonly [number, number, number])[] = [
      [9, 8, 1],
      [21, 8, 1],
      [63, 8, 1],
      [20, 9, 1],
      [17, 33, 1],
      [17, 7, 1],
      [17, 8, 17],
      [17, 8, 0],
      [0, 0, 0],
    ];
    for (const [logN, r, p] of costs) {
      const began = performance.now();
      expect(
        refusal(
          withHeader(
            new Map([
              [5, logN],
              [6, r],
              [7, p],
            ]),
          ),
        ),
        `${logN} ${r} ${p}`,
      ).toBe("cost-out-of-bounds");
      expect(performance.now() - began).toBeLessThan(100);
      expect(() => sealContent(contentOf(vector), passphrase, { logN, r, p }, originOf(vector))).toThrow(RangeError);
    }
    expect(isBearable(USUAL_COST)).toBe(true);
    expect(isBearable({ logN: 20, r: 8, p: 2 })).toBe(true);
  });

  it("is malformed when a header field is not what it must be", () => {
    const wrong: readonly (readonly [number, Cbor | undefined])[] = [
      [2, 0],
      [2, "1"],
      [3, 3],
      [3, 0],
      [4, -1],
      [4, undefined],
      [5, "10"],
      [8, new Uint8Array(15)],
      [9, new Uint8Array(13)],
      [10, 1],
    ];
    for (const [field, item] of wrong) {
      expect(refusal(withHeader(new Map([[field, item]]))), `field ${field}`).toBe("malformed");
    }
  });

  it("does not pass for the other kind", () => {
    expect(refusal(withHeader(new Map([[3, 2]])))).toBe("wrong-passphrase");
  });

  it("round-trips under any passphrase, with another salt and nonce each time", () => {
    let count = 0;
    const origin = {
      random: (size: number) => {
        count += 1;
        return sha256(Uint8Array.of(count >> 8, count & 255)).subarray(0, size);
      },
      now: () => 1_800_000_000,
    };
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (word) => {
        const content = contentOf(vector);
        const [one, two] = [sealContent(content, word, LOW, origin), sealContent(content, word, LOW, origin)];
        expect(toHex(one)).not.toBe(toHex(two));
        expect(openContent(one, word)).toMatchObject({ ok: true, content });
        for (const { secret } of content.keys) expect(toHex(one)).not.toContain(toHex(secret));
      }),
      { numRuns: 40 },
    );
  });
});
