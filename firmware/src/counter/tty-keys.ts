import { KeyReader, type KeyReaderEvent, type ScannerFraming } from "./key-reader.ts";

const ESC = 0x1b;
const BRACKET = 0x5b;
/** What belongs to one key of a keyboard comes as soon. */
const SEQUENCE_MS = 50;

/**
 * A tty as the keyboard of a terminal: keys, and stripe readers and scanners that stand for a keyboard. What a keyboard sends for one
 * key as several characters (ESC [ A for an arrow) comes out as one key. Times in milliseconds, by a clock that nobody sets.
 */
export class TtyKeys {
  private readonly keys: KeyReader;
  /** Begun: ESC, or ESC [. */
  private sequence = "";
  private last = 0;

  constructor(framing?: ScannerFraming) {
    this.keys = new KeyReader(framing);
  }

  /** Takes bytes as they came, and clears them. */
  bytes(chunk: Uint8Array, at: number): KeyReaderEvent[] {
    const events = this.rest(at);
    for (const byte of chunk) events.push(...this.byte(byte, at));
    chunk.fill(0);
    return events;
  }

  private byte(byte: number, at: number): KeyReaderEvent[] {
    this.last = at;
    if (this.sequence === "\x1b" && byte === BRACKET) {
      this.sequence = "\x1b[";
      return [];
    }
    if (this.sequence === "\x1b[") {
      // Digits and semicolons stand in the middle of longer ones; the whole of it is one key.
      if (byte < 0x40) return [];
      return this.end(String.fromCharCode(byte), at);
    }
    const before = this.sequence === "" ? [] : this.end("", at);
    if (byte !== ESC) return [...before, ...this.keys.key(byte, at)];
    this.sequence = "\x1b";
    return before;
  }

  private end(last: string, at: number): KeyReaderEvent[] {
    const character = this.sequence + last;
    this.sequence = "";
    return this.keys.pressed(character, at);
  }

  /** When to call `rest`, at the latest; null while nothing is held. */
  get deadline(): number | null {
    const { deadline } = this.keys;
    if (this.sequence === "") return deadline;
    return Math.min(this.last + SEQUENCE_MS, deadline ?? Number.POSITIVE_INFINITY);
  }

  /** Ends what has rested since. */
  rest(at: number): KeyReaderEvent[] {
    const events = this.keys.rest(at);
    if (this.sequence !== "" && at >= this.last + SEQUENCE_MS) events.push(...this.end("", at));
    return events;
  }
}
