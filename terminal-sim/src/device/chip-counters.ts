import { type2 } from "@cachet/card-layout";
import { happened, type TornPage } from "./mishap.ts";

/** Counters have 24 bits (MF0ULX1 section 8, NTAG213/215/216 section 8.6). */
export const COUNTER_MAX = 0xff_ffff;
const COUNTERS = 3;
/** What CHECK_TEARING_EVENT answers after a cut; the data sheet only says that it is not BDh. */
const TORN = 0x00;

/** Three one-way counters with their tearing flags. The chip keeps each in two places, so that a cut leaves a whole value. */
export class ChipCounters {
  private readonly values: number[];
  private readonly torn = [false, false, false];

  /** Throws a RangeError for anything but up to three 24-bit values. */
  constructor(values: readonly number[]) {
    const whole = (value: number) => Number.isInteger(value) && value >= 0 && value <= COUNTER_MAX;
    if (values.length > COUNTERS || !values.every(whole))
      throw new RangeError("counters are up to three 24-bit values");
    this.values = Array.from({ length: COUNTERS }, (_, counter) => values[counter] ?? 0);
  }

  copy(): ChipCounters {
    const twin = new ChipCounters(this.values);
    for (let counter = 0; counter < COUNTERS; counter += 1) twin.torn[counter] = this.torn[counter]!;
    return twin;
  }

  /** Puts the torn flags back as a chip had them. */
  restoreFlags(torn: readonly boolean[]): void {
    for (let counter = 0; counter < COUNTERS; counter += 1) this.torn[counter] = torn[counter] ?? false;
  }

  has(counter: number): boolean {
    return Number.isInteger(counter) && counter >= 0 && counter < COUNTERS;
  }

  value(counter: number): number {
    return this.values[counter] ?? 0;
  }

  isTorn(counter: number): boolean {
    return this.torn[counter] ?? false;
  }

  /** Three bytes, least significant first. */
  bytes(counter: number): Uint8Array {
    const value = this.value(counter);
    return Uint8Array.of(value & 0xff, (value >> 8) & 0xff, value >> 16);
  }

  flag(counter: number): Uint8Array {
    return Uint8Array.of(this.isTorn(counter) ? TORN : type2.NOT_TORN);
  }

  private accepts(counter: number, by: number): boolean {
    return this.has(counter) && this.value(counter) + by <= COUNTER_MAX;
  }

  /**
   * Adds; false, and nothing happens, where the counter would pass its end. The flag is written with the value, so a whole
   * increment, of 0 as well, makes it valid again (Quarkslab's account of the tear-off attack on it; the data sheet is silent).
   */
  add(counter: number, by: number): boolean {
    if (!this.accepts(counter, by)) return false;
    this.values[counter] = this.value(counter) + by;
    this.torn[counter] = false;
    return true;
  }

  /**
   * An increment cut inside: the value is the old one or the new one, and the flag stays behind. A counter holds no zeros and no
   * mixture: "zero" and "weak" leave the old value, "mixed" the new one. Values that move back (CVE-2021-33881) are left out.
   */
  tear(counter: number, by: number, left: TornPage): void {
    if (!this.accepts(counter, by)) return;
    if (happened(left)) this.values[counter] = this.value(counter) + by;
    this.torn[counter] = true;
  }

  /** Goes up by one, and stays at its end. */
  tick(counter: number): void {
    this.values[counter] = Math.min(this.value(counter) + 1, COUNTER_MAX);
  }
}
