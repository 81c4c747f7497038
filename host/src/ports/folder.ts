import { existsSync, mkdirSync, renameSync, rmSync, statSync } from "node:fs";
import { dirname } from "node:path";

const isFolder = (path: string): boolean => existsSync(path) && statSync(path).isDirectory();

/**
 * Makes a folder and those above it that are missing, each with these rights. Throws what the disk says, EEXIST where a file has the name.
 * One after the other: the recursive call of Node 24 never returns where a file system refuses with ENOENT, as /proc does.
 */
export function makeFolders(path: string, mode = 0o777): void {
  if (isFolder(path)) return;
  const above = dirname(path);
  if (above !== path) makeFolders(above, mode);
  try {
    mkdirSync(path, { mode });
  } catch (error) {
    // Somebody else made it meanwhile.
    if ((error as { readonly code?: string }).code !== "EEXIST" || !isFolder(path)) throw error;
  }
}

const OWNER_ONLY = 0o700;

/**
 * Makes a new folder with all that is in it, for its owner alone: beside its place, then into it. Whatever `fill` throws leaves nothing there.
 * Throws what the disk says: EEXIST where something of that name, or of its draft's, is there.
 */
export async function writeFolder<T>(path: string, fill: (draft: string) => Promise<T>): Promise<T> {
  const draft = `${path}.new`;
  if (existsSync(path)) throw Object.assign(new Error(`${path} is there`), { code: "EEXIST", syscall: "mkdir" });
  mkdirSync(draft, { mode: OWNER_ONLY });
  try {
    const result = await fill(draft);
    renameSync(draft, path);
    return result;
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    throw error;
  }
}
