import type { Deadline, Field, FieldWatch } from "./field-watch.ts";
import { fieldOf, nativePackage } from "./native-package.ts";
import { promised } from "./promised.ts";

type Done<T> = (error: Error | null | undefined, result: T) => void;

/** What is used of a reader of the npm package pcsclite. */
export interface PcscliteReader {
  readonly name: string;
  connected: boolean;
  on(event: "status", listener: (status: { readonly state: number; readonly atr?: Uint8Array }) => void): unknown;
  on(event: "error" | "end", listener: () => void): unknown;
  connect(options: { readonly share_mode: number; readonly protocol: number }, done: Done<number>): void;
  disconnect(disposition: number, done: Done<void>): void;
  transmit(apdu: Buffer, answerMax: number, protocol: number, done: Done<Uint8Array>): void;
  close(): void;
}
interface PcscliteMonitor {
  readonly readers: Readonly<Record<string, PcscliteReader>>;
  start: (listed: Done<unknown>) => void;
  on(event: "reader", listener: (reader: PcscliteReader) => void): unknown;
  on(event: "error", listener: () => void): unknown;
  close(): void;
}
/** What is used of the npm package pcsclite, version 1. It throws where no service runs. */
export type PcsclitePackage = () => PcscliteMonitor;

/** The package, or null where it cannot be loaded. */
export function loadPcsclite(): PcsclitePackage | null {
  const loaded = nativePackage("pcsclite");
  return typeof loaded === "function" ? (loaded as PcsclitePackage) : null;
}

/** One reader, as the package's events tell of it. */
export class PcscliteSeat {
  readonly reader: PcscliteReader;
  state: number | null = null;
  atr: Uint8Array = new Uint8Array();
  /** Who has its one connection. */
  holder: { notice(): Promise<"present" | "gone"> } | null = null;
  /** A native call that missed its time. The reader's lock is held until it returns. */
  stuck: Promise<unknown> | null = null;
  end: "reader-gone" | "service-gone" | null = null;
  private change = promised<void>();

  constructor(reader: PcscliteReader) {
    this.reader = reader;
    reader.on("status", ({ state, atr }) => {
      this.state = state;
      if (atr !== undefined && atr.length > 0) this.atr = Uint8Array.from(atr);
      this.tell();
    });
    reader.on("error", () => this.finish("service-gone"));
    reader.on("end", () => this.finish("reader-gone"));
  }

  /** Cards that came or went so far. */
  get events(): number {
    return fieldOf(this.state ?? 0).events;
  }

  /** Whoever says it first is believed: a reader ends too when its service does. */
  finish(end: "reader-gone" | "service-gone"): void {
    this.end ??= end;
    this.tell();
  }

  /** The next time anything here changes. */
  changed(): Promise<void> {
    return this.change.promise;
  }

  private tell(): void {
    this.change.resolve();
    this.change = promised<void>();
  }
}

/** One life of the service: the package's monitor and its readers. Over when the service ends; then a new one is needed. */
export class PcscliteSession {
  private readonly monitor: PcscliteMonitor;
  private readonly seats = new Map<string, PcscliteSeat>();
  private readonly listed = promised<void>();
  isOver = false;

  /** Throws where no service runs. */
  constructor(open: PcsclitePackage) {
    this.monitor = open();
    // The package tells of each reader but not when it has told of all: listen where it lists them.
    const start = this.monitor.start;
    this.monitor.start = (told) =>
      start.call(this.monitor, (error, names) => {
        told(error, names);
        this.listed.resolve();
      });
    this.monitor.on("reader", (reader) => this.seats.set(reader.name, new PcscliteSeat(reader)));
    this.monitor.on("error", () => this.finish());
  }

  /** Every reader whose state is known, as soon as all have told theirs. */
  async known(deadline: Deadline): Promise<PcscliteSeat[]> {
    await deadline.race(this.listed.promise);
    for (const seat of this.seats.values())
      while (seat.state === null && seat.end === null && !this.isOver)
        if ((await deadline.race(seat.changed())) === "time-out") break;
    return [...this.seats.values()].filter(({ end, state }) => end === null && state !== null);
  }

  /**
   * Ends the native threads, once no native call is stuck. Not from inside an event of the package: it holds a lock there that
   * the ending waits for.
   */
  async close(): Promise<void> {
    await this.listed.promise;
    await Promise.all([...this.seats.values()].map(({ stuck }) => stuck));
    await new Promise((resolve) => setImmediate(resolve));
    for (const { reader } of this.seats.values()) reader.close();
    this.monitor.close();
    this.finish();
  }

  private finish(): void {
    this.isOver = true;
    this.listed.resolve();
    for (const seat of this.seats.values()) seat.finish("service-gone");
  }
}

export class PcscliteWatch implements FieldWatch {
  private readonly seat: PcscliteSeat;
  private last: number | null = null;

  constructor(seat: PcscliteSeat) {
    this.seat = seat;
  }

  async next(deadline: Deadline): Promise<Field | "time-out" | "reader-gone" | "service-gone"> {
    for (;;) {
      if (this.seat.end !== null) return this.seat.end;
      const state = this.seat.state;
      if (state !== null && state !== this.last) {
        this.last = state;
        return fieldOf(state);
      }
      if ((await deadline.race(this.seat.changed())) === "time-out") return "time-out";
    }
  }
}
