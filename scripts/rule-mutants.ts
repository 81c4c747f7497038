/**
 * How well the tests of the rules watch them: changes one small thing at a time in a scratch copy of firmware/src/rules, runs the
 * tests of the rules and the worked cases, and names every change that no test noticed. Changes to programmes instead of to
 * the engine are in scripts/option-mutants.ts, and take seconds.
 *
 *   npm run rule-mutants                    all of them: hours
 *   npm run rule-mutants -- --sample 15     so many, the same ones every time; --seed 2 for others
 *   npm run rule-mutants -- --file refund   of files whose name has this in it
 *   npm run rule-mutants -- --again FILE    those that a run before wrote to its file of survivors
 *
 * A survivor is a gap in the tests, or a change that means the same. Those known to mean the same are in SAME.
 */
import { type ChildProcess, spawn } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { parseArgs } from "node:util";

const ROOT = resolve(import.meta.dirname, "..");
const RULES = "firmware/src/rules";
const WORKERS = 2;
/** A test run that takes longer than this has no end. */
const PATIENCE_MS = 90_000;
/** Runs of each property: fewer than in the real tests, where time is no matter. */
const PROPERTY_RUNS = 500;

/** What says nothing about value, or is data. */
const LEFT_OUT =
  /\.test\.ts$|^(index|draft|language|plain|said|forbidden-facts|words|media|zone-table|zone|shared-account|stale-cap|credited|values|trial)\.ts$/;

/** Changes that mean the same as the original, as `file: original line`. */
const SAME: readonly string[] = [
  // Any day of a week, and any number that a file does not reach, would do.
  "worst-steps.ts: const NOON = 27 * 365 * 86_400 + 43_200;",
  "worst-steps.ts: const facts = { merchant: merchants[i % merchants.length]!, at: NOON + i * 86_400, clockSuspect: false };",
  "worst-steps.ts: const DAYS = 7;",
  "worst-steps.ts: for (let i = 0; i < Math.max(DAYS, merchants.length); i += 1) {",
  "custom-steps.ts: export const LOADING_STEPS_MAX = 1_000_000;",
  "custom-steps.ts: let depth = 0;",
  // Both are shortcuts of what follows them.
  "working.ts: if (this.programme.exclude.length === 0) return sum(amounts);",
  "ratio.ts: if (b === ONE) return a;",
  "working.ts: if (without === 0) return lines;",
  // The first seconds of 2000, and a kind that is nobody's: another fault says the same.
  'stamps.ts: if (purse?.kind === "timed-stamps") return { count: purse.count, last: purse.last === 0 ? null : purse.last };',
  'rule-faults.ts: const known = kind.length > 0 ? null : FIELDS[rule.kind as Rule["kind"]];',
];

interface Mutant {
  readonly file: string;
  readonly line: number;
  readonly before: string;
  readonly after: string;
}

type Mutator = readonly [pattern: RegExp, into: (...found: string[]) => string];

const swap = (a: string, b: string): Mutator[] => [
  [new RegExp(`(?<=[\\w)\\]] )${a}(?= [\\w(\\-!])`, "g"), () => b.replaceAll("\\", "")],
];

