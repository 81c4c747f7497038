import { lineOf, receiptText, writtenReceipt } from "@cachet/firmware/counter";
import type {
  CardLists,
  Chance,
  CounterPort,
  Language,
  Receipt,
  Sandbox,
  Screen,
  SettableClock,
  ShopSettings,
  Storage,
  Tap,
  Timer,
  VisitReport,
  VisitRequest,
  WrittenReceipt,
} from "@cachet/firmware/hal";
import { type Belonging, type Hardware, Slots, Supervisor } from "@cachet/firmware/supervisor";
import { Faults } from "./fault.ts";
import { FaultyStorage } from "./faulty-storage.ts";
import { PowerCut } from "./mishap.ts";
import type { LineEnd } from "./pty-line.ts";
import { type Customer, SimReader } from "./reader.ts";
import { SimTill } from "./till.ts";
import type { Type2Chip } from "./type2-chip.ts";

/** What somebody who stands before a terminal sees and hears of it. */
export type TerminalEvent =
  /** It is on. `image`: why no image runs; null where one does. */
  | { readonly what: "started"; readonly image: string | null; readonly trial: boolean }
  /** Its app was stopped, and why; the supervisor starts it anew, a few times. */
  | { readonly what: "app-stopped"; readonly reason: string }
  /** It is off, and why. */
  | { readonly what: "stopped"; readonly reason: string }
  | { readonly what: "screen"; readonly line: string }
  | { readonly what: "receipt"; readonly lines: readonly string[] };

/** A till that shows what it shows. */
class DeskTill extends SimTill implements CounterPort {
  /** What came out of the printer since somebody emptied this. */
  slips: WrittenReceipt[] = [];
  private readonly tell: (event: TerminalEvent) => void;

  constructor(tell: (event: TerminalEvent) => void, timer: Timer) {
    super(false, timer);
    this.tell = tell;
  }

  override async show(screen: Screen, settings: ShopSettings): Promise<void> {
    await super.show(screen, settings);
    this.tell({ what: "screen", line: lineOf(screen, settings.language) });
  }

  override async print(receipt: Receipt, settings: ShopSettings): Promise<"printed" | "no-paper"> {
    if ((await super.print(receipt, settings)) === "no-paper") return "no-paper";
    const written = writtenReceipt(receipt, settings.language);
    this.slips.push(written);
    this.tell({ what: "receipt", lines: receiptText(written) });
    return "printed";
  }
}

/** A reader that waits for a card where nobody stands before it and decides at once whether to come back. */
class DeskReader extends SimReader {
  /** A customer stands there: what he does when asked is done at once. */
  isAttended = false;
  private readonly timer: Timer;
  private onPresent: () => void = () => {};
  private onCallOff: (() => void) | null = null;
  /** The card was taken away. */
  onRemove: () => void = () => {};

  constructor(faults: Faults, timer: Timer) {
    super(() => faults.card);
    this.timer = timer;
  }

  override present(chip: Type2Chip): void {
    super.present(chip);
    this.onPresent();
  }

  /** Waits for a card where none is. */
  get awaitsCard(): boolean {
    return this.onCallOff !== null;
  }

  /** Ends a wait for a card, as the red key does; false where there is none. */
  callOff(): boolean {
    const { onCallOff } = this;
    onCallOff?.();
    return onCallOff !== null;
  }

  override remove(): void {
    super.remove();
    this.onRemove();
  }

  override async waitCard(timeoutMs: number, uid: Uint8Array | null): Promise<Tap | "other" | "several" | "none"> {
    const found = await super.waitCard(timeoutMs, uid);
    if (found !== "none" || this.isAttended) return found;
    const came = await new Promise<boolean>((resolve) => {
      const end = (isThere: boolean) => {
        this.onPresent = () => {};
        this.onCallOff = null;
        callOff();
        resolve(isThere);
      };
      const callOff = timeoutMs === 0 ? () => {} : this.timer.after(timeoutMs, () => end(false));
      this.onPresent = () => end(true);
      this.onCallOff = () => end(false);
    });
    return came ? super.waitCard(timeoutMs, uid) : "none";
  }
}

/** What a terminal on the desk is made of. */
export interface DeskTerminalParts {
  /** What it is; null where its storage says: blank, or what a provision made of it. */
  readonly belonging: Belonging | null;
  readonly chance: Chance;
  readonly hardware: Hardware;
  readonly storage: Storage;
  readonly clock: SettableClock;
  readonly timer: Timer;
  readonly newSandbox: () => Sandbox;
  /** What the office says of cards; the terminal's own list where it is left out. */
  readonly lists?: CardLists;
  /** Puts the terminal on its line, once for each start; null for a terminal without a line. */
  readonly connect: (() => LineEnd) | null;
  readonly tell: (event: TerminalEvent) => void;
}

/** Turns of the event loop that no work of a terminal takes. */
const TURNS_MAX = 100_000;

/** Why a terminal is off. */
const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** A terminal that is switched on and off, starts anew when its line or a trial asks for it, and goes off when something breaks. */
export class DeskTerminal {
  readonly faults = new Faults();
  private readonly parts: DeskTerminalParts;
  private readonly reader: DeskReader;
  private till: DeskTill;
  /** What the printer gave out in the last visit, oldest first. */
  slips: readonly WrittenReceipt[] = [];
  private supervisor: Supervisor | null = null;
  private line: LineEnd | null = null;

  constructor(parts: DeskTerminalParts) {
    this.parts = parts;
    this.reader = new DeskReader(this.faults, parts.timer);
    this.till = new DeskTill(parts.tell, parts.timer);
  }

