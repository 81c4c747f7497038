import { spawnSync } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ROOT } from "../boundaries/sources.ts";
import { type Ended, expectFailure } from "../fixtures/programme-desk.ts";
import { programmeFile } from "../fixtures/town.ts";

const folder = mkdtempSync(join(tmpdir(), "cachet-cli-"));
const at = (name: string) => join(folder, name);
const write = (name: string, content: string | Uint8Array) => {
  writeFileSync(at(name), content);
  return at(name);
};

function cachet(...args: readonly string[]): Ended {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(ROOT, "host/bin/cachet.mjs"), ...args], {
    cwd: folder,
    encoding: "utf8",
    env: { ...process.env, LANG: "en_GB.UTF-8", CACHET_HOME: "" },
  });
  return { code: status, out: stdout, err: stderr };
}

const CSV = `member,date,items,amount_cents\n${["a,2026-03-02,1,1250", "b,2026-03-02,2,2000", "a,2026-04-03,1,990"].join("\n")}\n`;

describe("cachet image", () => {
  it("builds, inspects and verifies an image of two programmes", () => {
    const built = cachet(
      "image",
      "build",
      programmeFile("boulangerie"),
      programmeFile("ville"),
      "-o",
      at("town.img"),
      "--json",
    );
    expect(built.code, built.err).toBe(0);
    const facts = JSON.parse(built.out);
    expect(facts).toMatchObject({ version: "1.0.0", security_counter: 1, test_key: true, file: at("town.img") });
    expect(facts.programmes).toHaveLength(2);
    expect(facts.deflated_bytes).toBeLessThan(64 * 1024);
    const again = cachet("image", "build", programmeFile("boulangerie"), programmeFile("ville"), "-o", at("again.img"));
    expect(again.out).toContain("TEST key");
    expect(readFileSync(at("again.img"))).toEqual(readFileSync(at("town.img")));
    expect(cachet("image", "inspect", at("town.img")).out).toContain("not checked");
    expect(JSON.parse(cachet("image", "verify", at("town.img"), "--key", "test", "--json").out)).toMatchObject({
      verified: true,
    });
  });

  it("refuses what is no image, is altered, or is signed by another, with the reason", () => {
    const image = readFileSync(at("town.img"));
    image[200] = image[200]! ^ 1;
    expectFailure(
      cachet("image", "verify", write("bad.img", image), "--key", "test"),
      1,
      "C-IMAGE-02",
      "hash-mismatch",
    );
    expectFailure(
      cachet("image", "verify", write("text.img", "x".repeat(64)), "--key", "test"),
      1,
      "C-IMAGE-02",
      "bad-magic",
    );
    expectFailure(cachet("image", "verify", write("none.img", ""), "--key", "test"), 1, "C-FILE-02", "is empty");
    expectFailure(
      cachet("image", "verify", at("town.img"), "--key", write("k.pem", "no key")),
      1,
      "C-KEY-01",
      "openssl",
    );
    expectFailure(cachet("image", "inspect", at("absent.img")), 1, "C-FILE-01", "absent.img", "ENOENT");
    write("other.pem", generateKeyPairSync("ed25519").privateKey.export({ format: "pem", type: "pkcs8" }));
    expectFailure(cachet("image", "verify", at("town.img"), "--key", at("other.pem")), 1, "C-IMAGE-02", "unknown-key");
  });

  it("names the file, and the line, of a programme that cannot become an image", () => {
    const broken = write("broken.programme.ts", "export default {;\n");
    expectFailure(cachet("image", "build", broken, "-o", at("x.img")), 1, "C-IMAGE-01", "broken.programme.ts");
    const none = write("none.programme.ts", "export const nothing = 1;\n");
    expectFailure(cachet("image", "build", none, "-o", at("x.img")), 1, "C-IMAGE-01", "export default programme");
    const misspelt = write("misspelt.programme.ts", "export default { number: 5, rules: [] };\n");
    expectFailure(
      cachet("image", "build", misspelt, "-o", at("x.img")),
      1,
      "C-IMAGE-01",
      "name must have",
      "name at least one",
    );
    expectFailure(cachet("image", "build", broken, "-o", broken), 1, "C-FILE-04", "overwrite");
    const twice = [programmeFile("ville"), programmeFile("ville")];
    expectFailure(cachet("image", "build", ...twice, "-o", at("x.img")), 1, "C-IMAGE-01", "number 20 stands twice");
  });
});

