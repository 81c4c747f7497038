import { concat } from "@cachet/card-layout";
import type { SerialLine } from "@cachet/firmware/hal";
import { Pty } from "./pty.ts";

/** Bytes that wait for a client that does not read; the system holds some ten thousand more. Beyond, the oldest answers are dropped. */
const UNREAD_BYTES_MAX = 256 * 1024;
/** Bytes that wait for the terminal; beyond, the client has to wait. */
const UNSERVED_BYTES_MAX = 64 * 1024;
/** How soon a full line is tried again. */
const RETRY_MS = 2;
/** After so long a silence, what nobody has read is nobody's any more. */
const SILENCE_MS = 1_000;

/** The terminal's end of a line, from one start of the terminal to its stop. */
export interface LineEnd extends SerialLine {
  /** Takes the terminal off the line: waiting calls reject, what comes later is not for it. */
  close(): void;
}

const left = () => new Error("the terminal left the line");

/** Bytes as they came, for one start of a terminal. */
class Receiver {
  private chunks: Uint8Array[] = [];
  private waiting: { resolve(bytes: Uint8Array): void; reject(error: Error): void } | null = null;
  private ended = false;
  unserved = 0;

  take(bytes: Uint8Array): void {
    if (this.waiting === null) {
      this.chunks.push(bytes);
      this.unserved += bytes.length;
    } else {
      this.waiting.resolve(bytes);
      this.waiting = null;
    }
  }

  receive(): Promise<Uint8Array> {
    if (this.ended) return Promise.reject(left());
    if (this.chunks.length === 0) {
      return new Promise((resolve, reject) => {
        this.waiting = { resolve, reject };
      });
    }
    const bytes = concat(...this.chunks);
    this.chunks = [];
    this.unserved = 0;
    return Promise.resolve(bytes);
  }

  end(): void {
    this.ended = true;
    this.waiting?.reject(left());
    this.waiting = null;
  }
}

/** What happens to bytes on their way. */
export interface Disturbance {
  pass(bytes: Uint8Array): Uint8Array;
}

/**
 * A virtual serial port: a pseudo terminal that any program opens like a real one, with a terminal on its other end.
 *
 * Nothing is lost while a client reads, however slowly, up to 256 KiB of answers; beyond, the oldest answers go. As on a real port
 * nobody gets what was sent before he came: what lies unread when a request comes after a second of silence is dropped.
 */
export class PtyLine {
  /** The cable is in. Out, bytes go nowhere, in either direction, and the port stays. */
  isPlugged = true;
  /** What the cable does to bytes, on their way to the terminal and back. */
  disturbance: { readonly in: Disturbance; readonly out: Disturbance } | null = null;
  /** Bytes dropped because nobody read them. */
  droppedBytes = 0;
  private pty: Pty | null = null;
  private receiver: Receiver | null = null;
  private unread: Uint8Array[] = [];
  private unreadBytes = 0;
  private retry: NodeJS.Timeout | null = null;
  private activeAt = performance.now();

  /** Throws `PtyFault` where the system gives no pseudo terminal. */
  static async open(): Promise<PtyLine> {
    const line = new PtyLine();
    await line.appear();
    return line;
  }

  /** Makes the port where there is none. It may be another one than before. */
  async appear(): Promise<void> {
    this.pty ??= await Pty.open((bytes) => this.take(bytes));
  }

  /** The port disappears: a client finds the device gone. The terminal notices nothing. */
  disappear(): void {
    if (this.retry !== null) clearTimeout(this.retry);
    this.retry = null;
    this.unread = [];
    this.unreadBytes = 0;
    this.pty?.close();
    this.pty = null;
  }

  /** What a client opens; null where the port has disappeared. */
  get path(): string | null {
    return this.pty?.isOpen ? this.pty.path : null;
  }

  /** Puts a terminal on the line; one that was there before is off it. What comes while none is there is lost. */
  connect(): LineEnd {
    this.receiver?.end();
    const receiver = new Receiver();
    this.receiver = receiver;
    return {
      receive: () => {
        const bytes = receiver.receive();
        this.pty?.resume();
        return bytes;
      },
      send: async (bytes) => {
        if (this.receiver === receiver) this.put(bytes);
      },
      close: () => {
        receiver.end();
        if (this.receiver === receiver) this.receiver = null;
        this.pty?.resume();
      },
    };
  }

  private take(bytes: Uint8Array): void {
    const now = performance.now();
    if (now - this.activeAt > SILENCE_MS) this.dropUnread();
    this.activeAt = now;
    if (!this.isPlugged || this.receiver === null) return;
    const arrived = this.disturbance === null ? bytes : this.disturbance.in.pass(bytes);
    if (arrived.length > 0) this.receiver.take(arrived);
    if (this.receiver.unserved > UNSERVED_BYTES_MAX) this.pty?.pause();
  }

  private put(bytes: Uint8Array): void {
    if (this.pty === null || !this.isPlugged) return;
    const sent = this.disturbance === null ? bytes : this.disturbance.out.pass(bytes);
    if (sent.length === 0) return;
    this.unread.push(sent);
    this.unreadBytes += sent.length;
    // The first may be half on its way: those behind it go.
    while (this.unreadBytes > UNREAD_BYTES_MAX && this.unread.length > 2) {
      const [dropped] = this.unread.splice(1, 1);
      this.unreadBytes -= dropped!.length;
      this.droppedBytes += dropped!.length;
    }
    this.pump();
  }

  /** Hands the system as much as it takes. */
  private pump(): void {
    while (this.unread.length > 0 && this.retry === null && this.pty?.isOpen) {
      const [first] = this.unread as [Uint8Array];
      const written = this.pty.write(first);
      this.unreadBytes -= written;
      if (written > 0) this.activeAt = performance.now();
      if (written === first.length) this.unread.shift();
      else {
        this.unread[0] = first.subarray(written);
        this.retry = setTimeout(() => {
          this.retry = null;
          this.pump();
        }, RETRY_MS);
      }
    }
  }

  /** Forgets what nobody has read: here, and in the system's own store. */
  private dropUnread(): void {
    this.droppedBytes += this.unreadBytes + (this.pty?.drain() ?? 0);
    this.unread = [];
    this.unreadBytes = 0;
  }

  /** Ends the line for good, at both ends. */
  close(): void {
    this.disappear();
    this.receiver?.end();
    this.receiver = null;
  }
}
