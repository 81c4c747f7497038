import type { JournalFile } from "@cachet/firmware/hal";
import { type Mishaps, PowerCut } from "./mishap.ts";

/** The journal's file in memory. Survives a power cut, torn as a real one may be. */
export class SimJournalFile implements JournalFile {
  private content: Uint8Array;
  private readonly mishaps: () => Mishaps;

  constructor(mishaps: () => Mishaps, content: Uint8Array = new Uint8Array()) {
    this.mishaps = mishaps;
    this.content = content;
    this.used = content.length;
  }

  private used: number;

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

  async append(bytes: Uint8Array): Promise<void> {
    const mishap = this.mishaps().next("journal-append");
    if (mishap === null || mishap.what === "card") return this.add(bytes);
    if (mishap.when === "inside") this.add(bytes.subarray(0, (bytes.length * (mishap.torn?.part ?? 128)) >> 8));
    if (mishap.when === "after") this.add(bytes);
    throw new PowerCut(`${mishap.when} a journal append`);
  }

  async truncate(length: number): Promise<void> {
    this.used = Math.min(this.used, length);
  }
}
