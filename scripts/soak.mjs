// npm run soak: what `npm test` samples, at full size, and towns of several seeds. Takes about an hour.
// npm run soak -- --minutes 10: worlds of seeds that nobody has tried, as long as that; ends at the first broken promise.
import { spawnSync } from "node:child_process";
import { randomInt } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { ROOT, runNode, say, setUp } from "./runtime.mjs";
import { ensureSystemPackages, FOR_SOAKS } from "./system.mjs";

setUp();

/** Lives through worlds until the time is over; gives the exit code. */
function worlds(minutes) {
  const until = Date.now() + minutes * 60_000;
  const totals = { seeds: 0, visits: 0, tears: 0, cuts: 0, attempts: 0 };
  while (Date.now() < until) {
    const seed = randomInt(1, 2 ** 32 - 1);
    const home = mkdtempSync(join(tmpdir(), "cachet-soak-"));
    const town = ["--days", "30", "--terminals", String(randomInt(2, 21)), "--cards", String(randomInt(50, 1_001))];
    const words = ["sim", "world", ...town, "--seed", String(seed), "--home", home, "--json"];
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [join(ROOT, "host", "bin", "cachet.mjs"), ...words],
      {
        encoding: "utf8",
        maxBuffer: 2 ** 28,
      },
    );
    const [last] = stdout.trim().split("\n").slice(-1);
    if (status !== 0) {
      say(`soak: a promise is broken, the ledger is kept in ${home}`);
      process.stdout.write(`npx cachet ${words.slice(0, -3).join(" ")}\n${last}\n${stderr}`);
      return 1;
    }
    rmSync(home, { recursive: true, force: true });
    const { visits, cuts, attacks } = JSON.parse(last);
    totals.seeds += 1;
    totals.visits += visits;
    totals.tears += cuts.card;
    totals.cuts += cuts.power;
    totals.attempts += attacks.reduce((sum, { tried }) => sum + tried, 0);
    say(
      `soak: ${totals.seeds} seeds, ${totals.visits} visits, ${totals.tears} torn cards, ${totals.cuts} power cuts, ${totals.attempts} attempts of thieves: every promise was kept`,
    );
  }
  return 0;
}

const { values } = parseArgs({ options: { minutes: { type: "string" } } });
if (values.minutes !== undefined) {
  const minutes = Number(values.minutes);
  if (!(minutes > 0)) {
    process.stderr.write(`--minutes is "${values.minutes}", no number above 0\n`);
    process.exit(2);
  }
  process.exit(worlds(minutes));
}

const SEEDS = [1, 2, 3, 4, 5];
for (const seed of SEEDS) {
  const home = join("out", `soak-${seed}`);
  rmSync(join(ROOT, home), { recursive: true, force: true });
  runNode([join("host", "bin", "cachet.mjs"), "sim", "world", "--home", home, "--seed", String(seed), "--json"]);
}
say("soak: every cut of every visit, in QuickJS");
const env = { ...process.env, CACHET_SOAK: "1" };
runNode([join("scripts", "test.mjs"), "tests/interruption"], { env });
say("soak: batches in any order, imports that are killed, on both engines");
runNode([join("scripts", "test.mjs"), "host/src/office/shuffles.test.ts", "tests/flow/import-crash.test.ts"], { env });
say("soak: the native terminal killed again and again, then with sanitizers and damaged files");
runNode([join("scripts", "test.mjs"), "tests/flow/native-power.test.ts"], { env });
const sanitized = { ...process.env, CACHET_SANITIZE: "1" };
runNode([join("scripts", "test.mjs"), "tests/flow/native-limits.test.ts", "tests/flow/native-power.test.ts"], {
  env: sanitized,
});
say("soak: the native terminal in valgrind");
if (ensureSystemPackages(FOR_SOAKS).length > 0) process.exit(1);
const watched = { ...process.env, CACHET_VALGRIND: "1" };
runNode([join("scripts", "test.mjs"), "tests/flow/native-day.test.ts", "tests/flow/native-streams.test.ts"], {
  env: watched,
});
