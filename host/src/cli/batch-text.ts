import type { BatchRefusal } from "@cachet/firmware/wire";
import { Failure } from "./failure.ts";

/** What to do about a file that was set aside. */
export function advice(reason: string): string {
  switch (reason) {
    case "unknown-terminal":
      return "Next: give the file to the office that knows this terminal.";
    case "other-content":
    case "not-continuous":
      return "Next: cachet batch compare shows both side by side; look whether the terminal was restored from a copy, or the file is another town's.";
    case "terminal-revoked":
    case "terminal-replaced":
      return "Next: nothing, if the terminal is in wrong hands; cachet office terminal says what it may have cost.";
    case "not-a-batch":
      return "Next: look whether this is the file you meant.";
    default:
      return "Next: collect the same range again from the terminal.";
  }
}

/** A file that is no batch, or no good one. */
export function batchFailure(path: string, { reason, detail, number }: BatchRefusal): Failure {
  const where = number === undefined ? "" : `entry ${number}: `;
  return new Failure("C-BATCH-01", `${path} is refused: ${where}${detail} (${reason})`, "the file was only read", [
    reason === "unfinished" ? "wait until it is complete, or collect again" : advice(reason).replace("Next: ", ""),
  ]);
}
