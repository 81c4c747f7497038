import CodepageEncoder from "@point-of-sale/codepage-encoder";
import ReceiptPrinterEncoder from "@point-of-sale/receipt-printer-encoder";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { EscposPrinter, type Printed } from "../../../tests/fixtures/escpos-printer.ts";
import type { ReceiptLine, WrittenReceipt } from "../hal/index.ts";
import { cp858Of, printable } from "./cp858.ts";
import { escposOf } from "./escpos.ts";
import { type Columns, layOut } from "./receipt-layout.ts";

/** What each byte of a code page is, by a library of code pages. */
function decode(bytes: Uint8Array, table: string): string {
  const points = CodepageEncoder.getCodepoints(table as "cp858", true);
  return String.fromCodePoint(...[...bytes].map((byte) => (byte < 0x80 ? byte : points[byte]!)));
}

const print = (receipt: WrittenReceipt, columns: Columns): readonly Printed[] =>
  new EscposPrinter(escposOf(receipt, columns), columns, decode).run();

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const widths: readonly Columns[] = [32, 48];

const TICKET: WrittenReceipt = [
  { line: "title", text: "Crêperie d'Anaïs" },
  { line: "row", left: "15/06/2026 12:00", right: "" },
  { line: "separator" },
  { line: "text", text: "OBJECTIF ATTEINT - BOUQUET OFFERT", strong: true },
  { line: "row", left: "Cagnotte gagnée", right: "+0,62 €" },
  { line: "row", left: "Reste à payer", right: "1 234,50 €", strong: true },
  { line: "code", text: "AEAACRKPSAMJ2" },
];

describe("a ticket on a printer", () => {
  it.each(widths)("is what a printer of %i columns makes of the bytes", (columns) => {
    const plain = { what: "line", align: "left", isBold: false, width: 1, height: 1 } as const;
    const row = (left: string, right: string) => left + right.padStart(columns - left.length);
    expect(print(TICKET, columns)).toEqual([
      { ...plain, text: "Crêperie d'Anaïs", align: "centre", isBold: true, width: 2, height: 2 },
      { ...plain, text: "15/06/2026 12:00" },
      { ...plain, text: "-".repeat(columns) },
      ...(columns === 48 ? ["OBJECTIF ATTEINT - BOUQUET OFFERT"] : ["OBJECTIF ATTEINT - BOUQUET", "OFFERT"]).map(
        (text) => ({ ...plain, text, align: "centre", isBold: true }),
      ),
      { ...plain, text: row("Cagnotte gagnée", "+0,62 €") },
      { ...plain, text: row("Reste à payer", "1 234,50 €"), isBold: true },
      { what: "qr", text: "AEAACRKPSAMJ2", module: columns === 48 ? 5 : 4, level: "M" },
      { ...plain, text: "", align: "centre" },
      { what: "cut", isPartial: true },
    ]);
  });

  it("has the bytes that a library of printers writes for the same commands", () => {
    const library = () => new ReceiptPrinterEncoder({ language: "esc-pos", columns: 48, codepageMapping: "epson" });
    const bytes = hex(escposOf(TICKET, 48));
    const qr = hex(library().qrcode("AEAACRKPSAMJ2", { model: 2, size: 5, errorlevel: "m" }).encode());
    expect(bytes).toContain(qr.slice(qr.indexOf("1d286b"), qr.lastIndexOf("1d286b") + 16));
    const line = hex(
      library()
        .codepage("cp858")
        .text(`Cagnotte gagnée${"+0,62 €".padStart(33)}`)
        .encode(),
    );
    expect(bytes.startsWith("1b401c2e1b7413")).toBe(true);
    expect(line).toContain("1b7413");
    expect(bytes).toContain(line.slice(line.indexOf("1b7413") + 6).replace(/0a0d$/, ""));
    for (const command of ["1b4501", "1d2111"]) {
      expect(hex(library().bold(true).size(2, 2).text("x").encode())).toContain(command);
      expect(bytes).toContain(command);
    }
    expect(hex(library().cut("partial").encode())).toContain("1d56");
  });

  it("writes every character of the code page as a library of code pages reads it", () => {
    const upper = decode(
      Uint8Array.from({ length: 128 }, (_, i) => 0x80 + i),
      "cp858",
    );
    for (const character of upper) {
      if (character === "\u00a0") continue;
      expect(printable(character)).toBe(character);
      expect(decode(cp858Of(character), "cp858")).toBe(character);
    }
  });
});

describe("characters that the printer lacks", () => {
  it.each([
    ["Œuvre", "OEuvre"],
    ["l’été…", "l'été..."],
    ["Łódź", "?ódz"],
    ["Dvořák", "Dvorák"],
    ["e\u0301te\u0301", "été"],
    ["a\u00a0b\u202fc", "a b c"],
    ["🎉 fête", "? fête"],
    ["日本", "??"],
    ["\u001bp0drawer\n", "?p0drawer?"],
    ["\u007f\u0080", "??"],
  ])("%j is written %j", (text, written) => expect(printable(text)).toBe(written));
});

describe("any receipt", () => {
  const text = fc.string({ unit: "grapheme", maxLength: 70 });
  const line: fc.Arbitrary<ReceiptLine<string>> = fc.oneof(
    fc.record({ line: fc.constant("title" as const), text }),
    fc.record({ line: fc.constant("text" as const), text, strong: fc.constant(true as const) }),
    fc.record({ line: fc.constant("row" as const), left: text, right: text }),
    fc.record({ line: fc.constant("code" as const), text: fc.stringMatching(/^[A-Z2-7]{1,384}$/) }),
    fc.constant({ line: "separator" as const }),
  );

  it("fits the paper, loses no character and commands nothing but what we mean", () => {
    fc.assert(
      fc.property(fc.array(line, { maxLength: 12 }), fc.constantFrom(...widths), (receipt, columns) => {
        const printed = print(receipt, columns);
        expect(printed.filter(({ what }) => what === "cut")).toHaveLength(1);
        const lines = printed.flatMap((one) => (one.what === "line" ? one.text : []));
        const wanted = receipt.flatMap((one) =>
          one.line === "separator"
            ? "-".repeat(columns)
            : one.line === "row"
              ? [one.left, one.right].map(printable)
              : one.line === "code"
                ? []
                : printable(one.text),
        );
        const letters = (texts: readonly string[]) => texts.join("").replaceAll(" ", "");
        expect(letters(lines)).toBe(letters(wanted));
        for (const one of layOut(receipt, columns)) {
          if ("text" in one) expect(one.text.length * (one.isWide ? 2 : 1)).toBeLessThanOrEqual(columns);
        }
      }),
    );
  });

  it("keeps amounts at the right edge, whatever the label", () => {
    fc.assert(
      fc.property(text, fc.integer({ min: 0, max: 9_999_999 }), fc.constantFrom(...widths), (left, cents, columns) => {
        const right = `${(cents - (cents % 100)) / 100},${String(cents % 100).padStart(2, "0")} €`;
        const last = layOut([{ line: "row", left, right }], columns).at(-1)!;
        expect("text" in last && last.text.endsWith(right) && last.text.length === columns).toBe(true);
      }),
    );
  });
});
