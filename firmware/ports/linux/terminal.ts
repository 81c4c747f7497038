import type { CardPort, CounterPort, SandboxFault, SettableClock, Storage } from "../../src/hal/index.ts";
import { Slots, Supervisor } from "../../src/supervisor/index.ts";
import { systemClock, ToldClock } from "./clock.ts";
import { Desk, deskCounter, deskReader } from "./desk.ts";
import { Loop } from "./loop.ts";
import { native } from "./native.ts";
import { type Options, UsageFault } from "./options.ts";
import { PcscReader } from "./pcsc.ts";
import { newSandbox } from "./sandbox.ts";
import { openStorage } from "./storage.ts";
import { Stream } from "./stream.ts";

const PCSC = "pcsc";

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
  private readonly line: Stream | null;
  private readonly desks = new Map<string, Desk>();
  private readonly till: Desk | null;
  private readonly card: CardPort;
  private readonly clock: SettableClock;
  /** Resolves once the clock is known. */
  private readonly clockBegun: Promise<void>;
  private running: Supervisor | null = null;

  /** Opens files and streams. Throws `StorageFault`, `UsageFault`. */
  constructor(options: Options) {
    this.options = options;
    this.storage = openStorage(options.state);
    const told = options.clock === "till" ? new ToldClock() : null;
    this.clock = told ?? systemClock();
    this.clockBegun = told?.begun ?? Promise.resolve();
    this.line = options.line === null ? null : this.stream("--line", options.line);
    this.till = this.desk("--till", options.till, told);
    this.card = this.reader(options.reader);
  }

  private stream(option: string, name: string): Stream {
    try {
      const stream = new Stream(name);
      this.loop.add(stream);
      return stream;
    } catch (error) {
      throw new UsageFault(`${option}: ${(error as Error).message}`);
    }
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
    const known = name === "pty" ? undefined : this.desks.get(name);
    const onWord = (word: string, value: unknown) => word === "clock" && told !== null && told.tell(value);
    const desk = known ?? new Desk(this.stream(option, name), onWord);
    this.desks.set(name, desk);
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
    const gone = [...this.desks.values()].map((desk) => desk.gone);
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
    const supervisor = await Supervisor.boot({
      hardware: { model, serial },
      storage,
      clock,
      timer: loop,
      line,
      card,
      counter: till === null ? noTill(loop) : deskCounter(till),
      newSandbox,
      chance: { bytes: (size) => native.random(size) },
    });
    this.running = supervisor;
    this.watchApp(supervisor);
    const { imageFault, slots, facts } = supervisor;
    const path = line?.path ?? null;
    const image = imageFault?.message ?? null;
    till?.say("started", { image, trial: slots.onTrial, terminal: facts?.terminal ?? null, line: path });
    const who = facts === null ? "blank" : `terminal ${facts.terminal}`;
    native.say(
      `started: ${who}${image === null ? "" : `, no image runs (${image})`}${path === null ? "" : `, line ${path}`}`,
    );
    return supervisor;
  }

  /** Says in the log why the app was stopped; the supervisor decides whether it starts anew. */
  private watchApp(supervisor: Supervisor): void {
    supervisor.appFault().catch(({ kind, message }: SandboxFault) => {
      native.say(`the app was stopped (${kind}): ${message}`);
      if (supervisor.app?.state !== "stopped") this.watchApp(supervisor);
    });
  }

  /** Stops at once, as if unplugged. What it stored stays. */
  stop(reason: string): void {
    this.running?.shutDown();
    this.running = null;
    for (const desk of this.desks.values()) desk.forget();
    this.till?.say("stopped", { reason });
    native.say(`stopped: ${reason}`);
  }
}
