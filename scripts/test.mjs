// npm test: makes the checkout ready and runs every test. The last line counts them.
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ROOT, say, setUp } from "./runtime.mjs";
import { ensureSmartcard, ensureSystemPackages } from "./system.mjs";

setUp();
const missing = ensureSystemPackages();
say(`set-up: optional package smartcard: ${ensureSmartcard()}`);
if (!existsSync(join(ROOT, "../shared"))) say("note: ../shared is not there; tests that read it are SKIPPED");

const results = join(ROOT, "out", "tests.json");
mkdirSync(join(ROOT, "out"), { recursive: true });
rmSync(results, { force: true });
const vitest = join("node_modules", "vitest", "vitest.mjs");
const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${results}`];
// What tests leave behind goes with their run. Servers that they start as another user reach their own folders in it.
const scratch = mkdtempSync(join(tmpdir(), "cachet-"));
chmodSync(scratch, 0o711);
const { status } = spawnSync(process.execPath, [vitest, "run", ...reporters, ...process.argv.slice(2)], {
  cwd: ROOT,
  stdio: "inherit",
  env: { ...process.env, TMPDIR: scratch },
});
rmSync(scratch, { recursive: true, force: true });

if (!existsSync(results)) {
  say("the test runner did not finish; see above");
  process.exit(1);
}
const { numPassedTests, numFailedTests, numPendingTests, numTodoTests } = JSON.parse(readFileSync(results, "utf8"));
const skipped = numPendingTests + numTodoTests;
const unexpected = process.env.CI === "true" && skipped > 0;
if (skipped > 0)
  say(`SKIPPED: ${skipped} tests could not run here${missing.length > 0 ? `; missing: ${missing.join(", ")}` : ""}`);
if (unexpected) say("in CI a skipped test is a failure");
console.log(`${numPassedTests} passed, ${numFailedTests} failed, ${skipped} skipped`);
process.exit(status !== 0 || numPassedTests === 0 ? 1 : unexpected ? 1 : 0);
