import type { ReceiptLine, WrittenReceipt } from "../hal/index.ts";
import { printable } from "./cp858.ts";

/** Columns of a 58 mm roll, and of one of 80 mm. */
export type Columns = 32 | 48;

/** One line of paper: text that fits it, or a code that is drawn in the middle. */
export type PaperLine =
  | {
      readonly text: string;
      /** It stands in the middle; all other text begins at the left edge. */
      readonly isCentred: boolean;
      readonly isStrong: boolean;
      /** It is twice as high, and `isWide` twice as broad: it fits the paper all the same. */
      readonly isLarge: boolean;
      readonly isWide: boolean;
    }
  | { readonly code: string };

const PLAIN = { isCentred: false, isStrong: false, isLarge: false, isWide: false } as const;

/** Lines of so many characters at most, broken between words; a word that is longer than a line is broken where the line ends. */
export function wrap(text: string, columns: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (longer.length <= columns) {
      line = longer;
      continue;
    }
    if (line !== "") lines.push(line);
    line = word;
    while (line.length > columns) {
      lines.push(line.slice(0, columns));
      line = line.slice(columns);
    }
  }
  return [...lines, line];
}

/** What stands on the right goes behind the label's last line where it fits, and on a line of its own where it does not. */
function rowText(left: string, right: string, columns: number): string[] {
  const labels = wrap(left, columns);
  if (right === "") return labels;
  const last = labels.at(-1)!;
  if (last.length + 1 + right.length <= columns)
    return [...labels.slice(0, -1), last + right.padStart(columns - last.length)];
  return [...labels, ...wrap(right, columns).map((part) => part.padStart(columns))];
}

function layOutLine(line: ReceiptLine<string>, columns: Columns): PaperLine[] {
  switch (line.line) {
    case "separator":
      return [{ ...PLAIN, text: "-".repeat(columns) }];
    case "title": {
      const text = printable(line.text);
      const isWide = text.length * 2 <= columns;
      return wrap(text, columns).map((part) => ({
        text: part,
        isCentred: true,
        isStrong: true,
        isLarge: true,
        isWide,
      }));
    }
    case "text": {
      const isStrong = line.strong ?? false;
      return wrap(printable(line.text), columns).map((text) => ({ ...PLAIN, text, isStrong, isCentred: isStrong }));
    }
    case "code":
      return [{ code: line.text }];
    case "row": {
      const texts = rowText(printable(line.left), printable(line.right), columns);
      return texts.map((text) => ({ ...PLAIN, text, isStrong: line.strong ?? false }));
    }
  }
}

/** A receipt on paper of so many columns: labels wrap, amounts stay on the right. Every renderer draws these lines. */
export function layOut(receipt: WrittenReceipt, columns: Columns): PaperLine[] {
  return receipt.flatMap((line) => layOutLine(line, columns));
}
