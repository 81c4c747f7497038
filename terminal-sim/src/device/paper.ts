import type { ReceiptLine } from "@cachet/firmware/hal";

/** Columns of a 58 mm roll. */
export const PAPER_COLUMNS = 32;

function wrap(text: string, columns: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (longer.length <= columns) line = longer;
    else {
      if (line !== "") lines.push(line);
      line = word.slice(0, columns);
    }
  }
  return [...lines, line];
}

function centre(text: string, columns: number): string {
  return " ".repeat(Math.max(0, Math.floor((columns - text.length) / 2))) + text;
}

function renderLine(line: ReceiptLine, columns: number): string[] {
  switch (line.line) {
    case "separator":
      return ["-".repeat(columns)];
    case "title":
      return wrap(line.text, columns).map((part) => centre(part, columns));
    case "text":
      return wrap(line.text, columns);
    // A code is scanned, not read; paper of text has its letters, so that somebody can try it.
    case "code":
      return ["[QR]", ...(line.text.match(new RegExp(`.{1,${columns}}`, "g")) ?? [])];
    case "row": {
      const left = wrap(line.left, columns - line.right.length - 1);
      const last = left.pop() ?? "";
      return [...left, last.padEnd(columns - line.right.length) + line.right];
    }
  }
}

/** A receipt as text: labels wrap, amounts stay on the right. */
export function renderReceipt(receipt: readonly ReceiptLine[], columns: number = PAPER_COLUMNS): string[] {
  return receipt.flatMap((line) => renderLine(line, columns));
}
