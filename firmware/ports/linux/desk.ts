import {
  type CardPort,
  type CounterEvent,
  type CounterPort,
  type Exchange,
  fromCrossing,
  type Screen,
  type SerialLine,
  type ShopSettings,
  type Tap,
  toCrossing,
  type VisitReport,
} from "../../src/hal/index.ts";
import type { Loop } from "./loop.ts";
import { native } from "./native.ts";
import { Lines } from "./stream.ts";

/** More than any answer takes: a request with some hundred lines, or what a card holds. */
const LINE_BYTES_MAX = 64 * 1024;
/** So many calls of those that are made up for wait for the other side; the oldest are dropped. */
const KEPT_CALLS_MAX = 256;
const NO_CHARACTER = "\ufffd";

/** What counts as the answer so many milliseconds after the other side went away. */
interface StandIn {
  readonly ms: number;
  readonly answer: unknown;
  /** The call is made up for once the other side is back; nobody waits for its answer then. */
  readonly isKept?: true;
}

interface Call {
  readonly line: unknown;
  readonly resolve: (value: unknown) => void;
  /** Null for what is asked once more, whenever that may be. */
  readonly standIn: StandIn | null;
  callOff: () => void;
}

/**
 * Calls over a stream, one line of JSON each (docs/native-terminal.md): `[id, "method", [arguments]]` goes out and `[id, answer]` comes back,
 * in any order; what somebody says unasked is `["word", value]`. Byte strings are written as in hal/crossing.ts.
 */
export class Desk {
  private readonly stream: SerialLine;
  private readonly loop: Loop;
  private readonly onWord: (word: string, value: unknown) => boolean;
  private readonly lines: Lines;
  private readonly waiting = new Map<number, Call>();
  private isThere = true;
  private calls = 0;
  /** Rejects once the other side is gone for good. Never resolves. */
  readonly gone: Promise<never>;

  /** `onWord` says whether it knows the word. */
  constructor(stream: SerialLine, loop: Loop, onWord: (word: string, value: unknown) => boolean = () => false) {
    this.stream = stream;
    this.loop = loop;
    this.onWord = onWord;
    this.lines = new Lines(stream, LINE_BYTES_MAX);
    this.gone = this.listen();
    this.gone.catch(() => {});
  }

  private async listen(): Promise<never> {
    for (;;) {
      const line = await this.lines.next();
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
    const call = typeof name === "number" ? this.waiting.get(name) : undefined;
    if (call === undefined) return "an answer to nothing that was asked";
    this.waiting.delete(name as number);
    call.resolve(value);
    return null;
  }

  private send(line: unknown): void {
    void this.stream.send(native.utf8Of(`${toCrossing(line)}\n`));
  }

  /** Says something that needs no answer. */
  say(word: string, value: unknown): void {
    this.send([word, value]);
  }

  /** Asks for something. While the other side is gone `standIn` answers; without one it is asked once more when it is back. */
  call(method: string, args: readonly unknown[], standIn: StandIn | null = null): Promise<unknown> {
    this.calls += 1;
    const id = this.calls;
    return new Promise((resolve) => {
      const call: Call = { line: [id, method, args], resolve, standIn, callOff: () => {} };
      this.waiting.set(id, call);
      if (this.isThere) this.send(call.line);
      else this.answerFor(id, call);
    });
  }

  /** The other side went away. */
  lose(): void {
    this.isThere = false;
    this.lines.drop();
    for (const [id, call] of this.waiting) this.answerFor(id, call);
  }

  /** It is back, and knows nothing of before. */
  resume(): void {
    this.isThere = true;
    for (const call of this.waiting.values()) {
      call.callOff();
      this.send(call.line);
    }
  }

  private answerFor(id: number, call: Call): void {
    const { standIn } = call;
    if (standIn === null) return;
    const answer = () => {
      if (!standIn.isKept) this.waiting.delete(id);
      call.resolve(standIn.answer);
    };
    if (standIn.ms > 0) call.callOff = this.loop.after(standIn.ms, answer);
    else answer();
    const kept = [...this.waiting].filter(([, one]) => one.standIn?.isKept);
    if (kept.length > KEPT_CALLS_MAX) this.waiting.delete(kept[0]![0]);
  }

  /** Nobody waits for an answer any more: the terminal starts anew. */
  forget(): void {
    for (const { callOff } of this.waiting.values()) callOff();
    this.waiting.clear();
  }
}

const SHOWN: StandIn = { ms: 0, answer: null };
const UNPRINTED: StandIn = { ms: 0, answer: "no-paper" };
const REPORTED: StandIn = { ms: 0, answer: null, isKept: true };
const CARD_GONE: StandIn = { ms: 0, answer: { answers: [], end: "gone" } satisfies Exchange };
const TIME: CounterEvent = { kind: "time" };

/** Tells a till how a visit ended: at once, or when it is back. */
export const reportTo = async (till: Desk, report: VisitReport): Promise<void> =>
  void (await till.call("report", [report], REPORTED));

/** A till at the other end. One that comes back is shown what it shows by `showAgain`. */
export function deskCounter(desk: Desk): CounterPort & { showAgain(): void } {
  let shown: readonly [Screen, ShopSettings] | null = null;
  const show = async () => void (shown && (await desk.call("show", shown, SHOWN)));
  return {
    nextEvent: async (seconds, card) =>
      (await desk.call(
        "nextEvent",
        [seconds, card],
        seconds === 0 ? null : { ms: seconds * 1_000, answer: TIME },
      )) as CounterEvent,
    show: (screen, settings) => {
      shown = [screen, settings];
      return show();
    },
    showAgain: () => void show(),
    print: async (receipt, settings) =>
      (await desk.call("print", [receipt, settings], UNPRINTED)) === "printed" ? "printed" : "no-paper",
    report: (report) => reportTo(desk, report),
    serviceKey: async () => void (await desk.call("serviceKey", [])),
  };
}

/** A reader at the other end. */
export const deskReader = (desk: Desk): CardPort => ({
  waitCard: async (timeoutMs, uid) =>
    (await desk.call("waitCard", [timeoutMs, uid], timeoutMs === 0 ? null : { ms: timeoutMs, answer: "none" })) as
      | Tap
      | "other"
      | "several"
      | "none",
  exchange: async (commands) => (await desk.call("exchange", [commands], CARD_GONE)) as Exchange,
});
