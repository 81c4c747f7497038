import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Receipt } from "../hal/index.ts";
import { printable } from "./cp858.ts";
import { en } from "./receipt-messages-en.ts";
import { fr } from "./receipt-messages-fr.ts";
import { writtenReceipt } from "./receipt-words.ts";

const languages = { fr, en };
const rulesWords = readFileSync(new URL("../rules/words.ts", import.meta.url), "utf8");
const reasons = [...rulesWords.slice(rulesWords.indexOf("export type Reason")).matchAll(/"([A-Z_]+)"/g)].map(
  ([, word]) => word!,
);

describe("a receipt in words", () => {
  const receipt: Receipt = [
    { line: "title", text: "Chez Zoé" },
    {
      line: "text",
      text: {
        say: "rechargeFor",
        of: [
          { say: "short", of: [5_000] },
          { say: "short", of: [550] },
        ],
      },
    },
    { line: "row", left: { say: "toPay", of: [] }, right: { say: "money", of: [123_456] }, strong: true },
    {
      line: "text",
      text: {
        say: "and",
        of: [
          { say: "counted", of: [1, "points"] },
          { say: "passages", of: [2] },
        ],
      },
    },
    { line: "separator" },
    { line: "code", text: "AB" },
  ];

  it("is in French or in English, sentences in sentences too; names stay as they are written", () => {
    expect(writtenReceipt(receipt, "fr")).toEqual([
      { line: "title", text: "Chez Zoé" },
      { line: "text", text: "Rechargez 50 € = 5,50 € offerts" },
      { line: "row", left: "Reste à payer", right: "1 234,56 €", strong: true },
      { line: "text", text: "1 point et 2 passages" },
      { line: "separator" },
      { line: "code", text: "AB" },
    ]);
    expect(writtenReceipt(receipt, "en").slice(1, 4)).toEqual([
      { line: "text", text: "Top up €50 = €5.50 free" },
      { line: "row", left: "Left to pay", right: "€1,234.56", strong: true },
      { line: "text", text: "1 point and 2 visits" },
    ]);
  });
});

describe.each(Object.entries(languages))("the words of %s", (_name, messages) => {
  it("say why, for every reason of the rules", () => {
    expect(reasons.length).toBeGreaterThan(35);
    for (const reason of reasons) {
      expect(messages.why(reason), reason).not.toBe(reason);
      expect(messages.nothingAdded(reason)).toContain(messages.why(reason));
    }
    expect(messages.why("LATER_REASON")).toBe("LATER_REASON");
  });

  it("leave no place of a sentence empty, and need nothing that a printer lacks", () => {
    for (const [name, sentence] of Object.entries(messages) as [string, (...parts: unknown[]) => string][]) {
      const said = sentence("7", "7", "7", "7");
      expect(said, name).not.toMatch(/undefined|NaN|\[object/);
      expect(said.trim(), name).not.toBe("");
      expect(printable(said), name).toBe(said);
    }
  });
});

describe("French and English", () => {
  it("differ in every sentence but names and numbers", () => {
    const same = (Object.keys(fr) as (keyof typeof fr)[]).filter((name) => {
      const say = (messages: typeof fr) => (messages[name] as (...parts: unknown[]) => string)("2", "3", "4", "5");
      return say(fr) === say(en);
    });
    expect(same.sort()).toEqual(["counted", "list", "minutes", "more", "ticket", "total", "why"]);
  });
});
