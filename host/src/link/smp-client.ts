import {
  type AnyCommand,
  type Command,
  encodeCbor,
  encodeFrames,
  encodePacket,
  FrameReader,
  loginInstaller,
  type PacketHeader,
  provisionTerminal,
  readHeader,
  resetTerminal,
  SMP_HEADER_BYTES,
  selfTest,
  writeDateTime,
} from "@cachet/firmware/wire";
import type { Clock } from "../ports/clock.ts";
import type { ByteLine } from "../ports/serial.ts";
import { type Answer, readAnswer } from "./answer.ts";
import { LastBytes, LinkFault } from "./link-fault.ts";

/** How long, and how often, a call waits for its answer. */
export interface CallOptions {
  /** Quiet milliseconds, beyond what the bytes take on their way, after which a try has failed. */
  readonly timeoutMs?: number;
  readonly tries?: number;
  /** Every try waits as long as the first, in place of twice as long as the one before: for answers that are known to come at once. */
  readonly isQuick?: boolean;
}

export interface ClientOptions {
  readonly timeoutMs?: number;
  readonly tries?: number;
  /** Bytes that the line carries in a second. */
  readonly bytesPerSecond?: number;
  /** Number of the first request: any one, so that answers to whoever was on the line before are not taken for ours. */
  readonly firstSequence?: number;
}

const TIMEOUT_MS = 1_500;
const TRIES = 4;
/** 115200 bit/s with start and stop bit. */
const BYTES_PER_SECOND = 11_520;
/** A try waits at most so many times as long as the first. */
const PATIENCE_MAX = 4;
/** Where damaged bytes come back, so many times as many tries are made. */
const NOISY_TIMES = 3;
/** However much comes that is no answer, a try ends after so many times its quiet time. */
const LONGEST_TIMES = 4;

/**
 * What happens twice when it is asked for twice: starting anew, a login whose challenge is used up, a clock set to what the time
 * was, a ticket. Everything else in the tables says the same, or does nothing, when it is repeated.
 */
const ONCE: ReadonlySet<unknown> = new Set<unknown>([
  resetTerminal,
  loginInstaller,
  provisionTerminal,
  writeDateTime,
  selfTest,
]);

/** Whether a lost answer leaves it open what happened, because the request is never sent twice. */
export const isSentOnce = (command: { readonly group: number; readonly id: number; readonly op: string }): boolean =>
  ONCE.has(command);

interface Waiting {
  readonly command: AnyCommand;
  readonly answered: (body: Uint8Array) => void;
  readonly failed: (fault: LinkFault) => void;
}

/** One request on its way. */
export interface Exchange<S, R extends string> {
  /** Never resolves where nothing comes: whoever waits has the time. Rejects with `LinkFault`. */
  readonly answer: Promise<Answer<S, R>>;
  /** Bytes that were handed to the line. */
  readonly bytes: number;
  /** Takes no answer any more. */
  forget(): void;
}

/**
 * Asks a terminal over a line that loses, changes and adds bytes. Every request has a number of its own; whatever is no whole packet
 * with an answer to one that waits is dropped, so that the client finds its place again behind any noise.
 * Requests that may be repeated are, with a new number: only an answer to the last try counts.
 */
export class SmpClient {
  readonly bytesPerSecond: number;
  readonly clock: Clock;
  private readonly line: ByteLine;
  private readonly usual: { readonly timeoutMs: number; readonly tries: number };
  private readonly reader = new FrameReader();
  private readonly heard = new LastBytes();
  private readonly waiting = new Map<number, Waiting>();
  private readonly watchers = new Set<() => void>();
  private sequence: number;
  private packets = 0;
  private gone: LinkFault | null = null;

  constructor(line: ByteLine, clock: Clock, options: ClientOptions = {}) {
    const { timeoutMs = TIMEOUT_MS, tries = TRIES, bytesPerSecond = BYTES_PER_SECOND, firstSequence = 0 } = options;
    this.line = line;
    this.clock = clock;
    this.usual = { timeoutMs, tries };
    this.bytesPerSecond = bytesPerSecond;
    this.sequence = firstSequence & 0xff;
    line.onBytes((bytes) => this.take(bytes));
    line.onGone((reason) => this.end(reason));
  }

  /** The last bytes that came, whatever they were. */
  get lastBytes(): Uint8Array {
    return this.heard.last;
  }

  /** Quiet milliseconds that `bytes` on their way deserve. */
  quietMs(timeoutMs: number, bytes: number): number {
    return timeoutMs + Math.ceil((1_000 * bytes) / this.bytesPerSecond);
  }

  /** The usual quiet time of a try. */
  get timeoutMs(): number {
    return this.usual.timeoutMs;
  }

