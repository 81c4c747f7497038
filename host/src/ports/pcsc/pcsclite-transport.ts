import { Deadline, whileInUse } from "./field-watch.ts";
import { LEAVE_CARD, PROTOCOLS_ANY, SHARE_EXCLUSIVE, UNPOWER_CARD } from "./native-package.ts";
import type { PcscliteReader, PcscliteSeat } from "./pcsclite-session.ts";
import { problemOfError, type ScardProblem } from "./scard-code.ts";
import { IN_USE_LIMIT_MS, TRANSMIT_LIMIT_MS, type Transport } from "./transport.ts";

const ANSWER_MAX = 258;

/** Connects for us alone; gives the protocol that card and reader agreed on. */
async function connect(seat: PcscliteSeat): Promise<number | ScardProblem> {
  const options = { share_mode: SHARE_EXCLUSIVE, protocol: PROTOCOLS_ANY };
  const connecting = new Promise<number | ScardProblem>((resolve) =>
    seat.reader.connect(options, (error, protocol) => resolve(error == null ? protocol : problemOfError(error))),
  );
  // The service lets this wait for as long as another program is in a transaction, and the reader's lock with it.
  const protocol = await new Deadline(IN_USE_LIMIT_MS).race(connecting);
  if (protocol !== "time-out") return protocol;
  seat.stuck = connecting.then((late) => (typeof late === "number" ? disconnect(seat.reader, LEAVE_CARD) : undefined));
  return "in-use";
}

async function disconnect(reader: PcscliteReader, disposition: number): Promise<void> {
  await new Promise<void>((resolve) => reader.disconnect(disposition, () => resolve()));
  // Where that failed the package keeps the connection, and would hand it out again for the next card.
  reader.connected = false;
}

/** Connects the card on a reader. A reader of this package has one connection, so a second one is in use. */
export async function connectSeat(
  seat: PcscliteSeat,
  drop: (transport: PcscliteTransport) => void,
): Promise<PcscliteTransport | "no-card" | "in-use" | "reader-gone" | "service-gone"> {
  if (seat.stuck !== null && (await new Deadline(IN_USE_LIMIT_MS).race(seat.stuck)) === "time-out") return "in-use";
  seat.stuck = null;
  if ((await seat.holder?.notice()) === "present") return "in-use";
  const protocol = await connect(seat);
  if (typeof protocol !== "number") return protocol === "reset" || protocol === "broken" ? "no-card" : protocol;
  const transport = new PcscliteTransport(seat, protocol, drop);
  seat.holder = transport;
  return transport;
}

/** A card that the package has connected for us alone: it has no transactions. */
export class PcscliteTransport implements Transport {
  readonly exclusive = "connection";
  readonly reader: string;
  readonly atr: Uint8Array;
  readonly events: number;
  private readonly seat: PcscliteSeat;
  private readonly drop: (transport: PcscliteTransport) => void;
  private protocol: number;
  private hasLeft = false;
  private isClosed = false;

  constructor(seat: PcscliteSeat, protocol: number, drop: (transport: PcscliteTransport) => void) {
    this.seat = seat;
    this.reader = seat.reader.name;
    this.atr = seat.atr;
    this.events = seat.events;
    this.protocol = protocol;
    this.drop = drop;
  }

  async begin(): Promise<"begun" | "gone"> {
    return (await this.notice()) === "present" ? "begun" : "gone";
  }

  async end(): Promise<void> {}

  async transmit(apdu: Uint8Array, timeoutMs = TRANSMIT_LIMIT_MS): Promise<Uint8Array | "gone" | "unknown"> {
    if (this.hasLeft) return "gone";
    const call = new Promise<Uint8Array | ScardProblem>((resolve) =>
      this.seat.reader.transmit(Buffer.from(apdu), ANSWER_MAX, this.protocol, (error, answer) =>
        resolve(error == null ? Uint8Array.from(answer) : problemOfError(error)),
      ),
    );
    const answer = await new Deadline(timeoutMs).race(call);
    if (typeof answer !== "string") return answer.length < 2 ? "unknown" : answer;
    if (answer === "time-out") this.seat.stuck = call;
    if (answer !== "broken" && answer !== "reset" && answer !== "in-use") await this.close();
    return answer === "time-out" || answer === "broken" || answer === "service-gone" ? "unknown" : "gone";
  }

  /** The package cannot reset a card: this lets go and connects anew. Another program may come in between; then this waits for it. */
  async reconnect(): Promise<"present" | "gone"> {
    if ((await this.notice()) === "gone") return "gone";
    await disconnect(this.seat.reader, UNPOWER_CARD);
    const protocol = await whileInUse(() => connect(this.seat));
    if (typeof protocol === "number") {
      this.protocol = protocol;
      if (this.seat.events === this.events) return "present";
    }
    await this.close();
    return "gone";
  }

  /** Looks whether the card is still the one that was connected, and lets go of the reader otherwise. */
  async notice(): Promise<"present" | "gone"> {
    if (!this.hasLeft && this.seat.events === this.events && this.seat.end === null) return "present";
    await this.close();
    return "gone";
  }

  async close(): Promise<void> {
    this.hasLeft = true;
    if (this.isClosed) return;
    this.isClosed = true;
    if (this.seat.stuck === null) await this.letGo();
    else void this.seat.stuck.then(() => this.letGo());
  }

  private async letGo(): Promise<void> {
    await disconnect(this.seat.reader, LEAVE_CARD);
    if (this.seat.holder === this) this.seat.holder = null;
    this.drop(this);
  }
}
