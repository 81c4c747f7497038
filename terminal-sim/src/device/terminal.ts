import type {
  CardLists,
  DeviceFacts,
  Chance as HalChance,
  Sandbox,
  SerialLine,
  SettableClock,
  Timer,
  VisitReport,
  VisitRequest,
} from "@cachet/firmware/hal";
import { type Belonging, type CollectedBatch, type Hardware, Slots, Supervisor } from "@cachet/firmware/supervisor";
import type { AirLog } from "./air-time.ts";
import { Chance } from "./chance.ts";
import { Mishaps, PowerCut } from "./mishap.ts";
import { type CardField, type Customer, SimReader } from "./reader.ts";
import { SimStorage } from "./storage.ts";
import { SimTill } from "./till.ts";
import { SimTimer } from "./timer.ts";
import type { Type2Chip } from "./type2-chip.ts";

/** A clock that somebody sets. */
export class SimClock implements SettableClock {
  utc: number;
  suspect = false;
  private readonly offsetAt: (utc: number) => number;

  /** `offsetAt` gives the zone's offset in minutes at an instant. */
  constructor(utc: number, offsetAt: (utc: number) => number) {
    this.utc = utc;
    this.offsetAt = offsetAt;
  }

  set(utc: number): void {
    this.utc = utc;
    this.suspect = false;
  }

  now(): { utc: number; offset: number; suspect: boolean } {
    return { utc: this.utc, offset: this.offsetAt(this.utc), suspect: this.suspect };
  }
}

export interface SimTerminalSetup {
  /** What the terminal is; null for one that is what its storage says: blank, or what a provision made of it. */
  readonly belonging: Belonging | null;
  /** Null for a terminal without a line. */
  readonly line?: SerialLine;
  /** One that is moved on by hand where it is left out. */
  readonly timer?: Timer;
  readonly hardware?: Hardware;
  /** What is drawn at random; always the same where it is left out. */
  readonly chance?: HalChance;
  /** Lowest security counter that may run; 0 when it is left out. */
  readonly securityCounter?: number;
  readonly image: Uint8Array;
  readonly clock: SimClock;
  readonly newSandbox: () => Sandbox;
  readonly keepsAllPaper?: boolean;
  readonly journalCapacity?: number;
  /** What files hold at the start, by name: a copy of another terminal's, to try several endings of one story. */
  readonly files?: Readonly<Record<string, Uint8Array>>;
  /** What the office says of cards; what the terminal's own list says where it is left out. */
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
  readonly storage: SimStorage;
  private readonly reader: CardField;
  private running: Supervisor | null = null;
  /** What stopped the running terminal for good; null while nothing did. */
  private stop: { readonly error: unknown } | null = null;
  /** Ends the visit under way. Promises that live as long as the terminal are waited for once: each wait is kept as long as they are. */
  private cut: { readonly resolve: (end: "power-cut") => void; readonly reject: (error: unknown) => void } | null =
    null;
  /** Comes up again by itself after a reset that the line, or a trial, asked for. */
  restarted: Promise<void> = Promise.resolve();

  constructor(setup: SimTerminalSetup) {
    this.setup = setup;
    this.clock = setup.clock;
    this.till = new SimTill(setup.keepsAllPaper ?? false);
    this.storage = new SimStorage(() => this.mishaps, setup.files);
    this.reader = setup.field ?? new SimReader(() => this.mishaps);
  }

  /** Puts the image into the flash of a new terminal, where nothing goes wrong. */
  private async install(): Promise<void> {
    const { image, securityCounter } = this.setup;
    const planned = this.mishaps;
    this.mishaps = new Mishaps();
    await Slots.install(this.storage, image, securityCounter);
    this.mishaps = planned;
  }

  /** Boots. Throws what the supervisor's boot throws, or `PowerCut` when one is planned, or `ImageRefused` where no image runs. */
  async powerOn(): Promise<void> {
    const supervisor = await this.boot();
    if (supervisor.imageFault !== null) throw supervisor.imageFault;
  }

  /** Boots, with or without an image to run. */
  async boot(): Promise<Supervisor> {
    const { belonging, clock, newSandbox, keepsAllPaper, journalCapacity, lists } = this.setup;
    if ((await this.storage.file("state").read()).length === 0) await this.install();
    this.till = new SimTill(keepsAllPaper ?? false);
    const supervisor = await Supervisor.boot({
      hardware: this.setup.hardware ?? { model: "sim", serial: "SIM-1" },
      storage: this.storage,
      ...(belonging === null ? {} : { belonging }),
      chance: this.setup.chance ?? new Chance(1),
      clock,
      timer: this.setup.timer ?? new SimTimer(),
      line: this.setup.line ?? null,
      newSandbox,
      card: this.reader,
      counter: this.till,
      ...(journalCapacity === undefined ? {} : { journalCapacity }),
      ...(lists === undefined ? {} : { lists }),
    });
    this.running = supervisor;
    this.stop = null;
    supervisor.stopped.catch((error: unknown) => {
      if (this.running !== supervisor) return;
      this.stop = { error };
      this.cut?.reject(error);
    });
    supervisor.resets.then(() => {
      if (this.running !== supervisor) return;
      this.cut?.resolve("power-cut");
      this.restarted = this.restart();
    });
    return supervisor;
  }

  private async restart(): Promise<void> {
    this.powerOff();
    await this.boot();
  }

  /** What the terminal is. Throws while it is blank. */
  get facts(): DeviceFacts {
    const facts = this.setup.belonging?.facts ?? this.running?.facts;
    if (facts === undefined || facts === null) throw new Error("the terminal is blank");
    return facts;
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

  get supervisor(): Supervisor {
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

  /** One visit for which no card comes: an account without a chip. */
  serve(request: VisitRequest): Promise<VisitReport | "power-cut"> {
    return this.attend(request, () => null);
  }

  private async attend(request: VisitRequest, customer: Customer): Promise<VisitReport | "power-cut"> {
    this.reader.customer = customer;
    try {
      const { supervisor } = this;
      return await new Promise((resolve, reject) => {
        this.cut = { resolve, reject };
        if (this.stop !== null) reject(this.stop.error);
        this.till.ask(request).then(resolve);
        supervisor.appFault().catch(reject);
      });
    } catch (error) {
      if (!(error instanceof PowerCut)) throw error;
      this.powerOff();
      return "power-cut";
    } finally {
      this.cut = null;
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
    return this.storage.file("journal").read();
  }

  collect(first = 1, last: number = this.entryCount): CollectedBatch {
    return this.supervisor.collect(first, last);
  }
}
