import { createConnection, type Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";

/** A card as vpcd sees it; `StorageCardFront` is one. */
export interface VpcdCard {
  readonly atr: Uint8Array;
  power(): void;
  /** "gone": the card leaves without an answer. */
  apdu(command: Uint8Array): Uint8Array | "gone";
}

/** TCP ports of the two readers that Debian's vsmartcard-vpcd sets up, "Virtual PCD 00 00" and "Virtual PCD 00 01". */
export const VPCD_PORTS = [35963, 35964] as const;

const POWER_OFF = 0;
const POWER_ON = 1;
const RESET = 2;
const GET_ATR = 4;
const REDIAL_MS = 20;

/**
 * One reader of vpcd, the driver of virtual readers for pcscd: a TCP connection to it is a card in its field, and closing that
 * takes the card away. Each message is two bytes of length, then that many: one byte is a control code, more an APDU. pcscd looks
 * for a card about every 400 ms.
 *
 * pcscd holds the reader while it asks the card. A program that calls pcscd and waits in the thread that should answer for the
 * card, as the native npm packages do in places, waits for ever: give the card a thread of its own there.
 */
export class VpcdLink {
  private readonly port: number;
  private card: VpcdCard | null = null;
  private socket: Socket | null = null;

  constructor(port: number = VPCD_PORTS[0]) {
    this.port = port;
  }

  /** Lays a card on the reader; what lay there is taken away first. Dials until pcscd listens, and again after it restarted. */
  insert(card: VpcdCard): void {
    this.remove();
    this.card = card;
    void this.dial(card);
  }

  /** Takes the card away, also in the middle of a command. */
  remove(): void {
    this.card = null;
    this.socket?.destroy();
    this.socket = null;
  }

  private async dial(card: VpcdCard): Promise<void> {
    while (this.card === card) {
      await this.serve(card);
      if (this.card === card) await pause(REDIAL_MS);
    }
  }

  /** Serves one connection until it ends. */
  private async serve(card: VpcdCard): Promise<void> {
    const socket = createConnection({ port: this.port, host: "127.0.0.1", noDelay: true });
    this.socket = socket;
    let received: Buffer = Buffer.alloc(0);
    socket.on("data", (chunk) => {
      received = Buffer.concat([received, chunk]);
      while (this.card === card && received.length >= 2 && received.length >= 2 + received.readUInt16BE()) {
        const message = received.subarray(2, 2 + received.readUInt16BE());
        received = received.subarray(2 + message.length);
        this.answer(card, socket, message);
      }
    });
    // Nobody listens, or pcscd ended: the dialling goes on after "close".
    socket.on("error", () => {});
    await new Promise((resolve) => socket.once("close", resolve));
  }

  private answer(card: VpcdCard, socket: Socket, message: Uint8Array): void {
    const code = message.length === 1 ? message[0] : null;
    if (code === POWER_ON || code === RESET) card.power();
    if (code === POWER_OFF || code === POWER_ON || code === RESET) return;
    const answer = code === GET_ATR ? card.atr : card.apdu(Uint8Array.from(message));
    if (answer === "gone") {
      this.remove();
      return;
    }
    const length = Buffer.alloc(2);
    length.writeUInt16BE(answer.length);
    socket.write(Buffer.concat([length, answer]));
  }
}
