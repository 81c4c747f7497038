import { STATE_LAYOUT, toHex } from "@cachet/card-layout";
import { receiptText } from "@cachet/firmware/counter";
import type { SaleRequest, Sandbox, VisitReport } from "@cachet/firmware/hal";
import {
  basisPoints,
  bonus,
  cagnotte,
  cents,
  multiplier,
  type Programme,
  programme,
  STEPS_MAX,
} from "@cachet/firmware/rules";
import { encodeImage, PRODUCT } from "@cachet/firmware/wire";
import { loadQuickJs, newV8Sandbox } from "@cachet/terminal-sim";
import { afterAll, describe, expect, it } from "vitest";
import { payloadOf } from "../../host/src/image/build.ts";
import { testImageSigner } from "../../host/src/keys/test-keys.ts";
import { sha256 } from "../../host/src/ports/crypto.ts";
import { entriesOf, shown } from "../fixtures/audit.ts";
import { ProgrammeDesk } from "../fixtures/programme-desk.ts";
import { card, fixtureFile, imageOf, refund, sale, terminal } from "../fixtures/town.ts";

const CUSTOM = 36;
const basket = (category: string, quantity = 4): SaleRequest => ({
  ...sale(0),
  lines: [
    { amount: 1_000, quantity, category },
    { amount: 500, quantity: 1 },
  ],
});

/** An image of programmes that no file holds: `programme check` and `image build` would refuse them. */
async function imageOfData(data: Programme): Promise<Uint8Array> {
  const { payload } = await payloadOf([[data, null]]);
  const facts = {
    version: { major: 1, minor: 0, revision: 0, build: 0 },
    securityCounter: 1,
    product: PRODUCT,
    layouts: { lowest: 1, highest: STATE_LAYOUT },
    programmes: [{ number: data.number, version: data.version, name: data.name }],
    merchants: [1],
    halLevel: 1,
  };
  return encodeImage(facts, payload, testImageSigner(), sha256);
}

interface Day {
  readonly journal: string;
  readonly receipts: readonly string[];
  readonly reports: readonly unknown[];
}

/** The same visits in one engine. Visits are numbered alike in both. */
async function dayOf(image: Uint8Array, number: number, visits: readonly SaleRequest[], newSandbox: () => Sandbox) {
  const shop = await terminal(1, { programmes: [number], image, newSandbox });
  const chip = await card(1);
  const reports: (VisitReport | "power-cut")[] = [];
  for (const visit of visits) reports.push(await shop.visit(visit, chip));
  const journal = await shop.journalBytes();
  const day: Day = {
    journal: toHex(journal),
    receipts: shop.till.receipts.map((receipt) => receiptText(receipt).join("\n")),
    reports,
  };
  const refusals = entriesOf(journal).flatMap((entry) => (entry.kind === "refusal" ? [entry.body] : []));
  shop.powerOff();
  return { day, refusals, reports, purses: (await shown(chip, number)).purses };
}

describe("a custom rule at a terminal", () => {
  it("gives its value, in both engines with the same bytes; where it goes wrong the visit goes on without it", async () => {
    const image = await imageOf([fixtureFile("custom")]);
    const visits = ["wine", "throws", "negative", "endless"].map((category) => basket(category));
    const v8 = await dayOf(image, CUSTOM, visits, newV8Sandbox);
    const quickjs = await dayOf(image, CUSTOM, visits, await loadQuickJs());
    expect(quickjs.day).toEqual(v8.day);
    expect(quickjs.reports.map((report) => (report as VisitReport).result)).toEqual(["done", "done", "done", "done"]);
    // 2 x 15 and a pair of bottles twice; twice 2 x 15; and 15 alone, by the base rule.
    expect(quickjs.purses).toContainEqual({ kind: "points", index: 0, count: 32 + 30 + 30 + 15 });
    const fault = { programme: CUSTOM, version: 2, rule: "wrong", card: expect.any(Number) };
    expect(quickjs.refusals).toEqual([
      { ...fault, reason: "RULE_THREW", uid: expect.anything() },
      { ...fault, reason: "BAD_VALUE", uid: expect.anything() },
      { ...fault, reason: "STEP_BUDGET", uid: expect.anything() },
    ]);
    expect(quickjs.day.receipts.join("\n")).not.toMatch(/STEP_BUDGET|RULE_THREW|BAD_VALUE/);
  });

  it("is journalled a few times a day, whatever cards show it", async () => {
    const shop = await terminal(1, { programmes: [CUSTOM], image: await imageOf([fixtureFile("custom")]) });
    for (let number = 1; number <= 8; number += 1) {
      expect(await shop.visit(basket("endless"), await card(number))).toMatchObject({ result: "done" });
    }
    const refusals = entriesOf(await shop.journalBytes()).filter(({ kind }) => kind === "refusal");
    expect(refusals).toHaveLength(5);
    shop.powerOff();
  });

  it("and what it gave, or the base rule gave in its place, is taken back with the sale", async () => {
    const shop = await terminal(1, { programmes: [CUSTOM], image: await imageOf([fixtureFile("custom")]) });
    const chip = await card(1);
    for (const category of ["wine", "endless"]) {
      const sold = (await shop.visit(basket(category), chip)) as VisitReport;
      const earned = (await shown(chip, CUSTOM)).purses.map((purse) => ("count" in purse ? purse.count : null));
      expect(earned).toEqual([category === "wine" ? 32 : 15]);
      expect(await shop.visit(refund(sold.ticket!, [1]), chip)).toMatchObject({ result: "done", payOutCents: 500 });
      expect(await shop.visit(refund(sold.ticket!), chip)).toMatchObject({ result: "done", payOutCents: 1_000 });
      expect((await shown(chip, CUSTOM)).purses).toEqual([{ kind: "points", index: 0, count: 0 }]);
    }
    shop.powerOff();
  });
});

