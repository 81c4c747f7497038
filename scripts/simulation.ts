import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dayOfCivil, dayText } from "@cachet/card-layout";
import { multiplier, points, programme, stamps, tiers } from "../firmware/src/rules/plain.ts";

/** Points that are spent again, twice as many on Thursdays, a reward after ten visits, and levels: every purchase meets four rules. */
const PROGRAMME = programme({
  number: 1,
  version: 1,
  name: "bench",
  scope: "town",
  merchants: {
    1: { name: "A", role: "earn-and-spend" },
    2: { name: "B", role: "earn-and-spend" },
    3: { name: "C", role: "earn-only" },
  },
  rules: [
    points({
      id: "points",
      earn: { per: "amount", cents: 10, points: 1, groups: "exact" },
      redeem: { points: 100, cents: 50 },
    }),
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
      ],
    }),
  ],
});

const CARDS = 40_000;
const FIRST_DAY = dayOfCivil(2026, 1, 1);

/** A year of a large town, in no order, the same in every run. */
function purchases(count: number): string {
  let seed = 1;
  const below = (n: number) => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return (seed >>> 8) % n;
  };
  const lines = ["member,date,items,amount_cents,merchant"];
  for (let i = 0; i < count; i += 1)
    lines.push(`C${below(CARDS)},${dayText(FIRST_DAY + below(365))},1,${100 + below(9_900)},${1 + below(3)}`);
  return lines.join("\n");
}

/** Seconds that `programme simulate` takes for so many purchases, its start and the reading of the file included. */
export function replaySeconds(count: number): number {
  const folder = mkdtempSync(join(tmpdir(), "cachet-bench-"));
  const [file, list] = [join(folder, "bench.programme.json"), join(folder, "purchases.csv")];
  writeFileSync(file, JSON.stringify(PROGRAMME));
  writeFileSync(list, purchases(count));
  const began = performance.now();
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join("host", "bin", "cachet.mjs"), "programme", "simulate", file, "--purchases", list, "--json"],
    { encoding: "utf8", maxBuffer: 1 << 28 },
  );
  const seconds = (performance.now() - began) / 1_000;
  rmSync(folder, { recursive: true });
  if (status !== 0) throw new Error(`programme simulate ended with ${status}: ${stderr}`);
  const { totals } = JSON.parse(stdout) as { readonly totals: { readonly visits: number } };
  if (totals.visits !== count) throw new Error(`${totals.visits} purchases were replayed instead of ${count}`);
  return seconds;
}
