import { spawnSync } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stampVisits } from "./air.ts";
import { READER_MS, tapToTicket } from "./counter.ts";
import type { Figure } from "./figure.ts";
import { importFigures } from "./import.ts";
import { KEPT_HEAP, keepingFigures } from "./keeping.ts";
import { linkFigures } from "./link.ts";
import { nativeFigures } from "./native.ts";
import { performanceDocument } from "./performance.ts";
import { type ReportFigures, reportFigures } from "./report.ts";
import { rulesFigures } from "./rules.ts";
import { replaySeconds } from "./simulation.ts";
import { rateOnTwoCores } from "./two-cores.ts";
import { type WorldTaken, worldTaken } from "./world.ts";

interface WorldDocument {
  readonly visits: number;
  readonly visits_per_second: number;
  readonly p99_visit_ms: number;
  readonly heap_bytes: number;
  readonly image_deflated_bytes: number;
}

/** The whole main job, from reading the purchases to the statement. */
function world(vm: "quickjs" | "v8"): { readonly document: WorldDocument; readonly seconds: number } {
  const home = join(mkdtempSync(join(tmpdir(), "cachet-bench-")), "home");
  const began = performance.now();
  const { stdout, status, stderr } = spawnSync(
    process.execPath,
    [join("host", "bin", "cachet.mjs"), "sim", "world", "--home", home, "--vm", vm, "--json"],
    { encoding: "utf8" },
  );
  if (status !== 0) throw new Error(`sim world ended with ${status}: ${stderr}`);
  const document = JSON.parse(stdout.trim().split("\n").at(-1)!) as WorldDocument;
  return { document, seconds: (performance.now() - began) / 1_000 };
}

/** The sample of 6 810 purchases must be replayed in under 60 seconds. */
const VISITS_PER_SECOND_NEEDED = 6_810 / 60;

function town(): Figure[] {
  const quickjs = world("quickjs");
  const v8 = world("v8");
  const { document } = quickjs;
  const limit = (figure: Omit<Figure, "better" | "reference_name">): Figure => ({
    ...figure,
    better: "lower",
    reference_name: "limit",
  });
  return [
    {
      name: "town-visits-per-second",
      value: document.visits_per_second,
      unit: "visits/s",
      better: "higher",
      reference: v8.document.visits_per_second,
      reference_name: "the same town with the app on V8",
    },
    {
      name: "town-visits-per-second-needed",
      value: Math.round((10 * document.visits) / quickjs.seconds) / 10,
      unit: "visits/s",
      better: "higher",
      reference: VISITS_PER_SECOND_NEEDED,
      reference_name: "6810 purchases in 60 s, set-up of the town included",
    },
    limit({ name: "visit-p99-computing", value: document.p99_visit_ms, unit: "ms", reference: 10 }),
    limit({ name: "app-heap", value: document.heap_bytes, unit: "bytes", reference: 1.5 * 1024 * 1024 }),
    limit({ name: "image-deflated", value: document.image_deflated_bytes, unit: "bytes", reference: 64 * 1024 }),
  ];
}

/** Milliseconds on air that a stamp visit may take, by chip. */
const AIR_LIMIT_MS = { NTAG215: 80, MF0UL21: 95 } as const;
/** What a visit may take of what the bytes that must cross take alone. */
const AIR_OVER_LEAST = 1.15;

async function air(): Promise<Figure[]> {
  const inMs = (microseconds: number) => Math.round(microseconds / 10) / 100;
  return (await stampVisits()).flatMap(({ chip, microseconds, least }): Figure[] => [
    {
      name: `air-time-stamp-visit-${chip.toLowerCase()}`,
      value: inMs(microseconds),
      unit: "ms",
      better: "lower",
      reference: AIR_LIMIT_MS[chip as keyof typeof AIR_LIMIT_MS],
      reference_name: "limit; modelled, ISO/IEC 14443-3 at 106 kbit/s and 4 ms for each page or count",
    },
    {
      name: `air-time-over-least-${chip.toLowerCase()}`,
      value: Math.round((1_000 * microseconds) / least) / 1_000,
      unit: "x",
      better: "lower",
      reference: AIR_OVER_LEAST,
      reference_name: `limit; the bytes that must cross take ${inMs(least)} ms`,
    },
  ]);
}

/** Milliseconds from tap to ticket, by the reader. */
const TAP_TO_TICKET_MS = { good: 300, slow: 700 } as const;

