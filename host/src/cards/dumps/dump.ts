import type { Chip } from "@cachet/card-layout";

/** A counter as a dump gives it: the value READ_CNT would answer, and the byte CHECK_TEARING would (BD = never cut). */
export interface DumpCounter {
  readonly value: number;
  readonly tearing: number;
}

/** Memory of a Type 2 chip. It never holds the password or PACK: their pages are zeros, which is how the chip answers them. */
export interface Type2Dump {
  readonly family: "type2";
  /** From the version, or from the number of pages where no version is known; null: none of ours. */
  readonly chip: Chip | null;
  /** Seven bytes from pages 0 to 2, whose check bytes fit. */
  readonly uid: Uint8Array;
  /** The eight bytes of GET_VERSION; null where the file has none. */
  readonly version: Uint8Array | null;
  /** The 32 bytes of READ_SIG; null where the file has none or zeros. */
  readonly signature: Uint8Array | null;
  /** Counters 0, 1, 2. Tools write zero with flag zero for a counter they could not read, so that one is null too. */
  readonly counters: readonly (DumpCounter | null)[];
  /** Four bytes each, all pages of the chip; null = unknown. */
  readonly pages: readonly (Uint8Array | null)[];
}

/** Sixteen bytes of a MIFARE Classic. */
export interface ClassicBlock {
  /** Unknown bytes are zero here. */
  readonly bytes: Uint8Array;
  /** Bit i set: byte i is unknown. */
  readonly unknown: number;
}

/** Memory of a MIFARE Classic. It never holds a sector key: bytes 0 to 5 and 10 to 15 of a sector's last block are unknown. */
export interface ClassicDump {
  readonly family: "classic";
  /** Four or seven bytes; null where block 0 and the file name none. */
  readonly uid: Uint8Array | null;
  /** 20 (Mini), 64 (1K), 128 (2K) or 256 (4K). */
  readonly blocks: readonly ClassicBlock[];
}

export type Dump = Type2Dump | ClassicDump;

/** Formats that dumps come in; `proxmark-bin-48` is the older header of the Proxmark3 client, `bin` is memory and nothing else. */
export type DumpFormat = "flipper" | "proxmark-json" | "proxmark-bin" | "proxmark-bin-48" | "bin" | "eml" | "mct";

/** Why a file is no dump that can be read, and where: "line 12", "byte 56", "blocks.7"; null where it is the file as a whole. */
export interface DumpProblem {
  readonly ok: false;
  readonly problem: string;
  readonly place: string | null;
}

/** A file as read. Warnings are sentences for a person; none of them holds bytes of a key. */
export type DumpReading =
  | { readonly ok: true; readonly dump: Dump; readonly format: DumpFormat; readonly warnings: readonly string[] }
  | DumpProblem;

export function dumpProblem(problem: string, place: string | null = null): DumpProblem {
  return { ok: false, problem, place };
}
