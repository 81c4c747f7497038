import type { Day } from "@cachet/card-layout";
import type { Closing } from "./closings.ts";

/** Names of the files in an archive (docs/formats/archive.md). */
export const ARCHIVE = {
  about: "archive.json",
  audit: "audit.cbor",
  manifest: "manifest.sha256",
  signature: "manifest.sig",
  key: "keys/office.pem",
} as const;
export const ARCHIVE_FORMAT = "cachet/archive";
export const ARCHIVE_VERSION = 1;

/** What `archive.json` says. Bytes are hexadecimal, days are those since 2000 and written out beside it, times UTC seconds. */
export interface ArchiveAbout {
  readonly format: typeof ARCHIVE_FORMAT;
  readonly version: typeof ARCHIVE_VERSION;
  readonly made: number;
  /** The days that were asked for; null where every day was. */
  readonly from: string | null;
  readonly to: string | null;
  /** Public key of the office that signs the manifest; null where nobody does. */
  readonly office_key: string | null;
  readonly audit: { readonly rows: number; readonly head: string };
  readonly terminals: readonly ArchiveTerminal[];
  readonly batches: readonly ArchiveBatch[];
  readonly closings: readonly ArchiveClosing[];
}

export interface ArchiveTerminal {
  readonly number: number;
  readonly name: string;
  readonly merchant: number;
  readonly public_key: string;
  /** The entries that the archive covers: behind `after`, up to `to`. */
  readonly after: number;
  readonly to: number;
}

export interface ArchiveBatch {
  readonly file: string;
  readonly terminal: number;
  readonly first: number;
  readonly last: number;
}

export interface ArchiveClosing {
  readonly file: string;
  readonly kind: Closing["kind"];
  readonly day: Day;
  readonly date: string;
  readonly before: string;
  readonly hash: string;
  readonly postings: number;
  readonly totals: Closing["totals"];
  readonly perpetual: Closing["perpetual"];
  /** Of a day: what it took in of each terminal, its entries behind `after`, up to `to`; terminal 0 is the office. */
  readonly ends: readonly { readonly terminal: number; readonly after: number; readonly to: number }[];
}

/** What a value must be: `?` after a word allows null; a hash, or a key, is 32 bytes in hexadecimal; a list is of any length, each like its one item. */
type Shape =
  | "number"
  | "string"
  | "string?"
  | "hash"
  | "hash?"
  | "totals"
  | readonly [Shape]
  | { readonly [field: string]: Shape };

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function fits(value: unknown, shape: Shape): boolean {
  if (shape === "number") return Number.isSafeInteger(value);
  if (shape === "string") return typeof value === "string";
  if (shape === "string?") return value === null || typeof value === "string";
  if (shape === "hash") return typeof value === "string" && HASH.test(value);
  if (shape === "hash?") return value === null || fits(value, "hash");
  if (shape === "totals") return isRecord(value) && Object.values(value).every((sum) => fits(sum, SUM));
  if (Array.isArray(shape)) return Array.isArray(value) && value.every((item) => fits(item, shape[0]));
  if (!isRecord(value)) return false;
  const fields = Object.entries(shape);
  return Object.keys(value).length === fields.length && fields.every(([name, field]) => fits(value[name], field));
}

const HASH = /^[0-9a-f]{64}$/;
const SUM = { in: "number", out: "number" } as const;
const RANGE = { terminal: "number", after: "number", to: "number" } as const;
const ABOUT: Shape = {
  format: "string",
  version: "number",
  made: "number",
  from: "string?",
  to: "string?",
  office_key: "hash?",
  audit: { rows: "number", head: "hash" },
  terminals: [
    { number: "number", name: "string", merchant: "number", public_key: "hash", after: "number", to: "number" },
  ],
  batches: [{ file: "string", terminal: "number", first: "number", last: "number" }],
  closings: [
    {
      ...{ file: "string", kind: "string", day: "number", date: "string", before: "hash", hash: "hash" },
      ...{ postings: "number", totals: "totals", perpetual: "totals", ends: [RANGE] },
    },
  ],
};

/** Whether a value has the form of what `archive.json` says; what it says is for others to check. */
export const isAbout = (value: unknown): value is ArchiveAbout =>
  fits(value, ABOUT) &&
  (value as ArchiveAbout).format === ARCHIVE_FORMAT &&
  (value as ArchiveAbout).version === ARCHIVE_VERSION;
