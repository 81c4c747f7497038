import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { archivedBooks } from "../fixtures/archives.ts";
import { cachetIn } from "../fixtures/cachet.ts";
import { newLedgerFile } from "../fixtures/ledger.ts";
import { type Ended, expectFailure } from "../fixtures/programme-desk.ts";

const folder = mkdtempSync(join(tmpdir(), "cachet-export-"));
const at = (...names: string[]) => join(folder, ...names);
afterAll(() => rmSync(folder, { recursive: true }));

const home = at("home");
beforeAll(async () => {
  mkdirSync(home);
  await (await archivedBooks(await newLedgerFile(join(home, "ledger.sqlite")))).destroy();
});

const office = (...words: readonly string[]): Ended => cachetIn(home, "office", ...words);

describe("office export", () => {
  it("writes a folder that sha256sum verifies, for its owner alone", () => {
    const ended = office("export", "-o", `${at("whole")}/`);
    expect(ended).toMatchObject({ code: 0, err: "" });
    expect(ended.out).toMatch(/whole written: 29 tables, \d+ rows\n[\s\S]*\n {2}posting +\d+\n/);
    const checked = spawnSync("sha256sum", ["--check", "--strict", "--quiet", "manifest.sha256"], { cwd: at("whole") });
    expect([checked.status, checked.stdout.toString()]).toEqual([0, ""]);
    expect(readdirSync(at("whole")).sort()).toEqual(["csv", "datapackage.json", "json", "manifest.sha256"]);
    expect(statSync(at("whole")).mode & 0o777).toBe(0o700);
    expect(statSync(at("whole", "csv", "posting.csv")).mode & 0o777).toBe(0o600);
    expect(existsSync(at("whole.new"))).toBe(false);
  });

  it("tells programs the same", () => {
    const { code, out } = office("export", "-o", at("new", "for-programs"), "--json");
    expect(code).toBe(0);
    const { folder: written, merchant, tables } = JSON.parse(out);
    expect([written, merchant]).toEqual([at("new", "for-programs"), null]);
    for (const { name, rows, bytes } of tables) {
      const csv = readFileSync(at("new", "for-programs", "csv", `${name}.csv`), "utf8");
      expect([csv.trimEnd().split("\n").length - 1, Buffer.byteLength(csv)], name).toEqual([rows, bytes]);
    }
  });

  it("gives a merchant who leaves his clients only", () => {
    expect(office("export", "-o", at("leaving"), "--merchant", "2").out).toContain("2 tables");
    expect(readdirSync(at("leaving", "csv"))).toEqual(["client.csv", "visit.csv"]);
    const ended = office("export", "-o", at("nobody"), "--merchant", "77");
    expectFailure(ended, 1, "C-REPORT-01", "merchant 77", "merchants here: 1, 2, 3");
    expect(existsSync(at("nobody"))).toBe(false);
  });

  it("touches no folder that is there, and nothing where another export left off", () => {
    mkdirSync(at("there"));
    expectFailure(office("export", "-o", at("there")), 1, "C-EXPORT-01", "there already", "name a new folder");
    expect(readdirSync(at("there"))).toEqual([]);
    mkdirSync(at("cut.new"));
    expectFailure(office("export", "-o", at("cut")), 1, "C-FILE-03", "EEXIST", "nothing was exported", "cut.new");
    expect(existsSync(at("cut"))).toBe(false);
  });

  it("leaves nothing where the disk refuses", () => {
    expectFailure(office("export", "-o", "/proc/export"), 1, "C-FILE-03", "/proc/export", "nothing was exported");
    expectFailure(office("export"), 2, "C-USAGE-01", "-o, --output");
  });
});
