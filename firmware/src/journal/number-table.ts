/** A list of whole numbers that grows, each in so many bytes, big-endian: takes little memory, and is read from a file as it is. */
export class NumberTable {
  private readonly width: 2 | 4;
  private bytes: Uint8Array;
  private view: DataView;
  private count: number;

  /** `bytes`: what `written` gave; they belong to the table from now on. Throws `RangeError` on bytes that are no such table. */
  constructor(width: 2 | 4, bytes: Uint8Array = new Uint8Array()) {
    if (bytes.length % width !== 0) throw new RangeError(`not a table of numbers: ${bytes.length} bytes`);
    this.width = width;
    this.bytes = bytes;
    this.view = viewOf(bytes);
    this.count = bytes.length / width;
  }

  get length(): number {
    return this.count;
  }

  /** The number at a place; undefined where there is none. */
  at(place: number): number | undefined {
    if (!Number.isInteger(place) || place < 0 || place >= this.count) return undefined;
    return this.width === 2 ? this.view.getUint16(2 * place) : this.view.getUint32(4 * place);
  }

  push(value: number): void {
    const { width, count } = this;
    if ((count + 1) * width > this.bytes.length) {
      const grown = new Uint8Array(this.bytes.length + 1_024 + ((this.bytes.length >> 5) & ~3));
      grown.set(this.bytes);
      this.bytes = grown;
      this.view = viewOf(grown);
    }
    this.count += 1;
    this.set(count, value);
  }

  /** Takes the last number off; undefined where there is none. */
  pop(): number | undefined {
    const last = this.at(this.count - 1);
    if (last !== undefined) this.count -= 1;
    return last;
  }

  /** Changes a number that is there. */
  set(place: number, value: number): void {
    if (this.width === 2) this.view.setUint16(2 * place, value);
    else this.view.setUint32(4 * place, value);
  }

  /** All of it, as a copy. */
  written(): Uint8Array {
    return this.bytes.slice(0, this.count * this.width);
  }
}

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
