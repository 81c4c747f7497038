import type { Storage, StoredFile } from "@cachet/firmware/hal";
import { happened, type Mishap, type Mishaps, type OperationKind, PowerCut } from "./mishap.ts";

/** How many of `whole` bytes a cut write leaves. */
const partOf = (whole: number, { torn }: Mishap): number => (whole * (torn?.part ?? 128)) >> 8;

/** One file in memory. Survives a power cut, torn as a real one may be. */
export class SimFile implements StoredFile {
  private content: Uint8Array;
  private used: number;
  private readonly appendKind: OperationKind;
  private readonly mishaps: () => Mishaps;

  constructor(appendKind: OperationKind, mishaps: () => Mishaps, content: Uint8Array) {
    this.appendKind = appendKind;
    this.mishaps = mishaps;
    this.content = content;
    this.used = content.length;
  }

  async read(): Promise<Uint8Array> {
    return this.content.slice(0, this.used);
  }

  part(from: number, to: number): Uint8Array {
    return this.content.slice(from, Math.min(to, this.used));
  }

  size(): number {
    return this.used;
  }

  private add(bytes: Uint8Array): void {
    if (this.used + bytes.length > this.content.length) {
      const grown = new Uint8Array(2 * (this.used + bytes.length) + 1_024);
      grown.set(this.content.subarray(0, this.used));
      this.content = grown;
    }
    this.content.set(bytes, this.used);
    this.used += bytes.length;
  }

  /** What an operation meets: null where nothing happens to it, a card that leaves included. */
  private mishapOf(kind: OperationKind): Mishap | null {
    const mishap = this.mishaps().next(kind);
    return mishap === null || mishap.what === "card" ? null : mishap;
  }

  async append(bytes: Uint8Array): Promise<void> {
    const mishap = this.mishapOf(this.appendKind);
    if (mishap === null) return this.add(bytes);
    if (mishap.when === "inside") this.add(bytes.subarray(0, partOf(bytes.length, mishap)));
    if (mishap.when === "after") this.add(bytes);
    throw new PowerCut(`${mishap.when} ${this.appendKind}`);
  }

  /** Cut inside, it leaves any part of what it was to drop. */
  async truncate(length: number): Promise<void> {
    const kept = Math.min(this.used, length);
    const mishap = this.mishapOf("file-truncate");
    if (mishap?.when === "inside") this.used = kept + partOf(this.used - kept, mishap);
    else if (mishap?.when !== "before") this.used = kept;
    if (mishap !== null) throw new PowerCut(`${mishap.when} file-truncate`);
  }

  /** Cut inside, it leaves the old content or the new: `torn.page` says which. */
  async replace(bytes: Uint8Array): Promise<void> {
    const mishap = this.mishapOf("file-replace");
    const isDone =
      mishap === null || mishap.when === "after" || (mishap.when === "inside" && happened(mishap.torn?.page ?? "old"));
    if (isDone) {
      this.content = bytes.slice();
      this.used = bytes.length;
    }
    if (mishap !== null) throw new PowerCut(`${mishap.when} file-replace`);
  }
}

/** The files of a simulated terminal, in memory. */
export class SimStorage implements Storage {
  private readonly files = new Map<string, SimFile>();
  private readonly mishaps: () => Mishaps;

  /** `contents`: what files hold at the start, by name. */
  constructor(mishaps: () => Mishaps, contents: Readonly<Record<string, Uint8Array>> = {}) {
    this.mishaps = mishaps;
    for (const [name, content] of Object.entries(contents)) this.files.set(name, this.newFile(name, content));
  }

  private newFile(name: string, content: Uint8Array): SimFile {
    return new SimFile(name === "journal" ? "journal-append" : "file-append", this.mishaps, content);
  }

  file(name: string): SimFile {
    const known = this.files.get(name) ?? this.newFile(name, new Uint8Array());
    this.files.set(name, known);
    return known;
  }

  /** Everything that lies in the flash, by name: to go on from here in several ways. */
  async contents(): Promise<Record<string, Uint8Array>> {
    const contents: Record<string, Uint8Array> = {};
    for (const [name, file] of this.files) contents[name] = await file.read();
    return contents;
  }
}

/** A journal's file by itself, holding this. */
export const journalFile = (mishaps: () => Mishaps, content: Uint8Array = new Uint8Array()): SimFile =>
  new SimStorage(mishaps, { journal: content }).file("journal");
