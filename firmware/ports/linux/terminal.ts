import { SerialScanner, SerialStripeReader, TtyKeys } from "../../src/counter/index.ts";
import type { CardPort, CounterPort, SettableClock, Storage } from "../../src/hal/index.ts";
import { Slots, Supervisor } from "../../src/supervisor/index.ts";
import { Buzzer } from "./buzzer.ts";
import { systemClock, ToldClock } from "./clock.ts";
import { Desk, deskCounter, deskReader } from "./desk.ts";
import { type InputReader, readInput } from "./inputs.ts";
import { Loop } from "./loop.ts";
import { native } from "./native.ts";
import { type Options, UsageFault } from "./options.ts";
import { OwnCounter } from "./own-counter.ts";
import { PcscReader } from "./pcsc.ts";
import { Printer } from "./printer.ts";
import { newSandbox } from "./sandbox.ts";
import { SteadyStream, type StreamWatch } from "./steady-stream.ts";
import { openStorage } from "./storage.ts";

const PCSC = "pcsc";

const NOT_SET =
  'the clock is not set: entries say so, and nothing dated is given; set it by "cachet terminal clock", or this computer\'s';

/** Nobody is there: nothing happens, nothing is shown or printed. */
const noTill = (timer: Loop): CounterPort => ({
  nextEvent: (seconds) =>
    new Promise((resolve) => (seconds === 0 ? null : timer.after(seconds * 1_000, () => resolve({ kind: "time" })))),
  show: async () => {},
  print: async () => "no-paper",
  report: async () => {},
  serviceKey: () => new Promise(() => {}),
});

/** There is no reader: a card never comes. */
const noReader = (timer: Loop): CardPort => ({
  waitCard: (ms) => new Promise((resolve) => (ms === 0 ? null : timer.after(ms, () => resolve("none")))),
  exchange: async () => ({ answers: [], end: "gone" }),
});

/** A terminal on Linux: starts, starts anew when its line or a trial asks for it, and ends when something breaks. */
export class LinuxTerminal {
  readonly loop = new Loop();
  private readonly options: Options;
  private readonly storage: Storage;
  private readonly line: SteadyStream | null;
  private readonly own: OwnCounter | null;
  private readonly desks: { readonly name: string; readonly desk: Desk }[] = [];
  private readonly till: Desk | null;
  private readonly card: CardPort;
  private readonly clock: SettableClock;
  /** Resolves once the clock is known. */
  private readonly clockBegun: Promise<void>;
  private running: Supervisor | null = null;
  /** Shows a till that came back what stands on its screen. */
  private showAgain: () => void = () => {};
  /** Reject once a keyboard, a stripe reader or a scanner is gone for good. */
  private readonly inputs: Promise<never>[] = [];

  /** Opens files and streams. Throws `DiskFault`, `UsageFault`. */
  constructor(options: Options) {
    this.options = options;
    this.storage = openStorage(options.state);
    const told = options.clock === "till" ? new ToldClock() : null;
    this.clock = told ?? systemClock();
    this.clockBegun = told?.begun ?? Promise.resolve();
    this.line = options.line === null ? null : this.device("--line", "line", options.line);
    this.till = this.desk("--till", options.till, told);
    const reader = this.reader(options.reader);
    this.own = options.counter === null ? null : this.ownCounter(options.counter, reader);
    this.card = this.own?.card ?? reader;
  }

  /** A stream of an option; what the system says of it is told as the option's fault. */
  private opened<T>(option: string, open: () => T): T {
    try {
      return open();
    } catch (error) {
      throw new UsageFault(`${option}: ${(error as Error).message}`);
    }
  }

  private device(option: string, what: string, name: string, watch?: StreamWatch): SteadyStream {
    return this.opened(option, () => new SteadyStream(what, name, this.loop, watch));
  }

  private ownCounter(tty: string, reader: CardPort): OwnCounter {
    const { loop, till, options } = this;
    const { drawing, printer, stripe, scanner, buzzer } = options;
    const screen = this.device("--counter", "counter", tty, { gone: () => {}, back: () => own.draw() });
    const parts = {
      screen,
      drawing,
      printer: printer === null ? null : new Printer(printer, loop),
      buzzer: buzzer === null ? null : new Buzzer(buzzer, loop),
      reader,
      till,
    };
    const own = new OwnCounter(parts, loop);
    const read = (stream: SteadyStream, input: InputReader) => {
      this.inputs.push(readInput(stream, input, loop, (event) => own.happen(event)));
    };
    read(screen, new TtyKeys());
    if (stripe !== null) read(this.device("--stripe", "stripe reader", stripe), new SerialStripeReader());
    if (scanner !== null) read(this.device("--scanner", "scanner", scanner), new SerialScanner());
    return own;
  }

