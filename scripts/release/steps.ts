import { spawnSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../../", import.meta.url));

export type Arch = "x64" | "arm64";
/** As Debian names the architectures. */
export const DEBIAN_ARCH: Readonly<Record<Arch, string>> = { x64: "amd64", arm64: "arm64" };

/** What is the same for everything of one release. */
export interface Release {
  readonly version: string;
  /** Seconds since 1970 that every file bears. */
  readonly epoch: number;
  /** Packs quickly and loosely: for tests. */
  readonly isQuick: boolean;
  /** Where the release goes. */
  readonly out: string;
  /** Where it is put together. */
  readonly work: string;
}

/** The release cannot be made: what is wrong, and what to do. */
export class ReleaseFault extends Error {
  readonly next: string;
  constructor(problem: string, next: string) {
    super(problem);
    this.name = "ReleaseFault";
    this.next = next;
  }
}

/** Runs a program to its end and gives what it printed. Throws `ReleaseFault` with what it said. */
export function run(program: string, args: readonly string[], env: NodeJS.ProcessEnv = {}, cwd = ROOT): string {
  const ended = spawnSync(program, args, { cwd, encoding: "utf8", env: { ...process.env, LC_ALL: "C.UTF-8", ...env } });
  const { status, stdout, stderr, error } = ended;
  if (error !== undefined)
    throw new ReleaseFault(`${program}: ${error.message}`, "on Debian: npm test installs what is missing, as root");
  if (status !== 0) throw new ReleaseFault(`${program} ended with ${status}:\n${stderr}`, "put right what it names");
  return stdout;
}

/** Everything below a folder but folders, sorted, as paths from there. */
export const filesBelow = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();

export function write(path: string, content: string | Uint8Array, mode = 0o644): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  chmodSync(path, mode);
}

const EXECUTABLE = 0o111;

/** Copies a file; it stays executable. */
export function place(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true });
  copyFileSync(from, to);
  chmodSync(to, (statSync(from).mode & EXECUTABLE) === 0 ? 0o644 : 0o755);
}

/** Copies what `keeps` of a folder, by its path from there. */
export function placeFolder(from: string, to: string, keeps: (path: string) => boolean = () => true): void {
  for (const path of filesBelow(from)) if (keeps(path)) place(join(from, path), join(to, path));
}

/** Gives every folder the same rights, and everything the same time: what was here before a build leaves no trace. */
export function level(folder: string, epoch: number): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) level(path, epoch);
    else utimesSync(path, epoch, epoch);
  }
  chmodSync(folder, 0o755);
  utimesSync(folder, epoch, epoch);
}

export const readJson = <T>(path: string): T => JSON.parse(readFileSync(path, "utf8")) as T;
