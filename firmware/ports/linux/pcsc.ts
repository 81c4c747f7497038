import { type CardConnection, connectChip, type StorageCard, sameBytes } from "@cachet/card-layout";
import type { CardPort, Exchange, Tap, Timer } from "../../src/hal/index.ts";
import { native } from "./native.ts";

/** How often a reader is asked whether a card lies on it. */
const LOOK_MS = 40;

/** The card that the service was connected to last. */
const connectionOf = (atr: Uint8Array): CardConnection => ({
  atr,
  exclusive: "transaction",
  begin: async () => native.cardBegin(),
  end: async () => native.cardEnd(),
  transmit: async (apdu) => native.cardTransmit(apdu) ?? "unknown",
  reconnect: async () => (native.cardReconnect() ? "present" : "gone"),
});

/** A reader of the system's PC/SC service. One that is unplugged, or whose service ends, is found again when it is back. */
export class PcscReader implements CardPort {
  private readonly wanted: string;
  private readonly timer: Timer;
  private card: StorageCard | null = null;
  /** What lies there was answered already, and is of no use: somebody has to take it away first. */
  private isSpent = false;
  private waits = 0;
  /** What the log said last of the reader. */
  private told = "";

  /** `wanted`: the beginning of a reader's name; the first one of all where it is empty. */
  constructor(wanted: string, timer: Timer) {
    this.wanted = wanted;
    this.timer = timer;
  }

  async waitCard(timeoutMs: number, uid: Uint8Array | null): Promise<Tap | "other" | "none"> {
    // An app that was stopped waits no longer: the card is for the one that asks now.
    this.waits += 1;
    const wait = this.waits;
    const end = timeoutMs === 0 ? Number.POSITIVE_INFINITY : native.steady() + timeoutMs;
    while (wait === this.waits) {
      const found = await this.look();
      if (found !== null) {
        if (uid === null || sameBytes(uid, found)) return { uid: found };
        this.isSpent = true;
        return "other";
      }
      if (native.steady() >= end) return "none";
      await new Promise<void>((resolve) => this.timer.after(LOOK_MS, resolve));
    }
    return "none";
  }

  /** The UID of the chip that lies there now, selected; null where there is none of ours. */
  private async look(): Promise<Uint8Array | null> {
    const name = this.name();
    const atr = name === null ? null : native.cardPresent(name);
    if (name === null || atr === null || atr === false) {
      this.isSpent = false;
      this.card = null;
      return null;
    }
    if (this.isSpent || native.cardConnect(name) !== "connected") return null;
    const card = await connectChip(connectionOf(atr));
    if (typeof card !== "string") {
      this.card = card;
      return card.uid;
    }
    native.cardClose();
    // Any other card lies there until somebody takes it away.
    this.isSpent = card === "other-family" || card === "no-uid";
    return null;
  }

  private name(): string | null {
    const readers = native.cardReaders();
    const name = readers?.find((one) => one.startsWith(this.wanted)) ?? null;
    this.tell(
      readers === null ? "there is no PC/SC service" : name === null ? "there is no such reader" : `reader ${name}`,
    );
    return name;
  }

  private tell(words: string): void {
    if (this.told !== words) native.say(words);
    this.told = words;
  }

  async exchange(commands: readonly Uint8Array[]): Promise<Exchange> {
    return this.card?.exchange(commands) ?? { answers: [], end: "gone" };
  }
}
