import type { Storage, StoredFile } from "@cachet/firmware/hal";
import { happened, type Mishap, type Mishaps, type OperationKind, PowerCut } from "./mishap.ts";

/** One file in memory. Survives a power cut, torn as a real one may be. */
class SimFile implements StoredFile {
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

  /** An operation that happens as a whole or not at all. */
  private atomically(kind: OperationKind, change: () => void): void {
    const mishap = this.mishapOf(kind);
    if (mishap === null) {
      change();
      return;
    }
    const { when, torn } = mishap;
    if (when === "after" || (when === "inside" && happened(torn?.page ?? "old"))) change();
    throw new PowerCut(`${when} ${kind}`);
  }

  async append(bytes: Uint8Array): Promise<void> {
    const mishap = this.mishapOf(this.appendKind);
    if (mishap === null) return this.add(bytes);
    if (mishap.when === "inside") this.add(bytes.subarray(0, (bytes.length * (mishap.torn?.part ?? 128)) >> 8));
    if (mishap.when === "after") this.add(bytes);
    throw new PowerCut(`${mishap.when} ${this.appendKind}`);
  }

  async truncate(length: number): Promise<void> {
    this.atomically("file-truncate", () => {
      this.used = Math.min(this.used, length);
    });
  }

  async replace(bytes: Uint8Array): Promise<void> {
    this.atomically("file-replace", () => {
      this.content = bytes.slice();
      this.used = bytes.length;
    });
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
