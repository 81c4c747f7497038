import type { Swipe } from "../hal/index.ts";
import { isStripeStart, swipeOfText, TRACKS_MAX } from "./stripe.ts";

const END = 0x3f;
/** A reader sends the tracks of one swipe without a rest: so long after the last byte of a whole track, there is no more. */
const REST_MS = 50;
/** So long without a byte in the middle of a track, and it is cut. */
const CUT_MS = 300;

/**
 * Stripe readers on a serial line: each swipe comes as text with sentinels, in a frame of the maker (lines, STX and ETX, or the data block
 * of MSR readers, ESC s ... FS). What stands around the tracks does not matter; a swipe ends when the reader rests. Times in
 * milliseconds, by a clock that nobody sets.
 */
export class SerialStripeReader {
  private readonly held = new Uint8Array(TRACKS_MAX + 1);
  private used = 0;
  private last = 0;

  /** Takes bytes as they came, and clears them. */
  bytes(chunk: Uint8Array, at: number): Swipe[] {
    const ended = this.rest(at);
    for (const byte of chunk) {
      // Frames begin with what is no track: it is not held.
      if (this.used === 0 && !isStripeStart(byte)) continue;
      // Held no further than too long.
      if (this.used < this.held.length) this.held[this.used] = byte;
      this.used = Math.min(this.used + 1, this.held.length);
      this.last = at;
    }
    chunk.fill(0);
    return ended;
  }

  /** When to call `rest`, at the latest; null while nothing is held. */
  get deadline(): number | null {
    if (this.used === 0) return null;
    return this.last + (this.held.subarray(0, this.used).includes(END) ? REST_MS : CUT_MS);
  }

  /** Ends a swipe whose reader has rested since. */
  rest(at: number): Swipe[] {
    const { deadline } = this;
    if (deadline === null || at < deadline) return [];
    const swipe = swipeOfText(this.held.subarray(0, this.used));
    this.used = 0;
    return [swipe];
  }
}
