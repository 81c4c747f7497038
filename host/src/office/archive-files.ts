import { type Cbor, decodeCborItem, isFormatError } from "@cachet/firmware/wire";

/** A file of an archive is not what was written. */
export class ArchiveFault extends Error {
  readonly file: string;
  constructor(file: string, what: string) {
    super(`${file}: ${what}`);
    this.name = "ArchiveFault";
    this.file = file;
  }
}

/** Throws `ArchiveFault`. */
export const bad = (file: string, what: string): never => {
  throw new ArchiveFault(file, what);
};

/** The files of an archive by their names, `batches/T-0001-1-20.batch`. One is read whenever it is asked for: all of them may be more than memory holds. */
export interface ArchiveFiles {
  keys(): Iterable<string>;
  get(path: string): Uint8Array | undefined;
}

/** A file that must be there. */
export const fileOf = (files: ArchiveFiles, path: string): Uint8Array => files.get(path) ?? bad(path, "is missing");

/** The items of a CBOR sequence. */
export function itemsOf(files: ArchiveFiles, path: string): readonly Cbor[] {
  const bytes = fileOf(files, path);
  const items: Cbor[] = [];
  for (let at = 0; at < bytes.length; ) {
    try {
      const { value, end } = decodeCborItem(bytes, at);
      items.push(value);
      at = end;
    } catch (error) {
      if (!isFormatError(error)) throw error;
      bad(path, error.message);
    }
  }
  return items;
}

export const listOf = (path: string, item: Cbor | undefined): readonly Cbor[] =>
  Array.isArray(item) ? item : bad(path, "has an item that is no list");
