import { closeSync, existsSync, fsyncSync, openSync, readFileSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { makeFolders } from "./folder.ts";

/** A text file that only grows, line by line. */
export interface AppendFile {
  /** Every line; the last one may be cut off where a write was. */
  lines(): readonly string[];
  /** Adds a line; returns once it is on the disk. Throws what the disk says. */
  append(line: string): void;
}

const OWNER_ONLY = 0o600;

/** A file at a path; it need not exist yet, nor its folder. Only its owner may read it. */
export function appendFile(path: string): AppendFile {
  const text = () => (existsSync(path) ? readFileSync(path, "utf8") : "");
  return {
    lines: () =>
      text()
        .split("\n")
        .filter((line) => line !== ""),
    append(line) {
      makeFolders(dirname(path), 0o700);
      // Behind a line that was cut off, the next one begins on its own.
      const before = text();
      const file = openSync(path, "a", OWNER_ONLY);
      try {
        writeSync(file, `${before === "" || before.endsWith("\n") ? "" : "\n"}${line}\n`);
        fsyncSync(file);
      } finally {
        closeSync(file);
      }
    },
  };
}
