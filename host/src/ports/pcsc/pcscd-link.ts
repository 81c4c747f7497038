import { createConnection, type Socket } from "node:net";
import { COMMAND, message, PROTOCOL_MAJOR, PROTOCOL_MINOR, word, words } from "./pcscd-messages.ts";
import { promised } from "./promised.ts";
import { SCARD } from "./scard-code.ts";
import { PcscFault } from "./transport.ts";

interface Wanted {
  readonly length: number;
  readonly give: (bytes: Uint8Array | null) => void;
}

/** How long pcscd may take for a call that waits for nothing outside. */
const ANSWER_LIMIT_MS = 5000;

/** What an `ask` may set besides its body: how many bytes come back, what goes behind the body, and the time for it. */
export interface Asked {
  readonly length?: number;
  readonly tail?: Uint8Array;
  readonly limitMs?: number;
}

/** One connection to pcscd. Answers come in the order of the requests; when it breaks, every one still awaited is null. */
export class PcscdLink {
  private readonly socket: Socket;
  private readonly wanted: Wanted[] = [];
  private received: Uint8Array = new Uint8Array();
  private broken = false;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on("data", (chunk) => this.receive(chunk));
    socket.on("error", () => this.break());
    socket.on("close", () => this.break());
  }

  /** Connects and agrees on a version. null: nobody listens there. Throws `PcscFault` where the versions have nothing in common. */
  static async open(path: string): Promise<PcscdLink | null> {
    const first = await PcscdLink.greet(path, PROTOCOL_MINOR);
    if (first === null || first instanceof PcscdLink) return first;
    const second = await PcscdLink.greet(path, first);
    if (second === null || second instanceof PcscdLink) return second;
    throw new PcscFault("unknown-version", `pcscd speaks protocol ${PROTOCOL_MAJOR}:${second} and refuses it at once`);
  }

  /** A link, the minor version that the service wants instead, or null. */
  private static async greet(path: string, minor: number): Promise<PcscdLink | number | null> {
    const socket = await connectTo(path);
    if (socket === null) return null;
    const link = new PcscdLink(socket);
    const answer = await link.ask(COMMAND.version, words(PROTOCOL_MAJOR, minor, 0));
    if (answer === null || word(answer, 2) === SCARD.success) return answer === null ? null : link;
    link.close();
    if (word(answer, 0) !== PROTOCOL_MAJOR)
      throw new PcscFault("unknown-version", `pcscd speaks protocol ${word(answer, 0)}:${word(answer, 1)}, not 4`);
    return word(answer, 1);
  }

  /** Sends a request; gives as many bytes as its body has, or `length`. null: no answer in time, and the link is broken then. */
  ask(command: number, body: Uint8Array, asked: Asked = {}): Promise<Uint8Array | null> {
    if (!this.broken) {
      this.socket.write(message(command, body));
      if (asked.tail !== undefined) this.socket.write(asked.tail);
    }
    return this.take(asked.length ?? body.length, asked.limitMs ?? ANSWER_LIMIT_MS);
  }

  /**
   * The next `length` bytes; null when the link breaks first. Bytes that come late would be taken for the next answer, so a
   * missed limit breaks the link.
   */
  async take(length: number, limitMs = ANSWER_LIMIT_MS): Promise<Uint8Array | null> {
    if (this.broken) return null;
    const { promise, resolve } = promised<Uint8Array | null>();
    this.wanted.push({ length, give: resolve });
    this.give();
    const limit = setTimeout(() => this.break(), limitMs);
    const bytes = await promise;
    clearTimeout(limit);
    return bytes;
  }

  /** Ends the link; harmless when repeated. pcscd lets go of the cards that were connected through it. */
  close(): void {
    this.break();
  }

  private receive(chunk: Uint8Array): void {
    const joined = new Uint8Array(this.received.length + chunk.length);
    joined.set(this.received);
    joined.set(chunk, this.received.length);
    this.received = joined;
    this.give();
  }

  private give(): void {
    while (this.wanted.length > 0 && this.received.length >= this.wanted[0]!.length) {
      const { length, give } = this.wanted.shift()!;
      const bytes = this.received.slice(0, length);
      this.received = this.received.subarray(length);
      give(bytes);
    }
  }

  private break(): void {
    this.broken = true;
    this.socket.destroy();
    for (const { give } of this.wanted.splice(0)) give(null);
  }
}

/** null where nobody listens, or the path is no socket, or it may not be opened. */
function connectTo(path: string): Promise<Socket | null> {
  const { promise, resolve } = promised<Socket | null>();
  const socket = createConnection(path);
  socket.once("connect", () => {
    socket.removeAllListeners("error");
    resolve(socket);
  });
  socket.once("error", () => resolve(null));
  return promise;
}
