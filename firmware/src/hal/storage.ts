/** One append-only file that survives a power cut. */
export interface JournalFile {
  /** Everything that is stored; no bytes where the file was never written. After a power cut the last append may be there in part. */
  read(): Promise<Uint8Array>;
  /** Bytes `from` up to `to`, or as many of them as the file has. At once, as flash is read: nothing waits for it. */
  part(from: number, to: number): Uint8Array;
  /** How many bytes are stored. */
  size(): number;
  /** Durable once it resolves. Cut before that, any first part of `bytes` may remain. */
  append(bytes: Uint8Array): Promise<void>;
  /** Drops everything from `length` on: for what a cut append left behind. */
  truncate(length: number): Promise<void>;
}

/** One file of the terminal. */
export interface StoredFile extends JournalFile {
  /** Puts new content in the place of the old, whole or not at all: cut at any moment, the file holds the one or the other. */
  replace(bytes: Uint8Array): Promise<void>;
}

/** The terminal's files, by name. Nobody outside the supervisor has a path to them. */
export interface Storage {
  file(name: string): StoredFile;
}

/** The terminal's clock. */
export interface Clock {
  now(): { readonly utc: number; readonly offset: number; readonly suspect: boolean };
}

/** A clock that the supervisor may set. */
export interface SettableClock extends Clock {
  /** Sets the time and makes it trusted: `suspect` is false until the clock is reset. */
  set(utc: number): void;
}

/** Waiting, by a clock that nobody sets. */
export interface Timer {
  /** Calls `then` once after so many milliseconds; the answer calls it off. */
  after(ms: number, then: () => void): () => void;
}

/** Bytes that nobody can foretell: for keys and challenges. */
export interface Chance {
  bytes(size: number): Uint8Array;
}

/** A file could not be written: the storage is full, or refuses. What was there before is still there; an append may be there in part. */
export class StorageFault extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = "StorageFault";
  }
}
