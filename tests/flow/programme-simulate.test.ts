import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { ROOT } from "../boundaries/sources.ts";
import { type Ended, expectFailure, ProgrammeDesk } from "../fixtures/programme-desk.ts";
import { programmeFile } from "../fixtures/town.ts";

const desk = new ProgrammeDesk("simulate");
afterAll(() => desk.remove());
const at = (name: string): string => desk.at(name);
const write = (name: string, ...lines: readonly string[]): string => desk.write(name, ...lines);
const simulate = (...args: readonly string[]): Ended => desk.run(...args);

function simulateJson(...args: readonly string[]) {
  const ended = simulate(...args, "--json");
  return { ...ended, document: JSON.parse(ended.out) };
}

const HEADER = "member,date,items,amount_cents";
const SAMPLE = join(ROOT, "programmes/purchases-example.csv");
const town = programmeFile("ville");
/** A town's programme with this rate. */
const rateOf = (name: string, rate: number): string =>
  write(
    name,
    'import { cagnotte, percent, programme } from "@cachet/firmware/rules";',
    "export default programme({",
    '  number: 21, version: 2, name: "Essai", scope: "town",',
    '  merchants: { 1: { name: "Un", role: "earn-and-spend" }, 2: { name: "Deux", role: "earn-only" } },',
    `  rules: [cagnotte({ id: "euros", rate: percent(${rate}) })],`,
    "});",
  );
const four = rateOf("four.programme.ts", 4);
const ten = rateOf("ten.programme.ts", 10);
const three = write(
  "three.csv",
  `${HEADER},merchant`,
  "card-10421,2026-01-05,1,6000,1",
  "card-10421,2026-01-06,1,1000,1",
  "b,2026-02-01,1,3000,2",
  "c,2026-02-01,1,500,9",
);

