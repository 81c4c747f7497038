import type { CardLists, Clock, DeviceFacts, Sandbox, VisitReport, VisitRequest } from "@cachet/firmware/hal";
import { type CollectedBatch, type HeldKey, Supervisor, type TrustedImageKey } from "@cachet/firmware/supervisor";
import type { Signer } from "@cachet/firmware/wire";
import type { AirLog } from "./air-time.ts";
import { SimJournalFile } from "./flash.ts";
import { Mishaps, PowerCut } from "./mishap.ts";
import { type CardField, type Customer, SimReader } from "./reader.ts";
import { SimTill } from "./till.ts";
import type { Type2Chip } from "./type2-chip.ts";

/** A clock that somebody sets. */
export class SimClock implements Clock {
  utc: number;
  suspect = false;
  private readonly offsetAt: (utc: number) => number;

  /** `offsetAt` gives the zone's offset in minutes at an instant. */
  constructor(utc: number, offsetAt: (utc: number) => number) {
    this.utc = utc;
    this.offsetAt = offsetAt;
  }

  now(): { utc: number; offset: number; suspect: boolean } {
    return { utc: this.utc, offset: this.offsetAt(this.utc), suspect: this.suspect };
  }
}

export interface SimTerminalSetup {
  readonly facts: DeviceFacts;
  readonly keys: readonly HeldKey[];
  readonly signer: Signer;
  readonly trustedImageKeys: readonly TrustedImageKey[];
  /** Lowest security counter that may run; 0 when it is left out. */
  readonly securityCounter?: number;
  readonly image: Uint8Array;
  readonly clock: SimClock;
  readonly newSandbox: () => Sandbox;
  readonly keepsAllPaper?: boolean;
  readonly journalCapacity?: number;
  /** What the journal's file holds at the start: a copy of another terminal's, to try several endings of one story. */
  readonly journal?: Uint8Array;
  /** What the office says of cards; nothing where it is left out. */
  readonly lists?: CardLists;
  /** The reader; a simulated one where it is left out. */
  readonly field?: CardField;
}

/** A terminal on which everything but the hardware is the real thing. */
export class SimTerminal {
  readonly setup: SimTerminalSetup;
  readonly clock: SimClock;
  till: SimTill;
  /** What interrupts this terminal. Replace it to plan something. */
  mishaps = new Mishaps();
  private readonly reader: CardField;
  private readonly journal: SimJournalFile;
  private running: Supervisor | null = null;

  constructor(setup: SimTerminalSetup) {
    this.setup = setup;
    this.clock = setup.clock;
    this.till = new SimTill(setup.keepsAllPaper ?? false);
    this.journal = new SimJournalFile(() => this.mishaps, setup.journal);
    this.reader = setup.field ?? new SimReader(() => this.mishaps);
  }

  /** Boots. Throws what the supervisor's boot throws, or `PowerCut` when one is planned at its first entry. */
  async powerOn(): Promise<void> {
    const { facts, keys, signer, trustedImageKeys, image, clock, newSandbox, keepsAllPaper, journalCapacity, lists } =
      this.setup;
    this.till = new SimTill(keepsAllPaper ?? false);
    this.running = await Supervisor.boot(image, {
      facts,
      keys,
      signer,
      trustedImageKeys,
      securityCounter: this.setup.securityCounter ?? 0,
      clock,
      newSandbox,
      journal: this.journal,
      card: this.reader,
      counter: this.till,
      ...(journalCapacity === undefined ? {} : { journalCapacity }),
      ...(lists === undefined ? {} : { lists }),
    });
  }

  /** Stops at once, as if unplugged. Journal and cards stay. */
  powerOff(): void {
    this.running?.shutDown();
    this.running = null;
    this.reader.remove();
  }

  /** What only a simulated reader can do. */
  private get simulated(): SimReader {
    if (this.reader instanceof SimReader) return this.reader;
    throw new Error("this terminal has another reader");
  }

  /** Writes down from now on what goes over the air; null for nobody. */
  listen(log: AirLog | null): void {
    this.simulated.air = log;
  }

  get isOn(): boolean {
    return this.running !== null;
  }

  private get supervisor(): Supervisor {
    if (this.running === null) throw new Error("the terminal is off");
    return this.running;
  }

  /**
   * One visit with a card. `customer` says what happens when the terminal asks for the card again (default: walks away).
   * A planned power cut ends it with "power-cut"; the terminal is off then.
   */
  visit(request: VisitRequest, card: Type2Chip, customer: Customer = () => null): Promise<VisitReport | "power-cut"> {
    this.reader.present(card, () => this.mishaps);
    return this.attend(request, customer);
  }

  private async attend(request: VisitRequest, customer: Customer): Promise<VisitReport | "power-cut"> {
    this.reader.customer = customer;
    try {
      return await Promise.race([this.till.ask(request), this.supervisor.stopped]);
    } catch (error) {
      if (!(error instanceof PowerCut)) throw error;
      this.powerOff();
      return "power-cut";
    } finally {
      this.reader.remove();
    }
  }

  /** As `visit`, with a second card lying beside the first; the customer is asked which one it is to be. */
  visitBeside(
    request: VisitRequest,
    card: Type2Chip,
    beside: Type2Chip,
    customer: Customer,
  ): Promise<VisitReport | "power-cut"> {
    this.reader.present(card, () => this.mishaps);
    this.simulated.presentAlso(beside);
    return this.attend(request, customer);
  }

  get entryCount(): number {
    return this.supervisor.entryCount;
  }

  usedBytes(): number {
    return this.supervisor.usedBytes();
  }

  /** The journal's file as it lies in the flash. */
  journalBytes(): Promise<Uint8Array> {
    return this.journal.read();
  }

  collect(first = 1, last: number = this.entryCount): CollectedBatch {
    return this.supervisor.collect(first, last);
  }
}
