import type { Language, Receipt, ReceiptLine, Said, WrittenReceipt } from "../hal/index.ts";
import type { ReceiptMessages } from "./receipt-messages.ts";
import { en } from "./receipt-messages-en.ts";
import { fr } from "./receipt-messages-fr.ts";
import { ruleLines } from "./rule-words.ts";
import { HELP as helpEn } from "./screen-messages-en.ts";
import { HELP as helpFr } from "./screen-messages-fr.ts";

const LANGUAGES: Readonly<Record<Language, ReceiptMessages>> = { fr, en };
const HELP: Readonly<Record<Language, readonly string[]>> = { fr: helpFr, en: helpEn };
const texts = (lines: readonly string[]): WrittenReceipt => lines.map((text) => ({ line: "text", text }));

function worded(said: Said, messages: ReceiptMessages): string {
  if (typeof said === "string") return said;
  // A sentence of a newer app is printed by its name.
  if (!Object.hasOwn(messages, said.say)) return said.say;
  const parts = said.of.map((part) => (typeof part === "object" ? worded(part, messages) : part));
  return (messages[said.say] as (...parts: readonly unknown[]) => string)(...parts);
}

/** A receipt in the words of a language. */
export function writtenReceipt(receipt: Receipt, language: Language): WrittenReceipt {
  const words = (said: Said) => worded(said, LANGUAGES[language]);
  return receipt.flatMap((line): ReceiptLine<string> | WrittenReceipt => {
    switch (line.line) {
      case "keys":
        return texts(HELP[language]);
      case "rule":
        return texts(ruleLines(line.rule, language));
      case "row":
        return { ...line, left: words(line.left), right: words(line.right) };
      case "title":
      case "text":
        return { ...line, text: words(line.text) };
      default:
        return line;
    }
  });
}
