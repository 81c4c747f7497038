/** Gives equal things one number, in the order in which they first come up. */
export class Catalogue<T> {
  private readonly numbers = new Map<string | number, number>();
  readonly all: T[] = [];

  number(key: string | number, thing: T): number {
    const known = this.numbers.get(key);
    if (known !== undefined) return known;
    const number = this.all.push(thing) - 1;
    this.numbers.set(key, number);
    return number;
  }
}

/** Where a story stands, but for gains: numbers of the card and of each terminal's journal. */
export interface Place {
  readonly card: number;
  readonly journals: readonly [number, number];
}

const FIRST_ROOM = 1 << 16;

/** A catalogue of places for millions of them. */
export class Places {
  private parts = new Uint32Array(3 * FIRST_ROOM);
  /** Open addressing; number of the place + 1, 0 where there is none. */
  private cells = new Uint32Array(2 * FIRST_ROOM);
  private used = 0;

  get count(): number {
    return this.used;
  }

  at(number: number): Place {
    const [card, first, second] = this.parts.subarray(3 * number, 3 * number + 3);
    return { card: card!, journals: [first!, second!] };
  }

  number(card: number, first: number, second: number): number {
    const { parts } = this;
    let cell = this.cellOf(card, first, second);
    for (;;) {
      const there = this.cells[cell]!;
      if (there === 0) break;
      const at = 3 * (there - 1);
      if (parts[at] === card && parts[at + 1] === first && parts[at + 2] === second) return there - 1;
      cell = (cell + 1) & (this.cells.length - 1);
    }
    parts.set([card, first, second], 3 * this.used);
    this.used += 1;
    this.cells[cell] = this.used;
    if (2 * this.used >= this.cells.length) this.grow();
    return this.used - 1;
  }

  private cellOf(card: number, first: number, second: number): number {
    let hash = Math.imul(card, 0x9e3779b1) ^ Math.imul(first, 0x85ebca77) ^ Math.imul(second, 0xc2b2ae3d);
    hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
    return (hash ^ (hash >>> 13)) & (this.cells.length - 1);
  }

  private grow(): void {
    const parts = new Uint32Array(2 * this.parts.length);
    parts.set(this.parts);
    this.parts = parts;
    this.cells = new Uint32Array(2 * this.cells.length);
    for (let number = 0; number < this.used; number += 1) {
      const at = 3 * number;
      let cell = this.cellOf(parts[at]!, parts[at + 1]!, parts[at + 2]!);
      while (this.cells[cell] !== 0) cell = (cell + 1) & (this.cells.length - 1);
      this.cells[cell] = number + 1;
    }
  }
}
