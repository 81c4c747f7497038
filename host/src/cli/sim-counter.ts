import { dayOf } from "@cachet/card-layout";
import {
  type Drawing,
  drawn,
  type KeyReaderEvent,
  keyOfTyped,
  pageOf,
  TtyKeys,
  TYPED_LEGEND,
} from "@cachet/firmware/counter";
import type { Timer } from "@cachet/firmware/hal";
import type * as Simulator from "@cachet/terminal-sim";
import type { Console } from "./console.ts";
import { EXIT, Failure } from "./failure.ts";
import type { TerminalInput } from "./hidden-input.ts";
import { TOWN_PROGRAMMES, testImage } from "./sim-image.ts";
import { testBelonging } from "./sim-provision.ts";
import { cardWork } from "./sim-stage.ts";
import { parisOffset } from "./sim-zone.ts";

export interface CounterOptions {
  readonly display: Drawing;
  readonly vm: "quickjs" | "v8";
}

const LEGEND = [
  TYPED_LEGEND[0],
  "a stripe or a code as fast as a reader types it, such as one that is pasted, is read as one",
  `${TYPED_LEGEND[1]}  A B C D a card, again: taken away  o paper out, in  q end`,
];
const CARDS = ["anna", "bruno", "carla", "dora"];
/** Rows of paper that stay in sight. */
const PAPER_ROWS = 24;
const GAP = 4;

/** A keyboard, and readers that stand for one: what is typed as fast as they type is a stripe or a code. */
class Keyboard {
  private readonly reader = new TtyKeys();
  private readonly take: (event: KeyReaderEvent) => void;
  private callOff: () => void = () => {};

  constructor(take: (event: KeyReaderEvent) => void) {
    this.take = take;
  }

  type(chunk: Uint8Array, after: Timer["after"]): void {
    this.callOff();
    for (const event of this.reader.bytes(chunk, performance.now())) this.take(event);
    this.watch(after);
  }

  /** Ends what rests: nobody can say of the last character yet whether another one follows at once. */
  private watch(after: Timer["after"]): void {
    const { deadline } = this.reader;
    if (deadline === null) return;
    this.callOff = after(Math.max(1, Math.ceil(deadline - performance.now())), () => {
      for (const event of this.reader.rest(performance.now())) this.take(event);
      this.watch(after);
    });
  }

  end(): void {
    this.callOff();
  }
}

/** Screen on the left, paper on the right. */
function sideBySide(left: readonly string[], right: readonly string[]): string[] {
  const width = Math.max(0, ...left.map((row) => row.length)) + GAP;
  return Array.from(
    { length: Math.max(left.length, right.length) },
    (_, i) => (left[i] ?? "").padEnd(width) + (right[i] ?? ""),
  );
}

/** One terminal with keys before somebody, and four customers with cards. */
export async function counter(
  sim: typeof Simulator,
  console: Console,
  input: TerminalInput,
  { display, vm }: CounterOptions,
): Promise<number> {
  if (input.isTTY !== true) {
    throw new Failure("C-SIM-12", "nobody sits before a terminal: there is no tty", "nothing was started", [
      "start it in a terminal window",
      "or script the keys: cachet sim run SCENARIO, with steps such as `keys: 1250 ok` and `hold: anna`",
    ]);
  }
  const { file, programmes } = await testImage(TOWN_PROGRAMMES, "nothing was started");
  const merchant = 1;
  const numbers = programmes.filter(({ merchants }) => merchants[merchant]).map(({ number }) => number);
  const clock = new sim.AheadClock(console.now, parisOffset());
  const calm = new sim.Mishaps();
  const paper: string[] = [];
  let note = "";
  const draw = () => {
    const { screen, settings } = terminal.counter;
    const page = pageOf(screen, settings.language);
    const rows = sideBySide([...drawn(page, display), "", note], paper.slice(-PAPER_ROWS));
    console.err(`\x1b[H\x1b[2J${[...rows, "", ...LEGEND].join("\r\n")}\r\n`);
  };
  const terminal: Simulator.DeskTerminal = new sim.DeskTerminal({
    belonging: testBelonging({ terminal: 1, merchant, programmes: numbers }),
    chance: sim.systemChance,
    hardware: { model: "sim", serial: "SIM-1" },
    storage: new sim.SimStorage(() => calm),
    clock,
    timer: sim.systemTimer,
    newSandbox: vm === "v8" ? sim.newV8Sandbox : await sim.loadQuickJs(),
    connect: null,
    tell: (event) => {
      if (event.what === "receipt") paper.push(...event.lines, "");
      if (event.what === "app-stopped") note = `the app was stopped: ${event.reason}`;
      if (event.what === "stopped") note = `off: ${event.reason}`;
    },
  });
  await terminal.install(file);
  await terminal.powerOn();
  const { newCard } = cardWork(sim, () => dayOf(clock.now().utc, clock.now().offset));
  const cards = await Promise.all(CARDS.map((_, i) => newCard("NTAG215", i + 1, 2)));
  let held: number | null = null;
  const press = (typed: string): boolean => {
    if (typed === "q" || typed === "\x03") return false;
    const customer = "ABCD".indexOf(typed);
    const key = keyOfTyped(typed);
    if (key !== null) terminal.counter.press(key);
    else if (typed === "o") {
      terminal.counter.hasPaper = !terminal.counter.hasPaper;
      note = terminal.counter.hasPaper ? "" : "no paper";
    } else if (customer >= 0) {
      held = held === customer ? null : customer;
      if (held === null) terminal.take();
      else terminal.hold(cards[held]!);
      note = held === null ? "" : `${CARDS[held]!} holds her card to the reader`;
    }
    return true;
  };
  /** False where somebody ends it. */
  const happen = (event: KeyReaderEvent): boolean => {
    if (event.kind === "key") return press(event.character);
    if (event.kind === "scan") terminal.counter.scan(event.text);
    // A code that cannot be used is told like a stripe that cannot.
    else terminal.counter.swipe(event.kind === "bad-scan" ? { kind: "unreadable", why: "damaged" } : event);
    return true;
  };
  draw();
  await new Promise<void>((end) => {
    const keyboard = new Keyboard(async (event) => {
      if (!happen(event)) {
        input.removeListener("data", onData);
        keyboard.end();
        return end();
      }
      await terminal.settled();
      draw();
    });
    const onData = (chunk: Uint8Array) => keyboard.type(chunk, sim.systemTimer.after);
    input.setRawMode(true);
    input.on("data", onData);
    input.on("close", () => end());
    input.resume();
  });
  input.setRawMode(false);
  input.pause();
  terminal.powerOff();
  return EXIT.done;
}
