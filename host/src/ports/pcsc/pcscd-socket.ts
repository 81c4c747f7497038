import {
  type Attempt,
  awaitCard,
  awaitRemoval,
  Deadline,
  type Field,
  type FieldWatch,
  readerOf,
} from "./field-watch.ts";
import { PcscdLink } from "./pcscd-link.ts";
import {
  CHANGE_BYTES,
  COMMAND,
  connectBody,
  connected,
  readerStates,
  resultOf,
  STATES_BYTES,
  word,
  words,
} from "./pcscd-messages.ts";
import { type Connection, PcscdTransport } from "./pcscd-transport.ts";
import { problemOf, SCARD } from "./scard-code.ts";
import { IN_USE_LIMIT_MS, type Reader, type ReaderService, type Transport } from "./transport.ts";

/** Where pcscd listens, unless the environment says otherwise (pcsc-lite, PCSCLITE_CSOCK_NAME). */
export const PCSCD_SOCKET = "/run/pcscd/pcscd.comm";

const SCOPE_SYSTEM = 2;
const NOTHING = new Uint8Array();

/**
 * The readers of a Linux computer, through pcscd's own socket: no native package, numeric codes, and real transactions. Every
 * wait and every card has a connection of its own, so nothing outlives a restart of pcscd, and no wait holds up a card.
 */
export class PcscdReaders implements ReaderService {
  readonly backend = "pcscd";
  private readonly path: string;
  private readonly links = new Set<PcscdLink>();
  private readonly transports = new Set<PcscdTransport>();
  private isClosed = false;

  constructor(path: string = PCSCD_SOCKET) {
    this.path = path;
  }

  async readers(): Promise<readonly Reader[] | "service-absent"> {
    const link = await this.open();
    const states = await link?.ask(COMMAND.states, NOTHING, { length: STATES_BYTES });
    this.drop(link);
    return states == null ? "service-absent" : readerStates(states).map(({ name, card }) => ({ name, card }));
  }

  async waitForCard(
    reader: string,
    timeoutMs: number,
    signal?: AbortSignal,
  ): Promise<Transport | "none" | "in-use" | "reader-gone" | "service-gone"> {
    return this.watching(reader, (watch) =>
      awaitCard(watch, new Deadline(timeoutMs, signal), () => this.connect(reader)),
    );
  }

  async waitForRemoval(
    card: Transport | string,
    timeoutMs: number,
    signal?: AbortSignal,
  ): Promise<"removed" | "still-there" | "reader-gone" | "service-gone"> {
    return this.watching(readerOf(card), (watch) => awaitRemoval(watch, new Deadline(timeoutMs, signal), card));
  }

  async close(): Promise<void> {
    this.isClosed = true;
    // pcscd resets the card of a program that vanishes in a transaction; one that says goodbye leaves it alone.
    for (const transport of [...this.transports]) await transport.close();
    for (const link of [...this.links]) this.drop(link);
  }

  private async open(): Promise<PcscdLink | null> {
    const link = this.isClosed ? null : await PcscdLink.open(this.path);
    if (link === null) return null;
    this.links.add(link);
    // Closed while this was opening.
    if (this.isClosed) this.drop(link);
    return link;
  }

  private drop(link: PcscdLink | null): void {
    if (link === null) return;
    link.close();
    this.links.delete(link);
  }

  private async watching<T>(reader: string, wait: (watch: FieldWatch) => Promise<T>): Promise<T | "service-gone"> {
    const link = await this.open();
    if (link === null) return "service-gone";
    try {
      return await wait(new PcscdWatch(link, reader));
    } finally {
      this.drop(link);
    }
  }

  private async connect(reader: string): Promise<Attempt> {
    const link = await this.open();
    if (link === null) return "service-gone";
    const connection = await connectOn(link, reader);
    // The link of an attempt that is still waiting ends with it.
    if (typeof connection === "string") {
      this.drop(link);
      return connection;
    }
    const transport: PcscdTransport = new PcscdTransport(connection, () => {
      this.transports.delete(transport);
      this.drop(link);
    });
    this.transports.add(transport);
    return transport;
  }
}

async function connectOn(link: PcscdLink, reader: string): Promise<Connection | Exclude<Attempt, Transport>> {
  const context = await link.ask(COMMAND.establish, words(SCOPE_SYSTEM, 0, 0));
  if (context === null || resultOf(context) !== SCARD.success) return "service-gone";
  // pcscd lets this wait for as long as another program is in a transaction.
  const connecting = link.ask(COMMAND.connect, connectBody(word(context, 1), reader));
  const answer = await new Deadline(IN_USE_LIMIT_MS).race(connecting);
  if (answer === "time-out") return "in-use";
  const code = answer === null ? SCARD.noService : resultOf(answer);
  if (answer === null || code !== SCARD.success) {
    const problem = problemOf(code);
    return problem === "reset" || problem === "broken" ? "no-card" : problem;
  }
  // The answer to reset is known only once the card is powered.
  const states = await link.ask(COMMAND.states, NOTHING, { length: STATES_BYTES });
  if (states === null) return "service-gone";
  const state = readerStates(states).find(({ name }) => name === reader);
  if (state === undefined) return "reader-gone";
  return { link, reader, atr: state.atr, events: state.events, ...connected(answer) };
}

/** Asks pcscd to tell when anything changes, and looks whether it concerns the reader. */
class PcscdWatch implements FieldWatch {
  private readonly link: PcscdLink;
  private readonly reader: string;
  private last: Field | null = null;

  constructor(link: PcscdLink, reader: string) {
    this.link = link;
    this.reader = reader;
  }

  async next(deadline: Deadline): Promise<Field | "time-out" | "reader-gone" | "service-gone"> {
    for (;;) {
      if (this.last !== null) {
        const change = await deadline.race(this.link.take(CHANGE_BYTES, FOREVER_MS));
        if (change === "time-out") return change;
        if (change === null) return "service-gone";
      }
      const states = await this.link.ask(COMMAND.wait, NOTHING, { length: STATES_BYTES });
      if (states === null) return "service-gone";
      const state = readerStates(states).find(({ name }) => name === this.reader);
      if (state === undefined) return "reader-gone";
      const isNew = this.last?.card !== state.card || this.last.events !== state.events;
      this.last = state;
      if (isNew) return state;
    }
  }
}

/** As long as a timer can be. */
const FOREVER_MS = 0x7fffffff;
