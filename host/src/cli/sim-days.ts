import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import type { Day } from "@cachet/card-layout";
import type * as Simulator from "@cachet/terminal-sim";
import type { Attempt, WorldRun } from "@cachet/terminal-sim";
import type { BuiltImage } from "../image/build.ts";
import { diaryOf } from "../office/diary.ts";
import { migrate } from "../office/migrations.ts";
import type { Ledger } from "../office/schema.ts";
import { doNotWaitForDisk, openDatabase } from "../ports/database/index.ts";
import { writingIn } from "../workbench/simulate-report.ts";
import { type Console, progressLine, tell } from "./console.ts";
import { Failure } from "./failure.ts";
import { writeFile } from "./files.ts";
import { makeLedger } from "./home.ts";
import { money } from "./money.ts";
import { TOWN_BY_HAND, testImage, WORLD_PROGRAMMES } from "./sim-image.ts";
import { simOffice } from "./sim-office.ts";
import { leftOut, loadPurchases } from "./sim-purchases.ts";
import { worldStreet } from "./sim-street.ts";
import { parisOffset } from "./sim-zone.ts";
import { tableLines } from "./table.ts";
import { worldText } from "./world-scenario.ts";
import { shrunk, type WorldSize } from "./world-shrink.ts";

/** How a world is drawn. */
export interface DaysOptions extends WorldSize {
  /** A CSV of purchases: its members are the customers, from its first day on. */
  readonly purchases?: string;
  readonly vm: "quickjs" | "v8";
  /** Where the page for people goes; none where it is left out. */
  readonly report?: string;
  /** Where the smallest world goes that breaks a promise, if this one does. */
  readonly shrink?: string;
}

/** One customer in so many comes on a day. */
const COMES_ONE_IN = 5;
const BROKEN_SHOWN = 10;

const wordOf = (names: readonly string[]): string => (names.length === 0 ? "none" : names.join(","));

/** The command that lives through the same days again. */
const again = ({ seed, terminals, cards, purchases, days, faults, attacks, vm }: DaysOptions): string =>
  `npx cachet sim world --days ${days} ${purchases === undefined ? `--cards ${cards}` : `--purchases ${purchases}`} --terminals ${terminals} --seed ${seed} --faults ${wordOf(faults)} --attacks ${wordOf(attacks)} --vm ${vm}`;

const counted = (counts: Readonly<Record<string, number>>): string =>
  Object.entries(counts)
    .filter(([, n]) => n > 0)
    .map(([name, n]) => `${n} ${name.replaceAll("-", " ")}`)
    .join(", ") || "none";

/** Attempts of one attack on one kind of card. */
export interface AttackSum {
  readonly attack: string;
  readonly on: string;
  readonly tried: number;
  readonly prevented: number;
  readonly detected: number;
  /** Nights until the last of them was told, and cents that thieves had too much. */
  readonly nights: number;
  /** Of these, those in which the office had all that terminals wrote of it. */
  readonly knownNights: number;
  readonly cents: number;
}

function attackSums(attempts: readonly Attempt[]): AttackSum[] {
  const names = [...new Set(attempts.map(({ attack, on }) => `${attack} ${on}`))].sort();
  return names.map((name) => {
    const own = attempts.filter(({ attack, on }) => `${attack} ${on}` === name);
    const became = (outcome: Attempt["outcome"]) => own.filter((one) => one.outcome === outcome).length;
    const { attack, on } = own[0]!;
    return {
      ...{ attack, on, tried: own.length, prevented: became("prevented"), detected: became("detected") },
      nights: Math.max(...own.map(({ nights }) => nights)),
      knownNights: Math.max(...own.map(({ knownNights }) => knownNights)),
      cents: own.reduce((sum, { cents }) => sum + cents, 0),
    };
  });
}

function linesOf(options: DaysOptions, run: WorldRun): string[] {
  const { terminals, cards, days } = options;
  const attacks = attackSums(run.attempts);
  const table = tableLines({
    title: "attacks",
    head: ["", "on", "tried", "prevented", "detected", "nights at most", "once known", "had too much"],
    rows: attacks.map(({ attack, on, tried, prevented, detected, nights, knownNights, cents }) => [
      ...[
        attack,
        on,
        String(tried),
        String(prevented),
        String(detected),
        String(nights),
        String(knownNights),
        money(cents, "en"),
      ],
    ]),
    words: 2,
  });
  return [
    `${days} days, ${terminals} terminals, ${cards} cards, ${run.visits} visits: ${counted(run.results)}`,
    `what they were about  ${counted(run.kinds)}`,
    `why visits did less   ${counted(run.reasons)}`,
    `cut                   ${run.cuts.card} by cards that left, ${run.cuts.power} by the power; ${run.repeats} visits asked for again`,
    `batches               ${counted(run.batches)}; on their way ${counted({ ...run.post })}`,
    `terminals             ${run.wrongClocks} days with a wrong clock, ${run.silences} silent for 14 days`,
    `cards                 ${run.lost} lost and replaced, ${run.blocked} blocked, ${run.turnedAway} turned away`,
    `in doubt at the end   ${run.inDoubt}`,
    `alerts of the office  ${counted(run.findings)}`,
    ...(attacks.length === 0 ? [] : table),
    "",
    run.broken.length === 0 ? "every promise was kept" : `BROKEN: ${run.broken.length}`,
    ...run.broken.slice(0, BROKEN_SHOWN).map(({ day, what }) => `  day ${day + 1}: ${what}`),
    `again: ${again(options)}`,
  ];
}

