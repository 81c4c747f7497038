/**
 * Whether the days of a world show our defects: plants them one at a time in a scratch copy of the checkout, and lives through days with
 * all faults and attacks until a promise is broken, or the command breaks down.
 *
 *   npm run mutants                   all of them, up to 20 seeds each
 *   npm run mutants -- --some 5       the first five, as CI does
 *   npm run mutants -- --name clock   those whose name has this in it
 *
 * Ends with 1 where one was not found, or where nothing was planted and a promise was broken.
 */
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { MUTANTS, type Mutant } from "../tests/mutants/world.ts";

const ROOT = resolve(import.meta.dirname, "..");
const WORKSPACES = ["card-layout", "firmware", "terminal-sim", "host"];
const COPIED = [...WORKSPACES, "programmes", "package.json", "tsconfig.json", "tsconfig.base.json"];
const SEEDS_MAX = 20;
const DAYS = ["--days", "12", "--cards", "60", "--terminals", "5"];
/** A world that takes longer than this has no end. */
const PATIENCE_MS = 180_000;

/** A copy of the checkout that runs by itself. */
function scratchCopy(): string {
  const scratch = mkdtempSync(join(tmpdir(), "cachet-mutants-"));
  mkdirSync(join(scratch, "node_modules", "@cachet"), { recursive: true });
  const filter = (path: string) => !["node_modules", "out", ".git"].includes(basename(path));
  for (const name of COPIED) cpSync(join(ROOT, name), join(scratch, name), { recursive: true, filter });
  for (const name of readdirSync(join(ROOT, "node_modules")))
    if (name !== "@cachet") symlinkSync(join(ROOT, "node_modules", name), join(scratch, "node_modules", name));
  for (const name of WORKSPACES) symlinkSync(join(scratch, name), join(scratch, "node_modules", "@cachet", name));
  return scratch;
}

/** What was broken in the days of a seed; null where everything held. */
function brokenIn(scratch: string, seed: number, days: readonly string[] = DAYS): string | null {
  const home = mkdtempSync(join(scratch, "home-"));
  const words = ["sim", "world", ...days, "--seed", String(seed), "--home", home, "--json"];
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(scratch, "host/bin/cachet.mjs"), ...words], {
    cwd: scratch,
    encoding: "utf8",
    timeout: PATIENCE_MS,
  });
  rmSync(home, { recursive: true, force: true });
  if (status === 0) return null;
  const line = stdout.split("\n").find((text) => text.includes('"broken"'));
  const first = line === undefined ? undefined : JSON.parse(line).broken[0]?.what;
  return first ?? `${stderr}${stdout}`.split("\n").find((text) => text.trim() !== "") ?? `ended with ${status}`;
}

/** The defect is planted while `use` runs. */
function planted<T>(scratch: string, { file, from, to, name }: Mutant, use: () => T): T {
  const path = join(scratch, file);
  const whole = readFileSync(path, "utf8");
  if (whole.split(from).length !== 2) throw new Error(`"${name}": its place is not there once in ${file}`);
  writeFileSync(
    path,
    whole.replace(from, () => to),
  );
  try {
    return use();
  } finally {
    writeFileSync(path, whole);
  }
}

const { values } = parseArgs({ options: { some: { type: "string" }, name: { type: "string" } } });
const wanted = MUTANTS.filter(({ name }) => name.includes(values.name ?? "")).slice(
  0,
  Number(values.some ?? MUTANTS.length),
);
const scratch = scratchCopy();
let missed = 0;
const sound = brokenIn(scratch, 1);
if (sound !== null) {
  console.log(`nothing planted, and broken: ${sound}`);
  missed += 1;
}
for (const mutant of wanted) {
  const found = planted(scratch, mutant, () => {
    for (let seed = 1; seed <= SEEDS_MAX; seed += 1) {
      const broken = brokenIn(scratch, seed, mutant.days);
      if (broken !== null) return { seed, broken };
    }
    return null;
  });
  if (found === null) missed += 1;
  console.log(
    found === null
      ? `NOT FOUND        ${mutant.name}`
      : `seed ${String(found.seed).padEnd(3)} ${mutant.name}\n         ${found.broken}`,
  );
}
rmSync(scratch, { recursive: true, force: true });
console.log(`${wanted.length - missed} of ${wanted.length} found`);
process.exit(missed === 0 ? 0 : 1);
