import { closeSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { makeFolders } from "./folder.ts";

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as { readonly code?: string }).code === "EPERM";
  }
}

function holderOf(path: string): number | null {
  try {
    const pid = Number(readFileSync(path, "utf8"));
    return Number.isInteger(pid) && pid > 0 && isRunning(pid) ? pid : null;
  } catch {
    return null;
  }
}

/**
 * Takes a lock that one process holds at a time, and gives what lets it go; the number of the process that holds it where
 * another one does. A lock whose process is gone is taken over.
 */
export function takeLock(path: string): (() => void) | number {
  makeFolders(dirname(path), 0o700);
  for (;;) {
    try {
      const file = openSync(path, "wx", 0o600);
      writeSync(file, String(process.pid));
      closeSync(file);
      return () => rmSync(path, { force: true });
    } catch (error) {
      if ((error as { readonly code?: string }).code !== "EEXIST") throw error;
      const holder = holderOf(path);
      if (holder !== null) return holder;
      rmSync(path, { force: true });
    }
  }
}