  /**
   * Asks, and asks again where that is harmless. Rejects with `LinkFault`: `silent` and `garbled` after the last try, `gone` at once.
   * An answer that the table does not declare is `garbled`.
   */
  async call<Q, S, R extends string>(
    command: Command<Q, S, R>,
    request: Q,
    options: CallOptions = {},
  ): Promise<Answer<S, R>> {
    const { timeoutMs = this.usual.timeoutMs, tries = this.usual.tries, isQuick = false } = options;
    const { count } = this.heard;
    const { packets } = this;
    const times = isSentOnce(command) ? 1 : tries;
    // A line on which something comes back is bad, not dead. Whoever asks once wants it asked once.
    const most = () => (times > 1 && this.heard.count > count ? NOISY_TIMES * times : times);
    for (let time = 0; time < most(); time += 1) {
      const exchange = this.begin(command, request);
      const patience = isQuick ? timeoutMs : timeoutMs * Math.min(2 ** time, PATIENCE_MAX);
      const answer = await this.within(exchange.answer, this.quietMs(patience, exchange.bytes));
      exchange.forget();
      // A request that arrived in another shape than it was sent was not followed.
      const isDamaged = answer !== "late" && !answer.ok && answer.refusal === "corrupt" && time + 1 < most();
      if (answer !== "late" && !isDamaged) return answer;
    }
    throw this.silence(count, packets);
  }

  /** Sends one request, once. */
  begin<Q, S, R extends string>(command: Command<Q, S, R>, request: Q): Exchange<S, R> {
    if (this.gone !== null) throw this.gone;
    const sequence = this.nextSequence();
    const { group, id, op } = command;
    const body = encodeCbor(command.request.encode(request));
    const header = { version: 2, operation: op, group, sequence, command: id } as const;
    const frames = encodeFrames(encodePacket(header, body));
    const answer = new Promise<Answer<S, R>>((resolve, reject) => {
      this.waiting.set(sequence, {
        command: command as unknown as AnyCommand,
        answered: (told) => {
          const read = readAnswer(command, told);
          if (read === null)
            reject(new LinkFault("garbled", "it answers in another way than was agreed", this.lastBytes));
          else resolve(read);
        },
        failed: reject,
      });
    });
    // Whoever forgot the exchange does not hear of the end of the line a second time.
    answer.catch(() => {});
    this.line.write(frames).catch((error: unknown) => this.end(error instanceof Error ? error.message : String(error)));
    const mine = this.waiting.get(sequence);
    const forget = () => {
      if (this.waiting.get(sequence) === mine) this.waiting.delete(sequence);
    };
    return { answer, bytes: frames.length, forget };
  }

  /** What the promise gives, or "late" once the line was quiet for so long. */
  within<T>(promise: Promise<T>, quietMs: number): Promise<T | "late"> {
    const { clock, watchers } = this;
    const longest = clock.now() + LONGEST_TIMES * quietMs;
    return new Promise((resolve, reject) => {
      let callOff = () => {};
      const end = () => {
        callOff();
        watchers.delete(watch);
      };
      const watch = () => {
        callOff();
        callOff = clock.after(Math.max(0, Math.min(quietMs, longest - clock.now())), () => {
          end();
          resolve("late");
        });
      };
      watchers.add(watch);
      watch();
      promise.then(resolve, reject).finally(end);
    });
  }

  /** The fault of a line on which nothing useful came since these counts were taken. */
  silence(bytesBefore = 0, packetsBefore = 0): LinkFault {
    const isNoise = this.heard.count > bytesBefore && this.packets === packetsBefore;
    return isNoise
      ? new LinkFault("garbled", "what it answered cannot be read", this.lastBytes)
      : new LinkFault("silent", "it did not answer", this.lastBytes);
  }

  private nextSequence(): number {
    while (this.waiting.has(this.sequence)) this.sequence = (this.sequence + 1) & 0xff;
    const sequence = this.sequence;
    this.sequence = (sequence + 1) & 0xff;
    return sequence;
  }

  private take(bytes: Uint8Array): void {
    this.heard.add(bytes);
    for (const packet of this.reader.push(bytes)) {
      const header = readHeader(packet);
      const body = packet.subarray(SMP_HEADER_BYTES);
      if (header !== null && header.length === body.length) this.answered(header, body);
    }
    for (const watch of this.watchers) watch();
  }

  private answered({ group, command, operation, sequence }: PacketHeader, body: Uint8Array): void {
    this.packets += 1;
    const waiting = this.waiting.get(sequence);
    if (waiting === undefined || operation !== `${waiting.command.op}-response`) return;
    if (waiting.command.group !== group || waiting.command.id !== command) return;
    this.waiting.delete(sequence);
    waiting.answered(body);
  }

  private end(reason: string): void {
    if (this.gone !== null) return;
    this.gone = new LinkFault("gone", reason, this.lastBytes);
    for (const { failed } of this.waiting.values()) failed(this.gone);
    this.waiting.clear();
  }
}