describe("cachet programme simulate", () => {
  it("says what a programme would have cost, to the cent", () => {
    const { code, document, err } = simulateJson(ten, "--purchases", three);
    expect(err).toBe("");
    expect(code).toBe(0);
    expect(document).toMatchObject({
      from: "2026-01-05",
      to: "2026-02-01",
      redeem: { from_cents: 500 },
      compare: null,
    });
    expect(document.totals).toEqual({
      ...{ visits: 3, turnover_cents: 10_000, given_cents: 940, spent_cents: 600, cost_cents: 600, expired_cents: 0 },
      ...{ due_cents: 340, given_basis_points: 940, cost_basis_points: 600, members: 2, members_rewarded: 1 },
    });
    expect(document.months.map(({ month, cost_cents }: Record<string, unknown>) => [month, cost_cents])).toEqual([
      ["2026-01", 600],
      ["2026-02", 0],
    ]);
    expect(document.merchants).toMatchObject([
      { merchant: 1, name: "Un", visits: 2, cost_basis_points: 857 },
      { merchant: 2, name: "Deux", visits: 1, given_cents: 300, cost_cents: 0 },
    ]);
    expect(document.rules).toMatchObject([{ rule: "euros", kind: "cagnotte", funder: "merchant", given_cents: 940 }]);
    expect(document.unlisted).toEqual({ purchases: 1, cents: 500, merchants: [9] });
    expect(document.programme).toEqual({ number: 21, version: 2, name: "Essai" });
  });

  it("tells it as tables, in French or in English, with what was assumed", () => {
    const french = simulate(town, "--purchases", SAMPLE);
    expect(french.code, french.err).toBe(0);
    expect(french.err).toBe("");
    expect(french.out).toMatch(/^Simulation du programme 20, version 1, Ville commerçante\n/);
    expect(french.out).toContain("les membres utilisent tout leur avoir dès qu'il atteint 5,00 €");
    expect(french.out).toContain("tous sont comptés chez Boulangerie du Marché");
    expect(french.out).toMatch(/\n {2}coût, part du CA +\d+,\d\d %\n/);
    const english = simulate(town, "--purchases", SAMPLE, "--lang", "en", "--redeem", "never", "--merchant", "2");
    expect(english.out).toMatch(/^Simulation of programme 20/);
    expect(english.out).toContain("all are counted at Librairie des Halles");
    expect(english.out).toContain("members never spend");
    expect(english.out).toMatch(/\n {2}cost +€0\.00\n/);
    expect(simulate(ten, "--purchases", three).out).toContain("1 achat (5,00 €) hors programme");
  });

  it("compares with another programme: who wins, who loses, no more of a card than its end", () => {
    const { code, document } = simulateJson(ten, "--purchases", three, "--compare", four);
    expect(code).toBe(0);
    expect(document.compare.totals).toMatchObject({ given_cents: 400, cost_cents: 0, due_cents: 400 });
    expect(document.compare.change).toMatchObject({ given_cents: 540, cost_cents: 600, due_cents: -60 });
    expect(document.compare.winners).toEqual({ members: 2, cents: 540, median_cents: 180, largest_cents: 360 });
    expect(document.compare.losers).toMatchObject({ members: 0, cents: 0 });
    expect(document.compare.largest[0]).toEqual({
      ...{ card: "…0421", before_cents: 280, after_cents: 640, change_cents: 360 },
    });
    expect(JSON.stringify(document)).not.toContain("card-1");
    const told = simulate(four, "--purchases", three, "--compare", ten);
    expect(told.out).toContain("(ten → four)");
    expect(told.out).toMatch(/\n {2}perdants +2 +-5,40 € +-1,80 € +-3,60 €\n/);
    expect(told.out).not.toContain("card-1");
    const itself = simulateJson(ten, "--purchases", three, "--compare", ten).document.compare;
    expect([itself.winners.members, itself.losers.members, itself.unchanged]).toEqual([0, 0, 2]);
  });

  it("reads a file with semicolons, and says which rule went wrong how often", () => {
    const french = write("french.csv", HEADER.replaceAll(",", ";"), "a;2026-01-05;1;6000", "b;2026-01-06;1;9000");
    const own = write(
      "own.programme.ts",
      'import { bonus, cagnotte, percent, programme } from "@cachet/firmware/rules";',
      "export default programme({",
      '  number: 22, version: 1, name: "Essai", scope: "shop",',
      '  merchants: { 1: { name: "Un", role: "earn-and-spend" } },',
      '  rules: [cagnotte({ id: "euros", rate: percent(5) }), bonus({ id: "own", of: "euros",',
      '    gives: { says: "Un cadeau", earn: ({ lines }) => (lines.length === 1 && lines[0]?.amount === 9000 ? -1 : 1) } })],',
      "});",
    );
    const told = simulate(own, "--purchases", french, "--lang", "en");
    expect(told.code, told.err).toBe(0);
    expect(told.out).toContain("own: rule own went wrong for 1 purchase of 2 (BAD_VALUE), counted as at the counter");
    const { document } = simulateJson(own, "--purchases", french);
    expect(document).toMatchObject({
      totals: { visits: 2, turnover_cents: 15_000 },
      wrong: [{ rule: "own", reason: "BAD_VALUE", times: 1 }],
    });
    expect(simulate(ten, "--purchases", french).out).not.toContain("en défaut");
  });

  it("says once that two programmes have nothing in common, and what neither was told", () => {
    const of = (name: string, merchant: number, rule: string) =>
      write(
        name,
        'import { club, discount, percent, points, programme, pts, units, euros } from "@cachet/firmware/rules";',
        "export default programme({",
        `  number: 23, version: 1, name: "Essai", scope: "shop", merchants: { ${merchant}: { name: "Un", role: "earn-and-spend" } },`,
        `  rules: [${rule}],`,
        "});",
      );
    const when = "when: { hours: { from: 0, to: 600 } }";
    const one = of("one.ts", 1, `discount({ id: "early", off: { rate: percent(5) }, ${when} })`);
    const two = of(
      "two.ts",
      2,
      `points({ id: "p", earn: { per: "visit", points: pts(1) }, ${when} }), club({ id: "k", fee: euros(10) }), units({ id: "u", unitName: "photos", packs: [{ units: 10, price: euros(50) }] })`,
    );
    const told = simulate(one, "--purchases", three, "--compare", two, "--lang", "en");
    expect(told.code, told.err).toBe(0);
    const times = (text: string): number => told.out.split(text).length - 1;
    expect(times("these two programmes share no merchant of these purchases")).toBe(1);
    expect(times("these two programmes share no kind of rule")).toBe(1);
    expect(times("the purchases have no time")).toBe(1);
    expect(told.out).toContain("(rules: early, p)");
    expect(told.out).toMatch(/\n {2}k +club /);
    expect(told.out).toMatch(/\n {2}u +units /);
    const alike = simulate(ten, "--purchases", three, "--compare", four, "--lang", "en").out;
    expect(alike).not.toContain("these two programmes");
  });

  it("writes a page that needs nothing else", () => {
    const made = simulate(ten, "--purchases", SAMPLE, "--compare", town, "--html", at("pages/out.html"));
    expect(made.code, made.err).toBe(0);
    expect(made.err).toBe("");
    expect(made.out).toContain(at("pages/out.html"));
    const page = readFileSync(at("pages/out.html"), "utf8");
    expect(page.match(/<svg /g)).toHaveLength(3);
    expect(page).not.toMatch(/https?:|<script|<link|\bsrc=|\bhref=/);
    expect(simulateJson(ten, "--purchases", SAMPLE, "--html", at("b.html")).document.html).toBe(at("b.html"));
  });

  it("counts only the days that are asked for", () => {
    const days = (...args: readonly string[]) => simulateJson(ten, "--purchases", three, ...args).document;
    expect(days("--from", "2026-01-06").totals.visits).toBe(2);
    expect(days("--to", "2026-01-05")).toMatchObject({ to: "2026-01-05", totals: { visits: 1 } });
    expect(days("--from", "2026-01-06", "--to", "2026-01-06").totals.turnover_cents).toBe(1_000);
    expectFailure(
      simulate(ten, "--purchases", three, "--from", "2027-01-01"),
      1,
      "C-PROGRAMME-10",
      "no purchase lies in the days",
    );
  });
});

