import { readFileSync } from "node:fs";
import { fromHex, toHex } from "@cachet/card-layout";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { signerOfSecret, verifyEd25519 } from "../../../host/src/ports/crypto.ts";
import { office, officeOf } from "../../../tests/fixtures/lists.ts";
import { type BatchReceipt, encodeBatchReceipt, readBatchReceipt } from "./batch-receipt.ts";
import { encodeCbor } from "./cbor.ts";
import { encodeSign1 } from "./cose.ts";

const receipt: BatchReceipt = { terminal: 42, last: 4_332, head: new Uint8Array(32).fill(0x1d), issued: 1_790_000_000 };
const signed = encodeBatchReceipt(receipt, office.sign);
const read = (bytes: Uint8Array, key = office.publicKey) => readBatchReceipt(bytes, verifyEd25519, key);
const payload = new Map<number, number | Uint8Array>([
  [1, receipt.terminal],
  [2, receipt.last],
  [3, receipt.head],
  [4, receipt.issued],
]);
const sealed = (
  content: Uint8Array,
  { contentType = "application/vnd.cachet.batch-receipt", keyId = "office", formatVersion = 1 } = {},
) => encodeSign1({ contentType, keyId, formatVersion }, content, office.sign);

describe("a batch receipt", () => {
  it("gives back what the office signed", () => {
    expect(read(signed)).toEqual({ ok: true, receipt });
    expect(signed).toEqual(sealed(encodeCbor(payload)));
    const any = fc.record({
      terminal: fc.nat({ max: 0xffff }),
      last: fc.integer({ min: 1, max: 0xffff_ffff }),
      head: fc.uint8Array({ minLength: 32, maxLength: 32 }),
      issued: fc.nat(),
    });
    fc.assert(
      fc.property(any, (one) => {
        expect(read(encodeBatchReceipt(one, office.sign))).toEqual({ ok: true, receipt: one });
      }),
    );
  });

  it("is refused when any byte of it changes", () => {
    for (const bits of [0x01, 0x80, 0xff]) {
      for (let at = 0; at < signed.length; at += 1) {
        const changed = signed.slice();
        changed[at]! ^= bits;
        expect(read(changed).ok, `byte ${at} xor ${bits}`).toBe(false);
      }
    }
  });

  it("is refused cut off anywhere, or with a byte behind it", () => {
    for (let length = 0; length < signed.length; length += 1)
      expect(read(signed.subarray(0, length)), `cut to ${length}`).toMatchObject({
        ok: false,
        reason: "not-a-receipt",
      });
    expect(read(Uint8Array.of(...signed, 0))).toMatchObject({ ok: false, reason: "not-a-receipt" });
  });

  it("is forged when another key signed it", () => {
    expect(read(encodeBatchReceipt(receipt, officeOf(2).sign))).toMatchObject({ ok: false, reason: "forged" });
    expect(read(signed, officeOf(2).publicKey)).toMatchObject({ ok: false, reason: "forged" });
  });

  it("is refused as newer where the office says so, and only where the office does", () => {
    const newer = sealed(encodeCbor(new Map([[9, 9]])), { formatVersion: 2 });
    expect(read(newer)).toMatchObject({ ok: false, reason: "newer-format" });
    expect(read(newer, officeOf(2).publicKey)).toMatchObject({ ok: false, reason: "forged" });
  });

  it("is nothing else that the office signed", () => {
    for (const headers of [{ contentType: "application/vnd.cachet.list" }, { keyId: "T-0042" }, { formatVersion: 0 }])
      expect(read(sealed(encodeCbor(payload), headers))).toMatchObject({ ok: false, reason: "not-a-receipt" });
    const wrong = [
      new Map([...payload, [5, 1]]),
      new Map([...payload].slice(0, 3)),
      new Map([...payload, [2, 0]]),
      new Map([...payload, [3, new Uint8Array(31)]]),
    ];
    for (const content of [...wrong.map(encodeCbor), new Uint8Array(), Uint8Array.of(0xff)])
      expect(read(sealed(content))).toMatchObject({ ok: false, reason: "not-a-receipt" });
  });

  it("is not written for what cannot be", () => {
    for (const wrong of [{ last: 0 }, { terminal: 65_536 }, { head: new Uint8Array(31) }, { issued: -1 }])
      expect(() => encodeBatchReceipt({ ...receipt, ...wrong }, office.sign)).toThrow(RangeError);
  });
});

describe("golden batch receipts", () => {
  const vectors = JSON.parse(
    readFileSync(new URL("../../vectors/receipt-1.json", import.meta.url), "utf8"),
    (key, value) => (key === "head" ? fromHex(value as string) : value),
  ) as {
    readonly secret: string;
    readonly receipts: readonly { readonly receipt: BatchReceipt; readonly file: string }[];
  };
  const signer = signerOfSecret(fromHex(vectors.secret));

  it.each(vectors.receipts)("are written and read as their bytes say: $receipt.terminal", ({ receipt: said, file }) => {
    expect(toHex(encodeBatchReceipt(said, signer.sign))).toBe(file);
    expect(readBatchReceipt(fromHex(file), verifyEd25519, signer.publicKey)).toEqual({ ok: true, receipt: said });
  });

  it("are there", () => expect(vectors.receipts.length).toBeGreaterThan(1));
});
