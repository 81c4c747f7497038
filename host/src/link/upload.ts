import {
  type Command,
  encodeCbor,
  type GeneralRefusal,
  PACKET_BYTES_MAX,
  RAW_PER_LINE,
  SMP_HEADER_BYTES,
} from "@cachet/firmware/wire";
import type { Answer } from "./answer.ts";
import type { Exchange, SmpClient } from "./smp-client.ts";

/** What a terminal takes at once (MCUmgr parameters): the largest packet with its header, and how many. */
export interface Capacity {
  readonly bufSize: number;
  readonly bufCount: number;
}

/** What stock terminals take that do not say. */
export const USUAL_CAPACITY: Capacity = { bufSize: 512, bufCount: 1 };

/** How far an upload is. */
export interface Progress {
  /** Bytes that the terminal has. */
  readonly bytes: number;
  readonly total: number;
  /** Bytes in a second since this run began; 0 where it is too early to say. */
  readonly speed: number;
  /** Seconds that are left at this speed; null where it is too early to say. */
  readonly secondsLeft: number | null;
}

/** An upload as its command tells it. */
export interface Uploading<Q, R extends string> {
  readonly command: Command<Q, Told, R>;
  readonly bytes: Uint8Array;
  /** The request for one piece; the one with offset 0 announces the whole. */
  readonly piece: (off: number, data: Uint8Array) => Q;
  /** Whether the whole is there already: asked where the terminal knows of no upload, because the last answer may be what was lost. */
  readonly isThere?: () => Promise<boolean>;
}

export interface Told {
  /** The next offset that the terminal wants. */
  readonly off: number;
  readonly match?: boolean;
}

export type Uploaded<R extends string> =
  | { readonly ok: true; readonly match: boolean }
  | { readonly ok: false; readonly refusal: R | GeneralRefusal; readonly detail: string };

/** The announcement carries few bytes of its own: where an upload goes on, they are sent in vain. */
const FIRST_PIECE_BYTES = 256;
/** Smaller pieces are mostly head: a line that loses so much carries nothing. */
const PIECE_BYTES_MIN = 64;
/** Pieces in a row that arrive before they are made larger again. */
const GOOD_IN_A_ROW = 24;
/** Times in a row that nothing comes back before the line is given up. */
const SILENCES_MAX = 5;
/** Times that a terminal may have lost what it had and begin anew. */
const RESTARTS_MAX = 3;
/** Pieces that are told to be damaged before that is believed of the whole. */
const DAMAGED_MAX = 20;
const LENGTH_AND_CRC = 4;

/** The most bytes of a piece: its packet fills whole lines, and the terminal has room for it with length and CRC. */
function pieceBytesMax<Q, R extends string>({ bufSize }: Capacity, { command, piece, bytes }: Uploading<Q, R>): number {
  const room = Math.min(bufSize, PACKET_BYTES_MAX);
  const raw = room >= RAW_PER_LINE ? room - (room % RAW_PER_LINE) : room;
  const largest = new Uint8Array(PACKET_BYTES_MAX);
  const head = encodeCbor(command.request.encode(piece(Math.max(1, bytes.length), largest))).length - largest.length;
  return Math.max(PIECE_BYTES_MIN, raw - LENGTH_AND_CRC - SMP_HEADER_BYTES - head);
}

interface Sent<R extends string> {
  readonly exchange: Exchange<Told, R>;
  readonly off: number;
  readonly end: number;
  /** Sent since the last time that a piece was lost. */
  readonly epoch: number;
}

type Event<R extends string> =
  | { readonly sent: Sent<R>; readonly answer: Answer<Told, R> }
  | { readonly fault: unknown };

/**
 * Sends bytes in pieces, several at a time, so that the line never waits for an answer. The terminal answers in order and says which
 * offset it wants: a piece that was lost shows in the answer to the next, and sending goes on from there with smaller pieces.
 */
class Upload<Q, R extends string> {
  private readonly client: SmpClient;
  private readonly job: Uploading<Q, R>;
  private readonly capacity: Capacity;
  private readonly onProgress: (progress: Progress) => void;
  private readonly pieceMax: number;
  private readonly beganAt: number;
  private beganWith = 0;
  private outstanding: Sent<R>[] = [];
  private events: Event<R>[] = [];
  private wake: () => void = () => {};
  /** What the terminal said last that it has. */
  private stored = 0;
  private next = 0;
  private epoch = 0;
  private pieceBytes: number;
  private good = 0;
  private silences = 0;
  private restarts = 0;
  private damaged = 0;

  constructor(client: SmpClient, job: Uploading<Q, R>, capacity: Capacity, onProgress: (progress: Progress) => void) {
    this.client = client;
    this.job = job;
    this.capacity = capacity;
    this.onProgress = onProgress;
    this.pieceMax = pieceBytesMax(capacity, job);
    this.pieceBytes = this.pieceMax;
    this.beganAt = client.clock.now();
  }

  private get total(): number {
    return this.job.bytes.length;
  }

  private report(): void {
    const { stored: bytes, total } = this;
    const seconds = (this.client.clock.now() - this.beganAt) / 1_000;
    const sent = bytes - this.beganWith;
    const speed = seconds > 0 && sent > 0 ? sent / seconds : 0;
    this.onProgress({ bytes, total, speed, secondsLeft: speed > 0 ? (total - bytes) / speed : null });
  }

