/** How long a card may take for one command before its outcome is called unknown. A Type 2 write needs about 10 ms on air. */
export const TRANSMIT_LIMIT_MS = 5000;
/** How long another program may hold a card before it counts as in use. */
export const IN_USE_LIMIT_MS = 1000;

/**
 * One card in one reader, from `waitForCard` until it leaves. A card that left never comes back under the same transport: every
 * later call says "gone", also when the same card is put down again.
 */
export interface Transport {
  readonly reader: string;
  /** Answer to reset, as the reader gave it. */
  readonly atr: Uint8Array;
  /** How many cards had come to the reader or left it by then, as far as the system counts them; still there after `close`. */
  readonly events: number;
  /**
   * What keeps other programs away. `transaction`: between `begin` and `end` (SCardBeginTransaction). `connection`: as long as
   * the transport is open, nobody else can connect. `none`: nothing does.
   */
  readonly exclusive: "transaction" | "connection" | "none";
  /** Waits at most `IN_USE_LIMIT_MS` for another program to end. Begins do not nest. */
  begin(): Promise<"begun" | "in-use" | "gone">;
  /** Ends what `begin` began; nothing otherwise. */
  end(): Promise<void>;
  /**
   * Sends one command and gives the whole answer with its two status bytes. `gone`: the card had left before. `unknown`: fewer
   * than 2 bytes came back, the link broke in the middle, or nothing came in time: the card may have done it.
   */
  transmit(apdu: Uint8Array, timeoutMs?: number): Promise<Uint8Array | "gone" | "unknown">;
  /** Switches the chip off and on again. Another chip may have taken its place: ask for the UID. */
  reconnect(): Promise<"present" | "gone">;
  /** Lets the card go. Harmless when repeated. */
  close(): Promise<void>;
}

/** One reader and what lies on it. `card` says whether a card is in the field. */
export interface Reader {
  readonly name: string;
  readonly card: boolean;
}

/**
 * The readers of this computer. Survives a restart of the service behind it: after "service-absent" or "service-gone" the next
 * call asks anew. `signal` ends a wait early, with the word for a wait in vain.
 */
export interface ReaderService {
  readonly backend: "pcscd" | "smartcard" | "pcsclite" | "in-process";
  /** The readers in the order of the service. `service-absent`: no PC/SC service is running. */
  readers(): Promise<readonly Reader[] | "service-absent">;
  /**
   * Waits for a card and connects to it; at once where one lies there. `none`: no card in time. `in-use`: there is one, but
   * another program holds it. `reader-gone`: no reader has that name, or it was unplugged. `service-gone`: no service, or it ended.
   */
  waitForCard(
    reader: string,
    timeoutMs: number,
    signal?: AbortSignal,
  ): Promise<Transport | "none" | "in-use" | "reader-gone" | "service-gone">;
  /**
   * Waits until a card has left, even if another one follows at once: the card of a transport, or the one that lies on the reader
   * now. Name the transport where the card may have left before the call.
   */
  waitForRemoval(
    card: Transport | string,
    timeoutMs: number,
    signal?: AbortSignal,
  ): Promise<"removed" | "still-there" | "reader-gone" | "service-gone">;
  /** Closes every transport it gave and ends every wait. Later calls find no service. Harmless when repeated. */
  close(): Promise<void>;
}

/** What can be wrong with the PC/SC installation itself. The words are stable. */
export type PcscProblem = "no-backend" | "unknown-version" | "unexpected-answer";

/** The PC/SC installation is not as it must be. `message` says what to install or what came. */
export class PcscFault extends Error {
  readonly problem: PcscProblem;
  constructor(problem: PcscProblem, message: string) {
    super(message);
    this.name = "PcscFault";
    this.problem = problem;
  }
}
