import type { BadScan, Scan, Swipe } from "../hal/index.ts";
import { SCAN_MAX, scanOf } from "./scanned.ts";
import { isStripeStart, swipeOfText, TRACKS_MAX } from "./stripe.ts";

/** Readers that stand for a keyboard type far faster than people: characters that follow each other so soon are a burst. */
const BURST_MS = 50;
/** Nobody types so many keys at that speed: such a burst is a scan, and never comes out as keys. */
const SCAN_MIN = 6;
/** So long without a character in the middle of a stripe or a scan, and it is cut. */
const CUT_MS = 300;
/**
 * What comes behind a swipe or a scan that broke off is dropped until nothing came for so long: it may be the rest of a bank card that was
 * drawn slowly. Behind a whole bank card the shorter time does.
 */
const QUIET_MS = 1_000;
const ENTER = 0x0d;
const CAPACITY = Math.max(TRACKS_MAX, SCAN_MAX) + 1;

/** A key that somebody pressed, by its character. */
export interface PressedKey {
  readonly kind: "key";
  readonly character: string;
}
export type KeyReaderEvent = PressedKey | Swipe | Scan | BadScan;

/** What a scanner is set to send around each code: characters, as numbers. */
export interface ScannerFraming {
  /** Null: nothing before the code; then it is known by its speed. */
  readonly prefix: number | null;
  readonly suffix: number;
}

/** `typed`: may still be keys. `drop`: the rest of something that broke off. */
type Mode = "typed" | "stripe" | "scan" | "drop";

/**
 * Takes apart what comes as keys: those that people press, stripe readers and scanners in keyboard mode, on one keyboard or several,
 * set to the US layout. Times in milliseconds, by a clock that nobody sets. A bank card leaves nothing here but `bank-card`.
 */
export class KeyReader {
  private readonly framing: ScannerFraming;
  private readonly held = new Uint8Array(CAPACITY);
  private used = 0;
  private mode: Mode = "typed";
  /** The Enter behind a track came: another track may follow at once. */
  private isEnded = false;
  private last = 0;
  /** In `drop`: until nothing came for so long. */
  private quiet = QUIET_MS;

  constructor(framing: ScannerFraming = { prefix: null, suffix: ENTER }) {
    this.framing = framing;
  }

  /** Takes one character. */
  key(character: number, at: number): KeyReaderEvent[] {
    const events = this.rest(at);
    if (this.mode === "stripe" && this.isEnded && !isStripeStart(character)) events.push(...this.end());
    this.last = at;
    switch (this.mode) {
      case "typed":
        return [...events, ...this.typed(character)];
      case "stripe":
        this.isEnded = character === ENTER;
        if (!this.isEnded) this.hold(character);
        return events;
      case "scan":
        if (character === this.framing.suffix) return [...events, ...this.end()];
        this.hold(character);
        return events;
      default:
        return events;
    }
  }

  /** Takes a key that a keyboard sends as several characters. In the middle of a stripe or a scan it belongs to neither, and is lost. */
  pressed(character: string, at: number): KeyReaderEvent[] {
    const events = this.rest(at);
    if (this.mode !== "typed" || this.used >= SCAN_MIN) return events;
    return [...events, ...this.keys(), { kind: "key", character }];
  }

  /** When to call `rest`, at the latest; null while nothing is held. */
  get deadline(): number | null {
    if (this.mode === "drop") return this.last + this.quiet;
    if (this.mode === "typed") return this.used === 0 ? null : this.last + BURST_MS;
    return this.last + (this.isEnded ? BURST_MS : CUT_MS);
  }

  /** Ends what has rested since. */
  rest(at: number): KeyReaderEvent[] {
    const { deadline } = this;
    if (deadline === null || at < deadline) return [];
    if (this.mode === "drop") this.mode = "typed";
    else if (this.mode === "stripe" && this.isEnded) return this.end();
    else if (this.mode === "typed" && this.used < SCAN_MIN) return this.keys();
    else return this.cut();
    return [];
  }

  private hold(character: number): void {
    // Held no further than too long. What is no character of a byte is garbage anyway.
    if (this.used < CAPACITY) this.held[this.used] = character > 0x7e ? 0 : character;
    this.used = Math.min(this.used + 1, CAPACITY);
  }

  private typed(character: number): KeyReaderEvent[] {
    const { prefix, suffix } = this.framing;
    const isPrefix = prefix !== null && character === prefix;
    if (isPrefix || isStripeStart(character)) {
      // A long burst that a stripe runs into is neither.
      if (this.used >= SCAN_MIN) return this.cut();
      const events = this.keys();
      this.mode = isPrefix ? "scan" : "stripe";
      if (!isPrefix) this.hold(character);
      return events;
    }
    if (character === suffix && this.used >= SCAN_MIN) return this.end();
    if (character >= 0x20 && character <= 0x7e) {
      this.hold(character);
      return [];
    }
    // Not a character of a code: a key, unless it came in the middle of a burst.
    if (this.used >= SCAN_MIN) return this.cut("garbage");
    return [...this.keys(), { kind: "key", character: String.fromCodePoint(character) }];
  }

  /** What was typed slowly enough comes out as keys. */
  private keys(): PressedKey[] {
    const keys = [...this.held.subarray(0, this.used)].map(
      (one): PressedKey => ({ kind: "key", character: String.fromCharCode(one) }),
    );
    this.clear();
    return keys;
  }

  /** A whole swipe or scan. */
  private end(): KeyReaderEvent[] {
    const held = this.held.subarray(0, this.used);
    const isStripe = this.mode === "stripe";
    const event = isStripe ? swipeOfText(held) : scanOf(held);
    this.clear();
    if (isStripe && event.kind !== "account") this.drop(event.kind === "bank-card" ? CUT_MS : QUIET_MS);
    return [event];
  }

  /** A swipe or a scan that broke off; what follows is dropped with it. */
  private cut(why: "cut" | "garbage" = "cut"): KeyReaderEvent[] {
    const isStripe = this.mode === "stripe";
    this.clear();
    this.drop(QUIET_MS);
    return [isStripe ? { kind: "unreadable", why: "cut" } : { kind: "bad-scan", why }];
  }

  private drop(quiet: number): void {
    this.mode = "drop";
    this.quiet = quiet;
  }

  private clear(): void {
    this.held.fill(0);
    this.used = 0;
    this.mode = "typed";
    this.isEnded = false;
  }
}
