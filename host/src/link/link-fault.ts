/** Bytes that are kept of what came last, to be shown to people. */
export const HEARD_BYTES = 64;

/**
 * Nobody to talk to: `silent` (no byte came) · `garbled` (bytes came, and no answer among them) · `gone` (the device left).
 * What was asked for may have happened all the same: the answer may be what was lost.
 */
export class LinkFault extends Error {
  readonly problem: "silent" | "garbled" | "gone";
  /** The last bytes that came. */
  readonly heard: Uint8Array;
  constructor(problem: LinkFault["problem"], detail: string, heard: Uint8Array) {
    super(detail);
    this.name = "LinkFault";
    this.problem = problem;
    this.heard = heard;
  }
}

/** The last bytes of a stream. */
export class LastBytes {
  private bytes = new Uint8Array();
  /** How many came since the count was set to zero. */
  count = 0;

  add(more: Uint8Array): void {
    const all = new Uint8Array(this.bytes.length + more.length);
    all.set(this.bytes);
    all.set(more, this.bytes.length);
    this.bytes = all.slice(-HEARD_BYTES);
    this.count += more.length;
  }

  get last(): Uint8Array {
    return this.bytes.slice();
  }
}
