import { readFileSync } from "node:fs";
import { fromHex, purseHead, ticketNumber, toHex } from "@cachet/card-layout";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeCbor } from "./cbor.ts";
import type { StoredEffect } from "./effect.ts";
import {
  RECEIPT_CODE_BYTES_MAX,
  type ReceiptCode,
  readReceiptCode,
  receiptCodeMessage,
  receiptCodeText,
  splitReceiptCode,
  withMergedLines,
} from "./receipt-code.ts";

const earn: StoredEffect = {
  type: "earn",
  rule: "cagnotte",
  unit: "cents",
  value: 62,
  funder: "association",
  shares: [50, 12],
};
const code: ReceiptCode = {
  terminal: 42,
  ticket: 4_332,
  card: 1_234_567_890_123,
  utc: 1_790_000_000,
  sale: {
    lines: [
      { amount: 1_000, quantity: 1 },
      { amount: 250, quantity: 2, category: "pain" },
    ],
    tip: 0,
    payable: 0,
  },
  areas: [{ programme: 20, version: 3, effects: [earn] }],
};
const mac = Uint8Array.from({ length: 8 }, (_, i) => i);
const text = (of: ReceiptCode, merchant = 7) => receiptCodeText(receiptCodeMessage(merchant, of), 2, mac);

describe("the code of a receipt", () => {
  it("is what the format says", () => {
    const vector = JSON.parse(readFileSync(new URL("../../vectors/receipt-code-1.json", import.meta.url), "utf8"));
    expect(toHex(receiptCodeMessage(7, code))).toBe(vector.message);
    expect(text(code)).toBe(vector.text);
    expect(splitReceiptCode(vector.text)).toEqual({
      merchant: 7,
      message: fromHex(vector.message),
      generation: 2,
      mac: fromHex(vector.mac),
    });
  });

  it("is what the format says where it carries points without a card", () => {
    const { mac: _, points } = JSON.parse(
      readFileSync(new URL("../../vectors/receipt-code-1.json", import.meta.url), "utf8"),
    );
    const account = ticketNumber(42, 31);
    const gained: StoredEffect = { type: "earn", rule: "points", unit: "points", value: 100, funder: "merchant" };
    const carried: ReceiptCode = {
      ...{ terminal: 42, ticket: 31, card: account, utc: 1_781_520_820 },
      sale: { lines: [{ amount: 1_250, quantity: 1 }], tip: 0, payable: 1_250 },
      areas: [{ programme: 20, version: 1, effects: [gained] }],
      account: true,
      holds: [{ programme: 20, purse: purseHead({ kind: "points", index: 0 }), value: 223 }],
    };
    expect(toHex(receiptCodeMessage(7, carried))).toBe(points.message);
    expect(text(carried)).toBe(points.text);
    expect(readReceiptCode(splitReceiptCode(points.text)!)).toEqual(carried);
  });

  // RFC 4648, section 10, without the padding.
  it("is Base32 as published", () => {
    const published = ["MY", "MZXQ", "MZXW6", "MZXW6YQ", "MZXW6YTB", "MZXW6YTBOI"];
    const words = ["f", "fo", "foo", "foob", "fooba", "foobar"];
    for (const [i, word] of words.entries()) {
      const bytes = new TextEncoder().encode(word);
      expect(receiptCodeText(bytes.subarray(0, 0), bytes[0]!, bytes.subarray(1))).toBe(published[i]);
    }
  });

  it("gives back what was said", () => {
    expect(readReceiptCode(splitReceiptCode(text(code)!)!)).toEqual(code);
  });

  it("is null where it is too long, and shorter with merged lines", () => {
    const long = (count: number): ReceiptCode => ({
      ...code,
      sale: { ...code.sale, lines: Array.from({ length: count }, (_, i) => ({ amount: 100 + i, quantity: 1 })) },
      areas: [
        {
          programme: 20,
          version: 3,
          effects: [{ ...earn, value: count, shares: Array.from({ length: count }, () => 1) }],
        },
      ],
    });
    expect(text(long(60))).toBeNull();
    const merged = withMergedLines(long(60));
    expect(merged.sale.lines).toEqual([{ amount: 60 * 100 + (59 * 60) / 2, quantity: 60 }]);
    expect(merged.areas[0]!.effects[0]).toMatchObject({ value: 60, shares: [60] });
    expect(text(merged)).not.toBeNull();
    expect(merged.merged).toBe(true);
  });

  it("merges by category, and keeps every sum", () => {
    const line = fc.record({ amount: fc.nat(10_000), category: fc.constantFrom("pain", "tabac", undefined) });
    fc.assert(
      fc.property(fc.array(line, { minLength: 1, maxLength: 30 }), (lines) => {
        const asked: ReceiptCode = {
          ...code,
          sale: {
            ...code.sale,
            lines: lines.map(({ amount, category }) => ({
              amount,
              quantity: 1,
              ...(category === undefined ? {} : { category }),
            })),
          },
          areas: [{ programme: 20, version: 3, effects: [{ ...earn, shares: lines.map(({ amount }) => amount) }] }],
        };
        const merged = withMergedLines(asked);
        const amounts = merged.sale.lines.map(({ amount }) => amount);
        expect(merged.areas[0]!.effects[0]!.shares).toEqual(amounts);
        expect(amounts.reduce((sum, amount) => sum + amount, 0)).toBe(
          lines.reduce((sum, { amount }) => sum + amount, 0),
        );
        expect(new Set(merged.sale.lines.map(({ category }) => category)).size).toBe(amounts.length);
      }),
    );
  });

  it("is nothing where the text is not of the format", () => {
    expect(splitReceiptCode("")).toBeNull();
    expect(splitReceiptCode("not base32!")).toBeNull();
    expect(splitReceiptCode(text(code)!.toLowerCase())).toBeNull();
    expect(splitReceiptCode(`${text(code)}A`.repeat(3))).toBeNull();
    fc.assert(
      fc.property(fc.string(), (any) => {
        const sealed = splitReceiptCode(any);
        if (sealed !== null) readReceiptCode(sealed);
      }),
    );
    const head = Uint8Array.of(1, 0, 7);
    const sealed = (body: Uint8Array) => ({
      merchant: 7,
      message: Uint8Array.of(...head, ...body),
      generation: 2,
      mac,
    });
    for (const wrong of [encodeCbor(1), encodeCbor(new Map([[1, 42]])), Uint8Array.of(0xff)])
      expect(readReceiptCode(sealed(wrong))).toBeNull();
    const message = receiptCodeMessage(7, code);
    for (let length = 3; length < message.length; length += 1)
      expect(readReceiptCode({ ...sealed(head), message: message.slice(0, length) }), `cut to ${length}`).toBeNull();
  });

  it("has room for a scanner", () => {
    expect(RECEIPT_CODE_BYTES_MAX).toBe(240);
  });
});
