import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { migrate } from "../host/src/office/migrations.ts";
import type { Ledger } from "../host/src/office/schema.ts";
import { openDatabase } from "../host/src/ports/database/index.ts";
import { importMonth } from "../tests/fixtures/office-month.ts";

/** What one command took for a ledger. */
export interface Kept {
  readonly command: string;
  readonly seconds: number;
  /** Of the processor, all threads. */
  readonly processorSeconds: number;
  /** The most that was resident. */
  readonly bytes: number;
}

/** Writes what a process took, when it ends, into the file that its environment names. */
const HOOK = `data:text/javascript,${encodeURIComponent(`
import { writeFileSync } from "node:fs";
process.on("exit", () => {
  const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
  writeFileSync(process.env.TAKEN, JSON.stringify({ bytes: 1024 * maxRSS, processorSeconds: (userCPUTime + systemCPUTime) / 1e6 }));
});
`)}`;

/** Memory that programs may take before they tidy up, megabytes: what they do not need is not counted. */
export const KEPT_HEAP = 128;

function took(folder: string, command: string, ...args: readonly string[]): Kept {
  const taken = join(folder, "taken.json");
  const began = performance.now();
  const { status, stderr } = spawnSync(
    process.execPath,
    [
      `--max-old-space-size=${KEPT_HEAP}`,
      "--import",
      HOOK,
      join("host", "bin", "cachet.mjs"),
      "office",
      ...args,
      "--json",
    ],
    { encoding: "utf8", maxBuffer: 1 << 28, env: { ...process.env, TAKEN: taken } },
  );
  const seconds = (performance.now() - began) / 1_000;
  if (status !== 0) throw new Error(`office ${args.join(" ")} ended with ${status}: ${stderr}`);
  const { bytes, processorSeconds } = JSON.parse(readFileSync(taken, "utf8")) as Omit<Kept, "command" | "seconds">;
  return { command, seconds, processorSeconds, bytes };
}

/** What it takes to close, check, back up, restore, archive and export a month of so many visits, two entries each. */
export async function keepingFigures(visits: number): Promise<Kept[]> {
  const folder = mkdtempSync(join(tmpdir(), "cachet-keeping-"));
  const at = (name: string) => join(folder, name);
  try {
    mkdirSync(at("home"));
    const ledger: Ledger = openDatabase(`sqlite:${join(at("home"), "ledger.sqlite")}`);
    await migrate(ledger);
    await importMonth(ledger, { merchants: 43, cards: 9_000, visits });
    await ledger.destroy();
    const home = ["--home", at("home")];
    return [
      took(folder, "close", "close", "--to", "2026-07-31", ...home),
      took(folder, "check", "check", ...home),
      took(folder, "backup", "backup", "-o", at("all.backup"), ...home),
      took(folder, "restore", "restore", at("all.backup"), "--home", at("restored")),
      took(folder, "archive", "archive", "-o", at("archive"), ...home),
      took(folder, "archive-verify", "archive", "--verify", at("archive"), ...home),
      took(folder, "export", "export", "-o", at("export"), ...home),
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