async function tap(): Promise<Figure[]> {
  const tenth = (ms: number) => Math.round(ms * 10) / 10;
  return (await tapToTicket()).flatMap(({ chip, air: onAir, commands, computing, ...whole }) =>
    (["good", "slow"] as const).map((reader): Figure => {
      const ofReader = commands * READER_MS[reader];
      const parts = `${tenth(onAir)} on air, ${tenth(ofReader)} in the reader (${commands} commands, ${READER_MS[reader]} each, assumed), ${tenth(computing)} computing`;
      return {
        name: `tap-to-ticket-${reader}-reader-${chip.toLowerCase()}`,
        value: tenth(whole[reader]),
        unit: "ms",
        better: "lower",
        reference: TAP_TO_TICKET_MS[reader],
        reference_name: `limit, 95 of 100 sales in two programmes; ${parts}`,
      };
    }),
  );
}

/** Image bytes that a cable of the console framing carries at most of its own bytes: 93 of each line of 127. */
const FRAMING = 93 / 127;
const KIB = 1_024;

async function link(): Promise<Figure[]> {
  const figures = await linkFigures();
  const { cableBytesPerSecond, imageBytes, bufferBytes, outstanding } = figures;
  const kib = (bytes: number) => Math.round((100 * bytes) / KIB) / 100;
  const how = `${imageBytes} bytes, packets of ${bufferBytes}, ${outstanding} outstanding, cable ${kib(cableBytesPerSecond)} KiB/s`;
  return [
    {
      name: "flash-plain-upload",
      value: kib(figures.plainBytesPerSecond),
      unit: "KiB/s",
      better: "higher",
      reference: kib(cableBytesPerSecond * FRAMING),
      reference_name: `93/127 of the cable; needed 0.95 of it; ${how}`,
    },
    {
      name: "flash-deflate-upload",
      value: kib(figures.deflatedBytesPerSecond),
      unit: "KiB/s",
      better: "higher",
      reference: 20,
      reference_name: `needed, in bytes of the image; ${figures.deflatedBytes} bytes deflated`,
    },
    {
      name: "flash-again-by-patch",
      value: Math.round(100 * figures.reflashSeconds) / 100,
      unit: "s",
      better: "lower",
      reference: 3,
      reference_name: `limit; one rule changed, upload to confirmed image, start included; patch of ${figures.patchBytes} bytes`,
    },
  ];
}

const PEER_RATIO_V8 = 20;

async function rules(): Promise<Figure[]> {
  const { ours, quickjs, wasm, jsonRules, zen, growth } = await rulesFigures();
  const peer = Math.max(jsonRules, zen);
  const who = `${jsonRules > zen ? "json-rules-engine" : "@gorules/zen-engine"}, the faster of two; the other does ${Math.round(Math.min(jsonRules, zen))}`;
  const perSecond = (name: string, value: number, needed: number | null): Figure => ({
    name,
    value: Math.round(value),
    unit: "evaluations/s",
    better: "higher",
    reference: Math.round(peer),
    reference_name: needed === null ? who : `${who}; needed ${needed} times as many`,
  });
  return [
    perSecond("rules-v8", ours, PEER_RATIO_V8),
    perSecond("rules-quickjs", quickjs, 1),
    // What simulated terminals run: shown, and held against nothing that is needed.
    perSecond("rules-quickjs-wasm", wasm, null),
    {
      name: "rules-growth",
      value: Math.round(100 * growth) / 100,
      unit: "x",
      better: "lower",
      reference: 4,
      reference_name: "cost of 64 more rules over that of 16 more, where it is linear",
    },
  ];
}

const REPLAY_PURCHASES = 1_000_000;
const REPLAY_LIMIT_S = 20;

function simulate(): Figure[] {
  return [
    {
      name: "simulate-replay",
      value: Math.round(10 * replaySeconds(REPLAY_PURCHASES)) / 10,
      unit: "s",
      better: "lower",
      reference: REPLAY_LIMIT_S,
      reference_name: `limit; ${REPLAY_PURCHASES} purchases from file to report by programme simulate, four rules`,
    },
  ];
}

const REPORT_LIMIT_S = 1;

async function officeReport(): Promise<Figure[]> {
  const { sqlite, postgres } = await reportFigures();
  const figure = (engine: string, { seconds, commandSeconds }: ReportFigures): Figure => ({
    name: `report-month-${engine}`,
    value: Math.round(1_000 * seconds) / 1_000,
    unit: "s",
    better: "lower",
    reference: REPORT_LIMIT_S,
    reference_name: `limit; 43 merchants, 9 000 cards, 52 000 visits; the whole command takes ${Math.round(100 * commandSeconds) / 100} s`,
  });
  return [figure("sqlite", sqlite), figure("postgres", postgres)];
}

