import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ROOT } from "../boundaries/sources.ts";
import { MUTANTS } from "../mutants/world.ts";

const PLANTED = 5;

describe("npm run mutants", () => {
  it("finds the first planted defects by the days of a world, and nothing where none is planted", () => {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ["--import", "tsx", join(ROOT, "scripts/world-mutants.ts"), "--some", String(PLANTED)],
      { cwd: ROOT, encoding: "utf8" },
    );
    expect(status, stdout + stderr).toBe(0);
    expect(stdout).toContain(`${PLANTED} of ${PLANTED} found`);
    for (const { name } of MUTANTS.slice(0, PLANTED)) expect(stdout).toContain(name);
  });
});
