import type { WrittenReceipt } from "../hal/index.ts";
import { type Columns, layOut } from "./receipt-layout.ts";

function centred(text: string, columns: number): string {
  return " ".repeat(Math.max(0, Math.floor((columns - text.length) / 2))) + text;
}

/** A receipt as lines of text, without what paper makes large or bold. */
export function receiptText(receipt: WrittenReceipt, columns: Columns = 32): string[] {
  return layOut(receipt, columns).flatMap((line) => {
    // A code is scanned, not read; text has its letters, so that somebody can try it.
    if ("code" in line) return ["[QR]", ...(line.code.match(new RegExp(`.{1,${columns}}`, "g")) ?? [])];
    return line.isCentred ? centred(line.text, columns) : line.text;
  });
}
