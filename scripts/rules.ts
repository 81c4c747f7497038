import { spawnSync } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Purse } from "@cachet/card-layout";
import { loadQuickJs } from "@cachet/terminal-sim";
import { ZenEngine } from "@gorules/zen-engine";
import { build } from "esbuild";
import { Engine } from "json-rules-engine";
import {
  type evaluate,
  type Facts,
  multiplier,
  type Programme,
  points,
  programme,
  stamps,
  tiers,
} from "../firmware/src/rules/plain.ts";

/** Points for every ten cents, twice as many on Thursdays, a reward after ten visits, and three levels by what was spent. */
const PROGRAMME: Programme = programme({
  number: 1,
  version: 1,
  name: "bench",
  scope: "shop",
  merchants: { 1: { name: "M", role: "earn-and-spend" } },
  media: ["NTAG216"],
  rules: [
    points({ id: "points", earn: { per: "amount", cents: 10, points: 1, groups: "exact" } }),
    multiplier({ id: "thursday", of: "points", permille: 2_000, when: { weekdays: [4] } }),
    stamps({ id: "grid", grid: 10, reward: { kind: "gift", label: "Cadeau", value: 500 } }),
    tiers({
      id: "tiers",
      purse: 1,
      of: ["points"],
      window: "year",
      levels: [
        { name: "bronze", from: 0, permille: 1_000 },
        { name: "argent", from: 50_000, permille: 1_500 },
        { name: "or", from: 150_000, permille: 2_000 },
      ],
    }),
  ],
});

/** A purchase as every engine is told of it. */
interface Purchase {
  readonly cents: number;
  readonly weekday: number;
  readonly stamps: number;
  readonly spent: number;
}
/** What every engine must answer. */
interface Answer {
  readonly points: number;
  readonly stamps: number;
  readonly reward: number;
}

/** 4 January 2027 is a Monday; seconds since 2000. */
const MONDAY = 852_336_000 + 36_000;
const DAY = 86_400;

/** Purchases that meet every rule now and then, the same in every run. */
function purchases(count: number): Purchase[] {
  let seed = 1;
  const below = (n: number) => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return (seed >>> 8) % n;
  };
  return Array.from({ length: count }, () => ({
    cents: 100 + below(9_900),
    weekday: 1 + below(7),
    stamps: below(10),
    spent: below(200_000),
  }));
}

const LEVELS = PROGRAMME.rules.flatMap((rule) => (rule.kind === "tiers" ? rule.levels : []));
const levelOf = (spent: number) => LEVELS.findLastIndex(({ from }) => spent >= from);

const pursesOf = ({ stamps: count, spent }: Purchase): Purse[] => [
  { kind: "points", index: 0, count: 0 },
  { kind: "stamps", index: 0, count },
  { kind: "year-tier", index: 1, level: levelOf(spent), reviewed: 0, year: 27, spent },
];

const RULES = join(import.meta.dirname, "../firmware/src/rules/index.ts");

/** The engine as it is shipped: bundled for the image. */
async function bundledEvaluate(): Promise<typeof evaluate> {
  const outfile = join(mkdtempSync(join(tmpdir(), "cachet-bench-")), "rules.mjs");
  await build({
    entryPoints: [RULES],
    outfile,
    bundle: true,
    format: "esm",
    target: "es2023",
    platform: "neutral",
    minify: true,
  });
  return ((await import(outfile)) as { readonly evaluate: typeof evaluate }).evaluate;
}

type Evaluate = typeof evaluate;

const ours =
  (evaluateOne: Evaluate) =>
  (purchase: Purchase): Answer => {
    const facts: Facts = { merchant: 1, at: MONDAY + (purchase.weekday - 1) * DAY, clockSuspect: false };
    const sale = { lines: [{ amount: purchase.cents, quantity: 1 }], tip: 0 };
    const { effects } = evaluateOne(PROGRAMME, pursesOf(purchase), sale, facts);
    let [earned, count, reward] = [0, purchase.stamps, 0];
    for (const effect of effects) {
      if (effect.type === "earn") earned += effect.value;
      if (effect.type === "stamp") count += effect.value;
      if (effect.type !== "reward") continue;
      reward += effect.value;
      count -= effect.taken ?? 0;
    }
    return { points: earned, stamps: count, reward };
  };

