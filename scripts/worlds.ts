/**
 * Worlds with every fault and every attack, as many side by side as there are processors; ends at the first broken promise.
 *
 *   npm run soak -- --minutes 10           worlds of seeds that nobody has tried, of any size, as long as that
 *   npm run soak -- --seeds 100            the seeds from 1 on, 30 days of 20 terminals and 2 000 cards each
 *   npm run soak -- --seeds 100 --write    the same, and docs/reliability.md from it
 */
import { spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { reliabilityDocument, type Totals, type WorldDocument } from "./reliability.ts";

const ROOT = resolve(import.meta.dirname, "..");
const LARGE = { days: 30, terminals: 20, cards: 2_000 } as const;

interface World {
  readonly seed: number;
  readonly days: number;
  readonly terminals: number;
  readonly cards: number;
}

const wordsOf = ({ seed, days, terminals, cards }: World): readonly string[] => [
  ...["sim", "world", "--days", String(days), "--terminals", String(terminals), "--cards", String(cards)],
  ...["--seed", String(seed)],
];

/** Lives through a world in a process of its own. Rejects, with the command that does it again, where a promise is broken. */
function lived(world: World): Promise<WorldDocument> {
  const home = mkdtempSync(join(tmpdir(), "cachet-soak-"));
  const words = wordsOf(world);
  return new Promise((done, failed) => {
    const child = spawn(
      process.execPath,
      [join(ROOT, "host", "bin", "cachet.mjs"), ...words, "--home", home, "--json"],
      { stdio: ["ignore", "pipe", "inherit"] },
    );
    let out = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      out += text;
    });
    child.on("close", (code) => {
      if (code !== 0) {
        failed(new Error(`a promise is broken, the ledger is kept in ${home}\nnpx cachet ${words.join(" ")}\n${out}`));
        return;
      }
      rmSync(home, { recursive: true, force: true });
      done(JSON.parse(out.trim().split("\n").at(-1)!) as WorldDocument);
    });
  });
}

function* newWorlds(minutes: number): Generator<World> {
  const until = Date.now() + minutes * 60_000;
  while (Date.now() < until)
    yield { seed: randomInt(1, 2 ** 32), days: 30, terminals: randomInt(2, 21), cards: randomInt(50, 1_001) };
}

function* worldsOf(seeds: number): Generator<World> {
  for (let seed = 1; seed <= seeds; seed += 1) yield { seed, ...LARGE };
}

async function liveAll(worlds: Generator<World>): Promise<Totals> {
  const totals: WorldDocument[] = [];
  const worker = async () => {
    for (const world of worlds) {
      totals.push(await lived(world));
      const sum = (of: (one: WorldDocument) => number) => totals.reduce((all, one) => all + of(one), 0);
      const counts = [
        `${totals.length} seeds`,
        `${sum(({ visits }) => visits)} visits`,
        `${sum(({ cuts }) => cuts.card)} torn cards`,
        `${sum(({ cuts }) => cuts.power)} power cuts`,
        `${sum(({ attacks }) => attacks.reduce((all, { tried }) => all + tried, 0))} attempts of thieves`,
      ];
      process.stdout.write(`soak: ${counts.join(", ")}: every promise was kept\n`);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
  return totals;
}

const usage = (what: string): never => {
  process.stderr.write(`${what}\n`);
  process.exit(2);
};

const { values } = parseArgs({
  options: { minutes: { type: "string" }, seeds: { type: "string" }, write: { type: "boolean" } },
});
const count = (name: "minutes" | "seeds"): number => {
  const value = Number(values[name]);
  return value > 0 ? value : usage(`--${name} is "${values[name]}", no number above 0`);
};
if ((values.minutes === undefined) === (values.seeds === undefined)) usage("say --minutes or --seeds");
try {
  if (values.minutes !== undefined) await liveAll(newWorlds(count("minutes")));
  else {
    const totals = await liveAll(worldsOf(count("seeds")));
    if (values.write === true) writeFileSync(join(ROOT, "docs", "reliability.md"), reliabilityDocument(totals, LARGE));
  }
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
