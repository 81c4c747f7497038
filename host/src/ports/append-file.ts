import { closeSync, existsSync, fsyncSync, ftruncateSync, openSync, readFileSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { makeFolders } from "./folder.ts";

/** A text file that only grows, line by line. */
export interface AppendFile {
  /** Every line; one may be cut off where a write was. */
  lines(): readonly string[];
  /** Adds a line; returns once all of it is on the disk. Throws what the disk says, and leaves the file as it was. */
  append(line: string): void;
}

/** Writes some of the bytes and says how many, as `writeSync` does; tests let it write short. */
export type WriteSome = (file: number, bytes: Uint8Array, from: number) => number;

const OWNER_ONLY = 0o600;

/** A file at a path; it need not exist yet, nor its folder. Only its owner may read it. */
export function appendFile(
  path: string,
  writeSome: WriteSome = (file, bytes, from) => writeSync(file, bytes, from),
): AppendFile {
  const content = () => (existsSync(path) ? readFileSync(path) : new Uint8Array());
  const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return {
    lines: () =>
      decode(content())
        .split("\n")
        .filter((line) => line !== ""),
    append(line) {
      makeFolders(dirname(path), 0o700);
      const before = content();
      // Behind a line that was cut off, the next one begins on its own.
      const isWhole = before.length === 0 || before[before.length - 1] === 0x0a;
      const bytes = new TextEncoder().encode(`${isWhole ? "" : "\n"}${line}\n`);
      const file = openSync(path, "a", OWNER_ONLY);
      try {
        for (let at = 0; at < bytes.length; ) {
          const written = writeSome(file, bytes, at);
          if (written === 0) throw new Error("the disk takes no more");
          at += written;
        }
        fsyncSync(file);
      } catch (error) {
        ftruncateSync(file, before.length);
        throw error;
      } finally {
        closeSync(file);
      }
    },
  };
}
