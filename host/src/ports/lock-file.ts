import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { makeFolders } from "./folder.ts";

/** When a process started, by the system's own count; empty where the system does not say. Numbers of processes are used again. */
function startOf(pid: number): string {
  try {
    // proc(5): field 22, counted behind the name in brackets, which may hold anything.
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
  } catch {
    return "";
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as { readonly code?: string }).code === "EPERM";
  }
}

const nameOf = (pid: number): string => `${pid} ${startOf(pid)}`;

/** The process that holds a lock; null where it is gone, or the file names none. */
function holderOf(path: string): number | null {
  try {
    const held = readFileSync(path, "utf8");
    const pid = Number.parseInt(held, 10);
    return Number.isInteger(pid) && pid > 0 && isRunning(pid) && held === nameOf(pid) ? pid : null;
  } catch {
    return null;
  }
}

/**
 * Takes a lock that one process holds at a time, and gives what lets it go; the number of the process that holds it where
 * another one does. A lock whose process is gone is taken over. The lock appears whole or not at all: it is linked into place.
 */
export function takeLock(path: string): (() => void) | number {
  makeFolders(dirname(path), 0o700);
  const own = `${path}.${process.pid}.${performance.now()}`;
  writeFileSync(own, nameOf(process.pid), { mode: 0o600 });
  try {
    for (;;) {
      try {
        linkSync(own, path);
        return () => rmSync(path, { force: true });
      } catch (error) {
        if ((error as { readonly code?: string }).code !== "EEXIST") throw error;
        const holder = holderOf(path);
        if (holder !== null) return holder;
        setAside(path, `${own}.old`);
      }
    }
  } finally {
    rmSync(own, { force: true });
  }
}

/** Moves a lock that nobody holds out of the way. One that somebody took in that moment is put back. */
function setAside(path: string, old: string): void {
  try {
    renameSync(path, old);
    if (holderOf(old) !== null) linkSync(old, path);
  } catch {
    // Somebody else was faster; the next look tells who.
  }
  rmSync(old, { force: true });
}
