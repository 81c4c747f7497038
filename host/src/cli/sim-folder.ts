import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { takeLock } from "../ports/lock-file.ts";
import { writePrivate } from "../ports/private-file.ts";
import type { Console } from "./console.ts";
import { Failure } from "./failure.ts";
import type { SimTerminalFacts } from "./sim-provision.ts";

/** A folder in which simulated terminals live, held by this process until it is let go. */
export interface SimFolder {
  readonly path: string;
  /** Terminals that live in it already; null in a new folder. */
  readonly terminals: readonly SimTerminalFacts[] | null;
  keep(terminals: readonly SimTerminalFacts[]): void;
  letGo(): void;
}

const LIST = "terminals.json";
const LOCK = "lock";
/** Folders that are tried one after the other where none is named. */
const FOLDERS_MAX = 20;

/** Names of the folders that are used where none is named, first to last. */
export function usualFolders(home: string, isOpen: boolean): readonly string[] {
  const first = isOpen ? "sim-open" : "sim";
  return Array.from({ length: FOLDERS_MAX }, (_, i) => join(home, i === 0 ? first : `${first}-${i + 1}`));
}

function isFacts(item: unknown): item is SimTerminalFacts {
  const { terminal, merchant, programmes, isOpen } = (item ?? {}) as Partial<SimTerminalFacts>;
  const whole = (value: unknown) => Number.isSafeInteger(value);
  return (
    whole(terminal) &&
    whole(merchant) &&
    typeof isOpen === "boolean" &&
    Array.isArray(programmes) &&
    programmes.every(whole)
  );
}

function terminalsIn(path: string): readonly SimTerminalFacts[] | null {
  const file = join(path, LIST);
  if (!existsSync(file)) return null;
  try {
    const terminals: unknown = JSON.parse(readFileSync(file, "utf8"));
    if (Array.isArray(terminals) && terminals.length > 0 && terminals.every(isFacts)) return terminals;
  } catch {
    // Told below.
  }
  throw new Failure("C-SIM-04", `${file} is no list of simulated terminals`, "nothing was started", [
    "name another folder with --dir; this one can be deleted if nothing in it is needed",
  ]);
}

function lockOf(path: string): (() => void) | number {
  try {
    return takeLock(join(path, LOCK));
  } catch (error) {
    const code = (error as { readonly code?: string }).code ?? String(error);
    throw new Failure("C-FILE-03", `${path} cannot be written (${code})`, "nothing was started", [
      "check the folder and your rights to it, or name another with --dir",
    ]);
  }
}

function held(path: string, letGo: () => void): SimFolder {
  try {
    return {
      path,
      terminals: terminalsIn(path),
      keep: (terminals) =>
        writePrivate(join(path, LIST), () => new TextEncoder().encode(`${JSON.stringify(terminals, null, 1)}\n`)),
      letGo,
    };
  } catch (error) {
    letGo();
    throw error;
  }
}

/** Takes the named folder, or the first usual one that no other simulator runs. Fails with C-SIM-03 or C-SIM-04. */
export function takeSimFolder(console: Console, isOpen: boolean, named: string | undefined): SimFolder {
  for (const path of named === undefined ? usualFolders(console.home, isOpen) : [named]) {
    const lock = lockOf(path);
    if (typeof lock === "function") return held(path, lock);
    if (named === undefined) console.err(`${path} is in use by process ${lock}; trying the next\n`);
    else {
      throw new Failure("C-SIM-03", `process ${lock} runs the simulator in ${path}`, "nothing was started", [
        `use that one, or end it: cachet sim stop --dir ${path}`,
        "or name another folder with --dir",
      ]);
    }
  }
  throw new Failure("C-SIM-03", `${FOLDERS_MAX} simulators run in ${console.home} already`, "nothing was started", [
    "end one with: cachet sim stop, or name a folder with --dir",
  ]);
}
