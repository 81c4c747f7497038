import type { Chip } from "@cachet/card-layout";
import { DRAWINGS } from "@cachet/firmware/counter";
import type { WrittenReceipt } from "@cachet/firmware/hal";
import type * as Simulator from "@cachet/terminal-sim";
import { type Command, InvalidArgumentError, Option } from "commander";
import type { ChipLink } from "../cards/chip-link.ts";
import { PURCHASES_HEADER } from "../office/purchases.ts";
import type { ByteLine } from "../ports/serial.ts";
import type { Console } from "./console.ts";
import { usageFailure } from "./key-file.ts";
import { type CounterOptions, counter } from "./sim-counter.ts";
import { liveDays } from "./sim-days.ts";
import { TOWN_PROGRAMMES, testImage } from "./sim-image.ts";
import { type PaperOptions, paperColumns, paperFile, writePaper } from "./sim-paper.ts";
import { type RunOptions, runScenario } from "./sim-run.ts";
import { simulatedUid } from "./sim-stage.ts";
import { type StartOptions, start } from "./sim-start.ts";
import { WORDS } from "./sim-steps.ts";
import { tellSimulator } from "./sim-tell.ts";
import { simTerminalLine } from "./sim-terminal.ts";
import { type WorldOptions, world } from "./sim-world.ts";
import { parisOffset } from "./sim-zone.ts";
import { attacksNamed, faultsNamed, WORLD_WORDS } from "./world-names.ts";

/** Loaded only where something is simulated. */
const loadSimulator = () => import("@cachet/terminal-sim");

/** A new blank chip in the field of a reader; `serial` makes its UID. */
export async function simulatedCard(kind: Chip, serial: number): Promise<ChipLink> {
  const { chipInField, Type2Chip } = await loadSimulator();
  return chipInField(new Type2Chip(kind, simulatedUid(serial)));
}

/** A terminal of the town behind a line of its own; it lives until the line is closed. */
export async function simulatedTerminal(): Promise<ByteLine> {
  const { file, programmes } = await testImage(TOWN_PROGRAMMES, "nothing was simulated");
  const numbers = programmes.map(({ number }) => number);
  return simTerminalLine(await loadSimulator(), file, numbers, parisOffset());
}

/** A sandbox of the engine that runs in a terminal, or of the one that runs here. */
export async function simulatedSandbox(vm: "v8" | "quickjs"): Promise<Simulator.Sandbox> {
  const { loadQuickJs, newV8Sandbox } = await loadSimulator();
  return vm === "v8" ? newV8Sandbox() : (await loadQuickJs())();
}

const wholeNumber =
  (min: number, max: number) =>
  (text: string): number => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < min || value > max) {
      throw new InvalidArgumentError(`"${text}" is not a whole number from ${min} to ${max}`);
    }
    return value;
  };

function engine(text: string): string {
  if (text !== "quickjs" && text !== "v8") throw new InvalidArgumentError(`"${text}" is neither quickjs nor v8`);
  return text;
}

type WorldWords = Omit<WorldOptions, "vm"> & {
  readonly vm?: "quickjs" | "v8";
  readonly days?: number;
  readonly cards?: number;
  readonly faults?: string;
  readonly attacks?: string;
  readonly report?: string;
  readonly shrink?: string;
};

/** Customers of a world that is not told how many. */
const CARDS = 200;

async function worldOf(console: Console, words: WorldWords, homeGiven: boolean): Promise<number> {
  const sim = await loadSimulator();
  const { days, cards = CARDS, faults, attacks, vm, report, shrink, ...options } = words;
  if (days !== undefined) {
    const drawn = { faults: faultsNamed(faults), attacks: attacksNamed(attacks) };
    if (shrink !== undefined && options.purchases !== undefined)
      throw usageFailure("--shrink is for drawn customers", "leave --purchases out");
    const files = { ...(report !== undefined && { report }), ...(shrink !== undefined && { shrink }) };
    return liveDays(sim, console, { ...options, ...drawn, ...files, days, cards, vm: vm ?? "v8" }, homeGiven);
  }
  for (const name of ["cards", "faults", "attacks", "report", "shrink"] as const)
    if (words[name] !== undefined)
      throw usageFailure(`--${name} belongs to days that are drawn`, "say how many with --days");
  return world(sim, console, { ...options, vm: vm ?? "quickjs" }, homeGiven);
}

