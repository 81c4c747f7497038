import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  type Attack,
  type ByHand,
  chipInField,
  drawnCustomers,
  newV8Sandbox,
  runWorld,
  type Trouble,
  type WorldOffice,
  type WorldOptions,
} from "@cachet/terminal-sim";
import { afterAll, describe, expect, it } from "vitest";
import { TOWN_BY_HAND, testImage, WORLD_PROGRAMMES } from "../../host/src/cli/sim-image.ts";
import { simOffice } from "../../host/src/cli/sim-office.ts";
import { worldStreet } from "../../host/src/cli/sim-street.ts";
import { parisOffset } from "../../host/src/cli/sim-zone.ts";
import { attacksNamed } from "../../host/src/cli/world-names.ts";
import { shrunk, type WorldSize } from "../../host/src/cli/world-shrink.ts";
import { cachetIn } from "../fixtures/cachet.ts";
import { newLedger } from "../fixtures/ledger.ts";
import { expectFailure } from "../fixtures/programme-desk.ts";

const folder = mkdtempSync(join(tmpdir(), "cachet-days-"));
afterAll(() => rmSync(folder, { recursive: true }));
let homes = 0;
const world = (...words: readonly string[]) => {
  homes += 1;
  return cachetIn(join(folder, `home-${homes}`), "sim", "world", ...words);
};

const TROUBLES: readonly Trouble[] = ["tears", "power", "batches", "clocks", "silence"];
const ATTACKS: readonly Attack[] = [
  "rollback",
  "clone",
  "transplant",
  "edit",
  "replay",
  "forge",
  "stolen",
  "torn",
  "refund-twice",
];

describe("cachet sim world --days", () => {
  const words = ["--days", "8", "--cards", "60", "--terminals", "4", "--seed", "7"];

  it("keeps every promise, whatever goes wrong, and lives through the same days again by its seed", () => {
    const run = () => {
      const { code, out, err } = world(...words, "--json");
      expect(code, err + out).toBe(0);
      const { visits_per_second: _speed, home: _home, ...facts } = JSON.parse(out);
      return facts;
    };
    const facts = run();
    expect(facts.broken).toEqual([]);
    expect(facts.visits).toBeGreaterThan(100);
    expect(facts.cuts.card).toBeGreaterThan(0);
    expect(facts.batches.accepted).toBeGreaterThan(20);
    expect(facts.lost).toBeGreaterThan(0);
    expect(facts.turnedAway).toBeGreaterThan(0);
    expect(new Set(facts.attacks.map(({ attack }: { attack: string }) => attack))).toEqual(new Set(ATTACKS));
    for (const { tried, prevented, detected } of facts.attacks) expect(prevented + detected).toBe(tried);
    expect(run()).toEqual(facts);
  });

  it("lives through the same days in the terminals' own engine", () => {
    const played = (vm: string) => {
      const {
        visits_per_second: _s,
        home: _h,
        again: _a,
        vm: _v,
        ...facts
      } = JSON.parse(world("--days", "2", "--cards", "20", "--seed", "3", "--vm", vm, "--json").out);
      return facts;
    };
    expect(played("quickjs")).toEqual(played("v8"));
  });

  it("tells what happened, and how to see it again", () => {
    const page = join(folder, "town.html");
    const few = ["--days", "2", "--cards", "20", "--faults", "tears,clocks", "--attacks", "none"];
    const { code, out } = world(...few, "--report", page);
    expect(code).toBe(0);
    expect(readFileSync(page, "utf8")).toMatch(/<h1>A simulated town for 2 days<[\s\S]*Visits, by day[\s\S]*<svg/);
    expect(out).toMatch(/^2 days, 5 terminals, 20 cards, \d+ visits: \d+ done/);
    expect(out).toContain("every promise was kept");
    expect(out).toContain(
      "again: npx cachet sim world --days 2 --cards 20 --terminals 5 --seed 1 --faults tears,clocks --attacks none --vm v8",
    );
    expect(out).not.toContain("attacks\n");
  });

  it("lives through the days of a file of purchases", () => {
    const file = join(folder, "purchases.csv");
    const bought = ["m1,2026-03-02,2,1250", "m2,2026-03-02,1,480", "m1,2026-03-03,1,300", "m3,2026-03-03,1,x"];
    writeFileSync(file, ["member,date,items,amount_cents", ...bought, "m1,2026-03-04,1,990", ""].join("\n"));
    const words = ["--days", "2", "--purchases", file, "--faults", "none", "--attacks", "none"];
    const { code, out, err } = world(...words, "--json");
    expect(code, out).toBe(1);
    expect(err).toContain(`${file}:5: left out`);
    expect(err).toContain("C-PURCHASES-01");
    const facts = JSON.parse(out);
    // Three purchases of two days.
    expect(Object.values<number>(facts.results).reduce((sum, n) => sum + n, 0)).toBe(3);
    expect(facts).toMatchObject({ cards: 2, broken: [], purchases: file });
    expect(facts.again).toContain(`--days 2 --purchases ${file} --terminals 5`);
    expectFailure(world("--days", "2", "--purchases", join(folder, "none.csv")), 1, "C-FILE-01", "none.csv");
  });

  it("says what it does not know", () => {
    expectFailure(world("--days", "2", "--faults", "tear"), 2, "C-USAGE-01", '"tear"', "tears, power, batches");
    expect(() => attacksNamed("all,x")).toThrow('--attacks knows no "all"');
    expectFailure(world("--attacks", "none"), 2, "C-USAGE-01", "--attacks", "--days");
    expectFailure(world("--days", "2", "--cards", "5", "--purchases", "p.csv"), 2, "C-USAGE-01", "--purchases");
    expectFailure(world("--days", "2", "--purchases", "p.csv", "--shrink", "s.yaml"), 2, "C-USAGE-01", "--shrink");
    expectFailure(world("--report", "t.html"), 2, "C-USAGE-01", "--report", "--days");
    expect(world("--days", "0").code).toBe(2);
  });
});

