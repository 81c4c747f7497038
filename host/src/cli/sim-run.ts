import { dayOf } from "@cachet/card-layout";
import type { Programme } from "@cachet/firmware/rules";
import { terminalName } from "@cachet/firmware/wire";
import type * as Simulator from "@cachet/terminal-sim";
import type { StageTerminal, TerminalEvent } from "@cachet/terminal-sim";
import type { ImportOutcome } from "../office/batch-note.ts";
import { importBatch } from "../office/import.ts";
import { migrate } from "../office/migrations.ts";
import type { Ledger } from "../office/schema.ts";
import { statement } from "../office/statement.ts";
import { enrolTerminal } from "../office/terminals.ts";
import { openDatabase } from "../ports/database/index.ts";
import type { Console } from "./console.ts";
import { EXIT, Failure } from "./failure.ts";
import { readFile } from "./files.ts";
import { usageFailure } from "./key-file.ts";
import { merchantFaults, readScenario, type Scenario, type ScenarioStep } from "./scenario.ts";
import type { ScenarioFault } from "./scenario-text.ts";
import { liveDays } from "./sim-days.ts";
import { testImage } from "./sim-image.ts";
import { testBelonging } from "./sim-provision.ts";
import { cardWork } from "./sim-stage.ts";
import { parisOffset } from "./sim-zone.ts";
import { statementLines } from "./statement-text.ts";
import { worldIn } from "./world-scenario.ts";

export interface RunOptions {
  readonly vm: "quickjs" | "v8";
  readonly check?: string;
}

const NOT_PLAYED = "nothing was played";
const FAULTS_SHOWN = 20;

function textOf(path: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(readFile(path));
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw new Failure("C-FILE-02", `${path} is not UTF-8 text`, NOT_PLAYED, ["save it in UTF-8 and run it again"]);
  }
}

function load(sim: typeof Simulator, path: string): Scenario {
  const read = readScenario(textOf(path), path, sim);
  if ("scenario" in read) return read.scenario;
  throw notPlayed(path, read.faults);
}

function notPlayed(path: string, faults: readonly ScenarioFault[]): Failure {
  const told = faults
    .slice(0, FAULTS_SHOWN)
    .map(({ line, field, problem }) => `${path}:${line}: ${field === "" ? "" : `${field}: `}${problem}`);
  const more = faults.length > FAULTS_SHOWN ? [`and ${faults.length - FAULTS_SHOWN} more`] : [];
  return new Failure("C-SIM-01", [...told, ...more].join("\n"), NOT_PLAYED, [
    "correct the lines named above; docs/simulator.md has every field",
  ]);
}

/** What a batch became, in words. */
function outcomeText(outcome: ImportOutcome): string {
  switch (outcome.status) {
    case "accepted":
      return `${outcome.accepted} entries imported${outcome.forks.length === 0 ? "" : `, ${outcome.forks.length} cards with two histories`}`;
    case "waiting":
      return `waits for entries ${outcome.gap[0]} to ${outcome.gap[1]}`;
    case "quarantined":
      return `quarantined, ${outcome.reason}: ${outcome.detail}`;
    default:
      return outcome.status;
  }
}

/** One step as it came out. */
interface Played {
  readonly at: string;
  readonly words: string;
  readonly ok: boolean;
  readonly lines: readonly string[];
  readonly document: Readonly<Record<string, unknown>>;
  readonly events: readonly (TerminalEvent & { readonly terminal: string })[];
  readonly card: readonly string[];
}

/** A local moment in Paris, by its numbers: 2026-06-18 17:59:58. */
function momentText(utc: number, offset: number): string {
  return new Date((utc + offset * 60) * 1_000).toISOString().slice(0, 19).replace("T", " ");
}

/** The stage of a scenario: its own time, terminals without lines, cards and books in memory. */
class Play {
  private readonly sim: typeof Simulator;
  private readonly scenario: Scenario;
  private readonly programmes: readonly Programme[];
  private readonly ledger: Ledger = openDatabase("sqlite::memory:");
  private readonly offsetAt = parisOffset();
  private readonly timer: Simulator.SimTimer;
  private readonly terminals: StageTerminal[] = [];
  private readonly cards: Simulator.CardBox;
  private events: (TerminalEvent & { readonly terminal: string })[] = [];
  private now: number;