  private reader(name: string | null): CardPort {
    if (name === null) return noReader(this.loop);
    if (name !== PCSC && !name.startsWith(`${PCSC}:`)) return deskReader(this.desk("--reader", name, null)!);
    if (!native.cardLibrary())
      throw new UsageFault(
        "--reader: libpcsclite.so.1 is not installed; on Debian: sudo apt-get install libpcsclite1 pcscd",
      );
    return new PcscReader(name.slice(PCSC.length + 1), this.loop);
  }

  /** Till and reader may be at the end of one stream. */
  private desk(option: string, name: string | null, told: ToldClock | null): Desk | null {
    if (name === null) return null;
    const known = name === "pty" ? undefined : this.desks.find((one) => one.name === name);
    if (known !== undefined) return known.desk;
    const onWord = (word: string, value: unknown) => word === "clock" && told !== null && told.tell(value);
    const stream = this.device(option, option.slice(2), name, {
      gone: () => desk.lose(),
      back: () => {
        if (desk === this.till) this.announce();
        desk.resume();
        if (desk === this.till) this.showAgain();
      },
    });
    const desk = new Desk(stream, this.loop, onWord);
    this.desks.push({ name, desk });
    return desk;
  }

  /** Puts the first image into a new terminal, as its maker does; nothing where it has one. */
  private async install(): Promise<void> {
    const { image } = this.options;
    if (image === null || (await this.storage.file("state").read()).length > 0) return;
    const file = native.readPath(image);
    if (file === null) throw new UsageFault(`--image: there is no file ${image}`);
    await Slots.install(this.storage, file);
  }

  /** Runs until something breaks; rejects with what it was. */
  async run(): Promise<never> {
    await this.install();
    const gone = [...this.desks.map(({ desk }) => desk.gone), ...this.inputs];
    await Promise.race([this.clockBegun, ...gone]);
    for (;;) {
      const supervisor = await this.boot();
      await Promise.race([supervisor.resets, supervisor.stopped, ...gone]);
      this.stop("reset");
    }
  }

  private async boot(): Promise<Supervisor> {
    const { storage, clock, loop, line, till, card } = this;
    const { model, serial } = this.options;
    this.own?.begin();
    const desk = till === null || this.own !== null ? null : deskCounter(till);
    this.showAgain = () => desk?.showAgain();
    const supervisor = await Supervisor.boot({
      hardware: { model, serial },
      storage,
      clock,
      timer: loop,
      line,
      card,
      counter: this.own ?? desk ?? noTill(loop),
      newSandbox,
      appStopped: ({ kind, message }) => native.say(`the app was stopped (${kind}): ${message}`),
      chance: { bytes: (size) => native.random(size) },
    });
    this.running = supervisor;
    this.announce();
    const { imageFault, facts } = supervisor;
    const path = line?.path ?? null;
    const image = imageFault?.message ?? null;
    const who = facts === null ? "blank" : `terminal ${facts.terminal}`;
    native.say(
      `started: ${who}${image === null ? "" : `, no image runs (${image})`}${path === null ? "" : `, line ${path}`}`,
    );
    if (clock.now().suspect) native.say(NOT_SET);
    return supervisor;
  }

  /** Tells the till how the terminal stands; nothing where it does not run. */
  private announce(): void {
    if (this.running === null) return;
    const { imageFault, slots, facts } = this.running;
    const image = imageFault?.message ?? null;
    const line = this.line?.path ?? null;
    this.till?.say("started", { image, trial: slots.onTrial, terminal: facts?.terminal ?? null, line });
  }

  /** Stops at once, as if unplugged. What it stored stays. */
  stop(reason: string): void {
    this.running?.shutDown();
    this.running = null;
    for (const { desk } of this.desks) desk.forget();
    this.showAgain = () => {};
    this.till?.say("stopped", { reason });
    native.say(`stopped: ${reason}`);
  }
}
