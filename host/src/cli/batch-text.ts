import type { BatchRefusal } from "@cachet/firmware/wire";
import { Failure } from "./failure.ts";

/** What is wrong with a file, and what to do about it. */
interface ReasonOfFile {
  readonly meaning: string;
  readonly next: string;
}

const AGAIN = "collect the same range again from the terminal";
const COMPARE =
  "cachet batch compare shows both side by side; look whether the terminal was restored from a copy, or the file is another town's";
const GONE = "nothing, if the terminal is in wrong hands; cachet office terminal says what it may have cost";
const DEFECT = "keep the file and tell whoever looks after the terminal: an honest one never writes this";

/** Why batch files are set aside. The first eight are seen in the file alone, the others beside what is in the ledger. */
export const REASONS_OF_FILES: Readonly<Record<string, ReasonOfFile>> = {
  unfinished: { meaning: "The file ends before its trailer: it was cut off, or is still being written.", next: AGAIN },
  "not-a-batch": { meaning: "The file is no batch of a terminal.", next: "look whether this is the file you meant" },
  "newer-format": {
    meaning: "The file is in a format that came after this version of cachet.",
    next: "install the version of cachet that the terminal was flashed with, or a newer one",
  },
  "unknown-terminal": {
    meaning: "No terminal of this number is known to the ledger.",
    next: "give the file to the office that knows this terminal",
  },
  "bad-signature": { meaning: "The trailer is not signed by the terminal that the file names.", next: AGAIN },
  "broken-chain": { meaning: "An entry is not followed by the one that was journalled after it.", next: AGAIN },
  "bad-entry": { meaning: "An entry cannot be read.", next: AGAIN },
  "wrong-totals": { meaning: "The entries do not come to the totals that the trailer signs.", next: AGAIN },
  "other-content": {
    meaning: "Entries of these numbers are in the ledger already, with other content: two journals of one terminal.",
    next: COMPARE,
  },
  "not-continuous": { meaning: "The first new entry does not follow the last one that is imported.", next: COMPARE },
  "terminal-revoked": {
    meaning: "The terminal is revoked, and these entries are behind its last one that counts.",
    next: GONE,
  },
  "terminal-replaced": {
    meaning: "The terminal is replaced, and these entries are behind its last one that counts.",
    next: GONE,
  },
  "not-open": { meaning: "An entry settles a visit that was never begun, or was settled before.", next: DEFECT },
  "bad-intent": { meaning: "What a visit says that it wrote is not what its records hold.", next: DEFECT },
  "wrong-sums": { meaning: "A visit's sums are not those of its effects.", next: DEFECT },
};

/** What to do about a file that was set aside. */
export const advice = (reason: string): string => REASONS_OF_FILES[reason]?.next ?? AGAIN;

/** A file that is no batch, or no good one. */
export function batchFailure(path: string, { reason, detail, number }: BatchRefusal): Failure {
  const where = number === undefined ? "" : `entry ${number}: `;
  return new Failure("C-BATCH-01", `${path} is refused: ${where}${detail} (${reason})`, "the file was only read", [
    reason === "unfinished" ? "wait until it is complete, or collect again" : advice(reason),
  ]);
}
