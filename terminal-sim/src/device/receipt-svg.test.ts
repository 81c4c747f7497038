import decodeQR from "qr/decode.js";
import { describe, expect, it } from "vitest";
import { receiptSvg } from "./receipt-svg.ts";

/** Dots of a module in the test's own drawing. */
const DOTS = 4;

/** The path of a code as an image: rectangles one module high. */
function drawn(svg: string) {
  const rectangles = [...svg.matchAll(/M(\d+) (\d+)h(\d+)v1h-(\d+)z/g)].map((found) => found.slice(1).map(Number));
  const size = (Math.max(...rectangles.map(([x, , width]) => x! + width!)) + DOTS) * DOTS;
  const data = new Uint8Array(size * size * 3).fill(255);
  for (const [x, y, width, back] of rectangles) {
    expect(back).toBe(width);
    for (let down = y! * DOTS; down < (y! + 1) * DOTS; down += 1)
      data.fill(0, (down * size + x! * DOTS) * 3, (down * size + (x! + width!) * DOTS) * 3);
  }
  return { width: size, height: size, data };
}

describe("a receipt as a picture", () => {
  it.each([8, 130, 384])("has a code of %i letters that a scanner reads, within the paper", (length) => {
    const text = "AEAADJQ7BAEB".repeat(40).slice(0, length);
    for (const columns of [32, 48] as const) {
      const svg = receiptSvg([{ line: "code", text }], columns);
      expect(decodeQR(drawn(svg), { timeLimit: 10_000 })).toBe(text);
      const [, left, scale] = /translate\(([\d.]+) [\d.]+\) scale\((\d+)\)/.exec(svg)!.map(Number);
      const right = left! + (drawn(svg).width / DOTS) * scale!;
      expect(left).toBeGreaterThanOrEqual(24);
      expect(right).toBeLessThanOrEqual(24 + columns * 12);
    }
  });

  it("takes letters as letters, whatever they are in XML", () => {
    const svg = receiptSvg([{ line: "text", text: "<Fish & Chips>" }]);
    expect(svg).toContain(">&lt;Fish\u00a0&amp;\u00a0Chips&gt;</text>");
  });
});
