import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as sim from "@cachet/terminal-sim";
import { afterAll, describe, expect, it } from "vitest";
import { readScenario } from "../../host/src/cli/scenario.ts";
import { VERBS } from "../../host/src/cli/sim-steps.ts";
import { ROOT } from "../boundaries/sources.ts";

const folder = mkdtempSync(join(tmpdir(), "cachet-scenario-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function run(...words: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(ROOT, "host/bin/cachet.mjs"), "sim", "run", ...words],
    {
      cwd: ROOT,
      encoding: "utf8",
      env: { ...process.env, LANG: "en_GB.UTF-8", CACHET_HOME: join(folder, "home") },
    },
  );
  return { code: status, out: stdout, err: stderr };
}

const scenario = (name: string) => join("programmes/scenarios", `${name}.yaml`);
const golden = (name: string) => join("programmes/scenarios", `${name}.golden.txt`);
const write = (text: string, name = "scenario.yaml") => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};

describe.each(["thursday", "bad-day"])("the scenario %s", (name) => {
  it.each(["quickjs", "v8"])("comes out as its golden file says, in %s", (vm) => {
    const played = run(scenario(name), "--vm", vm);
    expect(played.err).toBe("");
    expect(played.code).toBe(0);
    expect(played.out).toBe(readFileSync(join(ROOT, golden(name)), "utf8"));
  });

  it("is compared by --check", () => {
    const same = run(scenario(name), "--check", golden(name));
    expect(same.err).toBe("");
    expect(same.out).toContain("as programmes/scenarios");
    expect(same.code).toBe(0);
    const changed = write(readFileSync(join(ROOT, golden(name)), "utf8").replace("Terminé", "Fini"), "golden.txt");
    const other = run(scenario(name), "--check", changed);
    expect(other.err).toMatch(
      /^error C-SIM-02: .*says " {2}T-000\d shows: Fini", the run " {2}T-000\d shows: Terminé"/,
    );
    expect(other.code).toBe(1);
  });

  it("tells programs the same", () => {
    const { code, out } = run(scenario(name), "--json");
    expect(code).toBe(0);
    const played = JSON.parse(out);
    expect(played.steps.length).toBeGreaterThan(10);
    expect(played.steps[0]).toMatchObject({ ok: true, report: { result: "done" } });
    expect(Object.keys(played.cards)).toHaveLength(2);
  });
});

describe("docs/simulator.md", () => {
  const page = readFileSync(join(ROOT, "docs/simulator.md"), "utf8");

  it("shows a scenario that is read as it stands there", () => {
    const [, example = ""] = /```yaml\n([\s\S]*?)```/.exec(page) ?? [];
    const read = readScenario(example, join(ROOT, "programmes/scenarios/example.yaml"), sim);
    expect(read).toMatchObject({ scenario: { title: "Thursday, 17:59:58", steps: [{}, {}, {}, {}] } });
  });

  it("names every fault and every verb", () => {
    for (const { name } of sim.FAULTS)
      expect(page).toContain(`\`${name.replace("-N", "-2").replace(/^(serial:drop=5%)$/, "$1,")}`);
    for (const verb of Object.keys(VERBS)) expect(page).toContain(verb);
  });
});

