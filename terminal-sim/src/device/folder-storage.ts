import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  rmSync,
  statSync,
} from "node:fs";
import { type FileHandle, open, readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { type Storage, StorageFault, type StoredFile } from "@cachet/firmware/hal";

const FILE_RIGHTS = 0o600;
const FOLDER_RIGHTS = 0o700;
/** What new content is written to before it takes its place; one that is left behind was never finished. */
const DRAFT = ".new";
const NAME = /^[a-z0-9][a-z0-9-]{0,40}$/;

const codeOf = (error: unknown): string | undefined => (error as { readonly code?: string }).code;

/** What the disk says, as the terminal knows it. What is no word of the disk is a defect, and stays what it is. */
function faultOf(error: unknown, what: string): unknown {
  const code = codeOf(error);
  return code === undefined ? error : new StorageFault(`${what}: ${code}`);
}

async function onDisk<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw faultOf(error, what);
  }
}

function onDiskAtOnce<T>(what: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw faultOf(error, what);
  }
}

/** Opens a file or folder for some work, and closes it whatever happens. */
async function opened<T>(path: string, flags: string, work: (file: FileHandle) => Promise<T>): Promise<T> {
  const file = await open(path, flags, FILE_RIGHTS);
  try {
    return await work(file);
  } finally {
    await file.close();
  }
}

class FolderFile implements StoredFile {
  private readonly folder: string;
  private readonly name: string;
  private readonly path: string;

  constructor(folder: string, name: string) {
    this.folder = folder;
    this.name = name;
    this.path = join(folder, name);
  }

  /** Makes the names in the folder last through a power cut. */
  private keepFolder(): Promise<void> {
    return opened(this.folder, "r", (folder) => folder.sync());
  }

  read(): Promise<Uint8Array> {
    return onDisk(`reading ${this.name}`, async () => {
      try {
        return Uint8Array.from(await readFile(this.path));
      } catch (error) {
        if (codeOf(error) === "ENOENT") return new Uint8Array();
        throw error;
      }
    });
  }

  part(from: number, to: number): Uint8Array {
    return onDiskAtOnce(`reading ${this.name}`, () => {
      const bytes = new Uint8Array(Math.max(0, Math.min(to, this.size()) - from));
      if (bytes.length === 0) return bytes;
      const file = openSync(this.path, "r");
      try {
        let got = 0;
        while (got < bytes.length) {
          const more = readSync(file, bytes, got, bytes.length - got, from + got);
          if (more === 0) break;
          got += more;
        }
        return bytes.subarray(0, got);
      } finally {
        closeSync(file);
      }
    });
  }

  size(): number {
    return onDiskAtOnce(`reading ${this.name}`, () => statSync(this.path, { throwIfNoEntry: false })?.size ?? 0);
  }

  append(bytes: Uint8Array): Promise<void> {
    return onDisk(`adding to ${this.name}`, async () => {
      const isNew = await opened(this.path, "a", async (file) => {
        const { size } = await file.stat();
        await file.writeFile(bytes);
        await file.sync();
        return size === 0;
      });
      if (isNew) await this.keepFolder();
    });
  }

  truncate(length: number): Promise<void> {
    return onDisk(`cutting ${this.name}`, async () => {
      if (!existsSync(this.path)) return;
      await opened(this.path, "r+", async (file) => {
        const { size } = await file.stat();
        if (length >= size) return;
        await file.truncate(length);
        await file.sync();
      });
    });
  }

  replace(bytes: Uint8Array): Promise<void> {
    return onDisk(`writing ${this.name}`, async () => {
      const draft = `${this.path}${DRAFT}`;
      await opened(draft, "w", async (file) => {
        await file.writeFile(bytes);
        await file.sync();
      });
      await rename(draft, this.path);
      await this.keepFolder();
    });
  }
}

/** A terminal's files in a folder of this computer, for its owner alone. One process at a time may use it: whoever opens it has taken a lock. */
export class FolderStorage implements Storage {
  private readonly folder: string;
  private readonly files = new Map<string, FolderFile>();

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** Makes the folder, but none above it, where it is missing, and removes what cut replacements left behind. Throws `StorageFault`. */
  static open(folder: string): FolderStorage {
    try {
      // One after the other: the recursive call of Node 24 never returns where a file system refuses with ENOENT.
      if (!existsSync(folder)) mkdirSync(folder, { mode: FOLDER_RIGHTS });
      chmodSync(folder, FOLDER_RIGHTS);
      for (const name of readdirSync(folder)) if (name.endsWith(DRAFT)) rmSync(join(folder, name));
    } catch (error) {
      throw faultOf(error, folder);
    }
    return new FolderStorage(folder);
  }

  /** Throws a `RangeError` for a name that no file of ours has. */
  file(name: string): StoredFile {
    if (!NAME.test(name)) throw new RangeError(`no name of a file: ${name}`);
    const known = this.files.get(name) ?? new FolderFile(this.folder, name);
    this.files.set(name, known);
    return known;
  }
}
