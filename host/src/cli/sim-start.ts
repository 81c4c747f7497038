import { existsSync, lstatSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { dayOf } from "@cachet/card-layout";
import { type Image, inspectImage, terminalName } from "@cachet/firmware/wire";
import type * as Simulator from "@cachet/terminal-sim";
import type { PtyLine, StageCable, StageTerminal, TerminalEvent } from "@cachet/terminal-sim";
import { sha256 } from "../ports/crypto.ts";
import type { Console } from "./console.ts";
import { EXIT, Failure } from "./failure.ts";
import { makeFolder, readFile } from "./files.ts";
import { type Command, followTyped, openControl } from "./sim-control.ts";
import { type SimFolder, takeSimFolder } from "./sim-folder.ts";
import { TOWN_PROGRAMMES, testImage } from "./sim-image.ts";
import { type SimTerminalFacts, testProvision } from "./sim-provision.ts";
import { cardWork } from "./sim-stage.ts";
import { fieldsOfLine, stepOf, VERBS } from "./sim-steps.ts";
import { parisOffset } from "./sim-zone.ts";

export interface StartOptions {
  readonly headless?: true;
  readonly open?: true;
  /** Terminals that belong to nobody yet. */
  readonly blank?: true;
  readonly terminals?: number;
  readonly dir?: string;
  readonly image?: string;
}

const NOT_STARTED = "nothing was started";

/** An image for new terminals, and what a terminal of each merchant is to hold. */
interface NewImage {
  readonly file: Uint8Array;
  readonly merchants: readonly number[];
  programmesOf(merchant: number): readonly number[];
  /** Empty where the image alone does not say it. */
  nameOf(merchant: number): string;
}

async function newImage(path: string | undefined): Promise<NewImage> {
  if (path === undefined) {
    const { file, programmes } = await testImage(TOWN_PROGRAMMES, NOT_STARTED);
    const merchants = [...new Set(programmes.flatMap((one) => Object.keys(one.merchants).map(Number)))].sort(
      (a, b) => a - b,
    );
    return {
      file,
      merchants,
      programmesOf: (merchant) =>
        programmes.filter((one) => one.merchants[merchant] !== undefined).map(({ number }) => number),
      nameOf: (merchant) => programmes.find((one) => one.merchants[merchant])?.merchants[merchant]?.name ?? "",
    };
  }
  const file = readFile(path);
  const reading = inspectImage(file, sha256);
  if (!reading.ok) {
    throw new Failure("C-IMAGE-02", `${path} (${reading.refusal}): ${reading.detail}`, NOT_STARTED, [
      "build it anew: cachet image build FILE --key test -o X.img",
    ]);
  }
  const image: Image = reading.image;
  return {
    file,
    merchants: image.merchants?.length ? image.merchants : [1],
    programmesOf: () => image.programmes.map(({ number }) => number),
    nameOf: () => "",
  };
}

/** The terminals of a folder: those that live there, and new ones up to the number asked for. Gives the image where new ones need it. */
async function terminalsOf(folder: SimFolder, { open, blank, terminals, image }: StartOptions) {
  const isOpen = open === true;
  const isBlank = blank === true;
  const known = folder.terminals ?? [];
  if (known.some((one) => one.isOpen !== isOpen)) {
    const [are, other] = isOpen ? ["are not open", "without --open"] : ["are open", "with --open"];
    throw new Failure(
      "C-SIM-05",
      `the terminals in ${folder.path} ${are}: that was fixed when they were made`,
      NOT_STARTED,
      [`start them ${other}, or name another folder with --dir`],
    );
  }
  const count = terminals ?? Math.max(1, known.length);
  const missing = count - known.length;
  if (image !== undefined && missing <= 0) {
    throw new Failure(
      "C-SIM-05",
      `the terminals in ${folder.path} have their images: --image is for new ones`,
      NOT_STARTED,
      ["name a new folder with --dir, or bring the image over the line: cachet terminal flash X.img"],
    );
  }
  if (missing <= 0) return { all: known.slice(0, count), image: null };
  const made = await newImage(image);
  const all = Array.from({ length: count }, (_, i): SimTerminalFacts => {
    const merchant = made.merchants[i % made.merchants.length]!;
    const programmes = isBlank ? [] : made.programmesOf(merchant);
    const merchantName = made.nameOf(merchant);
    return known[i] ?? { terminal: i + 1, merchant, merchantName, programmes, isOpen, ...(isBlank ? { isBlank } : {}) };
  });
  folder.keep(all);
  return { all, image: made.file };
}

/** A name for the port that stays the same whatever pseudo terminal it is. */
class PortName {
  private readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  clear(): void {
    // A link that was left behind may lead nowhere.
    if (lstatSync(this.path, { throwIfNoEntry: false })?.isSymbolicLink()) rmSync(this.path);
  }

  lead(to: string): void {
    this.clear();
    if (!existsSync(this.path)) symlinkSync(to, this.path);
  }
}

const NOISE_SEED = 1;

function cableOf(sim: typeof Simulator, line: PtyLine, name: PortName): StageCable {
  return {
    async set(to) {
      line.isPlugged = to === "in";
      if (to === "gone") {
        line.disappear();
        name.clear();
        return null;
      }
      const before = line.path;
      await line.appear();
      if (line.path !== null) name.lead(line.path);
      return line.path === before ? null : line.path;
    },
    disturb(rates) {
      line.disturbance = { in: new sim.LineNoise(rates, NOISE_SEED), out: new sim.LineNoise(rates, NOISE_SEED + 1) };
    },
  };
}

/** What people read of an event. */
function eventText(event: TerminalEvent): string[] {
  switch (event.what) {
    case "started":
      return [
        `on${event.trial ? ", image on trial" : ""}${event.image === null ? "" : `, no image runs: ${event.image}`}`,
      ];
    case "app-stopped":
      return [`the app was stopped: ${event.reason}`];
    case "stopped":
      return [`off: ${event.reason}`];
    case "screen":
      return [`screen  ${event.line}`];
    case "receipt":
      return ["receipt", ...event.lines.map((line) => `    ${line}`)];
  }
}

/** One running simulator. */
class Desk {
  readonly terminals: (StageTerminal & { readonly line: PtyLine; readonly name: PortName })[] = [];
  private readonly sim: typeof Simulator;
  private readonly console: Console;
  private readonly folder: SimFolder;

  constructor(sim: typeof Simulator, console: Console, folder: SimFolder) {
    this.sim = sim;
    this.console = console;
    this.folder = folder;
  }

  private tell(number: number, event: TerminalEvent): void {
    const name = terminalName(number);
    if (this.console.json) this.console.err(`${JSON.stringify({ terminal: name, ...event })}\n`);
    else for (const line of eventText(event)) this.console.err(`${name}  ${line}\n`);
  }

  /** Makes one terminal and switches it on. */
  async add(facts: SimTerminalFacts, image: Uint8Array | null, newSandbox: () => Simulator.Sandbox): Promise<void> {
    const { sim } = this;
    const number = facts.terminal;
    const folder = join(this.folder.path, terminalName(number));
    const storage = sim.FolderStorage.open(folder);
    const clock = sim.folderClock(`${folder}.clock`, parisOffset());
    const line = await sim.PtyLine.open();
    const name = new PortName(`${folder}.tty`);
    const hardware = { model: "sim", serial: `SIM-${number}` };
    const chance = sim.systemChance;
    const origin = { random: (size: number) => chance.bytes(size), now: () => clock.now().utc };
    if (facts.isBlank !== true) {
      await sim.provisionStorage(storage, chance, hardware, (request) => testProvision(facts, request, origin));
    }
    const terminal = new sim.DeskTerminal({
      belonging: null,
      chance,
      hardware,
      storage,
      clock,
      timer: sim.systemTimer,
      newSandbox,
      connect: () => line.connect(),
      tell: (event) => this.tell(number, event),
    });
    this.terminals.push({ number, terminal, clock, cable: cableOf(sim, line, name), line, name });
    name.lead(line.path!);
    if (image !== null) await terminal.install(image);
    await terminal.powerOn();
  }

  /** Says where the ports are once words are followed, until somebody stops it. */
  async run(): Promise<void> {
    const { sim, folder } = this;
    const cards = join(folder.path, "cards");
    makeFolder(cards);
    const [first] = this.terminals;
    const stage = new sim.Stage({
      terminals: this.terminals,
      cards: sim.cardsInFolder(cards),
      ...cardWork(sim, () => {
        const { utc, offset } = first!.clock.now();
        return dayOf(utc, offset);
      }),
      office: null,
      // The till's numbers of today must not come again after a restart: each visit takes longer than a millisecond.
      firstVisit: Date.now(),
    });
    let stop: () => void = () => {};
    const stopped = new Promise<void>((resolve) => {
      stop = resolve;
    });
    const command: Command = async (text) => {
      if (text.trim() === "stop") {
        // The answer goes out first.
        setImmediate(stop);
        return { ok: true, said: "stopping" };
      }
      const read = stepOf(fieldsOfLine(text), first!.number, sim);
      if ("problems" in read) {
        const problems = read.problems.map(({ field, problem }) => (field === null ? problem : `${field}: ${problem}`));
        return { ok: false, refused: problems.join("; "), verbs: [...Object.keys(VERBS), "stop"] };
      }
      try {
        const { ok, lines, document } = await stage.perform(read.step);
        return { ok, ...document, lines };
      } catch (error) {
        // A defect of the simulator: it is said to whoever asked, and everything else goes on.
        this.console.err(`${error instanceof Error ? error.stack : String(error)}\n`);
        return { ok: false, refused: `a defect of cachet: ${String(error)}` };
      }
    };
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, stop);
    const closeControl = await openControl(folder.path, command);
    if (closeControl === null)
      this.console.err(`${folder.path} is too long a path for a socket: words only from stdin\n`);
    followTyped(process.stdin, command, (line) => this.console.err(`${line}\n`));
    this.announce();
    await stopped;
    closeControl?.();
    process.stdin.destroy();
  }

  /** Switches everything off and takes away what was made for this run. */
  end(): void {
    for (const { terminal, line, name } of this.terminals) {
      terminal.powerOff("the simulator ends");
      line.close();
      name.clear();
    }
    this.folder.letGo();
  }

  /** One line for each terminal. */
  private announce(): void {
    const several = this.terminals.length > 1;
    for (const { number, line } of this.terminals) {
      const name = terminalName(number);
      if (this.console.json) {
        this.console.out(JSON.stringify({ serial: line.path, url: null, ...(several ? { terminal: name } : {}) }));
      } else this.console.out(`${name}  ${line.path}`);
    }
  }
}

