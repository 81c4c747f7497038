import { concat } from "@cachet/card-layout";
import type { SerialLine } from "../../src/hal/index.ts";
import { native } from "./native.ts";

/** Bytes that wait for somebody who does not read; beyond, the oldest are dropped. */
const UNSENT_BYTES_MAX = 256 * 1024;

interface Reader {
  resolve(bytes: Uint8Array): void;
  reject(error: Error): void;
}

/** A byte stream to the world outside, moved on by the loop. */
export class Stream implements SerialLine {
  readonly handle: number;
  isOpen = true;
  private readonly name: string;
  private reader: Reader | null = null;
  private isHeld = true;
  private unsent: Uint8Array[] = [];
  private unsentBytes = 0;

  /** Throws what the system says where it cannot be opened. */
  constructor(name: string) {
    this.name = name;
    this.handle = native.open(name);
  }

  /** What others open to reach it. */
  get path(): string {
    return native.path(this.handle);
  }

  get hasReader(): boolean {
    return this.reader !== null;
  }

  /** Bytes that it has not taken yet. */
  get unsentSize(): number {
    return this.unsentBytes;
  }

  get hasUnsent(): boolean {
    return this.unsentBytes > 0;
  }

  receive(): Promise<Uint8Array> {
    if (!this.isOpen) return Promise.reject(this.gone());
    return new Promise((resolve, reject) => {
      this.reader = { resolve, reject };
    });
  }

  async send(bytes: Uint8Array): Promise<void> {
    if (!this.isOpen || bytes.length === 0) return;
    this.unsent.push(bytes);
    this.unsentBytes += bytes.length;
    // The first may be half on its way: those behind it go.
    while (this.unsentBytes > UNSENT_BYTES_MAX && this.unsent.length > 2) {
      const [dropped] = this.unsent.splice(1, 1);
      this.unsentBytes -= dropped!.length;
    }
    this.push();
  }

  /** Takes what has come and sends what there is room for. */
  move(): void {
    this.push();
    const { reader } = this;
    if (reader === null || !this.isOpen) return;
    const bytes = native.receive(this.handle);
    if (bytes === null) this.close();
    else if (bytes.length > 0) {
      this.reader = null;
      reader.resolve(bytes);
    }
  }

  private push(): void {
    while (this.isOpen && this.unsent.length > 0) {
      const [first] = this.unsent as [Uint8Array];
      const sent = native.send(this.handle, first);
      if (sent === null) this.close();
      if (sent === null || sent === 0) return;
      this.unsentBytes -= sent;
      if (sent === first.length) this.unsent.shift();
      else this.unsent[0] = first.subarray(sent);
    }
  }

  /** Lets it go: nothing more comes or goes. */
  end(): void {
    this.close();
    if (this.isHeld) native.close(this.handle);
    this.isHeld = false;
  }

  private close(): void {
    this.isOpen = false;
    this.unsent = [];
    this.unsentBytes = 0;
    this.reader?.reject(this.gone());
    this.reader = null;
  }

  private gone(): Error {
    return new Error(`${this.name} is gone`);
  }
}

/** One line of text after the other off a stream, without their ends. */
export class Lines {
  private readonly stream: SerialLine;
  private readonly longest: number;
  private rest: Uint8Array = new Uint8Array();

  constructor(stream: SerialLine, longest: number) {
    this.stream = stream;
    this.longest = longest;
  }

  /** The next line; "too-long" for one that was dropped. Rejects once the stream is gone. */
  async next(): Promise<Uint8Array | "too-long"> {
    let isTooLong = false;
    for (;;) {
      const end = this.rest.indexOf(NEW_LINE);
      if (end >= 0) {
        const line = this.rest.slice(0, end);
        this.rest = this.rest.slice(end + 1);
        return isTooLong ? "too-long" : line;
      }
      if (this.rest.length > this.longest) {
        isTooLong = true;
        this.rest = new Uint8Array();
      }
      const more = await this.stream.receive();
      this.rest = this.rest.length === 0 ? more : concat(this.rest, more);
    }
  }

  /** What came of a line that is not whole is no part of the next one. */
  drop(): void {
    this.rest = new Uint8Array();
  }
}

const NEW_LINE = 0x0a;
