import { Worker } from "node:worker_threads";

/** What a module that runs in a thread exports as `answer`. Buffers in `transfer` go over without being copied. */
export type Answer<Asked, Given> = (asked: Asked) => {
  readonly given: Given;
  readonly transfer: readonly ArrayBuffer[];
};

interface Waiting<Given> {
  readonly resolve: (given: Given) => void;
  readonly reject: (error: unknown) => void;
}

interface Message<Given> {
  readonly id: number;
  readonly given: Given;
  readonly error?: unknown;
}

/** Lets in what other threads have sent meanwhile: work that never waits for anything outside keeps it out. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/**
 * A module that works in a thread of its own, beside this one: asked one thing after the other, it gives the answers of its `answer`, or
 * throws what that threw. What crosses is plain values and bytes.
 */
export class Thread<Asked, Given> {
  private readonly worker: Worker;
  private readonly waiting = new Map<number, Waiting<Given>>();
  private asks = 0;
  private isUp = false;
  /** Resolves once it has started: what it is asked before then waits for that. */
  readonly started: Promise<void>;

  constructor(module: URL) {
    this.worker = new Worker(new URL("./thread-start.mjs", import.meta.url), { workerData: module.href });
    this.started = new Promise((resolve) => {
      this.worker.once("message", () => {
        this.isUp = true;
        resolve();
      });
    });
    this.worker.on("message", ({ id, given, error }: Message<Given>) => {
      const waiting = this.waiting.get(id);
      this.waiting.delete(id);
      if (error === undefined) waiting?.resolve(given);
      else waiting?.reject(error);
    });
    this.worker.on("error", (error) => this.stop(error));
    this.worker.on("exit", () => this.stop(new Error(`the thread of ${module.href} ended`)));
  }

  private stop(error: unknown): void {
    for (const { reject } of this.waiting.values()) reject(error);
    this.waiting.clear();
  }

  async hasStarted(): Promise<boolean> {
    if (!this.isUp) await turn();
    return this.isUp;
  }

  ask(asked: Asked): Promise<Given> {
    return new Promise((resolve, reject) => {
      this.asks += 1;
      this.waiting.set(this.asks, { resolve, reject });
      this.worker.postMessage({ id: this.asks, asked });
    });
  }

  async end(): Promise<void> {
    await this.worker.terminate();
  }
}
