import {
  closeSync,
  existsSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import { makeFolders } from "./folder.ts";

/** A file that arrives in pieces: under its own name only once it is whole and on the disk. */
export interface PartialFile {
  /** Bytes that an earlier run left. */
  readonly length: number;
  /** Adds a piece. Throws what the disk says. */
  append(piece: Uint8Array): void;
  /** Everything so far. */
  bytes(): Uint8Array;
  /** Forgets everything so far. */
  clear(): void;
  /** Puts the file in its place: content, name and folder are on the disk when this returns. */
  finish(): void;
  /** Leaves what is there for a later run. */
  close(): void;
}

/** Where the pieces lie until the file is whole. */
export const partOf = (path: string): string => `${path}.part`;

const OWNER_ONLY = 0o600;

function keepFolder(path: string): void {
  // Systems that cannot open folders do without.
  if (process.platform === "win32") return;
  const folder = openSync(dirname(path), "r");
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

/** Opens what an earlier run left of a file, or begins it. Throws what the disk says. */
export function partialFile(path: string): PartialFile {
  const part = partOf(path);
  makeFolders(dirname(path));
  const length = existsSync(part) ? statSync(part).size : 0;
  const file = openSync(part, "a", OWNER_ONLY);
  let isOpen = true;
  const close = () => {
    if (isOpen) closeSync(file);
    isOpen = false;
  };
  return {
    length,
    append(piece) {
      for (let at = 0; at < piece.length; ) at += writeSync(file, piece, at);
    },
    bytes: () => new Uint8Array(readFileSync(part)),
    clear: () => ftruncateSync(file, 0),
    finish() {
      fsyncSync(file);
      close();
      renameSync(part, path);
      keepFolder(path);
    },
    close,
  };
}

/** Removes what an earlier run left. */
export const dropPart = (path: string): void => rmSync(partOf(path), { force: true });
