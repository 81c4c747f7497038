import { type Batch, readBatch } from "@cachet/firmware/wire";
import { sha256, verifyEd25519 } from "../ports/crypto.ts";
import { type Meaning, meaningOf } from "./meaning.ts";

/** A batch that was read and verified without a ledger, and what it means. Plain values: it may come from another thread. */
export interface BatchRead extends Pick<Batch, "seal" | "trailer"> {
  /** SHA-256 of the file. */
  readonly hash: Uint8Array;
  /** The merchant that its terminal was taken to be enrolled for. */
  readonly merchant: number;
  readonly meaning: Meaning;
}

/** Who seals a batch, as the ledger knows it: neither ever changes. */
export interface Sealer {
  readonly terminal: number;
  readonly merchant: number;
  readonly publicKey: Uint8Array;
}

/** Reads a batch that is good by itself. Null where it is not: what is wrong with it, its import says. */
export function readAlone(file: Uint8Array, { terminal, merchant, publicKey }: Sealer): BatchRead | null {
  const reading = readBatch(file, sha256, verifyEd25519, (number) => (number === terminal ? publicKey : null));
  if (!reading.ok) return null;
  const { seal, trailer, entries } = reading.batch;
  const meaning = meaningOf(terminal, merchant, entries);
  return meaning.fault === null ? { seal, trailer, hash: sha256(file), merchant, meaning } : null;
}
