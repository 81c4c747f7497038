import { type Storage, StorageFault, type StoredFile } from "@cachet/firmware/hal";
import { decodeEntry } from "@cachet/firmware/wire";
import type { Faults } from "./fault.ts";
import { PowerCut } from "./mishap.ts";

/** Bytes of a frame in the journal's file before its entry. */
const FRAME_BYTES = 8;
/** First byte of an entry: a CBOR array of six. Marks, which stand between entries, are maps. */
const ENTRY_START = 0x86;

/** What is written with an append to the journal; null for marks, and for an entry that no fault waits for. */
function kindOf(name: string, bytes: Uint8Array): "intent" | "commit" | null {
  if (name !== "journal" || bytes[FRAME_BYTES] !== ENTRY_START) return null;
  const { kind } = decodeEntry(bytes.subarray(FRAME_BYTES));
  return kind === "intent" || kind === "commit" ? kind : null;
}

class FaultyFile implements StoredFile {
  private readonly name: string;
  private readonly file: StoredFile;
  private readonly faults: Faults;

  constructor(name: string, file: StoredFile, faults: Faults) {
    this.name = name;
    this.file = file;
    this.faults = faults;
  }

  read(): Promise<Uint8Array> {
    return this.file.read();
  }

  part(from: number, to: number): Uint8Array {
    return this.file.part(from, to);
  }

  size(): number {
    return this.file.size();
  }

  private checkRoom(): void {
    if (this.faults.isFull) throw new StorageFault(`writing ${this.name}: no space left`);
  }

  async append(bytes: Uint8Array): Promise<void> {
    this.checkRoom();
    const kind = kindOf(this.name, bytes);
    if (kind !== null && this.faults.cuts(`before-${kind}`)) throw new PowerCut(`before the journal's ${kind}`);
    await this.file.append(bytes);
    if (kind !== null && this.faults.cuts(`after-${kind}`)) throw new PowerCut(`after the journal's ${kind}`);
  }

  truncate(length: number): Promise<void> {
    return this.file.truncate(length);
  }

  async replace(bytes: Uint8Array): Promise<void> {
    this.checkRoom();
    await this.file.replace(bytes);
  }
}

/** A terminal's files, with what is planned to go wrong. */
export class FaultyStorage implements Storage {
  private readonly storage: Storage;
  private readonly faults: Faults;

  constructor(storage: Storage, faults: Faults) {
    this.storage = storage;
    this.faults = faults;
  }

  file(name: string): StoredFile {
    return new FaultyFile(name, this.storage.file(name), this.faults);
  }
}
