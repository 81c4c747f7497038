import { type Capabilities, connectChip } from "@cachet/card-layout";
import type { ChipLink } from "../cards/chip-link.ts";
import type { ReaderService, Transport } from "../ports/pcsc/transport.ts";
import { cardLeft, notACardOfOurs } from "./card-error.ts";
import type { Console } from "./console.ts";
import { cardInUse, noCard, readerLost } from "./reader-error.ts";

/** A card that lies on the reader that was chosen. */
export interface HeldCard {
  readonly link: ChipLink;
  /** What the reader does not pass to the chip; null where nothing is missing. */
  readonly missing: Capabilities["missing"];
}

/** The reader that a command works with. */
export interface ChosenReader {
  readonly name: string;
  /** Its cards are forgotten afterwards. */
  readonly isSimulated: boolean;
  /**
   * Waits for a card; at once where one lies there. Fails with C-READER-04 to 06, C-CARD-01 where it is no card of ours, C-CARD-11
   * where it left again.
   */
  next(): Promise<HeldCard>;
  /** Waits until the card is taken away, however long that takes. Fails with C-READER-04 and C-READER-05. */
  removed(): Promise<void>;
  /** Lets card and reader go. Harmless when repeated. */
  close(): Promise<void>;
}

/** How long a command waits, and what ends the wait early. */
export interface Patience {
  readonly seconds: number;
  readonly signal: AbortSignal;
}

/** A day: nobody waits longer for a card to be taken away. */
const REMOVAL_MS = 86_400_000;

/** One reader of a PC/SC service. `end` is called once it is closed. */
export class PcscReader implements ChosenReader {
  readonly name: string;
  readonly isSimulated = false;
  private readonly service: ReaderService;
  private readonly patience: Patience;
  private readonly console: Console;
  private readonly end: () => Promise<void>;
  private transport: Transport | null = null;

  constructor(name: string, service: ReaderService, patience: Patience, console: Console, end: () => Promise<void>) {
    this.name = name;
    this.service = service;
    this.patience = patience;
    this.console = console;
    this.end = end;
  }

  async next(): Promise<HeldCard> {
    await this.transport?.close();
    this.transport = await this.wait();
    const chip = await connectChip(this.transport);
    switch (chip) {
      case "gone":
        throw cardLeft("nothing was written");
      case "in-use":
        throw cardInUse(this.name);
      case "other-family":
      case "no-uid":
        throw notACardOfOurs(`the card on ${this.name}`, "its reader does not call it a Type 2 card");
      default:
        return { link: chip, missing: chip.capabilities.missing };
    }
  }

  private async wait(): Promise<Transport> {
    const { seconds, signal } = this.patience;
    const readers = await this.service.readers();
    const isThere = readers !== "service-absent" && readers.some(({ name, card }) => name === this.name && card);
    if (!isThere) this.console.err("Present the card\n");
    const told = await this.service.waitForCard(this.name, seconds * 1_000, signal);
    if (typeof told !== "string") return told;
    if (told === "none") throw noCard(this.name, seconds, signal.aborted);
    throw told === "in-use" ? cardInUse(this.name) : readerLost(this.name, told);
  }

  async removed(): Promise<void> {
    const { transport } = this;
    this.transport = null;
    await transport?.close();
    const { signal } = this.patience;
    // The card that was held, not one that may lie there by now.
    const told = await this.service.waitForRemoval(transport ?? this.name, REMOVAL_MS, signal);
    if (told === "still-there") throw noCard(this.name, REMOVAL_MS / 1_000, signal.aborted);
    if (told !== "removed") throw readerLost(this.name, told);
  }

  async close(): Promise<void> {
    await this.transport?.close();
    this.transport = null;
    await this.end();
  }
}