/** As many entries as a quick look takes; `IMPORT_ENTRIES=5000000` for five years of a town. */
const IMPORT_ENTRIES = Number(process.env.IMPORT_ENTRIES ?? 500_000);
const IMPORT_PER_SECOND_NEEDED = 10_000;

async function imports(): Promise<Figure[]> {
  return [...(await importsInto("sqlite", IMPORT_ENTRIES)), ...(await importsInto("postgres", IMPORT_ENTRIES / 5))];
}

async function importsInto(engine: "sqlite" | "postgres", asked: number): Promise<Figure[]> {
  const { perSecond, rawPerSecond, entries, lastPart, secondPart, lastMemory, secondMemory } = await importFigures(
    engine,
    asked,
  );
  const what = `of ${entries} entries, 43 terminals, one batch of each a night`;
  const figure = (
    name: string,
    [value, reference]: readonly [number, number],
    unit: string,
    reference_name: string,
  ): Figure => ({
    name: `import-${engine}-${name}`,
    ...{ value, unit, better: unit === "entries/s" ? "higher" : "lower", reference, reference_name },
  });
  const rate = Math.round(perSecond);
  return [
    figure(
      "beside-raw",
      [rate, Math.round(rawPerSecond)],
      "entries/s",
      `the same rows of the last weeks raw into a copy of the ledger, behind an import ${what}; needed 0.6`,
    ),
    figure("per-second", [rate, IMPORT_PER_SECOND_NEEDED], "entries/s", `needed at the end ${what}`),
    figure(
      "growth",
      [Math.round(10 * lastPart) / 10, Math.round(10 * secondPart) / 10],
      "us/entry",
      `the last fifth beside the second ${what}; limit 1.3`,
    ),
    figure("memory", [lastMemory, secondMemory], "bytes", `resident after the last fifth beside the second ${what}`),
  ];
}

/** Visits of the ledgers that are kept, two entries each: the growth of what it takes is between them. */
const [KEPT_SMALL, KEPT_LARGE] = [30_000, 150_000] as const;
const [KEPT_GROWTH, KEPT_MEMORY] = [1.3, 1.5] as const;

async function keeping(): Promise<Figure[]> {
  const [small, large] = [await keepingFigures(KEPT_SMALL), await keepingFigures(KEPT_LARGE)];
  return large.flatMap(({ command, seconds, processorSeconds, bytes }, i): Figure[] => {
    const before = small[i]!;
    const perEntry = (took: number, visits: number) => Math.round((1e7 * took) / (2 * visits)) / 10;
    const [isNow, was] = [perEntry(processorSeconds, KEPT_LARGE), perEntry(before.processorSeconds, KEPT_SMALL)];
    return [
      {
        name: `keeping-${command}`,
        value: isNow,
        unit: "us/entry",
        better: "lower",
        reference: was,
        reference_name: `of the processor, the whole command, at ${2 * KEPT_LARGE} entries beside ${2 * KEPT_SMALL}; limit ${KEPT_GROWTH}; ${Math.round((2 * KEPT_LARGE) / seconds)} entries/s`,
      },
      {
        name: `keeping-${command}-memory`,
        value: bytes,
        unit: "bytes",
        better: "lower",
        reference: before.bytes,
        reference_name: `most resident, the same, ${KEPT_HEAP} MB of heap allowed; limit ${KEPT_MEMORY}`,
      },
    ];
  });
}

const MIB = 1024 * 1024;

async function native(): Promise<Figure[]> {
  const figures = await nativeFigures();
  const inMs = (ms: number) => Math.round(100 * ms) / 100;
  const wall = `by the clock on the wall ${inMs(figures.startWallMs)} ms`;
  const halves = `half of them under ${inMs(figures.visitP50Ms)} ms, in the simulator's engine ${inMs(figures.simulatedVisitMs)} ms`;
  const rows: readonly (readonly [name: string, value: number, unit: string, reference: number, what: string])[] = [
    ["native-binary", figures.binaryBytes, "bytes", 2 * MIB, "limit; stripped, for this computer"],
    [
      "native-start",
      inMs(figures.startMs),
      "ms",
      150,
      `limit; processor time with an image of ${figures.imageBytes} bytes; ${wall}`,
    ],
    [
      "native-month-start",
      inMs(figures.monthStartMs),
      "ms",
      150,
      `limit; the same with 9 000 entries of 1 000 cards in its journal; it holds ${figures.monthBytes} bytes then`,
    ],
    [
      "native-visit-p99",
      inMs(figures.visitP99Ms),
      "ms",
      5,
      `limit; processor time, files and streams included, of each visit of a day in the quickest of seven equal days; with all that went on beside them ${inMs(figures.noisyVisitP99Ms)}; ${halves}`,
    ],
    ["native-resident", figures.residentBytes, "bytes", 12 * MIB, "limit; after the visits"],
  ];
  return rows.map(([name, value, unit, reference, what]) => ({
    name,
    value,
    unit,
    better: "lower",
    reference,
    reference_name: what,
  }));
}

