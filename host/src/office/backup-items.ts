import { type Cbor, decodeCbor, encodeCbor, isFormatError } from "@cachet/firmware/wire";
import { sha256InPieces } from "../ports/crypto.ts";
import type { ByteSource } from "../ports/large-file.ts";

/** A file is no backup, is damaged, or does not fit. Nothing of it counts. */
export class BackupFault extends Error {
  readonly isNewer: boolean;
  constructor(what: string, isNewer = false) {
    super(what);
    this.name = "BackupFault";
    this.isNewer = isNewer;
  }
}

const BYTES = 2 << 5;
/** Larger than any row. */
const ITEM_MAX = 2 ** 30;

/** Writes the items of a backup: each a byte string that holds one CBOR item, at the end the SHA-256 of all before it. */
export class ItemWriter {
  private readonly hasher = sha256InPieces();
  private readonly write: (bytes: Uint8Array) => void;

  constructor(write: (bytes: Uint8Array) => void) {
    this.write = write;
  }

  item(content: Cbor): void {
    const bytes = encodeCbor(encodeCbor(content));
    this.hasher.add(bytes);
    this.write(bytes);
  }

  /** Ends the file; gives its SHA-256. */
  end(): Uint8Array {
    const digest = this.hasher.digest();
    this.write(encodeCbor(digest));
    return digest;
  }
}

/** Reads them again. Throws `BackupFault` where the bytes are no items. */
export class ItemReader {
  private readonly hasher = sha256InPieces();
  private readonly source: ByteSource;

  constructor(source: ByteSource) {
    this.source = source;
  }

  private take(length: number): Uint8Array {
    const bytes = this.source.read(length);
    if (bytes.length < length) throw new BackupFault("it is cut off");
    return bytes;
  }

  /** The head of a byte string and what it holds. */
  private string(): { readonly head: Uint8Array; readonly content: Uint8Array } {
    const [first] = this.take(1);
    const size = first! - BYTES - 23;
    if (first! < BYTES || size > 4) throw new BackupFault("it is damaged: an item is none");
    const more = size <= 0 ? new Uint8Array() : this.take(2 ** (size - 1));
    const length = size <= 0 ? first! - BYTES : more.reduce((sum, byte) => 256 * sum + byte, 0);
    if (length > ITEM_MAX) throw new BackupFault("it is damaged: an item is none");
    const head = Uint8Array.of(first!, ...more);
    return { head, content: this.take(length) };
  }

  /** The first item: whatever is wrong with it, the file is none of ours. */
  first(): Cbor {
    try {
      return this.item();
    } catch (error) {
      throw error instanceof BackupFault ? new BackupFault("it is no backup of a ledger") : error;
    }
  }

  item(): Cbor {
    const { head, content } = this.string();
    this.hasher.add(head);
    this.hasher.add(content);
    try {
      return decodeCbor(content);
    } catch (error) {
      if (!isFormatError(error)) throw error;
      throw new BackupFault(`it is damaged: ${error.message}`);
    }
  }

  /** The end of the file; gives its SHA-256. Throws `BackupFault` where it is not that of what was read. */
  end(): Uint8Array {
    const digest = this.hasher.digest();
    const { head, content } = this.string();
    const isSame =
      head.length === 2 && content.length === digest.length && content.every((byte, i) => byte === digest[i]);
    if (!isSame) throw new BackupFault("it is damaged: its SHA-256 is another one");
    if (this.source.read(1).length > 0) throw new BackupFault("something follows its end");
    return digest;
  }
}
