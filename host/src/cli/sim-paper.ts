import { type Columns, escposOf, receiptText } from "@cachet/firmware/counter";
import type { WrittenReceipt } from "@cachet/firmware/hal";
import type * as Simulator from "@cachet/terminal-sim";
import { InvalidArgumentError } from "commander";
import { writeFile } from "./files.ts";

/** Where the paper of a visit goes, and how broad it is. */
export interface PaperOptions {
  readonly paper?: string;
  readonly columns: Columns;
}

/** What a file of paper is, by the end of its name. */
const FORMATS = ["txt", "svg", "bin"] as const;
type Format = (typeof FORMATS)[number];

const formatOf = (path: string): Format | undefined => FORMATS.find((format) => path.endsWith(`.${format}`));

/** The name of a file of paper. Throws `InvalidArgumentError` where its end says nothing known. */
export function paperFile(path: string): string {
  if (formatOf(path) !== undefined) return path;
  throw new InvalidArgumentError(`"${path}" ends with none of .txt, .svg (a picture) and .bin (ESC/POS bytes)`);
}

export function paperColumns(text: string): Columns {
  if (text === "32" || text === "48") return Number(text) as Columns;
  throw new InvalidArgumentError(`"${text}" is neither 32 (58 mm) nor 48 (80 mm)`);
}

function bytesOf(sim: typeof Simulator, format: Format, receipts: readonly WrittenReceipt[], columns: Columns) {
  switch (format) {
    case "bin":
      return Buffer.concat(receipts.map((receipt) => escposOf(receipt, columns)));
    case "txt":
      return Buffer.from(receipts.map((receipt) => `${receiptText(receipt, columns).join("\n")}\n`).join("\n"));
    case "svg": {
      const strip = receipts.flatMap((receipt, i) => [
        ...(i === 0 ? [] : [{ line: "separator" } as const]),
        ...receipt,
      ]);
      return Buffer.from(sim.receiptSvg(strip, columns));
    }
  }
}

/** Writes what a visit printed into a file. Fails with C-FILE-03. */
export function writePaper(
  sim: typeof Simulator,
  receipts: readonly WrittenReceipt[],
  path: string,
  columns: Columns,
): void {
  writeFile(path, new Uint8Array(bytesOf(sim, formatOf(path)!, receipts, columns)));
}