describe("a scenario", () => {
  const HEAD = "start: 2026-06-18T17:59:58+02:00\nterminals:\n  - number: 1\ncards:\n  - name: anna\n";

  it("may be JSON of the same shape, and amounts keep their zeros", () => {
    const path = write(
      JSON.stringify({
        title: "JSON",
        start: "2026-06-18T17:59:58Z",
        terminals: [{ number: 3 }],
        cards: [{ name: "anna", chip: "MF0UL21" }],
        steps: [
          { tap: "anna", sale: "10.10" },
          { tap: "anna", at: "+1h", sale: ["1.00", "2.00"], redeem: "0.50" },
        ],
      }),
    );
    const { code, out, err } = run(path);
    expect(err).toBe("");
    expect(code).toBe(0);
    expect(out).toContain("2026-06-18 20:59:58  tap anna sale 1.00 2.00 redeem 0.50");
    expect(out).toContain("to pay 1010");
  });

  it("takes programme files of its own, from its own folder", () => {
    const programme = join(ROOT, "tests/fixtures/programmes/purse.programme.ts");
    const path = write(
      `title: purse\nprogrammes: [${programme}]\n${HEAD}steps:\n  - tap: anna\n    top-up: 50.00\n  - tap: anna\n    sale: 12.00\n`,
    );
    const { code, out, err } = run(path);
    expect(err).toBe("");
    expect(code).toBe(0);
    expect(out).toContain("topped up 5000");
    expect(out).toContain("spent 1200");
  });

  it("takes a paper card over, once", () => {
    const programme = join(ROOT, "tests/fixtures/programmes/paper.programme.ts");
    const tap = "  - tap: anna\n    stamps: [6, 37, passages]\n";
    const path = write(`title: paper\nprogrammes: [${programme}]\n${HEAD}steps:\n${tap}${tap}`);
    const { code, out, err } = run(path);
    expect(err).toBe("");
    expect(code).toBe(0);
    expect(out).toMatch(/tap anna stamps 6 37 passages[\s\S]*CARTE PAPIER REPRISE[\s\S]*6\/10/);
    expect(out).toContain("ALREADY_USED");
  });

  it.each([
    ["", 1, ": not a map of fields"],
    [
      `${HEAD}steps:\n  - tap: anna\n    stamps: [6, 37]\n`,
      8,
      'steps[1].stamps: "6 37" is not how many stamps, a programme\'s number and a rule',
    ],
    ["- 1\n", 1, ": not a map of fields"],
    ["start: [\n", 2, ""],
    ["start: x\nstart: y\n", 2, ""],
    [`${HEAD}`, 1, "steps: a list with something in it is needed"],
    [`${HEAD}steps: []\n`, 6, "steps: a list"],
    [`${HEAD}steps:\n  - tap: anna\n    sale: 4.8\n`, 8, ': steps[1].sale: "4.8" is not an amount such as 12.50'],
    [`${HEAD}steps:\n  - tap: anna\n`, 7, "steps[1]: a tap has one of sale, top-up, buy, refund,"],
    [`${HEAD}steps:\n  - tap: anna\n    sale: 4.80\n    top-up: 1.00\n`, 7, "a tap has one of"],
    [`${HEAD}steps:\n  - tap: anna\n    top-up: 5.00\n    redeem: max\n`, 9, "steps[1].redeem: belongs to a sale"],
    [`${HEAD}steps:\n  - tap: anna\n    sale: 4.80\n    colour: red\n`, 9, "steps[1].colour: not a field of tap"],
    [`${HEAD}steps:\n  - dance: anna\n`, 7, "steps[1]: no verb; one of card, tap"],
    [`${HEAD}steps:\n  - tap: anna\n    power: on\n`, 7, "several verbs: tap, power"],
    [
      `${HEAD}steps:\n  - fault: tear:sometime\n`,
      7,
      ': steps[1].fault: "tear:sometime" is not a fault: tear:after-block-N',
    ],
    [`${HEAD}steps:\n  - fault: serial:drop=5%\n`, 7, "a scenario has no line"],
    [`${HEAD}steps:\n  - fault: bank:no-answer\n`, 7, "needs the bank terminal, which the simulator does not have yet"],
    [`${HEAD}steps:\n  - cable: out\n`, 7, "a scenario has no line"],
    [`${HEAD}steps:\n  - power: on\n    terminal: 2\n`, 7, "there is no terminal 2"],
    [`${HEAD}steps:\n  - power: on\n    at: 2026-06-18T17:59:57+02:00\n`, 8, "time only goes on"],
    [`${HEAD}steps:\n  - power: on\n    at: tomorrow\n`, 8, '"tomorrow" is not a moment'],
    [`${HEAD}steps:\n  - clock: 2026-04-31T10:00:00Z\n`, 7, "is not a moment such as"],
    [`${HEAD}  - name: anna\nsteps:\n  - show: anna\n`, 6, "cards[2]: there is a card anna already"],
    [`${HEAD}  - chip: NTAG999\nsteps:\n  - show: anna\n`, 6, "a card has a name"],
    [`a: &x 1\n${HEAD}steps:\n  - show: *x\n`, 8, "aliases are not read"],
  ])("names line and field of what is wrong: %j", (text, line, problem) => {
    const read = readScenario(text, "x.yaml", sim);
    if (!("faults" in read)) throw new Error("it was taken");
    const told = read.faults.map((fault) => `${fault.line}: ${fault.field}: ${fault.problem}`);
    expect(told).toContainEqual(expect.stringContaining(problem));
    expect(told.find((one) => one.includes(problem))).toMatch(new RegExp(`^${line}: `));
  });

  it("names everything that is wrong at once, and plays nothing", () => {
    const path = write(`${HEAD}steps:\n  - tap: anna\n    sale: 5\n  - power: maybe\n`);
    const { code, out, err } = run(path);
    expect(code).toBe(1);
    expect(out).toBe("");
    expect(err).toMatch(/^error C-SIM-01: /);
    expect(err).toContain(`${path}:8: steps[1].sale: "5" is not an amount`);
    expect(err).toContain(`${path}:9: steps[2].power: "maybe" is not on or off or cycle`);
    expect(err).toContain("State: nothing was played");
  });

  it("names a merchant whom no programme lists, with those that there are", () => {
    const path = write(
      `${HEAD.replace("  - number: 1\n", "  - number: 1\n    merchant: 7\n")}steps:\n  - tap: anna\n    sale: 5.00\n`,
    );
    const { code, out, err } = run(path);
    expect([code, out]).toEqual([1, ""]);
    expect(err).toContain(
      `error C-SIM-01: ${path}:4: terminals[1].merchant: no programme lists merchant 7; there are 1 (Boulangerie du Marché), 2 (Librairie des Halles), 3 (Fleurs de la Place)`,
    );
    expect(err).toContain("State: nothing was played");
  });

  it("that is no file, no text, or against a golden file that is missing is refused", () => {
    expect(run(join(folder, "absent.yaml"))).toMatchObject({ code: 1, err: expect.stringContaining("C-FILE-01") });
    const bytes = join(folder, "bytes.yaml");
    writeFileSync(bytes, Buffer.from([0xff, 0xfe, 0x80]));
    expect(run(bytes)).toMatchObject({ code: 1, err: expect.stringContaining("C-FILE-02") });
    expect(run(scenario("thursday"), "--check", join(folder, "absent.txt"))).toMatchObject({
      code: 1,
      err: expect.stringContaining("C-FILE-01"),
    });
    const broken = write(`programmes: [absent.programme.ts]\n${HEAD}steps:\n  - show: anna\n`);
    expect(run(broken)).toMatchObject({ code: 1, err: expect.stringContaining("C-IMAGE-01") });
  });
});