describe("docs/programmes.md", () => {
  it("shows a programme that builds as it stands there", () => {
    const page = readFileSync(join(ROOT, "docs/programmes.md"), "utf8");
    const example = /```ts\n([\s\S]*?)```/.exec(page)?.[1] ?? "";
    const file = join(ROOT, "out", "example.programme.ts");
    mkdirSync(join(ROOT, "out"), { recursive: true });
    writeFileSync(file, example);
    const built = cachet("image", "build", file, "-o", at("example.img"), "--json");
    expect(built.code, built.err).toBe(0);
    expect(JSON.parse(built.out).programmes).toEqual([{ number: 31, version: 1, name: "Fleurs de la Place" }]);
  });
});

describe("cachet sim world", () => {
  const home = at("home");

  it("replays purchases, adds up to the cent, and says so as one JSON object", () => {
    const ended = cachet("sim", "world", "--purchases", write("ok.csv", CSV), "--home", home, "--json");
    expect(ended.code, ended.err).toBe(0);
    const last = JSON.parse(ended.out.trim().split("\n").at(-1)!);
    expect(last).toMatchObject({
      visits: 3,
      cards: 2,
      terminals: 5,
      seed: 1,
      difference_cents: 0,
      earned_cents: 212,
      skipped_lines: 0,
    });
    for (const field of ["spent_cents", "outstanding_cents", "visits_per_second", "heap_bytes", "p99_visit_ms"]) {
      expect(last[field], field).toBeTypeOf("number");
    }
    expect(last.heap_bytes).toBeGreaterThan(0);
  });

  it("gives the same town for the same seed, and another for another", () => {
    const facts = (seed: string) => {
      const {
        visits_per_second: _a,
        p99_visit_ms: _b,
        home: _c,
        ...rest
      } = JSON.parse(cachet("sim", "world", "--purchases", at("ok.csv"), "--seed", seed, "--json").out);
      return rest;
    };
    expect(facts("5")).toEqual(facts("5"));
    expect(facts("5")).not.toEqual(facts("6"));
  });

  it("leaves out malformed lines, names them, and ends with 1", () => {
    const ended = cachet("sim", "world", "--purchases", write("bad.csv", `${CSV}a,yesterday,1,5\nb,2026-01-01,1\n`));
    expectFailure(
      ended,
      1,
      "C-PURCHASES-01",
      "bad.csv:5: left out:",
      "bad.csv:6: left out: 3 fields",
      "2 malformed lines",
    );
    expect(ended.out).toContain("difference €0.00");
  });

  it("refuses empty, headless and missing files, a home with a ledger, and words that do not fit", () => {
    expectFailure(cachet("sim", "world", "--purchases", write("empty.csv", "")), 1, "C-FILE-02", "is empty");
    expectFailure(
      cachet("sim", "world", "--purchases", write("head.csv", "a,b\n")),
      1,
      "C-FILE-02",
      "member,date,items,amount_cents",
    );
    const only = write("only.csv", "member,date,items,amount_cents\nx\n");
    expectFailure(cachet("sim", "world", "--purchases", only), 1, "C-FILE-02", "no purchase", "1 malformed");
    expectFailure(cachet("sim", "world", "--purchases", at("absent.csv")), 1, "C-FILE-01", "absent.csv");
    expectFailure(cachet("sim", "world", "--purchases", at("ok.csv"), "--home", home), 1, "C-HOME-01", "already holds");
    const under = join(at("ok.csv"), "under-a-file");
    expectFailure(
      cachet("sim", "world", "--purchases", at("ok.csv"), "--home", under),
      1,
      "C-FILE-03",
      "cannot be written",
    );
    expectFailure(cachet("sim", "world", "--terminals", "0"), 2, "C-USAGE-01", "whole number");
    expectFailure(cachet("sim", "world", "--vm", "java"), 2, "C-USAGE-01", "quickjs");
    expectFailure(cachet("sim", "worlds"), 2, "C-USAGE-01", "worlds");
    expectFailure(cachet("--lang", "de", "sim", "world"), 2, "C-USAGE-01", "neither fr nor en");
  });
});

