import { Chance } from "./chance.ts";

/** How often a byte is lost, changed in one bit, or followed by a strange one; each in millionths. */
export interface NoiseRates {
  readonly drop: number;
  readonly flip: number;
  readonly insert: number;
}

export const QUIET: NoiseRates = { drop: 0, flip: 0, insert: 0 };
const MILLION = 1_000_000;

/** A line that loses, changes and adds bytes. The same seed and the same bytes give the same noise. */
export class LineNoise {
  readonly rates: NoiseRates;
  /** Bytes that were lost, changed and added so far. */
  readonly counts = { dropped: 0, flipped: 0, inserted: 0 };
  private readonly chance: Chance;

  /** Throws a `RangeError` for a rate that is not 0 to a million. */
  constructor(rates: Partial<NoiseRates>, seed: number) {
    this.rates = { ...QUIET, ...rates };
    const isRate = (rate: number) => Number.isInteger(rate) && rate >= 0 && rate <= MILLION;
    if (!Object.values(this.rates).every(isRate)) throw new RangeError("rates are whole millionths");
    this.chance = new Chance(seed);
  }

  /** What comes out at the other end. */
  pass(bytes: Uint8Array): Uint8Array {
    const { drop, flip, insert } = this.rates;
    if (drop + flip + insert === 0) return bytes;
    const out: number[] = [];
    for (const byte of bytes) {
      if (this.chance.happens(drop, MILLION)) this.counts.dropped += 1;
      else if (this.chance.happens(flip, MILLION)) {
        this.counts.flipped += 1;
        out.push(byte ^ (1 << this.chance.below(8)));
      } else out.push(byte);
      if (this.chance.happens(insert, MILLION)) {
        this.counts.inserted += 1;
        out.push(this.chance.below(256));
      }
    }
    return Uint8Array.from(out);
  }
}
