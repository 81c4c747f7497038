import { PURCHASES_HEADER, type PurchasesFile, readPurchases } from "../office/purchases.ts";
import type { Console } from "./console.ts";
import { EXIT, Failure } from "./failure.ts";
import { readFile } from "./files.ts";

const MALFORMED_SHOWN = 10;

function sayMalformed(console: Console, path: string, { malformed }: PurchasesFile): void {
  for (const { line, problem } of malformed.slice(0, MALFORMED_SHOWN))
    console.err(`${path}:${line}: left out: ${problem}\n`);
  const more = malformed.length - MALFORMED_SHOWN;
  if (more > 0) console.err(`${path}: and ${more} more malformed lines\n`);
}

function textOf(path: string, state: string): string {
  const bytes = readFile(path);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new Failure("C-FILE-02", `${path} is not UTF-8 text`, state, ["save it as CSV in UTF-8 and run it again"]);
  }
}

/** Purchases of a CSV file; names the lines that are left out. Fails with C-FILE-02 where it holds none. */
export function loadPurchases(console: Console, path: string): PurchasesFile {
  const state = "nothing was simulated";
  const file = readPurchases(textOf(path, state));
  if (file === null) {
    throw new Failure("C-FILE-02", `${path} does not begin with the line ${PURCHASES_HEADER}`, state, [
      `give a CSV file whose first line is: ${PURCHASES_HEADER}`,
    ]);
  }
  if (file.purchases.length === 0) {
    const bad = file.malformed.length > 0 ? `, and ${file.malformed.length} malformed lines` : "";
    throw new Failure("C-FILE-02", `${path} holds no purchase${bad}`, state, [
      "give a file with at least one purchase",
    ]);
  }
  sayMalformed(console, path, file);
  return file;
}

/** The exit code of a run that did all but these lines. */
export function leftOut(console: Console, path: string, lines: number): number {
  if (lines === 0) return EXIT.done;
  const failure = new Failure(
    "C-PURCHASES-01",
    `${path}: ${lines} malformed ${lines === 1 ? "line was" : "lines were"} left out`,
    "all other purchases were replayed",
    ["correct the lines named above and run it again"],
  );
  for (const text of failure.lines()) console.err(`${text}\n`);
  return failure.exit;
}