describe("cachet batch and office", () => {
  const home = at("home");
  const batches = () => readdirSync(join(home, "batches")).map((name) => join(home, "batches", name));

  it("inspects, verifies and imports the files of the town: all are known already", () => {
    const [first] = batches();
    expect(cachet("batch", "inspect", first!).out).toContain("not checked");
    expect(cachet("batch", "verify", first!, "--home", home).out).toContain("is good");
    const again = cachet("batch", "import", ...batches(), "--home", home, "--json");
    expect(again.code, again.err).toBe(0);
    const said = again.out
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    const count = batches().length;
    expect(said.pop()).toEqual({ files: count, "already-imported": count });
    expect(new Set(said.map(({ status }) => status))).toEqual(new Set(["already-imported"]));
    expect(cachet("batch", "status", "--home", home).out).toContain("T-0001  merchant 1");
    expect(JSON.parse(cachet("office", "report", "--home", home, "--json").out)).toMatchObject({
      earnedCents: 212,
      inDoubt: 0,
    });
    expect(cachet("office", "report", "--home", home, "--lang", "fr").out).toContain("commerçant");
  });

  it("sets a damaged file aside, says what to do, and ends with 1", () => {
    const file = readFileSync(batches()[0]!);
    file[60] = file[60]! ^ 1;
    const damaged = write("damaged.batch", file);
    const imported = cachet("batch", "import", damaged, "--home", home);
    expect(imported.out).toContain("QUARANTINED");
    expect(imported.code).toBe(1);
    expectFailure(cachet("batch", "verify", damaged, "--home", home), 1, "C-BATCH-01", "collect the same range again");
    const cut = write("cut.batch", readFileSync(batches()[0]!).subarray(0, 200));
    expect(cachet("batch", "import", cut, "--home", home)).toMatchObject({ code: 1 });
    expectFailure(cachet("batch", "inspect", write("no.batch", "hello")), 1, "C-BATCH-01");
    expectFailure(cachet("batch", "inspect", join(home, "ledger.sqlite")), 1, "C-BATCH-01", "look whether");
    expectFailure(cachet("batch", "status", "--home", at("nowhere")), 1, "C-HOME-02", "sim world");
    const garbage = mkdtempSync(join(folder, "garbage-"));
    writeFileSync(join(garbage, "ledger.sqlite"), "this is no database");
    expectFailure(cachet("batch", "status", "--home", garbage), 1, "C-HOME-04", "ledger.sqlite");
  });
});

describe("cachet itself", () => {
  it("explains every code it prints, and gives errors as JSON where asked", () => {
    expect(cachet("explain", "c-batch-01").out).toContain("quarantined");
    expect(cachet("explain", "bad-signature").out).toContain("Next: collect the same range again");
    expect(cachet("explain", "GAP").out).toContain("Next: collect the terminal that is named.");
    expect(cachet("explain", "fork").out).toContain("two histories");
    expectFailure(cachet("explain", "C-NO-99"), 2, "C-USAGE-01", "C-NO-99", "C-BATCH-01");
    const json = cachet("image", "inspect", at("absent.img"), "--json");
    expect(JSON.parse(json.out)).toMatchObject({ error: { code: "C-FILE-01" } });
    expect(json).toMatchObject({ err: "", code: 1 });
  });

  it("shows help for every command, with code 0, and without a command with code 2", () => {
    expect(cachet("--help")).toMatchObject({ code: 0 });
    expect(cachet("sim", "world", "--help").out).toContain("--purchases <file>");
    expectFailure(cachet(), 2, "C-USAGE-01", "--help");
  });
});