  async run(): Promise<Uploaded<R>> {
    const first = await this.announce();
    this.beganWith = this.stored;
    if (first !== null) return first;
    for (;;) {
      this.fill();
      const done = this.follow(await this.nextEvent());
      if (done === "begin-anew") {
        if ((await this.job.isThere?.()) === true) return { ok: true, match: true };
        const again = await this.announce();
        if (again !== null) return again;
      } else if (done !== null) return done;
    }
  }

  /** Says what will come. The terminal answers where to go on; null where there is more to send. */
  private async announce(): Promise<Uploaded<R> | null> {
    const { command, bytes, piece } = this.job;
    const size = Math.min(FIRST_PIECE_BYTES, this.pieceBytes);
    const answer = await this.client.call(command, piece(0, bytes.subarray(0, size)));
    if (!answer.ok) return answer;
    this.moveTo(answer.value.off);
    this.stored = answer.value.off;
    this.report();
    return this.endOf(answer.value);
  }

  private endOf({ off, match = true }: Told): Uploaded<R> | null {
    return off === this.total ? { ok: true, match } : null;
  }

  private moveTo(off: number): void {
    this.next = off;
    this.epoch += 1;
  }

  private fill(): void {
    const room = this.silences > 0 ? 1 : Math.max(1, this.capacity.bufCount);
    while (this.outstanding.length < room && this.next < this.total) {
      const off = this.next;
      const data = this.job.bytes.subarray(off, off + this.pieceBytes);
      const exchange = this.client.begin(this.job.command, this.job.piece(off, data));
      const sent = { exchange, off, end: off + data.length, epoch: this.epoch };
      exchange.answer.then(
        (answer) => this.push({ sent, answer }),
        (fault: unknown) => this.push({ fault }),
      );
      this.outstanding.push(sent);
      this.next = sent.end;
    }
  }

  private push(event: Event<R>): void {
    this.events.push(event);
    this.wake();
  }

  private async nextEvent(): Promise<Event<R> | "late"> {
    if (this.events.length === 0) {
      const woken = new Promise<void>((resolve) => {
        this.wake = resolve;
      });
      const bytes = this.outstanding.reduce((sum, { exchange }) => sum + exchange.bytes, 0);
      const late = await this.client.within(woken, this.client.quietMs(this.client.timeoutMs, bytes));
      if (late === "late" && this.events.length === 0) return "late";
    }
    return this.events.shift()!;
  }

  private follow(event: Event<R> | "late"): Uploaded<R> | "begin-anew" | null {
    if (event === "late") return this.onSilence();
    if ("fault" in event) throw event.fault;
    const { sent, answer } = event;
    const place = this.outstanding.indexOf(sent);
    if (place < 0) return null;
    // Answers come in order: what was sent before this one gets none any more.
    for (const { exchange } of this.outstanding.splice(0, place + 1)) exchange.forget();
    this.silences = 0;
    if (answer.ok) return this.onTold(sent, answer.value);
    if (answer.refusal !== "corrupt" || this.damaged >= DAMAGED_MAX) return answer;
    // The piece arrived in another shape than it was sent.
    this.damaged += 1;
    this.moveTo(this.stored);
    this.onLoss();
    return null;
  }

  private onTold(sent: Sent<R>, told: Told): Uploaded<R> | "begin-anew" | null {
    const done = this.endOf(told);
    if (done !== null || told.off > this.stored) this.stored = told.off;
    this.report();
    if (done !== null) return done;
    if (sent.epoch !== this.epoch) return null;
    if (told.off === 0) return this.beginAnew();
    if (told.off === sent.end) this.onGood();
    else {
      this.stored = told.off;
      this.moveTo(told.off);
      this.onLoss();
    }
    return null;
  }

  /** The terminal knows of no upload: it started anew, or it has everything and the answer that said so was lost. */
  private beginAnew(): "begin-anew" {
    this.restarts += 1;
    if (this.restarts > RESTARTS_MAX) throw this.client.silence();
    this.dropAll();
    return "begin-anew";
  }

  private onGood(): void {
    this.good += 1;
    if (this.good < GOOD_IN_A_ROW || this.pieceBytes >= this.pieceMax) return;
    this.good = 0;
    this.pieceBytes = Math.min(this.pieceMax, 2 * this.pieceBytes);
  }

  private onLoss(): void {
    this.good = 0;
    this.pieceBytes = Math.max(PIECE_BYTES_MIN, Math.floor(this.pieceBytes / 2));
  }

  private dropAll(): void {
    for (const { exchange } of this.outstanding) exchange.forget();
    this.outstanding = [];
  }

  private onSilence(): null {
    this.silences += 1;
    if (this.silences > SILENCES_MAX) throw this.client.silence();
    this.dropAll();
    this.moveTo(this.stored);
    this.onLoss();
    return null;
  }
}

/**
 * Uploads bytes; goes on where an earlier upload of the same bytes stopped. Rejects with `LinkFault`; what the terminal has by then
 * stays there, and `onProgress` told how much it is.
 */
export function upload<Q, R extends string>(
  client: SmpClient,
  job: Uploading<Q, R>,
  capacity: Capacity,
  onProgress: (progress: Progress) => void,
): Promise<Uploaded<R>> {
  return new Upload(client, job, capacity, onProgress).run();
}