/** The same rules for json-rules-engine: conditions there, arithmetic by its events. */
function jsonRules(): (purchase: Purchase) => Promise<Answer> {
  const engine = new Engine([
    {
      conditions: { all: [{ fact: "weekday", operator: "equal", value: 4 }] },
      event: { type: "multiplier", params: { permille: 2_000 } },
    },
    ...LEVELS.map(({ from, permille }, i) => ({
      conditions: {
        all: [
          { fact: "spent", operator: "greaterThanInclusive", value: from },
          { fact: "spent", operator: "lessThan", value: LEVELS[i + 1]?.from ?? Number.MAX_SAFE_INTEGER },
        ],
      },
      event: { type: "level", params: { permille } },
    })),
    {
      conditions: { all: [{ fact: "stamps", operator: "greaterThanInclusive", value: 9 }] },
      event: { type: "reward", params: { value: 500 } },
    },
  ]);
  return async (purchase) => {
    const { events } = await engine.run(purchase);
    let [factor, level, reward] = [1_000, 1_000, 0];
    for (const { type, params } of events) {
      if (type === "multiplier") factor = params!.permille as number;
      if (type === "level") level = params!.permille as number;
      if (type === "reward") reward = params!.value as number;
    }
    const stampsNow = purchase.stamps + 1 - (reward > 0 ? 10 : 0);
    return { points: Math.floor((purchase.cents * factor * level) / 10_000_000), stamps: stampsNow, reward };
  };
}

/** The same rules as a decision graph of zen-engine: one table of levels, one node of expressions. */
async function zen(): Promise<(purchase: Purchase) => Promise<Answer>> {
  const expressions = [
    { id: "a", key: "factor", value: "weekday == 4 ? 2000 : 1000" },
    { id: "b", key: "level", value: "spent >= 150000 ? 2000 : (spent >= 50000 ? 1500 : 1000)" },
    { id: "c", key: "points", value: "floor((cents * $.factor * $.level) / 10000000)" },
    { id: "d", key: "reward", value: "stamps >= 9 ? 500 : 0" },
    { id: "e", key: "stamps", value: "stamps >= 9 ? stamps - 9 : stamps + 1" },
  ];
  const graph = {
    contentType: "application/vnd.gorules.decision",
    nodes: [
      { id: "in", name: "in", type: "inputNode", position: { x: 0, y: 0 } },
      { id: "ex", name: "ex", type: "expressionNode", position: { x: 1, y: 0 }, content: { expressions } },
      { id: "out", name: "out", type: "outputNode", position: { x: 2, y: 0 } },
    ],
    edges: [
      { id: "1", sourceId: "in", targetId: "ex", type: "edge" },
      { id: "2", sourceId: "ex", targetId: "out", type: "edge" },
    ],
  };
  const decision = new ZenEngine().createDecision(Buffer.from(JSON.stringify(graph)));
  return async (purchase) => (await decision.evaluate(purchase)).result as Answer;
}

const isSame = (a: Answer, b: Answer): boolean =>
  a.points === b.points && a.stamps === b.stamps && a.reward === b.reward;

/** Evaluations a second of one engine over a list. */
async function speed(
  evaluateOne: (purchase: Purchase) => Answer | Promise<Answer>,
  list: readonly Purchase[],
): Promise<number> {
  const began = performance.now();
  for (const purchase of list) {
    const answer = evaluateOne(purchase);
    if (answer instanceof Promise) await answer;
  }
  return (1_000 * list.length) / (performance.now() - began);
}

const ROUNDS = 7;
/** Rounds before those that count: every engine is as fast then as it gets, as in a terminal that sells all day. */
const WARMING_ROUNDS = 3;
const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;

const BATCH = 200;

/** A script with `evaluateBatch`, bundled as an image is. */
async function batchScript(rest: string): Promise<string> {
  const dir = mkdtempSync(join(tmpdir(), "cachet-bench-"));
  const file = join(dir, "programme.json");
  writeFileSync(file, JSON.stringify(PROGRAMME));
  const contents = `
    import { evaluate } from ${JSON.stringify(RULES)};
    import programme from ${JSON.stringify(file)};
    const list = ${JSON.stringify(purchases(BATCH).map((one) => ({ purses: pursesOf(one), cents: one.cents, at: MONDAY + (one.weekday - 1) * DAY })))};
    function evaluateBatch() {
      let effects = 0;
      for (const { purses, cents, at } of list) {
        const facts = { merchant: 1, at, clockSuspect: false };
        effects += evaluate(programme, purses, { lines: [{ amount: cents, quantity: 1 }], tip: 0 }, facts).effects.length;
      }
      return effects;
    }
    ${rest}`;
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: dir },
    bundle: true,
    format: "iife",
    target: "es2023",
    platform: "neutral",
    minify: true,
    write: false,
  });
  return outputFiles[0]!.text;
}