  /** Puts the first image into the flash of a new terminal, as its maker does; nothing where it has one. */
  async install(image: Uint8Array): Promise<void> {
    if ((await this.parts.storage.file("state").read()).length === 0) await Slots.install(this.parts.storage, image);
  }

  /** Starts it; false where it does not come up, and the event says why. Nothing where it is on. */
  async powerOn(): Promise<boolean> {
    if (this.supervisor !== null) return true;
    const { belonging, chance, hardware, storage, clock, timer, newSandbox, lists, connect, tell } = this.parts;
    this.faults.isFull = false;
    // What the app shows while it starts is told behind the start, however fast the engine is.
    let early: TerminalEvent[] | null = [];
    const tellOnce = (event: TerminalEvent) => (early === null ? tell(event) : void early.push(event));
    const { hasPaper } = this.till;
    this.till = new DeskTill(tellOnce, timer);
    this.till.callOff = () => this.reader.callOff();
    this.reader.onRemove = () => this.till.cardLeft();
    this.till.hasPaper = hasPaper;
    this.line = connect?.() ?? null;
    try {
      this.supervisor = await Supervisor.boot({
        hardware,
        storage: new FaultyStorage(storage, this.faults),
        ...(belonging === null ? {} : { belonging }),
        chance,
        clock,
        timer,
        line: this.line,
        newSandbox,
        ...(lists === undefined ? {} : { lists }),
        card: this.reader,
        counter: this.till,
        appStopped: ({ message }) => tellOnce({ what: "app-stopped", reason: message }),
      });
    } catch (error) {
      this.powerOff(reasonOf(error));
      return false;
    }
    this.watch(this.supervisor);
    const { imageFault, slots } = this.supervisor;
    tell({ what: "started", image: imageFault?.message ?? null, trial: slots.onTrial });
    for (const event of early) tell(event);
    early = null;
    return true;
  }

  private watch(supervisor: Supervisor): void {
    const isCurrent = () => this.supervisor === supervisor;
    supervisor.resets.then(async () => {
      if (!isCurrent()) return;
      this.powerOff("reset");
      await this.powerOn();
    });
    supervisor.stopped.catch((error: unknown) => {
      if (isCurrent()) this.powerOff(reasonOf(error));
    });
  }

  /** Stops at once, as if unplugged. What it stored stays. */
  powerOff(reason = "power off"): void {
    this.supervisor?.shutDown();
    this.supervisor = null;
    this.line?.close();
    this.line = null;
    this.reader.remove();
    this.parts.tell({ what: "stopped", reason });
  }

  /** The power goes and comes back. */
  async powerCycle(): Promise<boolean> {
    this.powerOff("power cut");
    return this.powerOn();
  }

  get isOn(): boolean {
    return this.supervisor !== null;
  }

  /** Throws where it is off. */
  get running(): Supervisor {
    if (this.supervisor === null) throw new Error("the terminal is off");
    return this.supervisor;
  }

  get clock(): SettableClock {
    return this.parts.clock;
  }

  /** Paper in the printer. */
  set hasPaper(hasPaper: boolean) {
    this.till.hasPaper = hasPaper;
  }

  /** Sets the language of the shop, and keeps it. */
  async setLanguage(language: Language): Promise<void> {
    await this.running.setLanguage(language);
  }

  /** Screen, keys and paper. A terminal that starts anew has new ones. */
  get counter(): SimTill {
    return this.till;
  }

  /** Asks for a card in the middle of a visit. */
  get awaitsCard(): boolean {
    return this.reader.awaitsCard;
  }

  /** Resolves once it waits for somebody, with a key or with a card, or is off. Rejects where it hangs. */
  async settled(): Promise<void> {
    for (let turns = 0; this.isOn; turns += 1) {
      const { isAsking, hasEvents, screen } = this.till;
      if ((isAsking && !hasEvents) || this.awaitsCard || this.running.app?.state === "stopped") return;
      if (turns === TURNS_MAX) throw new Error(`the terminal hangs on ${JSON.stringify(screen)}`);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** A customer holds a card to the reader of a terminal with keys. */
  hold(card: Type2Chip): void {
    this.reader.present(card);
    this.till.cardCame();
  }

  /** And takes it away. */
  take(): void {
    this.reader.remove();
  }

  /** Somebody holds the service key down. */
  pressService(): void {
    this.till.pressService();
  }

  /** Lays a card on the reader, where it stays until it is lifted or the next visit ends. */
  lay(card: Type2Chip): void {
    this.reader.present(card);
  }

  lift(): void {
    this.reader.remove();
  }

  /**
   * One visit with a card, or a request that needs none. `customer` says what happens when the terminal asks for the card again. Gives the report, or why the
   * terminal stopped in the middle of it.
   */
  async visit(
    request: VisitRequest,
    card: Type2Chip | null,
    customer: Customer = () => null,
  ): Promise<VisitReport | { readonly stopped: string }> {
    const { stopped, resets, facts } = this.running;
    if (facts === null) return { stopped: "the terminal is blank: provision it first" };
    this.reader.isAttended = true;
    this.reader.customer = customer;
    if (card !== null) this.reader.present(card);
    // A terminal that starts anew in the middle has another till.
    const { till } = this;
    till.slips = [];
    try {
      const again = resets.then(() => ({ stopped: "reset" }));
      return await Promise.race([this.till.ask(request), stopped, this.running.appFault(), again]);
    } catch (error) {
      // A power cut or a storage that failed switches it off; an app that was stopped does not.
      if (error instanceof PowerCut || this.supervisor === null) return { stopped: reasonOf(error) };
      return { stopped: `the app: ${reasonOf(error)}` };
    } finally {
      this.slips = till.slips;
      this.reader.isAttended = false;
      this.reader.customer = () => null;
      this.reader.remove();
    }
  }
}
