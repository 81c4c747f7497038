import { type Storage, StorageFault, type StoredFile } from "../../src/hal/index.ts";
import { native } from "./native.ts";

const NAME = /^[a-z0-9][a-z0-9-]{0,40}$/;

/** Does something on the disk; what the system refuses is a fault of the storage. */
function onDisk<T>(what: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const { code, message } = error as { readonly code?: string; readonly message: string };
    if (code === "EWOULDBLOCK") throw new StorageFault(`${what}: another terminal is running in it`);
    throw code === undefined ? error : new StorageFault(`${what}: ${message}`);
  }
}

class FolderFile implements StoredFile {
  private readonly name: string;

  constructor(name: string) {
    this.name = name;
  }

  async read(): Promise<Uint8Array> {
    return onDisk("reading", () => native.read(this.name)) ?? new Uint8Array();
  }

  part(from: number, to: number): Uint8Array {
    return onDisk("reading", () => native.readPart(this.name, from, to)) ?? new Uint8Array();
  }

  size(): number {
    return onDisk("reading", () => native.size(this.name));
  }

  async append(bytes: Uint8Array): Promise<void> {
    onDisk("adding to", () => native.append(this.name, bytes));
  }

  async truncate(length: number): Promise<void> {
    onDisk("cutting", () => native.truncate(this.name, length));
  }

  async replace(bytes: Uint8Array): Promise<void> {
    onDisk("writing", () => native.replace(this.name, bytes));
  }
}

/** The terminal's files in a folder, for this program alone. Throws `StorageFault`. */
export function openStorage(folder: string): Storage {
  onDisk(`opening ${folder}`, () => native.openFolder(folder));
  return {
    file(name) {
      if (!NAME.test(name)) throw new RangeError(`no name of a file: ${name}`);
      return new FolderFile(name);
    },
  };
}