/** Evaluations a second inside QuickJS as WebAssembly, which simulated terminals run: a batch for each answer that the script gets. */
async function inWasm(): Promise<() => number> {
  const script = await batchScript(`globalThis.cachet = {
    start() { cachetCall(1, "ready", ""); },
    answer() { cachetCall(1, "done", String(evaluateBatch())); },
  };`);
  const sandbox = (await loadQuickJs())();
  sandbox.start(script, () => {});
  const batches = 5;
  return () => {
    const began = performance.now();
    for (let i = 0; i < batches; i += 1) sandbox.answer(1, "");
    return (1_000 * batches * BATCH) / (performance.now() - began);
  };
}

/** Evaluations a second inside QuickJS as a program of its own, which terminals run: the script times itself once it is warm. */
async function inNative(): Promise<() => number> {
  const file = join(mkdtempSync(join(tmpdir(), "cachet-bench-")), "batches.js");
  const [warming, batches] = [10, 50];
  writeFileSync(
    file,
    await batchScript(`for (let i = 0; i < ${warming}; i += 1) evaluateBatch();
      const began = Date.now();
      for (let i = 0; i < ${batches}; i += 1) evaluateBatch();
      print(Date.now() - began);`),
  );
  const qjs = join(import.meta.dirname, "../node_modules/@suchipi/quickjs/npm/cli/qjs.js");
  return () => {
    const { stdout, stderr, status } = spawnSync(process.execPath, [qjs, file], { encoding: "utf8" });
    if (status !== 0) throw new Error(`qjs ended with ${status}: ${stderr}`);
    return (1_000 * batches * BATCH) / Number(stdout);
  };
}

export interface RulesFigures {
  /** Evaluations a second: medians of rounds that were run one after the other, in turn. */
  readonly ours: number;
  /** In QuickJS as a program of its own, and as WebAssembly. */
  readonly quickjs: number;
  readonly wasm: number;
  readonly jsonRules: number;
  readonly zen: number;
  /** Time of an evaluation with 64 rules over one with 16, each less the one with none of them; 4 where it is linear. */
  readonly growth: number;
}

/** A programme with so many multipliers that never match. */
function longProgramme(rules: number): Programme {
  const idle = Array.from({ length: rules }, (_, i) =>
    multiplier({ id: `idle-${i}`, of: "points", permille: 2_000, when: { weekdays: [7], merchants: [1] } }),
  );
  return { ...PROGRAMME, rules: [...PROGRAMME.rules, ...idle] };
}

function secondsOf(evaluateOne: Evaluate, of: Programme, list: readonly Purchase[]): number {
  const began = performance.now();
  for (const purchase of list) {
    evaluateOne(
      of,
      pursesOf(purchase),
      { lines: [{ amount: purchase.cents, quantity: 1 }], tip: 0 },
      { merchant: 1, at: MONDAY, clockSuspect: false },
    );
  }
  return performance.now() - began;
}

function growthOf(evaluateOne: Evaluate, list: readonly Purchase[]): number {
  const [none, few, many] = [longProgramme(0), longProgramme(16), longProgramme(64)];
  const rounds = Array.from({ length: ROUNDS }, () => {
    const base = secondsOf(evaluateOne, none, list);
    return (secondsOf(evaluateOne, many, list) - base) / (secondsOf(evaluateOne, few, list) - base);
  });
  return median(rounds);
}

/** Measures all of them in turn, after each has answered every purchase like the others. */
export async function rulesFigures(): Promise<RulesFigures> {
  const [evaluateOne, byJsonRules, byZen] = [await bundledEvaluate(), jsonRules(), await zen()];
  const [native, wasm] = [await inNative(), await inWasm()];
  const own = ours(evaluateOne);
  for (const purchase of purchases(500)) {
    const answer = own(purchase);
    for (const other of [await byJsonRules(purchase), await byZen(purchase)]) {
      if (!isSame(answer, other)) throw new Error(`answers differ: ${JSON.stringify([purchase, answer, other])}`);
    }
  }
  const [fast, slow] = [purchases(40_000), purchases(2_000)];
  const rounds: Omit<RulesFigures, "growth">[] = [];
  for (let i = 0; i < WARMING_ROUNDS + ROUNDS; i += 1) {
    rounds.push({
      ours: await speed(own, fast),
      quickjs: native(),
      wasm: wasm(),
      jsonRules: await speed(byJsonRules, slow),
      zen: await speed(byZen, slow),
    });
  }
  const counted = rounds.slice(WARMING_ROUNDS);
  const of = (name: keyof Omit<RulesFigures, "growth">) => median(counted.map((round) => round[name]));
  return {
    ours: of("ours"),
    quickjs: of("quickjs"),
    wasm: of("wasm"),
    jsonRules: of("jsonRules"),
    zen: of("zen"),
    growth: growthOf(evaluateOne, purchases(20_000)),
  };
}
