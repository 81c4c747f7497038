import { describe, expect, it } from "vitest";
import { layOut } from "./receipt-layout.ts";

const texts = (left: string, right: string, columns: 32 | 48 = 32) =>
  layOut([{ line: "row", left, right }], columns).map((line) => ("text" in line ? line.text : ""));

describe("a row", () => {
  it("has its amount at the right edge, behind the last line of a label that wraps", () => {
    expect(texts("Total", "12,50 €")).toEqual(["Total                    12,50 €"]);
    expect(texts("Adhésion annuelle à l'amicale des commerçants", "12,50 €")).toEqual([
      "Adhésion annuelle à l'amicale",
      "des commerçants          12,50 €",
    ]);
    expect(texts("Atelier de composition florale", "encore 67 points")).toEqual([
      "Atelier de composition florale",
      "                encore 67 points",
    ]);
  });

  it("fits at every length of label and amount, with room between them", () => {
    for (const columns of [32, 48] as const) {
      for (let label = 0; label <= 2 * columns; label += 1) {
        for (let amount = 1; amount <= columns + 4; amount += 1) {
          const lines = texts("a".repeat(label), "9".repeat(amount), columns);
          for (const line of lines) {
            if (line.length > columns || /a9/.test(line)) throw new Error(`${label} and ${amount} give "${line}"`);
          }
          if (lines.join("").replaceAll(" ", "") !== "a".repeat(label) + "9".repeat(amount))
            throw new Error(lines.join());
        }
      }
    }
  });

  it("of a label alone is that label", () => expect(texts("15/06/2026", "")).toEqual(["15/06/2026"]));
});

describe("a long word", () => {
  it("is broken where the line ends, and nothing of it is lost", () => {
    const [title] = [layOut([{ line: "text", text: `un ${"x".repeat(70)} deux` }], 32)];
    expect(title!.map((line) => ("text" in line ? line.text : ""))).toEqual([
      "un",
      "x".repeat(32),
      "x".repeat(32),
      "xxxxxx deux",
    ]);
  });
});

describe("a title", () => {
  it("is twice as broad where that fits", () => {
    const wide = (text: string) => layOut([{ line: "title", text }], 32).map((line) => "isWide" in line && line.isWide);
    expect(wide("x".repeat(16))).toEqual([true]);
    expect(wide("x".repeat(17))).toEqual([false]);
  });
});
