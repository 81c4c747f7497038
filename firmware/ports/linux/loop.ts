import type { Timer } from "../../src/hal/index.ts";
import { native } from "./native.ts";
import type { Stream } from "./stream.ts";

const FOREVER_MS = 60_000;

interface Waiting {
  readonly at: number;
  readonly then: () => void;
}

/** Waits for everything that a terminal waits for: bytes, room for bytes, and time. */
export class Loop implements Timer {
  private waiting: readonly Waiting[] = [];
  private streams: Stream[] = [];

  after(ms: number, then: () => void): () => void {
    const one = { at: native.steady() + ms, then };
    // In the order in which they fall due.
    const behind = this.waiting.findIndex(({ at }) => at > one.at);
    this.waiting = behind < 0 ? [...this.waiting, one] : this.waiting.toSpliced(behind, 0, one);
    return () => {
      this.waiting = this.waiting.filter((other) => other !== one);
    };
  }

  add(stream: Stream): void {
    this.streams.push(stream);
  }

  /** Waits for the next thing and lets it happen. True once the program was asked to end. */
  turn(): boolean {
    if (this.streams.some(({ isOpen }) => !isOpen)) this.streams = this.streams.filter(({ isOpen }) => isOpen);
    const open = this.streams;
    const [receiving, sending]: [number[], number[]] = [[], []];
    for (const { handle, hasReader, hasUnsent } of open) {
      if (hasReader) receiving.push(handle);
      if (hasUnsent) sending.push(handle);
    }
    const [first] = this.waiting;
    const ms = first === undefined ? FOREVER_MS : Math.max(0, first.at - native.steady());
    const isEnding = native.wait(receiving, sending, Math.min(ms, FOREVER_MS));
    // Some that were opened meanwhile are looked at next time.
    for (const stream of [...open]) if (stream.isOpen) stream.move();
    const now = native.steady();
    if (first === undefined || first.at > now) return isEnding;
    const due = this.waiting.filter(({ at }) => at <= now);
    this.waiting = this.waiting.filter(({ at }) => at > now);
    for (const { then } of due) then();
    return isEnding;
  }
}
