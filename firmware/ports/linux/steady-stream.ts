import type { SerialLine } from "../../src/hal/index.ts";
import type { Loop } from "./loop.ts";
import { native } from "./native.ts";
import { Stream } from "./stream.ts";

/** How often somebody looks whether a device is back. */
const LOOK_MS = 1_000;
/** One's own input and output do not come back. */
const OWN = "-";

/** Told when the other side went away, and when it is there again. */
export interface StreamWatch {
  gone(): void;
  back(): void;
}

const NOBODY: StreamWatch = { gone() {}, back() {} };

/** A stream whose other side may go away: it is opened again once that is back, and the log says both. */
export class SteadyStream implements SerialLine {
  private readonly what: string;
  private readonly name: string;
  private readonly loop: Loop;
  private readonly watch: StreamWatch;
  private stream: Stream | null;
  private back: Promise<void> = Promise.resolve();

  /** `what`: its name in the log. Throws what the system says where it is not there at first. */
  constructor(what: string, name: string, loop: Loop, watch: StreamWatch = NOBODY) {
    this.what = what;
    this.name = name;
    this.loop = loop;
    this.watch = watch;
    this.stream = this.open();
  }

  private open(): Stream {
    const stream = new Stream(this.name);
    this.loop.add(stream);
    return stream;
  }

  /** What others open to reach it; empty while it is gone. */
  get path(): string {
    return this.stream?.path ?? "";
  }

  /** Never rejects, unless nothing brings it back. */
  async receive(): Promise<Uint8Array> {
    for (;;) {
      await this.back;
      try {
        return await this.stream!.receive();
      } catch (error) {
        if (this.name === OWN) throw error;
        this.lose();
      }
    }
  }

  /** What is sent while it is gone is lost. */
  async send(bytes: Uint8Array): Promise<void> {
    await this.stream?.send(bytes);
  }

  private lose(): void {
    if (this.stream === null) return;
    this.stream.end();
    this.stream = null;
    native.say(`${this.what} ${this.name} is gone`);
    this.watch.gone();
    this.back = new Promise((resolve) => this.look(resolve));
  }

  private look(resolve: () => void): void {
    this.loop.after(LOOK_MS, () => {
      try {
        this.stream = this.open();
      } catch {
        return this.look(resolve);
      }
      native.say(`${this.what} ${this.name} is back`);
      resolve();
      this.watch.back();
    });
  }
}
