import { dayOf } from "@cachet/card-layout";
import { type Drawing, drawn, keyOfTyped, pageOf, TYPED_LEGEND } from "@cachet/firmware/counter";
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

const LEGEND = [TYPED_LEGEND[0], `${TYPED_LEGEND[1]}  A B C D a card, again: taken away  o paper out, in  q end`];
const CARDS = ["anna", "bruno", "carla", "dora"];
/** Rows of paper that stay in sight. */
const PAPER_ROWS = 24;
const GAP = 4;

/** What was typed, key by key: what begins with ESC comes as one chunk. */
const keysOf = (chunk: string): readonly string[] => (chunk.startsWith("\x1b") ? [chunk] : [...chunk]);

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
  draw();
  await new Promise<void>((end) => {
    const onData = async (chunk: Uint8Array) => {
      const goesOn = keysOf(new TextDecoder().decode(chunk)).every(press);
      if (!goesOn) {
        input.removeListener("data", onData);
        return end();
      }
      await terminal.settled();
      draw();
    };
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