  constructor(sim: typeof Simulator, scenario: Scenario, programmes: readonly Programme[]) {
    this.sim = sim;
    this.scenario = scenario;
    this.programmes = programmes;
    this.timer = new sim.SimTimer();
    this.cards = sim.cardsInMemory();
    this.now = scenario.start;
  }

  private async setUp(image: Uint8Array, newSandbox: () => Simulator.Sandbox): Promise<Simulator.Stage> {
    const { sim } = this;
    await migrate(this.ledger);
    for (const { number, merchant } of this.scenario.terminals) {
      const programmes = this.programmes
        .filter(({ merchants }) => merchants[merchant] !== undefined)
        .map((one) => one.number);
      const belonging = testBelonging({ terminal: number, merchant, programmes });
      await enrolTerminal(this.ledger, number, merchant, belonging.signer.publicKey, this.now);
      const clock = new sim.AheadClock(() => this.now, this.offsetAt);
      const calm = new sim.Mishaps();
      const terminal = new sim.DeskTerminal({
        belonging,
        chance: new sim.Chance(number),
        hardware: { model: "sim", serial: `SIM-${number}` },
        storage: new sim.SimStorage(() => calm),
        clock,
        timer: this.timer,
        newSandbox,
        connect: null,
        tell: (event) => this.events.push({ terminal: terminalName(number), ...event }),
      });
      await terminal.install(image);
      await terminal.powerOn();
      this.terminals.push({ number, terminal, clock, cable: null });
    }
    this.events = [];
    return new sim.Stage({
      terminals: this.terminals,
      cards: this.cards,
      ...cardWork(sim, () => dayOf(this.now, this.offsetAt(this.now))),
      office: async ({ name, file }) => {
        const waited: string[] = [];
        const outcome = await importBatch(this.ledger, { name, file }, this.now, (other, its) => {
          waited.push(`${other}: ${outcomeText(its)}`);
        });
        return [outcomeText(outcome), ...waited].join("; then ");
      },
      firstVisit: 1,
    });
  }

  /** Time goes on; what falls due meanwhile happens. */
  private async goOn(to: number): Promise<void> {
    const seconds = to - this.now;
    this.now = to;
    this.timer.advance(seconds * 1_000);
    // A terminal that starts anew because of it does so before the next step.
    await new Promise((resolve) => setImmediate(resolve));
  }

  private async play(stage: Simulator.Stage, { words, at, step }: ScenarioStep): Promise<Played> {
    if (at !== null) await this.goOn(at);
    const { ok, lines, document } = await stage.perform(step);
    const events = this.events;
    this.events = [];
    const shown = step.verb === "tap" && ok ? await stage.perform({ verb: "show", card: step.card }) : null;
    const card = (shown?.lines ?? []).filter((line) => !line.endsWith(": free"));
    return { at: momentText(this.now, this.offsetAt(this.now)), words, ok, lines, document, events, card };
  }

  async run(image: Uint8Array, newSandbox: () => Simulator.Sandbox) {
    const stage = await this.setUp(image, newSandbox);
    for (const card of this.scenario.cards) await stage.perform(card);
    const steps: Played[] = [];
    for (const step of this.scenario.steps) steps.push(await this.play(stage, step));
    const cards: Record<string, readonly string[]> = {};
    for (const name of this.cards.names()) cards[name] = (await stage.perform({ verb: "show", card: name })).lines;
    for (const { terminal } of this.terminals) terminal.powerOff();
    const books = await statement(this.ledger);
    await this.ledger.destroy();
    return { steps, cards, books };
  }
}

type Result = Awaited<ReturnType<Play["run"]>>;

/** The seal of a ticket comes from the journal, and so from the image's bytes: another version of cachet has another one. */
const withoutSeal = (line: string): string =>
  line.replace(/^(P\d+\.\d+.* )[0-9a-f]{8}$/, (_line, versions: string) => `${versions}........`);

