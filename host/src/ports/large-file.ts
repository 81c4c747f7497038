import { closeSync, fsyncSync, openSync, readSync, renameSync, rmSync, writeSync } from "node:fs";

/** Bytes one after the other: of a file, or of anything that is read from its beginning to its end. */
export interface ByteSource {
  /** The next bytes; fewer only at the end. */
  read(length: number): Uint8Array;
}

const OWNER_ONLY = 0o600;
/** What is read from the disk at once. */
const BLOCK = 1 << 20;

/** What lies in memory, as a source. */
export function sourceOf(bytes: Uint8Array): ByteSource {
  let at = 0;
  return {
    read(length) {
      const piece = bytes.subarray(at, at + length);
      at += piece.length;
      return piece;
    },
  };
}

/** Reads a file that may be larger than memory, from its beginning, and closes it. Throws what the disk says. */
export async function readLarge<T>(path: string, use: (source: ByteSource) => Promise<T>): Promise<T> {
  const file = openSync(path, "r");
  let block = new Uint8Array();
  const more = (wanted: number): Uint8Array => {
    const next = new Uint8Array(Math.max(wanted, BLOCK));
    let filled = 0;
    while (filled < wanted) {
      const got = readSync(file, next, filled, next.length - filled, null);
      if (got === 0) break;
      filled += got;
    }
    return next.subarray(0, filled);
  };
  const read = (length: number): Uint8Array => {
    if (block.length < length) {
      const rest = more(length - block.length);
      const joined = new Uint8Array(block.length + rest.length);
      joined.set(block);
      joined.set(rest, block.length);
      block = joined;
    }
    const piece = block.slice(0, length);
    block = block.subarray(piece.length);
    return piece;
  };
  try {
    return await use({ read });
  } finally {
    closeSync(file);
  }
}

/**
 * Writes a file in pieces, for its owner alone: beside its place, to the disk, then into it. Whatever `fill` throws, and what the disk
 * says, leaves the place as it was.
 */
export async function writeLarge<T>(
  path: string,
  fill: (write: (bytes: Uint8Array) => void) => Promise<T>,
): Promise<T> {
  const draft = `${path}.new`;
  const file = openSync(draft, "wx", OWNER_ONLY);
  let isOpen = true;
  try {
    const result = await fill((bytes) => {
      for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
    });
    fsyncSync(file);
    closeSync(file);
    isOpen = false;
    renameSync(draft, path);
    return result;
  } catch (error) {
    if (isOpen) closeSync(file);
    rmSync(draft, { force: true });
    throw error;
  }
}
