import type { StoredFile } from "@cachet/firmware/hal";
import { happened, type Mishap, type Mishaps, PowerCut } from "./mishap.ts";

/** How many of `whole` bytes a cut write leaves. */
const partOf = (whole: number, { torn }: Mishap): number => (whole * (torn?.part ?? 128)) >> 8;

/** The journal's file in memory. Survives a power cut, torn as a real one may be. */
export class SimJournalFile implements StoredFile {
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
    if (mishap.when === "inside") this.add(bytes.subarray(0, partOf(bytes.length, mishap)));
    if (mishap.when === "after") this.add(bytes);
    throw new PowerCut(`${mishap.when} a journal append`);
  }

  /** Cut inside, it leaves the old content or the new: `torn.page` says which. */
  async replace(bytes: Uint8Array): Promise<void> {
    const mishap = this.mishaps().next("file-replace");
    const isCut = mishap !== null && mishap.what === "power";
    const isDone =
      !isCut || mishap.when === "after" || (mishap.when === "inside" && happened(mishap.torn?.page ?? "old"));
    if (isDone) {
      this.content = bytes.slice();
      this.used = bytes.length;
    }
    if (isCut) throw new PowerCut(`${mishap.when} the replacement of a file`);
  }

  /** Cut inside, it leaves any part of what it was to drop. */
  async truncate(length: number): Promise<void> {
    const kept = Math.min(this.used, length);
    const mishap = this.mishaps().next("file-truncate");
    if (mishap === null || mishap.what === "card") {
      this.used = kept;
      return;
    }
    if (mishap.when === "inside") this.used = kept + partOf(this.used - kept, mishap);
    if (mishap.when === "after") this.used = kept;
    throw new PowerCut(`${mishap.when} the truncation of a file`);
  }
}
