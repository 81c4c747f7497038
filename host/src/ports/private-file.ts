import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import { makeFolders } from "./folder.ts";

/** The calls of the file system that writing uses; tests let them fail one after the other. */
export interface Disk {
  readonly openSync: typeof openSync;
  readonly writeSync: (fd: number, bytes: Uint8Array, offset: number) => number;
  readonly fsyncSync: typeof fsyncSync;
  readonly closeSync: typeof closeSync;
  readonly renameSync: typeof renameSync;
  readonly rmSync: (path: string) => void;
}

const disk: Disk = {
  openSync,
  writeSync: (fd, bytes, offset) => writeSync(fd, bytes, offset),
  fsyncSync,
  closeSync,
  renameSync,
  rmSync: (path) => rmSync(path, { force: true }),
};

const OWNER_ONLY = 0o600;
const OWNER_ONLY_FOLDER = 0o700;
const OTHERS = 0o077;

/** What a file is written to before it takes its place; while it is there, nobody else writes. */
export const draftOf = (path: string): string => `${path}.new`;

/**
 * A private file could not be read or written:
 * `taken` (somebody else is writing it, or was cut off: the draft is there) · `absent` · `unreadable` · `unwritable`.
 * In every case the file is as it was.
 */
export class PrivateFileFault extends Error {
  readonly problem: "taken" | "absent" | "unreadable" | "unwritable";
  constructor(problem: PrivateFileFault["problem"], reason: string) {
    super(reason);
    this.name = "PrivateFileFault";
    this.problem = problem;
  }
}

const codeOf = (error: unknown): string => (error as { readonly code?: string }).code ?? String(error);

/** The bytes of a file of at most `max` bytes. Throws `PrivateFileFault`. */
export function readPrivate(path: string, max: number): Uint8Array {
  try {
    const { size } = statSync(path);
    if (size > max) throw new PrivateFileFault("unreadable", `${size} bytes, at most ${max}`);
    return new Uint8Array(readFileSync(path));
  } catch (error) {
    if (error instanceof PrivateFileFault) throw error;
    const code = codeOf(error);
    throw new PrivateFileFault(code === "ENOENT" || code === "ENOTDIR" ? "absent" : "unreadable", code);
  }
}

/** Whether others than the owner have rights to a file or folder. Never where the system has no such rights. */
export function isOpenToOthers(path: string): boolean {
  if (process.platform === "win32") return false;
  try {
    const stat = statSync(path);
    return (stat.isFile() || stat.isDirectory()) && (stat.mode & OTHERS) !== 0;
  } catch {
    return false;
  }
}

/** Makes the name itself last through a power cut. Systems that cannot open folders do without. */
function keepFolder(path: string): void {
  try {
    const folder = openSync(dirname(path), "r");
    try {
      fsyncSync(folder);
    } finally {
      closeSync(folder);
    }
  } catch {
    // The file is in its place either way; it is the name that might be lost with the power.
  }
}

function fill(file: number, bytes: Uint8Array, { writeSync, fsyncSync }: Disk): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
  fsyncSync(file);
}

function openDraft(path: string, { openSync }: Disk): number {
  try {
    makeFolders(dirname(path), OWNER_ONLY_FOLDER);
    return openSync(draftOf(path), "wx", OWNER_ONLY);
  } catch (error) {
    const code = codeOf(error);
    // A folder in the way of `mkdir` says EEXIST too; only a draft that is there means that somebody writes.
    throw new PrivateFileFault(code === "EEXIST" && existsSync(draftOf(path)) ? "taken" : "unwritable", code);
  }
}

/** Runs the steps that write; what the file system says becomes a fault, what `make` throws stays what it is. */
function written(path: string, draft: number, make: () => Uint8Array, disk: Disk): void {
  let step: "make" | "write" = "make";
  let isOpen = true;
  try {
    const bytes = make();
    step = "write";
    fill(draft, bytes, disk);
    disk.closeSync(draft);
    isOpen = false;
    disk.renameSync(draftOf(path), path);
  } catch (error) {
    try {
      if (isOpen) disk.closeSync(draft);
    } finally {
      disk.rmSync(draftOf(path));
    }
    throw step === "make" ? error : new PrivateFileFault("unwritable", codeOf(error));
  }
}

/** Ctrl-C or a closed window wait until the writing is over: they would leave the draft behind. */
function undisturbed(write: () => void): void {
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  const hold = () => {};
  for (const signal of signals) process.on(signal, hold);
  try {
    write();
  } finally {
    for (const signal of signals) process.off(signal, hold);
  }
}

/**
 * Writes a file that only its owner may read, whole or not at all: into a draft beside it, to the disk, then in its place.
 * `make` gives the new bytes and is called while the draft keeps other writers away: read the old ones there.
 * What `make` throws ends the writing. Throws `PrivateFileFault`; the file is then as it was.
 */
export function writePrivate(path: string, make: () => Uint8Array, on: Disk = disk): void {
  const place = existsSync(path) ? realpathSync(path) : path;
  undisturbed(() => {
    const draft = openDraft(place, on);
    written(place, draft, make, on);
    keepFolder(place);
  });
}