function eventLines(event: TerminalEvent & { readonly terminal: string }): string[] {
  switch (event.what) {
    case "started":
      return [
        `${event.terminal} starts${event.trial ? ", image on trial" : ""}${event.image === null ? "" : `: no image runs: ${event.image}`}`,
      ];
    case "app-stopped":
      return [`${event.terminal} stops its app: ${event.reason}`];
    case "stopped":
      return [`${event.terminal} stops: ${event.reason}`];
    case "screen":
      return [`${event.terminal} shows: ${event.line}`];
    case "receipt":
      return [`${event.terminal} prints:`, ...event.lines.map((line) => `  | ${withoutSeal(line)}`.trimEnd())];
  }
}

/** The golden text of a run: the same on every computer and in every engine. */
function goldenLines({ title }: Scenario, programmes: readonly Programme[], { steps, cards, books }: Result): string[] {
  const told = steps.flatMap(({ at, words, ok, lines, events, card }) => [
    "",
    `${at}  ${words}`,
    ...events.flatMap(eventLines).map((line) => `  ${line}`),
    ...lines.map((line) => `  ${ok ? "->" : "-> refused:"} ${line}`),
    ...card.map((line) => `  card ${line}`),
  ]);
  const names = new Map(
    programmes.flatMap(({ merchants }) =>
      Object.entries(merchants).map(([number, { name }]): [number, string] => [Number(number), name]),
    ),
  );
  const held = Object.entries(cards).flatMap(([name, lines]) => [name, ...lines.map((line) => `  ${line}`)]);
  const office = steps.some(({ words }) => words.startsWith("collect"))
    ? ["", "books", ...statementLines(books, names, "en").map((line) => `  ${line}`.trimEnd())]
    : [];
  return [`# ${title}`, ...told, "", "cards", ...held.map((line) => `  ${line}`), ...office];
}

/** The first lines that differ, as people read them. */
function difference(golden: readonly string[], played: readonly string[]): string {
  const at = golden.findIndex((line, i) => line !== played[i]);
  const line = at < 0 ? golden.length : at;
  return `line ${line + 1}: the golden file says "${golden[line] ?? ""}", the run "${played[line] ?? ""}"`;
}

function check(path: string, scenario: string, lines: readonly string[]): void {
  const golden = textOf(path).replace(/\n$/, "").split("\n");
  if (golden.length === lines.length && golden.every((line, i) => line === lines[i])) return;
  throw new Failure(
    "C-SIM-02",
    `${scenario} came out otherwise than ${path}: ${difference(golden, lines)}`,
    "the golden file was not changed",
    ["correct what broke it; if the change is meant, write the file anew:", `cachet sim run ${scenario} > ${path}`],
  );
}

/** Plays a scenario and prints what happened; compares it with a golden file where one is named. */
export async function runScenario(
  sim: typeof Simulator,
  console: Console,
  path: string,
  { vm, check: golden }: RunOptions,
): Promise<number> {
  const days = worldIn(textOf(path));
  if (days !== null) {
    if ("faults" in days) throw notPlayed(path, days.faults);
    if (golden !== undefined) throw usageFailure("--check is for steps", "a world is held to what is promised");
    return liveDays(sim, console, { ...days.world, vm }, false);
  }
  const scenario = load(sim, path);
  const { file, programmes } = await testImage(scenario.programmes, NOT_PLAYED);
  const faults = merchantFaults(scenario, programmes);
  if (faults.length > 0) throw notPlayed(path, faults);
  const newSandbox = vm === "v8" ? sim.newV8Sandbox : await sim.loadQuickJs();
  const result = await new Play(sim, scenario, programmes).run(file, newSandbox);
  const lines = goldenLines(scenario, programmes, result);
  if (golden !== undefined) check(golden, path, lines);
  if (console.json) {
    const steps = result.steps.map(({ at, words, ok, document, events }) => ({ at, words, ok, ...document, events }));
    console.out(
      JSON.stringify({ title: scenario.title, steps, cards: result.cards, same: golden === undefined ? null : true }),
    );
  } else if (golden !== undefined) console.out(`${path}: as ${golden} says, ${result.steps.length} steps`);
  else for (const line of lines) console.out(line);
  return EXIT.done;
}