export function simCommands(
  program: Command,
  console: () => Console,
  homeGiven: () => boolean,
  exit: (code: number) => void,
): void {
  const sim = program.command("sim").description("simulate terminals, cards and whole towns");
  sim
    .command("world")
    .description(
      "replay purchases in a town, or live through days with faults and thieves; check that every cent adds up",
    )
    .option("--seed <n>", "what is drawn: UIDs, hours, terminals, spending, mishaps", wholeNumber(0, 0xffff_ffff), 1)
    .option("--terminals <n>", "terminals, shared out over the merchants in turn", wholeNumber(1, 1_000), 5)
    .addOption(new Option("--purchases <file>", `CSV of purchases: ${PURCHASES_HEADER}`).conflicts("cards"))
    .option(
      "--days <n>",
      "live through so many days: of drawn customers, or of the purchases from their first day on",
      wholeNumber(1, 3_650),
    )
    .option("--cards <n>", "with --days: customers, one in five comes on a day; default 200", wholeNumber(1, 1_000_000))
    .option("--faults <list>", "with --days: all, none, or some of those below; default all")
    .option("--attacks <list>", "with --days: all, none, or some of those below; default all")
    .option("--report <file>", "with --days: write a page with plots, for people")
    .option("--shrink <file>", "with --days: where a promise is broken, the smallest such world, for sim run")
    .option("--vm <engine>", "engine of the terminals: quickjs, or v8 (the default with --days)", engine)
    .addHelpText("after", () => `\n${WORLD_WORDS.join("\n")}`)
    .action(async (options: WorldWords) => exit(await worldOf(console(), options, homeGiven())));
  sim
    .command("start")
    .description("run terminals on virtual serial ports until they are stopped; what they hold is kept in a folder")
    .option("--headless", "without a page")
    .option("--open", "test keys, and whoever is on the line may do everything: for stock SMP clients")
    .addOption(
      new Option("--blank", "new terminals are nobody's: provision them as an installer does").conflicts("open"),
    )
    .option(
      "--terminals <n>",
      "terminals, shared out over the merchants in turn; 1, or those of the folder",
      wholeNumber(1, 50),
    )
    .option("--dir <dir>", "the folder; by default one in the home folder that no other simulator uses")
    .option(
      "--image <file>",
      "image of new terminals; by default the project's two programmes, signed with the test key",
    )
    .action(async (options: StartOptions) => exit(await start(await loadSimulator(), console(), options)));
  sim
    .command("run")
    .description("play a scenario: taps, faults, cuts, at their times; what it prints is the same on every run")
    .argument("<scenario>", "a YAML or JSON file; docs/simulator.md has its fields")
    .option("--check <golden>", "compare with what it printed before")
    .option("--vm <engine>", "engine of the terminals: quickjs or v8", engine, "quickjs")
    .action(async (path: string, options: RunOptions) =>
      exit(await runScenario(await loadSimulator(), console(), path, options)),
    );
  sim
    .command("counter")
    .description("one terminal with keys, screen and paper on this tty, and four customers with their cards")
    .addOption(new Option("--display <size>", "how the screen is laid out").choices(DRAWINGS).default("4x20"))
    .option("--vm <engine>", "engine of the terminal: quickjs or v8", engine, "quickjs")
    .action(async (options: CounterOptions) =>
      exit(await counter(await loadSimulator(), console(), process.stdin, options)),
    );
  const dir = ["--dir <dir>", "its folder; by default the only one that runs under the home folder"] as const;
  sim
    .command("do")
    .description("tell a running simulator what to do: tap a card, cut the power, pull the cable, plan a fault")
    .argument("<words...>", "one of those below; `at N` behind them names the terminal")
    .addHelpText("after", `\nWords:\n${WORDS.map((words) => `  ${words}`).join("\n")}`)
    .option(...dir)
    .option("--paper <file>", "keep what is printed: .txt, .svg (a picture) or .bin (ESC/POS bytes)", paperFile)
    .option("--columns <n>", "of that paper: 32 (58 mm) or 48 (80 mm)", paperColumns, 32)
    .action(async (words: readonly string[], options: PaperOptions & { readonly dir?: string }) => {
      const { paper, columns } = options;
      const print = async (receipts: readonly WrittenReceipt[]) => {
        if (paper === undefined) return;
        if (receipts.length === 0) console().err("nothing was printed: no file was written\n");
        else writePaper(await loadSimulator(), receipts, paper, columns);
      };
      exit(await tellSimulator(console(), words, options, print));
    });
  sim
    .command("stop")
    .description("end a running simulator; what its terminals and cards hold stays")
    .option(...dir)
    .action(async (options: { readonly dir?: string }) => exit(await tellSimulator(console(), ["stop"], options)));
}
