import type { Ask } from "./passphrase.ts";

/** The part of a terminal that asking needs: `process.stdin` is one when somebody sits before it. */
export interface TerminalInput {
  readonly isTTY?: boolean;
  setRawMode(raw: boolean): unknown;
  on(event: "data" | "end" | "close", listener: (chunk: Uint8Array) => void): unknown;
  removeListener(event: "data" | "end" | "close", listener: (chunk: Uint8Array) => void): unknown;
  resume(): unknown;
  pause(): unknown;
}

const CTRL_C = 0x03;
const CTRL_D = 0x04;
const BACKSPACE = 0x08;
const NEWLINE = 0x0a;
const RETURN = 0x0d;
const CTRL_U = 0x15;
const ESCAPE = 0x1b;
const DELETE = 0x7f;
const ROOM = 4096;

/** One typed line, kept in bytes that can be overwritten. */
class Line {
  private readonly bytes = new Uint8Array(ROOM);
  private used = 0;

  private drop(): void {
    // One character of UTF-8: its continuation bytes and its first.
    while (this.used > 0) {
      this.used -= 1;
      const byte = this.bytes[this.used]!;
      this.bytes[this.used] = 0;
      if ((byte & 0xc0) !== 0x80) return;
    }
  }

  /** Takes one typed byte; says what it ends. */
  take(byte: number): "more" | "done" | "given-up" {
    if (byte === NEWLINE || byte === RETURN) return "done";
    if (byte === CTRL_C || byte === CTRL_D) return "given-up";
    if (byte === BACKSPACE || byte === DELETE) this.drop();
    else if (byte === CTRL_U) while (this.used > 0) this.drop();
    else if (byte >= 0x20 && this.used < ROOM) {
      this.bytes[this.used] = byte;
      this.used += 1;
    }
    return "more";
  }

  /** The line's bytes, and forgets them. */
  give(): Uint8Array {
    const given = this.bytes.slice(0, this.used);
    this.bytes.fill(0);
    return given;
  }
}

/** Asks on a terminal: the question goes to `say`, what is typed is shown nowhere. Null where nobody sits before it. */
export function hiddenAsk(input: TerminalInput, say: (text: string) => void): Ask | null {
  if (input.isTTY !== true) return null;
  return (question) =>
    new Promise((answer) => {
      const line = new Line();
      const end = (typed: Uint8Array | null) => {
        input.removeListener("data", onData);
        input.removeListener("end", onEnd);
        input.removeListener("close", onEnd);
        input.setRawMode(false);
        input.pause();
        say("\n");
        if (typed === null) line.give().fill(0);
        answer(typed);
      };
      const onEnd = () => end(null);
      const onData = (chunk: Uint8Array) => {
        // Arrow and function keys come as one chunk that begins with ESC: no part of a passphrase.
        if (chunk[0] === ESCAPE) return;
        for (const byte of chunk) {
          const told = line.take(byte);
          if (told === "more") continue;
          chunk.fill(0);
          return end(told === "done" ? line.give() : null);
        }
        chunk.fill(0);
      };
      input.setRawMode(true);
      input.on("data", onData);
      input.on("end", onEnd);
      input.on("close", onEnd);
      input.resume();
      say(question);
    });
}
