/**
 * Seeded chance: xoshiro128** (Blackman and Vigna), seeded by splitmix32. The same seed gives the same numbers everywhere.
 * For simulations only; nothing secret is drawn from it.
 */
export class Chance {
  private readonly state: Uint32Array;

  constructor(seed: number) {
    let mix = seed >>> 0;
    this.state = Uint32Array.from({ length: 4 }, () => {
      mix = (mix + 0x9e3779b9) >>> 0;
      let value = mix;
      value = Math.imul(value ^ (value >>> 16), 0x21f0aaad);
      value = Math.imul(value ^ (value >>> 15), 0x735a2d97);
      return (value ^ (value >>> 15)) >>> 0;
    });
  }

  private next(): number {
    const s = this.state as unknown as [number, number, number, number];
    const rotate = (value: number, by: number) => ((value << by) | (value >>> (32 - by))) >>> 0;
    const result = Math.imul(rotate(Math.imul(s[1], 5), 7), 9) >>> 0;
    const shifted = s[1] << 9;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= shifted;
    s[3] = rotate(s[3], 11);
    return result;
  }

  /** A whole number from 0 to `below` - 1, each as likely as the others. */
  below(below: number): number {
    const limit = 0x1_0000_0000 - (0x1_0000_0000 % below);
    for (;;) {
      const drawn = this.next();
      if (drawn < limit) return drawn % below;
    }
  }

  /** True in `chances` of `of` draws. */
  happens(chances: number, of: number): boolean {
    return this.below(of) < chances;
  }

  bytes(size: number): Uint8Array {
    return Uint8Array.from({ length: size }, () => this.below(256));
  }
}
