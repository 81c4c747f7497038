import { type Attempt, awaitCard, awaitRemoval, Deadline, type FieldWatch, readerOf } from "./field-watch.ts";
import { fieldOf } from "./native-package.ts";
import { type PcsclitePackage, type PcscliteSeat, PcscliteSession, PcscliteWatch } from "./pcsclite-session.ts";
import { connectSeat, type PcscliteTransport } from "./pcsclite-transport.ts";
import type { Reader, ReaderService, Transport } from "./transport.ts";

/** How long the package may take to tell of the readers it finds. */
const LISTING_LIMIT_MS = 2000;

/** The readers of any system, through the npm package pcsclite. */
export class PcscliteReaders implements ReaderService {
  readonly backend = "pcsclite";
  private readonly open: PcsclitePackage;
  private readonly closed = new AbortController();
  private readonly transports = new Set<PcscliteTransport>();
  private session: PcscliteSession | null = null;

  constructor(open: PcsclitePackage) {
    this.open = open;
  }

  async readers(): Promise<readonly Reader[] | "service-absent"> {
    const seats = await this.seats();
    if (seats === null) return "service-absent";
    return seats.map(({ reader, state }) => ({ name: reader.name, card: fieldOf(state ?? 0).card }));
  }

  async waitForCard(
    reader: string,
    timeoutMs: number,
    signal?: AbortSignal,
  ): Promise<Transport | "none" | "in-use" | "reader-gone" | "service-gone"> {
    return this.watching(reader, timeoutMs, signal, (watch, deadline, seat) =>
      awaitCard(watch, deadline, () => this.connect(seat)),
    );
  }

  async waitForRemoval(
    card: Transport | string,
    timeoutMs: number,
    signal?: AbortSignal,
  ): Promise<"removed" | "still-there" | "reader-gone" | "service-gone"> {
    return this.watching(readerOf(card), timeoutMs, signal, (watch, deadline) => awaitRemoval(watch, deadline, card));
  }

  async close(): Promise<void> {
    this.closed.abort();
    for (const transport of [...this.transports]) await transport.close();
    await this.session?.close();
    this.session = null;
  }

  /** The readers of the running service, or null where none runs. Asks a new one after the old one ended. */
  private async seats(): Promise<PcscliteSeat[] | null> {
    if (this.session?.isOver === true) {
      await this.session.close();
      this.session = null;
    }
    if (this.closed.signal.aborted) return null;
    try {
      this.session ??= new PcscliteSession(this.open);
    } catch {
      return null;
    }
    const { session } = this;
    const seats = await session.known(new Deadline(LISTING_LIMIT_MS));
    return session.isOver ? null : seats;
  }

  private async watching<T>(
    reader: string,
    timeoutMs: number,
    signal: AbortSignal | undefined,
    wait: (watch: FieldWatch, deadline: Deadline, seat: PcscliteSeat) => Promise<T>,
  ): Promise<T | "reader-gone" | "service-gone"> {
    const either = signal === undefined ? this.closed.signal : AbortSignal.any([signal, this.closed.signal]);
    const deadline = new Deadline(timeoutMs, either);
    const seats = await this.seats();
    if (seats === null) return "service-gone";
    const seat = seats.find((known) => known.reader.name === reader);
    return seat === undefined ? "reader-gone" : wait(new PcscliteWatch(seat), deadline, seat);
  }

  private async connect(seat: PcscliteSeat): Promise<Attempt> {
    const attempt = await connectSeat(seat, (transport) => this.transports.delete(transport));
    if (typeof attempt !== "string") this.transports.add(attempt);
    return attempt;
  }
}