/** The page of a world for people, written to a file. `first`: its first local day. */
async function writeReport(
  path: string,
  { lang }: Console,
  ledger: Ledger,
  options: DaysOptions,
  run: WorldRun,
  first: Day,
): Promise<void> {
  const { worldPage } = await import("../workbench/world-html.ts");
  const { days, terminals, cards } = options;
  const page = worldPage(
    {
      ...{ days, terminals, cards, visits: run.visits, again: again(options) },
      diary: await diaryOf(ledger, first, first + days, run.until),
      faults: {
        ...{ cutCard: run.cuts.card, cutPower: run.cuts.power, lost: run.post.lost, late: run.post.late },
        ...{ doubled: run.post.doubled, clocks: run.wrongClocks, silences: run.silences, stillInDoubt: run.inDoubt },
        repeats: run.repeats,
        ...{ cardsLost: run.lost, blocked: run.blocked, turnedAway: run.turnedAway },
      },
      ...{ attempts: run.attempts, broken: run.broken },
    },
    lang,
    writingIn(lang, money),
  );
  writeFile(path, page);
}

/** The days of a world, lived on a ledger of its own. */
async function lived(
  sim: typeof Simulator,
  { vm, faults, attacks, ...options }: DaysOptions,
  customers: Simulator.Customers,
  image: BuiltImage,
  ledger: Ledger,
  progress: (done: number, of: number) => void,
): Promise<WorldRun> {
  return sim.runWorld({
    ...options,
    customers,
    troubles: new Set(faults),
    attacks: new Set(attacks),
    ...worldStreet(image.programmes),
    image: image.file,
    newSandbox: vm === "v8" ? sim.newV8Sandbox : await sim.loadQuickJs(),
    offsetAt: parisOffset(),
    byHand: TOWN_BY_HAND,
    office: simOffice(ledger, image.programmes, sim.chipInField, { codes: true }),
    progress,
  });
}

/** So many smaller worlds are tried. */
const SHRINKS_MAX = 150;

/** Writes the smallest world that still breaks a promise as a scenario; gives the command that plays it. */
async function writeShrunk(
  path: string,
  sim: typeof Simulator,
  options: DaysOptions,
  image: BuiltImage,
  title: string,
): Promise<string> {
  const breaks = async (size: WorldSize): Promise<boolean> => {
    const ledger: Ledger = openDatabase("sqlite::memory:");
    try {
      await migrate(ledger);
      const customers = drawnFor(sim, size.cards);
      const { broken } = await lived(sim, { ...size, vm: options.vm }, customers, image, ledger, () => {});
      return broken.length > 0;
    } catch (error) {
      // What the product's code throws in the middle of the days is a defect as well.
      if (error instanceof Failure) throw error;
      return true;
    } finally {
      await ledger.destroy();
    }
  };
  const { seed, terminals, cards, days, faults, attacks } = options;
  const smallest = await shrunk({ seed, terminals, cards, days, faults, attacks }, breaks, SHRINKS_MAX);
  writeFile(path, worldText(title, smallest));
  return `npx cachet sim run ${path}`;
}

const drawnFor = (sim: typeof Simulator, cards: number) => sim.drawnCustomers(cards, Math.ceil(cards / COMES_ONE_IN));

/** Lives through the days of a world, checks every evening what is promised; gives the exit code. */
export async function liveDays(
  sim: typeof Simulator,
  console: Console,
  asked: DaysOptions,
  homeGiven: boolean,
): Promise<number> {
  const file = asked.purchases === undefined ? null : loadPurchases(console, asked.purchases);
  const customers = file === null ? drawnFor(sim, asked.cards) : sim.customersOf(file.purchases);
  const options = { ...asked, cards: customers.count };
  const image = await testImage(WORLD_PROGRAMMES, "nothing was simulated");
  const home = homeGiven ? console.home : mkdtempSync(join(tmpdir(), "cachet-world-"));
  const ledger = await makeLedger({ ...console, home });
  // What a seed makes again need not outlive a power cut of this computer.
  await doNotWaitForDisk(ledger);
  const line = progressLine(console, () => performance.now());
  const began = performance.now();
  const run = await lived(sim, options, customers, image, ledger, (done, of) =>
    line.show(`${done} / ${of}  ${Math.floor((100 * done) / of)} %`),
  );
  line.end();
  const speed = Math.round((1_000 * run.visits) / (performance.now() - began));
  if (options.report !== undefined)
    await writeReport(options.report, console, ledger, options, run, customers.firstDay);
  await ledger.destroy();
  const { attempts, until: _until, ...rest } = run;
  const places = options.report === undefined ? [home] : [home, options.report];
  tell(console, [...linesOf(options, run), `${speed} visits/s on ${options.vm} -> ${places.join(", ")}`], {
    ...{ ...options, ...rest, attacks: attackSums(attempts), visits_per_second: speed, home, again: again(options) },
  });
  const [first] = run.broken;
  if (first === undefined) return leftOut(console, asked.purchases ?? "", file?.malformed.length ?? 0);
  const { shrink } = options;
  const smallest = shrink === undefined ? [] : [await writeShrunk(shrink, sim, options, image, first.what)];
  throw new Failure(
    "C-WORLD-01",
    `${run.broken.length} promises were broken`,
    `the world's ledger is kept in ${home}`,
    [again(options), ...smallest, "and report it with these words: this is a defect of cachet"],
  );
}
