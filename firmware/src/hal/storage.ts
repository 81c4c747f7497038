/** One append-only file that survives a power cut. */
export interface JournalFile {
  /** Everything that is stored. After a power cut the last append may be there in part. */
  read(): Promise<Uint8Array>;
  /** Durable once it resolves. Cut before that, any first part of `bytes` may remain. */
  append(bytes: Uint8Array): Promise<void>;
  /** Drops everything from `length` on: for what a cut append left behind. */
  truncate(length: number): Promise<void>;
}

/** The terminal's clock. */
export interface Clock {
  now(): { readonly utc: number; readonly offset: number; readonly suspect: boolean };
}
