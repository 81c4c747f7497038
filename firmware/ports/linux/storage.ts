import { type Storage, StorageFault, type StoredFile } from "../../src/hal/index.ts";
import { native } from "./native.ts";

const NAME = /^[a-z0-9][a-z0-9-]{0,40}$/;

const MAKE_ROOM = "make room on the disk of --state, then start this again";
const GIVE_RIGHTS = "give the folder of --state to the user that this runs as, then start this again";
/** What to do about what the system refused, by its own name. */
const NEXT: Readonly<Record<string, string>> = {
  EROFS: "look into the system's log why the disk takes no writes, mount it for writing, then start this again",
  EIO: "the disk has errors: move the folder of --state to another one, then start this there",
  ENOSPC: MAKE_ROOM,
  EDQUOT: MAKE_ROOM,
  EFBIG: MAKE_ROOM,
  EACCES: GIVE_RIGHTS,
  EPERM: GIVE_RIGHTS,
  EWOULDBLOCK: "end the other one, or give this one a folder of its own",
};

/** The disk refused something. What was stored before stands. */
export class DiskFault extends StorageFault {
  /** What to do about it. */
  readonly next: string;

  constructor(problem: string, code: string) {
    super(problem);
    this.name = "DiskFault";
    this.next = NEXT[code] ?? "put right what it names, then start this again";
  }
}

/** Does something on the disk. Throws `DiskFault` where the system refuses it. */
export function onDisk<T>(what: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const { code, message } = error as { readonly code?: string; readonly message: string };
    if (code === undefined) throw error;
    const problem = code === "EWOULDBLOCK" ? "another terminal is running in it" : message;
    throw new DiskFault(`${what}: ${problem}`, code);
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

/** The terminal's files in a folder, for this program alone. Throws `DiskFault`. */
export function openStorage(folder: string): Storage {
  onDisk(`opening ${folder}`, () => native.openFolder(folder));
  return {
    file(name) {
      if (!NAME.test(name)) throw new RangeError(`no name of a file: ${name}`);
      return new FolderFile(name);
    },
  };
}