describe("what cannot be simulated", () => {
  it("malformed lines are left out, named, and end with 1", () => {
    const bad = write("bad.csv", HEADER, "a,2026-01-05,1,6000", "a,yesterday,1,6000", "b,2026-01-05,1");
    const ended = simulate(ten, "--purchases", bad);
    expectFailure(ended, 1, "C-PURCHASES-01", "bad.csv:3: left out:", "bad.csv:4: left out: 3 fields", "2 malformed");
    expect(ended.out).toContain("6,00 €");
    const { code, err, document } = simulateJson(ten, "--purchases", bad);
    expect(code).toBe(1);
    expect(err).toBe("");
    expect(document).toMatchObject({ totals: { visits: 1 }, error: { code: "C-PURCHASES-01" } });
    expect(document.malformed.map(({ line }: { readonly line: number }) => line)).toEqual([3, 4]);
  });

  it("files that are missing, empty, of another kind, or of other merchants", () => {
    const of = (...args: readonly string[]) => simulate(ten, "--purchases", ...args);
    expectFailure(of(at("absent.csv")), 1, "C-FILE-01", "absent.csv");
    expectFailure(of(write("empty.csv", HEADER)), 1, "C-FILE-02", "holds no purchase");
    expectFailure(of(write("broken.csv", HEADER, "a,b")), 1, "C-FILE-02", "line 2: 2 fields instead of 4");
    expectFailure(of(write("head.csv", "a,b", "1,2")), 1, "C-FILE-02", "[,merchant][,time][,category]");
    writeFileSync(at("latin.csv"), Buffer.from(`${HEADER}\n\xe9,2026-01-05,1,1\n`, "latin1"));
    expectFailure(of(at("latin.csv")), 1, "C-FILE-02", "not UTF-8");
    const elsewhere = write("elsewhere.csv", `${HEADER},merchant`, "a,2026-01-05,1,100,9");
    expectFailure(of(elsewhere), 1, "C-PROGRAMME-10", "does not list the merchants of these purchases (9)");
    expectFailure(of(three, "--merchant", "8", "--to", "2026-01-01"), 1, "C-PROGRAMME-10");
  });

  it("programmes with faults, and words that do not fit", () => {
    const wrong = rateOf("wrong.programme.ts", 400);
    expectFailure(simulate(wrong, "--purchases", three), 1, "C-PROGRAMME-01", "wrong.programme.ts", "rate");
    expectFailure(simulate(ten, "--purchases", three, "--compare", wrong), 1, "C-PROGRAMME-01", "rate");
    expectFailure(simulate(at("absent.ts"), "--purchases", three), 1, "C-FILE-01", "absent.ts");
    expectFailure(simulate(ten), 2, "C-USAGE-01", "--purchases");
    for (const words of [
      ["--from", "yesterday"],
      ["--redeem", "sometimes"],
      ["--from", "2026-02-01", "--to", "2026-01-01"],
    ])
      expectFailure(simulate(ten, "--purchases", three, ...words), 2, "C-USAGE-01");
  });

  it("a page over one of the files it is made from", () => {
    expectFailure(simulate(ten, "--purchases", three, "--html", three), 1, "C-FILE-04", "three.csv");
    expect(readFileSync(three, "utf8")).toContain("card-10421");
    const failed = simulate(ten, "--purchases", write("none.csv", HEADER), "--html", at("never.html"));
    expect(failed.code).toBe(1);
    expect(existsSync(at("never.html"))).toBe(false);
  });
});
