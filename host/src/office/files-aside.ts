import { inspectBatch, isFormatError } from "@cachet/firmware/wire";
import type { Ledger } from "./schema.ts";

/** Why files are set aside whose entries the terminal still has: they can be collected again, whole. The others are for somebody to judge. */
const DAMAGED: readonly string[] = [
  "unfinished",
  "not-a-batch",
  "bad-signature",
  "broken-chain",
  "bad-entry",
  "wrong-totals",
];

/** A file that was set aside. */
export interface FileAside {
  readonly name: string;
  /** The reason, a colon and what was found. */
  readonly detail: string;
  /** 0, and null, where the file does not say of whom it is in a way that can be checked. */
  readonly terminal: number;
  readonly first: number | null;
  /** It was damaged, and all entries that it names are in the ledger by now: another file brought them. */
  readonly isMadeGood: boolean;
}

/** What a file says of itself, unchecked: good enough to tell whether it is still missed. */
function named(file: Uint8Array): { readonly terminal: number; readonly last: number } | null {
  try {
    const { header } = inspectBatch(file);
    if (!(header instanceof Map)) return null;
    const [terminal, last] = [header.get(3), header.get(5)];
    return typeof terminal === "number" && typeof last === "number" ? { terminal, last } : null;
  } catch (error) {
    if (!isFormatError(error)) throw error;
    return null;
  }
}

/** Files that are set aside, as they came. */
export async function filesAside(ledger: Ledger): Promise<readonly FileAside[]> {
  const rows = await ledger
    .selectFrom("batch")
    .select(["name", "detail", "terminal", "first", "file"])
    .where("status", "=", "quarantined")
    .orderBy("arrival")
    .execute();
  if (rows.length === 0) return [];
  const terminals = await ledger.selectFrom("terminal").select(["number", "imported_to"]).execute();
  const importedTo = new Map(terminals.map(({ number, imported_to }) => [number, imported_to]));
  return rows.map(({ file, ...row }) => {
    const claim = file !== null && DAMAGED.includes(row.detail.split(":")[0]!) ? named(file) : null;
    return { ...row, isMadeGood: claim !== null && claim.last <= (importedTo.get(claim.terminal) ?? 0) };
  });
}

/** Those among them that somebody has to look at. */
export const missedFiles = async (ledger: Ledger): Promise<readonly FileAside[]> =>
  (await filesAside(ledger)).filter(({ isMadeGood }) => !isMadeGood);