describe("a programme with more rules than a visit has steps", () => {
  const exploding = programme({
    number: 37,
    version: 5,
    name: "Trop",
    scope: "shop",
    merchants: { 1: { name: "Trop", role: "earn-and-spend" } },
    offlineCap: cents(10_000),
    rules: [
      cagnotte({ id: "cagnotte", rate: basisPoints(500) }),
      multiplier({ id: "double", of: "cagnotte", permille: 2_000 }),
      // Of another day than the visits: they have nothing to do, and look at every line for that.
      ...Array.from({ length: 250 }, (_, i) =>
        bonus({ id: `b${i}`, of: "cagnotte", gives: cents(1), when: { weekdays: [7] } }),
      ),
    ],
  });
  const large: SaleRequest = { ...sale(0), lines: Array.from({ length: 100 }, () => ({ amount: 200, quantity: 1 })) };
  const small: SaleRequest = { ...sale(1_000) };

  it("sells by the base rule where the basket is large, and by all of them where it is not", async () => {
    const image = await imageOfData(exploding);
    const v8 = await dayOf(image, 37, [large, small], newV8Sandbox);
    const quickjs = await dayOf(image, 37, [large, small], await loadQuickJs());
    expect(quickjs.day).toEqual(v8.day);
    expect(quickjs.reports).toMatchObject([
      { result: "done", earnedCents: 1_000, payable: 20_000 },
      { result: "done", earnedCents: 100, payable: 1_000 },
    ]);
    expect(quickjs.refusals).toEqual([
      {
        ...{ reason: "STEP_BUDGET", programme: 37, version: 5 },
        ...{ card: expect.any(Number), uid: expect.anything() },
      },
    ]);
  });
});