const MUTATORS: readonly Mutator[] = [
  ...swap("<", "<="),
  ...swap("<=", "<"),
  ...swap(">", ">="),
  ...swap(">=", ">"),
  [/ === /g, () => " !== "],
  [/ !== /g, () => " === "],
  [/ && /g, () => " || "],
  [/ \|\| /g, () => " && "],
  [/(?<=[\w)\]]) \+ (?=[\w(])/g, () => " - "],
  [/(?<=[\w)\]]) - (?=[\w(])/g, () => " + "],
  [/(?<=[\w)\]]) % (?=[\w(])/g, () => " * "],
  [/ \+= /g, () => " -= "],
  [/ -= /g, () => " += "],
  [/Math\.min/g, () => "Math.max"],
  [/Math\.max/g, () => "Math.min"],
  [/\btrue\b/g, () => "false"],
  [/\bfalse\b/g, () => "true"],
  [/(?<![\w."$])\d[\d_]*(?![\w."])/g, (number) => `(${number} + 1)`],
  [/(?<![\w."$])[1-9][\d_]*(?![\w."])/g, (number) => `(${number} - 1)`],
  [/"floor"/g, () => '"ceil"'],
  [/"half-up"/g, () => '"floor"'],
  [/"bonus"/g, () => '"paid"'],
  [/"paid"/g, () => '"bonus"'],
  [/"(end|running|before|best-of|tender|merchant|carry)"/g, () => '"other"'],
  [/ \? ([^?:]+) : ([^?:;,]+)(?=[;,)]?$)/g, (_all, a, b) => ` ? ${b} : ${a}`],
  [/(?<=if \()([^()]+|[^()]*\([^()]*\)[^()]*)(?=\) )/g, (condition) => `!(${condition})`],
  [/(?<=if \()([^()]+|[^()]*\([^()]*\)[^()]*)(?=\) )/g, () => "false"],
  // A statement of one line is left out.
  [/^( +)(?!return [^;]|const |let |throw )[\w.!]+[^;{]*;$/g, (_all, indent) => `${indent};`],
  [/^( +)(if \(.*\)|for \(.*\)) [^{]*;$/g, (_all, indent) => `${indent};`],
];

/** A line without what is no code: comments and types. */
const isCode = (line: string): boolean =>
  // The bounds of fields are a table, not a decision.
  !/\b(count|words|listOf|inRange|isText)\(\(?[\w"]/.test(line) &&
  !/^\s*($|\/\/|\/?\*|import |export \{|export type |type |export interface |interface |readonly |\| |\| ?\{|\} from )/.test(
    line,
  );

function isWhole(source: string): boolean {
  try {
    stripTypeScriptTypes(source, { mode: "transform" });
    return true;
  } catch {
    return false;
  }
}

function mutantsOf(file: string): Mutant[] {
  const lines = readFileSync(join(ROOT, RULES, file), "utf8").split("\n");
  const found: Mutant[] = [];
  for (const [line, before] of lines.entries()) {
    if (!isCode(before) || SAME.includes(`${file}: ${before.trim()}`)) continue;
    const ways = new Set<string>();
    for (const [pattern, into] of MUTATORS) {
      for (const match of before.matchAll(pattern)) {
        // Within a text there is nothing to change.
        const isText = before.slice(0, match.index).split('"').length % 2 === 0;
        if (isText) continue;
        const changed = into(...match.map((part) => part ?? ""));
        ways.add(before.slice(0, match.index) + changed + before.slice(match.index + match[0].length));
      }
    }
    for (const after of ways) {
      const source = [...lines.slice(0, line), after, ...lines.slice(line + 1)].join("\n");
      if (after !== before && isWhole(source)) found.push({ file, line, before, after });
    }
  }
  return found;
}

/** A copy of the checkout that tests can run in. */
function scratchCopy(): string {
  const scratch = join(mkdtempSync(join(tmpdir(), "rule-mutants-")), "main");
  const filter = (path: string) => !["node_modules", "out", ".git"].includes(basename(path));
  mkdirSync(join(scratch, "node_modules/@cachet"), { recursive: true });
  for (const name of [
    "card-layout",
    "firmware",
    "terminal-sim",
    "host",
    "tests",
    "package.json",
    "vitest.config.ts",
    "tsconfig.json",
    "tsconfig.base.json",
    "programmes",
  ])
    cpSync(join(ROOT, name), join(scratch, name), { recursive: true, filter });
  for (const name of readdirSync(join(ROOT, "node_modules")))
    if (name !== "@cachet" && !name.startsWith(".vite"))
      symlinkSync(join(ROOT, "node_modules", name), join(scratch, "node_modules", name));
  for (const name of ["card-layout", "firmware", "terminal-sim", "host"])
    symlinkSync(join(scratch, name), join(scratch, "node_modules/@cachet", name));
  const shared = join(ROOT, "../shared");
  if (existsSync(shared)) symlinkSync(shared, join(scratch, "../shared"));
  for (const name of readdirSync(join(scratch, RULES)).filter((file) => file.endsWith(".test.ts"))) {
    const test = join(scratch, RULES, name);
    writeFileSync(test, readFileSync(test, "utf8").replace(/numRuns: 10_000/g, `numRuns: ${PROPERTY_RUNS}`));
  }
  rmSync(join(scratch, RULES, "calendar/zone.test.ts"), { force: true });
  return scratch;
}

const running = new Set<ChildProcess>();

/** Whether the tests pass in a scratch copy. */
function passes(scratch: string): Promise<boolean> {
  return new Promise((done) => {
    const tests = [RULES, "tests/cases"];
    const child = spawn(
      join(ROOT, "node_modules/.bin/vitest"),
      // That one changes programmes, which takes long and asks for nothing that the plays do not.
      ["run", ...tests, "--exclude=**/option-mutants.test.ts", "--bail=1", "--no-isolate", "--reporter=dot"],
      {
        cwd: scratch,
        stdio: "ignore",
        detached: true,
        env: { ...process.env, VITEST_MAX_WORKERS: "1" },
      },
    );
    running.add(child);
    const timer = setTimeout(() => process.kill(-child.pid!, "SIGKILL"), PATIENCE_MS);
    child.on("exit", (code) => {
      clearTimeout(timer);
      running.delete(child);
      done(code === 0);
    });
  });
}

async function survives(scratch: string, { file, line, before, after }: Mutant): Promise<boolean> {
  const path = join(scratch, RULES, file);
  const original = readFileSync(path, "utf8");
  const lines = original.split("\n");
  // The file may have changed since the run that is done again.
  const at = lines[line] === before ? line : lines.indexOf(before);
  if (at < 0) return false;
  lines[at] = after;
  writeFileSync(path, lines.join("\n"));
  const alive = await passes(scratch);
  writeFileSync(path, original);
  return alive;
}

/** The same order every time: a Lehmer generator. */
function shuffled<T>(all: readonly T[], seed: number): T[] {
  const left = [...all];
  let state = seed;
  return all.map(() => {
    state = (state * 48_271) % 2_147_483_647;
    return left.splice(state % left.length, 1)[0]!;
  });
}

const textOf = ({ file, line, before, after }: Mutant) =>
  `${file}:${line + 1}\n  - ${before.trim()}\n  + ${after.trim()}`;

const { values } = parseArgs({
  options: {
    sample: { type: "string" },
    seed: { type: "string", default: "1" },
    file: { type: "string" },
    again: { type: "string" },
    minutes: { type: "string" },
  },
});

const files = readdirSync(join(ROOT, RULES), { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".ts") && !LEFT_OUT.test(basename(file)) && file.includes(values.file ?? ""))
  .sort();
const all: Mutant[] =
  values.again === undefined ? files.flatMap(mutantsOf) : (JSON.parse(readFileSync(values.again, "utf8")) as Mutant[]);
const chosen = shuffled(all, Number(values.seed)).slice(0, Number(values.sample ?? all.length));
const scratches = Array.from({ length: Math.min(WORKERS, chosen.length) }, scratchCopy);
const survivors: Mutant[] = [];
const end = Date.now() + Number(values.minutes ?? 100_000) * 60_000;
let tried = 0;

process.on("exit", () => {
  for (const child of running) process.kill(-child.pid!, "SIGKILL");
  for (const scratch of scratches) rmSync(join(scratch, ".."), { recursive: true, force: true });
});
process.on("SIGINT", () => process.exit(130));
process.on("SIGTERM", () => process.exit(143));

if (!(await passes(scratches[0]!))) {
  console.error("The tests fail as they are: nothing to compare with.");
  process.exit(1);
}
const queue = [...chosen];
await Promise.all(
  scratches.map(async (scratch) => {
    for (let next = queue.shift(); next !== undefined && Date.now() < end; next = queue.shift()) {
      const alive = await survives(scratch, next);
      tried += 1;
      if (!alive) continue;
      survivors.push(next);
      console.log(`survived: ${textOf(next)}`);
    }
  }),
);
const left = join(tmpdir(), "rule-mutants-survivors.json");
writeFileSync(left, JSON.stringify(survivors));
console.log(`${all.length} mutants, ${tried} tried, ${survivors.length} survived (${left})`);
