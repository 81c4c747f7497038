import type { BadScan, Scan, Swipe } from "../hal/index.ts";
import { SCAN_MAX, scanOf } from "./scanned.ts";

/** What scanners send behind a code, whichever they are set to: end of text, tab, line feed, carriage return. */
const ENDS: readonly number[] = [0x03, 0x09, 0x0a, 0x0d];
/** And before it. */
const START_OF_TEXT = 0x02;
/** So long without a byte, and the code ends: some scanners are set to send nothing behind it. */
const REST_MS = 100;

/** Scanners on a serial line: each code with its suffix. Times in milliseconds, by a clock that nobody sets. */
export class SerialScanner {
  private readonly held = new Uint8Array(SCAN_MAX + 1);
  private used = 0;
  private last = 0;

  /** Takes bytes as they came, and clears them. */
  bytes(chunk: Uint8Array, at: number): (Scan | BadScan | Swipe)[] {
    const scans = this.rest(at);
    for (const byte of chunk) {
      if (ENDS.includes(byte)) scans.push(...this.end());
      else if (byte !== START_OF_TEXT) {
        // Held no further than too long.
        if (this.used < this.held.length) this.held[this.used] = byte;
        this.used = Math.min(this.used + 1, this.held.length);
        this.last = at;
      }
    }
    chunk.fill(0);
    return scans;
  }

  /** When to call `rest`, at the latest; null while nothing is held. */
  get deadline(): number | null {
    return this.used === 0 ? null : this.last + REST_MS;
  }

  /** Ends a code whose scanner has rested since. */
  rest(at: number): (Scan | BadScan | Swipe)[] {
    const { deadline } = this;
    return deadline === null || at < deadline ? [] : this.end();
  }

  private end(): (Scan | BadScan | Swipe)[] {
    if (this.used === 0) return [];
    const scan = scanOf(this.held.subarray(0, this.used));
    this.used = 0;
    return [scan];
  }
}
