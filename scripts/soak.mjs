// npm run soak: what `npm test` samples, at full size, and towns of several seeds. Takes about an hour.
// npm run soak -- --minutes 10, -- --seeds 100 --write: worlds alone (scripts/worlds.ts).
import { rmSync } from "node:fs";
import { join } from "node:path";
import { ROOT, runNode, say, setUp } from "./runtime.mjs";
import { ensureSystemPackages, FOR_SOAKS } from "./system.mjs";

setUp();

if (process.argv.length > 2) {
  runNode(["--import", "tsx", join("scripts", "worlds.ts"), ...process.argv.slice(2)]);
  process.exit(0);
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
say("soak: the native terminal's lines fuzzed for ten minutes, with sanitizers");
runNode([join("scripts", "test.mjs"), "tests/flow/native-streams.test.ts"], {
  env: { ...sanitized, CACHET_SOAK: "1" },
});
say("soak: the native terminal in valgrind");
if (ensureSystemPackages(FOR_SOAKS).length > 0) process.exit(1);
const watched = { ...process.env, CACHET_VALGRIND: "1" };
runNode([join("scripts", "test.mjs"), "tests/flow/native-day.test.ts", "tests/flow/native-streams.test.ts"], {
  env: watched,
});
