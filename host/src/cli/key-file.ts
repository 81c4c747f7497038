import { existsSync } from "node:fs";
import { join } from "node:path";
import type { OpenRefusal } from "../keys/open.ts";
import type { Refused } from "../keys/sealed-file.ts";
import { draftOf, isOpenToOthers, PrivateFileFault, writePrivate } from "../ports/private-file.ts";
import type { Console } from "./console.ts";
import { type Code, Failure } from "./failure.ts";

/** Where the office's key ring lies, unless --keys names another file. */
export const ringPath = ({ home }: Pick<Console, "home">): string => join(home, "keys.sealed");

/** The words of a command do not fit each other. */
export function usageFailure(what: string, next: string): Failure {
  return new Failure("C-USAGE-01", what, "nothing was done", [next]);
}

/** Says on stderr that others may look into a file or folder. */
export function warnOfExposure(console: Console, path: string): void {
  if (!isOpenToOthers(path)) return;
  console.err(`warning: others on this computer have rights to ${path}; take them away: chmod go= ${path}\n`);
}

interface Advice {
  readonly code: Code;
  readonly next: readonly string[];
}

const COPY = "take a copy of it from your backup, and keep this one";

function adviceOf(refusal: OpenRefusal): Advice {
  switch (refusal) {
    case "absent":
      return {
        code: "C-KEY-02",
        next: ["name the right folder with --home, or the file with --keys", "or make new keys: cachet keys init"],
      };
    case "unreadable":
      return { code: "C-FILE-01", next: ["check the name and your rights to the file"] };
    case "wrong-passphrase":
      return {
        code: "C-KEY-06",
        next: [
          "give it again; look at capitals and the keyboard's language",
          `you are sure of it? then somebody altered the file: ${COPY}`,
        ],
      };
    case "newer-version":
      return { code: "C-KEY-08", next: ["use the version of cachet that wrote it, or a newer one"] };
    case "cost-out-of-bounds":
      return { code: "C-KEY-09", next: [`cachet never writes such a file: ${COPY}`] };
    case "expired":
      return { code: "C-KEY-13", next: ["ask the office for a new bundle: cachet keys bundle"] };
    case "not-a-key-file":
    case "damaged":
    case "malformed":
      return { code: "C-KEY-07", next: [COPY] };
  }
}

/** What a person is told about a key file that was not opened. */
export function openFailure(path: string, { refusal, detail }: Refused<OpenRefusal>): Failure {
  const { code, next } = adviceOf(refusal);
  const what: Readonly<Record<OpenRefusal, string>> = {
    absent: `there is no key file ${path}`,
    unreadable: `${path} cannot be read (${detail})`,
    "wrong-passphrase": `the passphrase does not open ${path}`,
    "newer-version": `${path} was written by a newer cachet (${detail})`,
    "cost-out-of-bounds": `${path} asks for work that no key file of ours asks for (${detail})`,
    expired: `the bundle ${path} has expired: ${detail}`,
    "not-a-key-file": `${path} is no key file, or its beginning is damaged (${detail})`,
    damaged: `${path} is damaged: ${detail}`,
    malformed: `${path} is whole, but not what a key file must be (${detail})`,
  };
  return new Failure(code, what[refusal], refusal === "absent" ? "nothing was done" : "the file was only read", next);
}

function writeFailure(path: string, { problem, message }: PrivateFileFault): Failure {
  if (problem === "taken") {
    return new Failure(
      "C-KEY-15",
      `another cachet is writing ${path}, or was cut off while it did`,
      "the file is as it was",
      [
        "wait for the other command to end, and run this one again",
        `no other command runs? then remove ${draftOf(path)} and run this one again`,
      ],
    );
  }
  return new Failure("C-FILE-03", `${path} cannot be written (${message})`, "it is as it was before", [
    "check the folder, your rights and the free space, and run the command again",
  ]);
}

/** Writes a key file whole, for its owner alone. Fails with C-FILE-03 or C-KEY-15, or as `make` does; it is then as it was. */
export function writeKeyFile(path: string, make: () => Uint8Array): void {
  try {
    writePrivate(path, make);
  } catch (error) {
    throw error instanceof PrivateFileFault ? writeFailure(path, error) : error;
  }
}

/** What a person is told who would overwrite a file. */
export function existsAlready(path: string, next: readonly string[]): Failure {
  return new Failure("C-KEY-03", `${path} exists already`, "it was not touched", next);
}

/** Writes a key file where there is none. Fails with C-KEY-03, and as `writeKeyFile` does. */
export function writeNewKeyFile(path: string, next: readonly string[], make: () => Uint8Array): void {
  writeKeyFile(path, () => {
    if (existsSync(path)) throw existsAlready(path, next);
    return make();
  });
}

/** What a person is told who wants to change a bundle as if it were the office's ring. */
export function bundleFailure(path: string): Failure {
  return new Failure("C-KEY-14", `${path} is an installer's bundle, not the office's key ring`, "it was only read", [
    "name the office's ring with --keys, or leave --keys away",
  ]);
}
