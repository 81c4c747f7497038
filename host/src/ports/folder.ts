import { existsSync, mkdirSync } from "node:fs";
import { dirname } from "node:path";

/**
 * Makes a folder and those above it that are missing, each with these rights. Throws what the disk says.
 * One after the other: the recursive call of Node 24 never returns where a file system refuses with ENOENT, as /proc does.
 */
export function makeFolders(path: string, mode = 0o777): void {
  if (existsSync(path)) return;
  const above = dirname(path);
  if (above !== path) makeFolders(above, mode);
  try {
    mkdirSync(path, { mode });
  } catch (error) {
    // Somebody else made it meanwhile.
    if ((error as { readonly code?: string }).code !== "EEXIST") throw error;
  }
}
