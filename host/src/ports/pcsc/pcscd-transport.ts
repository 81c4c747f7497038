import { whileInUse } from "./field-watch.ts";
import type { PcscdLink } from "./pcscd-link.ts";
import {
  answerLength,
  COMMAND,
  LEAVE_CARD,
  PROTOCOLS_ANY,
  readerStates,
  resultOf,
  SHARE_SHARED,
  STATES_BYTES,
  TRANSMIT_BYTES,
  transmitBody,
  UNPOWER_CARD,
  word,
  words,
} from "./pcscd-messages.ts";
import { problemOf, SCARD, type ScardProblem } from "./scard-code.ts";
import { TRANSMIT_LIMIT_MS, type Transport } from "./transport.ts";

/** What pcscd told when it connected a card. */
export interface Connection {
  readonly link: PcscdLink;
  readonly reader: string;
  readonly atr: Uint8Array;
  readonly handle: number;
  readonly protocol: number;
  /** Cards that came or went before. */
  readonly events: number;
}

/** A card that pcscd has connected, on a connection of its own. */
export class PcscdTransport implements Transport {
  readonly exclusive = "transaction";
  readonly reader: string;
  readonly atr: Uint8Array;
  readonly events: number;
  private readonly link: PcscdLink;
  private readonly handle: number;
  private readonly drop: () => void;
  private protocol: number;
  private hasLeft = false;
  /** An answer is read in two parts, so the next request waits for the last one. */
  private last: Promise<unknown> = Promise.resolve();

  /** `drop` ends the link and forgets it. */
  constructor({ link, reader, atr, handle, protocol, events }: Connection, drop: () => void) {
    this.link = link;
    this.reader = reader;
    this.atr = atr;
    this.handle = handle;
    this.protocol = protocol;
    this.events = events;
    this.drop = drop;
  }

  async begin(): Promise<"begun" | "in-use" | "gone"> {
    const begun = await this.patiently(() => this.call(COMMAND.begin, words(this.handle, 0)));
    if (begun === "done") return "begun";
    return begun === "in-use" ? "in-use" : "gone";
  }

  async end(): Promise<void> {
    if (!this.hasLeft) await this.call(COMMAND.end, words(this.handle, LEAVE_CARD, 0));
  }

  async transmit(apdu: Uint8Array, timeoutMs = TRANSMIT_LIMIT_MS): Promise<Uint8Array | "gone" | "unknown"> {
    const sent = await this.patiently(() => this.inTurn(() => this.send(apdu, timeoutMs)));
    if (typeof sent !== "string") return sent.length < 2 ? "unknown" : sent;
    return sent === "broken" || sent === "service-gone" ? "unknown" : "gone";
  }

  async reconnect(): Promise<"present" | "gone"> {
    // pcscd would connect the next card under the same handle: a card that came or went since is another one.
    const isSame = async () => (await this.eventsNow()) === this.events;
    if (!this.hasLeft && (await isSame()) && (await whileInUse(() => this.power(UNPOWER_CARD))) === "done")
      if (await isSame()) return "present";
    this.hasLeft = true;
    return "gone";
  }

  async close(): Promise<void> {
    if (!this.hasLeft) await this.call(COMMAND.disconnect, words(this.handle, LEAVE_CARD, 0));
    this.hasLeft = true;
    this.drop();
  }

  /** Calls again while another program has the card, and once more after one has switched it off and on: nothing was sent then. */
  private async patiently<T>(call: () => Promise<T | ScardProblem>): Promise<T | ScardProblem> {
    if (this.hasLeft) return "no-card";
    let result = await whileInUse(call);
    if (result === "reset" && (await this.power(LEAVE_CARD)) === "done") result = await whileInUse(call);
    if (result === "no-card" || result === "reader-gone" || result === "service-gone") this.hasLeft = true;
    return result;
  }

  private inTurn<T>(call: () => Promise<T>): Promise<T> {
    const turn = this.last.then(call);
    this.last = turn;
    return turn;
  }

  private async eventsNow(): Promise<number | null> {
    const states = await this.inTurn(() => this.link.ask(COMMAND.states, new Uint8Array(), { length: STATES_BYTES }));
    const state = states === null ? undefined : readerStates(states).find(({ name }) => name === this.reader);
    return state?.events ?? null;
  }

  private async call(command: number, body: Uint8Array): Promise<"done" | ScardProblem> {
    const answer = await this.inTurn(() => this.link.ask(command, body));
    if (answer === null) return "service-gone";
    const code = resultOf(answer);
    return code === SCARD.success ? "done" : problemOf(code);
  }

  private async send(apdu: Uint8Array, limitMs: number): Promise<Uint8Array | ScardProblem> {
    const body = transmitBody(this.handle, this.protocol, apdu.length);
    const answer = await this.link.ask(COMMAND.transmit, body, { length: TRANSMIT_BYTES, tail: apdu, limitMs });
    if (answer === null) return "service-gone";
    const code = resultOf(answer);
    if (code !== SCARD.success) return problemOf(code);
    return (await this.link.take(answerLength(answer))) ?? "service-gone";
  }

  private async power(initialisation: number): Promise<"done" | ScardProblem> {
    const body = words(this.handle, SHARE_SHARED, PROTOCOLS_ANY, initialisation, 0, 0);
    const answer = await this.inTurn(() => this.link.ask(COMMAND.reconnect, body));
    if (answer === null) return "service-gone";
    const code = resultOf(answer);
    if (code !== SCARD.success) return problemOf(code);
    this.protocol = word(answer, 4);
    return "done";
  }
}
