import {
  type CardPort,
  type CounterEvent,
  type CounterPort,
  type Exchange,
  fromCrossing,
  type Tap,
  toCrossing,
} from "../../src/hal/index.ts";
import { native } from "./native.ts";
import { Lines, type Stream } from "./stream.ts";

/** More than any answer takes: a request with some hundred lines, or what a card holds. */
const LINE_BYTES_MAX = 64 * 1024;
const NO_CHARACTER = "\ufffd";

/**
 * Calls over a stream, one line of JSON each (docs/native-terminal.md): `[id, "method", [arguments]]` goes out and `[id, answer]` comes back,
 * in any order; what somebody says unasked is `["word", value]`. Byte strings are written as in hal/crossing.ts.
 */
export class Desk {
  private readonly stream: Stream;
  private readonly onWord: (word: string, value: unknown) => boolean;
  private readonly waiting = new Map<number, (value: unknown) => void>();
  private calls = 0;
  /** Rejects once the other side is gone. Never resolves. */
  readonly gone: Promise<never>;

  /** `onWord` says whether it knows the word. */
  constructor(stream: Stream, onWord: (word: string, value: unknown) => boolean = () => false) {
    this.stream = stream;
    this.onWord = onWord;
    this.gone = this.listen();
    this.gone.catch(() => {});
  }

  private async listen(): Promise<never> {
    const lines = new Lines(this.stream, LINE_BYTES_MAX);
    for (;;) {
      const line = await lines.next();
      const fault = line === "too-long" ? `a line of more than ${LINE_BYTES_MAX} bytes` : this.take(line);
      if (fault !== null) this.say("error", `${fault}; lines are [id, answer] or ["word", value]`);
    }
  }

  /** Takes one line; what is wrong with it, or null. */
  private take(line: Uint8Array): string | null {
    const text = native.textOf(line);
    if (text.includes(NO_CHARACTER)) return "a line that is no UTF-8";
    if (text.trim() === "") return null;
    let given: unknown;
    try {
      given = fromCrossing(text);
    } catch {
      return "a line that is no JSON";
    }
    if (!Array.isArray(given) || given.length !== 2) return "a line that is no list of two";
    const [name, value] = given as readonly unknown[];
    if (typeof name === "string")
      return this.onWord(name, value) ? null : `"${name}" is nothing that this terminal takes`;
    const resolve = typeof name === "number" ? this.waiting.get(name) : undefined;
    if (resolve === undefined) return "an answer to nothing that was asked";
    this.waiting.delete(name as number);
    resolve(value);
    return null;
  }

  private send(line: unknown): void {
    void this.stream.send(native.utf8Of(`${toCrossing(line)}\n`));
  }

  /** Says something that needs no answer. */
  say(word: string, value: unknown): void {
    this.send([word, value]);
  }

  /** Asks for something; never resolves once the other side is gone. */
  call(method: string, ...args: readonly unknown[]): Promise<unknown> {
    this.calls += 1;
    const id = this.calls;
    return new Promise((resolve) => {
      this.waiting.set(id, resolve);
      this.send([id, method, args]);
    });
  }

  /** Nobody waits for an answer any more: the terminal starts anew. */
  forget(): void {
    this.waiting.clear();
  }
}

/** A till at the other end. */
export const deskCounter = (desk: Desk): CounterPort => ({
  nextEvent: async (seconds, card) => (await desk.call("nextEvent", seconds, card)) as CounterEvent,
  show: async (screen, settings) => void (await desk.call("show", screen, settings)),
  print: async (receipt, settings) =>
    (await desk.call("print", receipt, settings)) === "printed" ? "printed" : "no-paper",
  report: async (report) => void (await desk.call("report", report)),
  serviceKey: async () => void (await desk.call("serviceKey")),
});

/** A reader at the other end. */
export const deskReader = (desk: Desk): CardPort => ({
  waitCard: async (timeoutMs, uid) =>
    (await desk.call("waitCard", timeoutMs, uid)) as Tap | "other" | "several" | "none",
  exchange: async (commands) => (await desk.call("exchange", commands)) as Exchange,
});