/** The disk refused a terminal's file. */
const isStorageFault = (error: unknown): error is Error => error instanceof Error && error.name === "StorageFault";

/** Runs simulated terminals on virtual serial ports until it is stopped. */
export async function start(sim: typeof Simulator, console: Console, options: StartOptions): Promise<number> {
  const folder = takeSimFolder(console, options.open === true, options.dir);
  const desk = new Desk(sim, console, folder);
  try {
    const { all, image } = await terminalsOf(folder, options);
    const newSandbox = await sim.loadQuickJs({ now: () => performance.now(), computedMs: 0 });
    for (const facts of all) await desk.add(facts, image, newSandbox);
    if (options.headless !== true) console.err("there is no page yet: this runs as with --headless\n");
    console.err(`everything is kept in ${folder.path}; stop with Ctrl-C or: cachet sim stop\n`);
    await desk.run();
  } catch (error) {
    if (isStorageFault(error)) {
      throw new Failure("C-FILE-03", error.message, NOT_STARTED, ["check the folder, your rights and the free space"]);
    }
    if (!(error instanceof sim.PtyFault)) throw error;
    throw new Failure("C-SIM-06", error.message, NOT_STARTED, ["cachet doctor looks at this computer"]);
  } finally {
    desk.end();
  }
  return EXIT.done;
}