/** Cards of the two worlds between which the growth is; `WORLD_CARDS=10000,300000` for a town's and a region's. */
const [FEW_CARDS = 1_000, MANY_CARDS = 10_000] = (process.env.WORLD_CARDS ?? "").split(",").filter(Boolean).map(Number);
const WORLD_PER_SECOND_NEEDED = 2_000;
const APP_PER_SECOND_NEEDED = 15_000;
const WORLD_GROWTH = 1.5;

async function worlds(): Promise<Figure[]> {
  const [loops, apps] = [await rateOnTwoCores("world.ts"), await rateOnTwoCores("app-visits.ts")];
  const grown = { terminals: 50, days: 6, visitsPerDay: 500 };
  const few = await worldTaken({ ...grown, cards: FEW_CARDS });
  const many = await worldTaken({ ...grown, cards: MANY_CARDS });
  const growth = (name: string, of: (taken: WorldTaken) => number, what: string): Figure => ({
    name: `world-growth-${name}`,
    value: Math.round((1_000 * of(many)) / of(few)) / 1_000,
    unit: "x",
    better: "lower",
    reference: WORLD_GROWTH,
    reference_name: `limit; processor time of a visit, ${what}, ${MANY_CARDS} cards beside ${FEW_CARDS}, 500 visits a day at 50 terminals: ${Math.round(of(many))} and ${Math.round(of(few))} us`,
  });
  return [
    {
      name: "world-visits-per-second",
      value: Math.round(loops),
      unit: "visits/s",
      better: "higher",
      reference: WORLD_PER_SECOND_NEEDED,
      reference_name:
        "needed, by the clock on the wall; two worlds at a time, of 20 days, 20 terminals, 1 000 cards, every fault and attack, all promises",
    },
    {
      name: "app-visits-per-second",
      value: Math.round(apps),
      unit: "visits/s",
      better: "higher",
      reference: APP_PER_SECOND_NEEDED,
      reference_name: "needed; sales that the app alone serves on V8, two processes at a time",
    },
    growth("days", ({ ofDays }) => ofDays, "evenings and nights included"),
    growth("whole", ({ whole }) => whole, "making the town and a last round of all cards included"),
  ];
}

const BENCHES: Readonly<Record<string, () => Figure[] | Promise<Figure[]>>> = {
  town,
  air,
  tap,
  link,
  rules,
  simulate,
  report: officeReport,
  import: imports,
  keeping,
  native,
  world: worlds,
};

const args = process.argv.slice(2);
const only = args.includes("--only") ? args[args.indexOf("--only") + 1] : undefined;
const json = args.includes("--json");
if (only !== undefined && args.includes("--write")) {
  process.stderr.write("--write writes every figure of one run: leave --only out\n");
  process.exit(2);
}
if (only !== undefined && BENCHES[only] === undefined) {
  process.stderr.write(`there is no bench "${only}"; there are: ${Object.keys(BENCHES).join(", ")}\n`);
  process.exit(2);
}
const isWritten = args.includes("--write");
const measured = new Map<string, (Figure & { readonly ratio: number })[]>();
for (const [name, bench] of Object.entries(BENCHES)) {
  if (only !== undefined && only !== name) continue;
  measured.set(name, []);
  for (const figure of await bench()) {
    const ratio = Math.round((1_000 * figure.value) / figure.reference) / 1_000;
    measured.get(name)!.push({ ...figure, ratio });
    if (json) process.stdout.write(`${JSON.stringify({ ...figure, ratio })}\n`);
    else {
      const { name: label, value, unit, reference, reference_name: what, better } = figure;
      process.stdout.write(`${label}: ${value} ${unit}; ${what}: ${reference}; ratio ${ratio} (${better} is better)\n`);
    }
  }
}
if (isWritten) writeFileSync(join("docs", "performance.md"), performanceDocument(measured));
