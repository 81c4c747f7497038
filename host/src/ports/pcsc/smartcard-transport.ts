import { Deadline, whileInUse } from "./field-watch.ts";
import { LEAVE_CARD, PROTOCOLS_ANY, SHARE_EXCLUSIVE, UNPOWER_CARD } from "./native-package.ts";
import { problemOfError, type ScardProblem } from "./scard-code.ts";
import { TRANSMIT_LIMIT_MS, type Transport } from "./transport.ts";

/** What is used of a connected card of the npm package smartcard. */
export interface SmartcardCard {
  readonly atr: Uint8Array | null;
  getStatus(): unknown;
  transmit(apdu: Buffer): Promise<Uint8Array>;
  reconnect(shareMode: number, protocols: number, initialisation: number): Promise<number>;
  disconnect(disposition: number): void;
}

/** A card that the package has connected for us alone: it has no transactions. */
export class SmartcardTransport implements Transport {
  readonly exclusive = "connection";
  readonly reader: string;
  readonly atr: Uint8Array;
  readonly events: number;
  private readonly card: SmartcardCard;
  private readonly drop: () => void;
  private hasLeft = false;
  private isClosed = false;
  /** A native call that missed its time. Until it returns, the package's other calls would stop this thread. */
  private stuck: Promise<unknown> | null = null;

  constructor(card: SmartcardCard, reader: string, events: number, drop: () => void) {
    this.card = card;
    this.reader = reader;
    this.events = events;
    this.atr = Uint8Array.from(card.atr ?? []);
    this.drop = drop;
  }

  async begin(): Promise<"begun" | "gone"> {
    return this.hasLeft ? "gone" : "begun";
  }

  async end(): Promise<void> {}

  async transmit(apdu: Uint8Array, timeoutMs = TRANSMIT_LIMIT_MS): Promise<Uint8Array | "gone" | "unknown"> {
    if (this.hasLeft) return "gone";
    try {
      const call = this.card.transmit(Buffer.from(apdu));
      const answer = await new Deadline(timeoutMs).race(call);
      if (answer === "time-out") {
        this.hasLeft = true;
        this.stuck = call;
      }
      return answer === "time-out" || answer.length < 2 ? "unknown" : Uint8Array.from(answer);
    } catch (error) {
      return this.lost(problemOfError(error));
    }
  }

  /** Looks whether the card is still the one that was connected, and lets go of the reader otherwise. */
  notice(): "present" | "gone" {
    if (this.hasLeft) return "gone";
    try {
      this.card.getStatus();
      return "present";
    } catch (error) {
      this.lost(problemOfError(error));
      return this.hasLeft ? "gone" : "present";
    }
  }

  async reconnect(): Promise<"present" | "gone"> {
    if (this.notice() === "gone") return "gone";
    const again = async (): Promise<"done" | ScardProblem> => {
      try {
        await this.card.reconnect(SHARE_EXCLUSIVE, PROTOCOLS_ANY, UNPOWER_CARD);
        return "done";
      } catch (error) {
        return problemOfError(error);
      }
    };
    if ((await whileInUse(again)) === "done") return "present";
    await this.close();
    return "gone";
  }

  async close(): Promise<void> {
    this.leave();
  }

  /** An exclusive connection outlives its card, and would keep everybody from the next one. */
  private leave(): void {
    this.hasLeft = true;
    if (this.isClosed) return;
    this.isClosed = true;
    if (this.stuck === null) this.letGo();
    else
      void this.stuck.then(
        () => this.letGo(),
        () => this.letGo(),
      );
  }

  private letGo(): void {
    try {
      this.card.disconnect(LEAVE_CARD);
    } catch {
      // The card or the service left before: there is nothing to let go of.
    }
    this.drop();
  }

  private lost(problem: ScardProblem): "gone" | "unknown" {
    if (problem === "no-card" || problem === "reader-gone" || problem === "service-gone") this.leave();
    return problem === "broken" || problem === "service-gone" ? "unknown" : "gone";
  }
}