describe("worlds that broke a promise once", () => {
  const here = new URL("../worlds/", import.meta.url);
  it.each(readdirSync(here))("%s keeps all of them", (name) => {
    const { code, out, err } = cachetIn(folder, "sim", "run", fileURLToPath(new URL(name, here)), "--vm", "v8");
    expect(code, out + err).toBe(0);
  });
});

describe("a world", () => {
  type Days = Pick<WorldOptions, "seed" | "terminals" | "customers" | "days" | "troubles" | "attacks">;
  interface Changed {
    readonly office?: (office: WorldOffice) => Partial<WorldOffice>;
    readonly byHand?: ByHand;
  }
  const SIZE: WorldSize = { seed: 5, terminals: 3, cards: 30, days: 5, faults: TROUBLES, attacks: ATTACKS };

  /** The days of a world of which something is changed. */
  async function run(days: Days, { office: changed = () => ({}), byHand = TOWN_BY_HAND }: Changed = {}) {
    const { file, programmes } = await testImage(WORLD_PROGRAMMES, "nothing was simulated");
    const ledger = await newLedger();
    const office = simOffice(ledger, programmes, chipInField, { codes: true });
    const lived = await runWorld({
      ...{ ...days, ...worldStreet(programmes) },
      ...{ image: file, newSandbox: newV8Sandbox, offsetAt: parisOffset(), progress: () => {} },
      office: { ...office, ...changed(office) },
      byHand,
    });
    await ledger.destroy();
    return lived;
  }

  /** What is broken in it. */
  async function broken(changed: Changed, { seed, terminals, cards, days, faults, attacks }: WorldSize = SIZE) {
    const customers = drawnCustomers(cards, Math.ceil(cards / 4));
    const wrong = { troubles: new Set(faults), attacks: new Set(attacks) };
    const lived = await run({ seed, terminals, customers, days, ...wrong }, changed);
    return lived.broken.map(({ what }) => what).join("\n");
  }
  const lived = (office: Changed["office"]) => broken({ office: office! });

  it("sees rules that come to something else than by hand", async () => {
    const rate = await broken({ byHand: { ...TOWN_BY_HAND, rates: new Map([[20, 501]]) } });
    expect(rate).toMatch(/programme 20: earned \d+ cents of \d+ paid, by hand it is \d+/);
    const stamp = await broken({ byHand: { ...TOWN_BY_HAND, stampsFrom: new Map([[11, 100_000]]) } });
    expect(stamp).toMatch(/programme 11: 1 stamps for a purchase of \d+ cents/);
  });

  it("shrinks to a few cards and days in which the same thing shows", async () => {
    const wrong = { ...TOWN_BY_HAND, rates: new Map([[20, 600]]) };
    const breaks = async (size: WorldSize) => (await broken({ byHand: wrong }, size)).includes("by hand");
    const smallest = await shrunk(SIZE, breaks, 60);
    expect(smallest).toMatchObject({ seed: 5, faults: [], attacks: [], days: 1 });
    expect(smallest.cards).toBeLessThan(4);
    expect(await breaks(smallest)).toBe(true);
  });

  it("has customers who ask for all that a shop can do", async () => {
    const customers = drawnCustomers(20, 100);
    const nothing = { troubles: new Set<Trouble>(), attacks: new Set<Attack>() };
    const { kinds, broken } = await run({ seed: 1, terminals: 5, customers, days: 3, ...nothing });
    expect(broken).toEqual([]);
    const asked =
      "sale refund part-refund refund-elsewhere cancelled top-up pack units-used gift late-sale give receive";
    expect(Object.keys(kinds)).toEqual(expect.arrayContaining([...asked.split(" "), "balance"]));
  });

  it("sees what an office does wrong", async () => {
    expect(await lived(() => ({}))).toBe("");
    const oneCent = await lived(({ held }) => ({
      held: async () => (await held()).map((one, i) => (i === 0 ? { ...one, cents: one.cents + 1 } : one)),
    }));
    expect(oneCent).toContain("the books say");
    const unpaid = await lived(({ owedTo }) => ({
      owedTo: async () => new Map([...(await owedTo())].map(([merchant, cents]) => [merchant, cents - 1])),
    }));
    expect(unpaid).toMatch(/merchant 1 is owed -?\d+ cents by the books, his journals come to -?\d+/);
    const blind = await lived(({ findings }) => ({
      findings: async (at) =>
        (await findings(at)).filter(({ kind }) => !["fork", "overdrawn", "second-refund"].includes(kind)),
    }));
    expect(blind).toMatch(/(clone|rollback) of .*: not told after \d+ nights/);
    expect(blind).toMatch(/refund-twice of .*: not told after \d+ nights/);
    const idle = await lived(({ makeList }) => ({
      makeList: async (at) => ({ ...(await makeList(at)), blocked: new Set([2_800_010_000_018]) }),
      replace: async () => {},
    }));
    expect(idle).toContain("did not go to the new one");
    const forgetful = await lived(({ receive }) => {
      let batches = 0;
      return {
        receive: async (batch, at) => {
          batches += 1;
          return batches % 2 === 0 ? { status: "accepted", said: "accepted" } : receive(batch, at);
        },
      };
    });
    expect(forgetful).toContain("was accepted, and is not imported");
    const changed = await lived(({ look }) => ({
      look: async (chip) =>
        new Map([...((await look(chip)) ?? [])].map(([of, shown]) => [of, { ...shown, stamps: shown.stamps + 1 }])),
    }));
    expect(changed).toContain("its journals come to");
  });
});