describe("programme check and eval of custom rules", () => {
  const desk = new ProgrammeDesk("check");
  afterAll(() => desk.remove());
  const custom = (...body: readonly string[]): string[] => [
    'import { bonus, points, programme, pts } from "@cachet/firmware/rules";',
    "export default programme({",
    "  number: 41,",
    "  version: 1,",
    '  name: "Cave",',
    '  scope: "shop",',
    '  merchants: { 1: { name: "Cave", role: "earn-and-spend" } },',
    "  rules: [",
    '    points({ id: "points", earn: { per: "visit", points: pts(1) } }),',
    '    bonus({ id: "own", of: "points", gives: { says: "Un cadeau", earn: (facts) => {',
    ...body.map((line) => `      ${line}`),
    "    } } }),",
    "  ],",
    "});",
  ];

  it("says how many steps the largest sale takes, of those that there are", () => {
    const file = desk.write(
      "counted.programme.ts",
      ...custom("let n = 0;", "for (const line of facts.lines) n += line.quantity;", "return n;"),
    );
    const told = desk.run(file);
    expect(told.code, told.err).toBe(0);
    // Two rules for 100 lines each, the function, and its loop.
    expect(told.out).toContain("steps            303 of 20 000, for a sale of 100 lines");
    const { programmes } = JSON.parse(desk.run(file, "--json").out);
    expect(programmes[0]).toMatchObject({ steps: 303, steps_max: STEPS_MAX });
  });

  it("refuses what is not the same everywhere, at its file, line and column", () => {
    const file = desk.write(
      "chance.programme.ts",
      ...custom(
        "type Gone = number;",
        "const now: Gone = Date.now();",
        "return Math.floor(Math.random() * 0.5) + now;",
      ),
    );
    const { code, err } = desk.run(file);
    expect(code).toBe(1);
    expect(err).toContain(`${file}:12:25: Date: there is no clock in a programme`);
    expect(err).toContain(`${file}:13:25: Math.random: the same facts must always give the same value`);
    expect(err).toContain(`${file}:13:41: 0.5: no whole number`);
    const { document } = { document: JSON.parse(desk.run(file, "--json").out) };
    expect(document.faults[0]).toMatchObject({ file, line: 12, column: 25 });
  });

  it("looks into files that the programme imports, and refuses others", () => {
    desk.write("table.ts", "export const limit: number = 3;", "export const late = () => new Date();");
    const file = desk.write("imports.programme.ts", 'import { limit } from "./table.ts";', ...custom("return limit;"));
    expect(desk.run(file).err).toContain("table.ts:2:31: Date: there is no clock");
    desk.write("table.ts", "export const limit: number = 3;");
    expect(desk.run(file).code).toBe(0);
    const foreign = desk.write(
      "foreign.programme.ts",
      'import { sep } from "node:path";',
      ...custom("return sep.length;"),
    );
    expect(desk.run(foreign).err).toContain(`${foreign}:1:21: "node:path": a programme imports @cachet/firmware/rules`);
    const absent = desk.write("absent.programme.ts", 'import { a } from "./nowhere.ts";', ...custom("return a;"));
    expect(desk.run(absent).err).toMatch(/nowhere\.ts/);
  });

  it.each([
    { body: "for (;;) {}", said: 'rule "own": its function takes more than the 20000 steps there are' },
    { body: "throw new Error(String);", said: "String: there is no such thing" },
    { body: 'throw new Error("no");', said: 'rule "own": its function throws' },
    {
      body: "return facts.time!.weekday;",
      said: "throws for a sale of 100 lines at a terminal whose clock was reset: time is null there",
    },
    {
      body: "const down = (n: number): number => down(n + 1); return down(0);",
      said: "functions call each other more than 50 deep: one that calls itself must come to an end before",
    },
    { body: "return -1;", said: 'rule "own": its function gives no whole number from 0 to 1000000000' },
    {
      body: "let n = 0; for (const a of facts.lines) for (const b of facts.lines) for (const c of facts.lines) n += 1; return 1;",
      said: 'rule "own": its function takes more than the 20000 steps',
    },
  ])("refuses a function that the largest sale shows to be wrong: $body", ({ body, said }) => {
    const { code, err } = desk.run(desk.write("wrong.programme.ts", ...custom(body)));
    expect(code).toBe(1);
    expect(err).toContain(said);
  });

  it.each([
    { read: "f.sex", said: '"sex" is no fact: no rule may depend on a customer\'s sex (articles 225-1 and 225-2' },
    {
      read: "f.lines.find(({ sku }: { sku: number }) => sku === 1)",
      said: '"sku" is no fact: facts have merchant, time',
    },
  ])("refuses a function that reads $read, at its line", ({ read, said }) => {
    const untyped = custom("const f: any = facts;", `return ${read} === 3 ? 1 : 0;`);
    const file = desk.write("facts.programme.ts", ...untyped);
    const { code, err } = desk.run(file);
    expect(code).toBe(1);
    expect(err).toContain(
      `error C-PROGRAMME-01: ${file}:12: rule "own": its function reads what is not there: ${said}`,
    );
  });

  it("refuses it by its types where the largest sale does not come there", () => {
    const file = desk.write("never.programme.ts", ...custom("return facts.earned < 0 ? facts.address : 0;"));
    expect(desk.run(file).err).toContain(
      `${file}:11:39: "address" is no fact: no rule may depend on a customer's place of residence`,
    );
  });

  it("refuses an import that nothing uses", () => {
    const file = desk.write(
      "unused.programme.ts",
      'import "node:fs";',
      'import { sep } from "node:path";',
      ...custom("return 1;"),
    );
    const { err } = desk.run(file);
    expect(err).toContain(`${file}:1:8: "node:fs": a programme imports @cachet/firmware/rules`);
    expect(err).toContain(`${file}:2:21: "node:path": a programme imports`);
  });

  it("refuses more rules than there are steps, in JSON too", () => {
    const rules = [
      { kind: "cagnotte", id: "c", rate: 100 },
      ...Array.from({ length: 200 }, (_, i) => ({ kind: "discount", id: `d${i}`, off: { cents: 1 } })),
    ];
    const merchants = { 1: { name: "A", role: "earn-and-spend" } };
    const file = desk.write(
      "many.json",
      JSON.stringify({ number: 1, version: 1, name: "A", scope: "shop", merchants, rules }),
    );
    expect(desk.run(file).err).toContain("rules: they take 20301 steps for a sale of 100 lines, at most 20000");
  });

  it("plays them in both engines, with the same bytes, and stops what would never end", () => {
    const events = new ProgrammeDesk("eval");
    const written = events.write(
      "events.json",
      JSON.stringify({
        events: ["wine", "throws", "endless"].map((category, i) => ({
          ...{ type: "sale", id: `S${i}` },
          lines: [{ amount: 1_000, quantity: 4, category }],
        })),
      }),
    );
    const [v8, quickjs] = ["v8", "quickjs"].map((vm) =>
      events.run(fixtureFile("custom"), "--events", written, "--vm", vm),
    );
    expect(v8!.code, v8!.err).toBe(0);
    expect(quickjs!.out).toBe(v8!.out);
    const { steps } = JSON.parse(v8!.out);
    expect(steps.map(({ skipped }: { skipped: unknown }) => skipped)).toEqual([
      [],
      [{ rule: "wrong", reason: "RULE_THREW" }],
      [{ rule: "wrong", reason: "STEP_BUDGET" }],
    ]);
    expect(steps.map(({ card: { points } }: { card: { points: number } }) => points)).toEqual([22, 42, 52]);
    events.remove();
  });
});
