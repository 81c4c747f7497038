import { existsSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { Programme } from "@cachet/firmware/rules";
import { type FileFault, loadProgramme, placeOf } from "../image/load.ts";
import { Failure } from "./failure.ts";
import { readFile } from "./files.ts";

/** The faults of programme files in one sentence; several are told line by line beside it. */
export function faultFailure(faults: readonly FileFault[], files: number): Failure {
  const [only] = faults;
  const bad = new Set(faults.map(({ file }) => file)).size;
  const what =
    only !== undefined && faults.length === 1
      ? `${placeOf(only)}: ${only.problem}`
      : `${faults.length} faults in ${bad} of ${files} programme ${files === 1 ? "file" : "files"}`;
  return new Failure("C-PROGRAMME-01", what, "nothing was written; no terminal takes it like this", [
    "correct the lines that are named and check again",
  ]);
}

/** A file that belongs to a programme file and lies beside it: `NAME.WHAT`, else the folder's `WHAT`; null where there is none. */
export function besideFile(file: string, what: string): string | null {
  const own = `${basename(file).replace(/\.(?:programme\.)?\w+$/, "")}.${what}`;
  const there = [own, what].map((name) => join(dirname(file), name)).filter((path) => path !== file);
  return there.find((path) => existsSync(path)) ?? null;
}

/** The programme of one file. Fails with C-FILE-01 where there is none, C-PROGRAMME-01 with every fault where it is wrong. */
export async function goodProgramme(file: string): Promise<Programme> {
  readFile(file);
  const reading = await loadProgramme(file);
  if (reading.ok) return reading.programme;
  const { faults } = reading;
  const [only, ...others] = faults;
  if (only !== undefined && others.length === 0) throw faultFailure(faults, 1);
  const told = faults.map((fault) => `${placeOf(fault)}: ${fault.problem}`).join("\n");
  throw new Failure("C-PROGRAMME-01", told, "nothing was evaluated", [
    "correct the lines that are named and try again",
  ]);
}
