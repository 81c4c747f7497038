/** Card u64, size u32, then so many bytes; integers big-endian. */
export const RECORD_START = 12;

/** One record of a card. */
export function recordOf(card: number, content: Uint8Array): Uint8Array {
  const record = new Uint8Array(RECORD_START + content.length);
  const view = new DataView(record.buffer);
  view.setUint32(0, Math.floor(card / 0x1_0000_0000));
  view.setUint32(4, card % 0x1_0000_0000);
  view.setUint32(8, content.length);
  record.set(content, RECORD_START);
  return record;
}

/** Knuth's multiplier: neighbours lie far from each other. */
const SPREAD = 0x9e37_79b1;
const FREE = 0;
const REMOVED = 0xffff_ffff;

/** Where one record stands. */
export interface CardPlace {
  readonly card: number;
  readonly at: number;
  readonly end: number;
}

/** Finds the records of cards among bytes, and forgets some of them: four bytes for each card, and as many free ones, where a map takes a hundred. */
export class CardPlaces {
  private readonly bytes: Uint8Array;
  private readonly view: DataView;
  /** Open addressing: 1 + where a record begins. */
  private readonly table: Uint32Array;
  size = 0;

  /** Throws `RangeError` on bytes that are no such records, or hold a card twice. */
  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let count = 0;
    for (let at = 0; at < bytes.length; at = this.endOf(at)) count += 1;
    let room = 2;
    while (room < 2 * count) room *= 2;
    this.table = new Uint32Array(room);
    for (let at = 0; at < bytes.length; at = this.endOf(at)) {
      const slot = this.slotOf(this.cardAt(at));
      if (this.table[slot] !== FREE) throw new RangeError("a card stands there twice");
      this.table[slot] = 1 + at;
      this.size += 1;
    }
  }

  private cardAt(at: number): number {
    return this.view.getUint32(at) * 0x1_0000_0000 + this.view.getUint32(at + 4);
  }

  private endOf(at: number): number {
    const end = at + RECORD_START + this.view.getUint32(at + 8);
    if (end > this.bytes.length) throw new RangeError("the last card is not whole");
    return end;
  }

  /** The slot of a card, or the free one where it would stand. */
  private slotOf(card: number): number {
    const { table } = this;
    const last = table.length - 1;
    let slot = (Math.imul(card % 0x1_0000_0000, SPREAD) >>> 7) & last;
    for (;;) {
      const place = table[slot]!;
      if (place === FREE || (place !== REMOVED && this.cardAt(place - 1) === card)) return slot;
      slot = (slot + 1) & last;
    }
  }

  /** A card's record; null where there is none, or none any more. */
  record(card: number): Uint8Array | null {
    const place = this.table[this.slotOf(card)]!;
    return place === FREE ? null : this.bytes.subarray(place - 1, this.endOf(place - 1));
  }

  remove(card: number): void {
    const slot = this.slotOf(card);
    if (this.table[slot] === FREE) return;
    this.table[slot] = REMOVED;
    this.size -= 1;
  }

  /** Those that were not removed, in their order. */
  *left(): Iterable<CardPlace> {
    for (let at = 0; at < this.bytes.length; ) {
      const [card, end] = [this.cardAt(at), this.endOf(at)];
      if (this.table[this.slotOf(card)] !== FREE) yield { card, at, end };
      at = end;
    }
  }
}
