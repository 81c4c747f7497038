import { concat } from "@cachet/card-layout";
import { type Refused, refused } from "../../wire/index.ts";
import type { Managed } from "./managed.ts";

const BATCH = /^\/batches\/(T-\d{4,5}-(\d{1,10})-(\d{1,10})\.batch)$/;
const INCOMING = "/lists/";
const LIST = /^\/lists\/[A-Za-z0-9._-]{1,64}$/;
/** A list of 20 000 blocked cards and as many credits stays well below. */
export const INCOMING_BYTES_MAX = 2 * 1024 * 1024;

/**
 * What the line sees as files: batches, sealed when somebody asks for them, and lists that come in. Keys, state, slots and the
 * journal have no name here.
 */
export class LineFolder {
  readonly incoming = INCOMING;
  private readonly managed: Managed;
  /** The batch that was asked for last: its bytes are the same whenever it is sealed, and a download asks many times. */
  private batch: { readonly name: string; readonly file: Uint8Array } | null = null;
  private list: {
    readonly name: string;
    readonly length: number | null;
    readonly parts: Uint8Array[];
    stored: number;
  } | null = null;

  constructor(managed: Managed) {
    this.managed = managed;
  }

  /** Whether a file of this name may be brought. */
  takes(name: string): boolean {
    return LIST.test(name);
  }

  /** A file's bytes; null where there is none of that name. */
  read(name: string): Uint8Array | null {
    if (this.list?.name === name) return concat(...this.list.parts);
    const found = BATCH.exec(name);
    if (found === null) return null;
    const [, file = "", first, last] = found;
    if (this.batch?.name === file) return this.batch.file;
    const sealed = this.managed.sealBatch(Number(first), Number(last));
    if (sealed === null || sealed.name !== file) return null;
    this.batch = { name: file, file: sealed.file };
    return sealed.file;
  }

  /**
   * Takes the next piece of a list. Lists are kept in memory until they are applied: one that was cut off is brought anew.
   * Answers the next offset.
   */
  write(
    name: string,
    off: number,
    piece: Uint8Array,
    length: number | undefined,
  ): number | Refused<"bad-offset" | "write-failed"> {
    if (off === 0) this.list = { name, length: length ?? null, parts: [], stored: 0 };
    if (this.list === null || this.list.name !== name || off !== this.list.stored) {
      return refused("bad-offset", `the next piece begins at ${this.list?.name === name ? this.list.stored : 0}`);
    }
    const end = off + piece.length;
    if (end > Math.min(this.list.length ?? INCOMING_BYTES_MAX, INCOMING_BYTES_MAX)) {
      return refused("write-failed", `${end} bytes, at most ${this.list.length ?? INCOMING_BYTES_MAX}`);
    }
    this.list.parts.push(piece);
    this.list.stored = end;
    return end;
  }

  /** A list that is there whole, taken out. Null where there is none of that name. */
  take(name: string): Uint8Array | null {
    const { list } = this;
    if (list === null || list.name !== name || (list.length !== null && list.stored !== list.length)) return null;
    this.list = null;
    return concat(...list.parts);
  }
}
