import type { ImportOutcome } from "./batch-note.ts";
import type { BatchRead } from "./batch-read.ts";
import { importBatch } from "./import.ts";
import type { Ledger } from "./schema.ts";

/** A file that is read when its turn comes. */
export interface FileToImport {
  readonly name: string;
  read(): Uint8Array;
}

/** What became of a file, and of those that waited for it, in their order. */
export interface ImportedFile {
  readonly outcome: ImportOutcome;
  readonly waited: readonly { readonly name: string; readonly outcome: ImportOutcome }[];
}

/** Reads and verifies a file while others are written (`read-ahead.ts`); null where its import is to do that. */
export interface Ahead {
  read(file: Uint8Array): Promise<BatchRead | null>;
}

/** Files that are read ahead of the one that is being written. */
const FILES_AHEAD = 2;

/**
 * Imports files one after the other, each as `importBatch` does; while one is written to the ledger, `ahead` reads the next ones. Memory
 * does not grow with their number. `onImported` is told what became of each in its turn; what `read` throws ends it there. `at` in UTC
 * seconds.
 */
export async function importFiles(
  ledger: Ledger,
  files: readonly FileToImport[],
  at: number,
  onImported: (index: number, imported: ImportedFile) => void | Promise<void>,
  ahead: Ahead | null = null,
): Promise<void> {
  const begun = new Map<number, Promise<{ readonly file: Uint8Array; readonly read: BatchRead | null }>>();
  const begin = (index: number) => {
    if (index >= files.length || begun.has(index)) return;
    const reading = (async () => {
      const file = files[index]!.read();
      return { file, read: ahead === null ? null : await ahead.read(file) };
    })();
    // Looked at in its turn.
    reading.catch(() => {});
    begun.set(index, reading);
  };
  for (const [index, { name }] of files.entries()) {
    for (let next = index; next <= index + (ahead === null ? 0 : FILES_AHEAD); next += 1) begin(next);
    const { file, read } = await begun.get(index)!;
    begun.delete(index);
    const waited: { name: string; outcome: ImportOutcome }[] = [];
    const outcome = await importBatch(ledger, { name, file, read }, at, (waiting, its) => {
      waited.push({ name: waiting, outcome: its });
    });
    await onImported(index, { outcome, waited });
  }
}
