import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { ROOT } from "../boundaries/sources.ts";

const folder = mkdtempSync(join(tmpdir(), "cachet-eval-"));
afterAll(() => rmSync(folder, { recursive: true }));

const CITY = "programmes/ville.programme.ts";
const SALE = { type: "sale", id: "T", lines: [{ amount: 1_234 }, { amount: 500, category: "tobacco" }], redeem: "max" };

function written(name: string, content: unknown): string {
  const path = join(folder, name);
  writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
  return path;
}

function cachet(...words: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(ROOT, "host/bin/cachet.mjs"), ...words], {
    cwd: ROOT,
    encoding: "utf8",
    timeout: 60_000,
    env: { ...process.env, LANG: "en_GB.UTF-8" },
  });
  return { code: status, out: stdout, err: stderr };
}

describe("programme eval", () => {
  const events = written("events.json", {
    card: { cagnotte: { value: 1_200 } },
    events: [SALE, { type: "refund", of: "T", lines: "all" }],
  });

  it("plays events on a card, with the same bytes in both engines", () => {
    const v8 = cachet("programme", "eval", CITY, "--events", events);
    expect(v8.code).toBe(0);
    const { steps, card } = JSON.parse(v8.out) as {
      readonly steps: readonly { readonly payable: number; readonly receipt: readonly string[] }[];
      readonly card: unknown;
    };
    expect(steps.map(({ payable }) => payable)).toEqual([534, 0]);
    expect(steps[0]!.receipt).toContain("Cagnotte gagnée +0,19 €");
    expect(card).toEqual({ cagnotte: { value: 1_200, remainder: 0 } });
    expect(cachet("programme", "eval", CITY, "--events", events, "--vm", "quickjs").out).toBe(v8.out);
    const named = written("named.json", { cards: { anne: { cagnotte: 5 } }, events: [] });
    expect(JSON.parse(cachet("programme", "eval", CITY, "--events", named).out).cards).toEqual({
      anne: { cagnotte: { value: 5, remainder: 0 } },
    });
  });

  it("takes a programme in JSON, and says what is wrong with one", () => {
    const rules = [{ kind: "cagnotte", id: "cagnotte", rate: 500 }];
    const head = {
      number: 20,
      version: 1,
      name: "V",
      scope: "town",
      merchants: { 1: { name: "M", role: "earn-and-spend" } },
    };
    const good = written("good.json", { ...head, rules });
    const once = written("once.json", { events: [SALE] });
    expect(JSON.parse(cachet("programme", "eval", good, "--events", once).out).card).toEqual({ cagnotte: 86 });
    const bad = written("bad.json", JSON.stringify({ ...head, rules: [{ ...rules[0], rate: 0 }] }, null, 2));
    expect(cachet("programme", "eval", bad, "--events", once)).toMatchObject({
      code: 1,
      err: expect.stringMatching(/C-PROGRAMME-01: .*bad\.json:\d+: rule "cagnotte": rate must be 1 to 10000/),
    });
  });

  it("names every fault of a programme on a line of its own", () => {
    const bad = written("worse.json", { number: 0, version: 1, name: "", scope: "town", merchants: {}, rules: [] });
    const { err } = cachet("programme", "eval", bad, "--events", events);
    const lines = err.split("\n");
    expect(lines[0]).toMatch(/^error C-PROGRAMME-01: .*number must be 1 to 65535$/);
    expect(lines[1]).toMatch(/^ {2}.*name must have 1 to 40 characters$/);
    expect(err).not.toContain("?");
  });

  it.each([
    ["no JSON", "{", /is no JSON/],
    ["no events", {}, /events must be a list/],
    [
      "an event of no kind",
      { events: [{ type: "gift" }] },
      /events\[0\]\.type is "gift", it must be one of sale, top-up/,
    ],
    ["a field that is none", { events: [{ type: "look", lines: [] }] }, /no field "events\[0\]\.lines"/],
    [
      "a half cent",
      { events: [{ type: "sale", lines: [{ amount: 1.5 }] }] },
      /events\[0\]\.lines\[0\]\.amount must be/,
    ],
    [
      "a moment without zone",
      { events: [{ type: "look", at: "2027-01-12T10:00:00" }] },
      /must be a moment with its zone/,
    ],
    [
      "a card of no rule",
      { card: { points: 5 }, events: [] },
      /points: no rule of this name .* those that do: cagnotte/,
    ],
    [
      "a refund of nothing",
      { events: [{ type: "refund", of: "X", lines: "all" }] },
      /no event before this one has the id "X" and can be undone/,
    ],
    ["a card under two names", { card: {}, cards: {}, events: [] }, /write "card" or "cards", not both/],
    [
      "a card that is none",
      { cards: { A: {} }, events: [{ type: "look", card: "B" }] },
      /events\[0\]\.card: there is no card "B"/,
    ],
    ["a number in quotes", { card: { cagnotte: "5" }, events: [] }, /cagnotte must be 0 to/],
    ["two events of one id", { events: [SALE, SALE] }, /events\[1\]\.id: "T" is the id of an event before/],
    [
      "two lines of one id",
      { events: [{ type: "sale", lines: [{ id: "2", amount: 1 }, { amount: 1 }] }] },
      /events\[0\]\.lines: "2" names two of them/,
    ],
    [
      "a refund of another card's sale",
      { events: [SALE, { type: "refund", card: "B", of: "T", lines: "all" }] },
      /events\[1\]\.of: "T" was on the card "card"/,
    ],
    ["a sale that is cancelled", { events: [SALE, { type: "cancel", of: "T" }] }, /undone by the event "refund"/],
    ["a birthday that no year has", { events: [{ type: "look", birthday: "02-30" }] }, /month and day, "02-29"/],
    [
      "units of no rule",
      { events: [{ type: "sale", use: 1 }] },
      /events\[0\]\.use: the programme has no rule of units/,
    ],
    ["a gift of no rule", { events: [{ ...SALE, gift: "mug" }] }, /events\[0\]\.gift: the programme has no rule with/],
    ["prepaid money of no rule", { events: [{ ...SALE, prepaid: 5 }] }, /events\[0\]\.prepaid: the programme has no/],
    [
      "prepaid money among the tenders",
      { events: [{ ...SALE, tenders: [{ kind: "prepaid", amount: 5 }] }] },
      /events\[0\]\.tenders: .*write "prepaid": 500/,
    ],
    ["a sale of nothing", { events: [SALE, { type: "sale" }] }, /events\[1\]: a sale has at least one line/],
    ["a list", [], /events must be a list of/],
    ["nothing", null, /must be an object with a card and its events/],
    ["a merchant that is none", { events: [{ ...SALE, merchant: 9 }] }, /merchant 9 is not in programme 20/],
  ])("refuses %s with the field's name", (name, content, problem) => {
    const path = written(`${name.replaceAll(" ", "-")}.json`, content);
    const refused = cachet("programme", "eval", CITY, "--events", path);
    expect(refused).toMatchObject({ code: 1, out: "", err: expect.stringMatching(problem) });
    expect(refused.err).toContain("C-PROGRAMME-03");
    expect(refused.err).toContain("nothing was evaluated");
  });

  it("explains what a multiplier and a level made of what another rule earns, from and to", () => {
    const programme = written("factors.json", {
      ...{ number: 21, version: 1, name: "V", scope: "town", merchants: { 1: { name: "M", role: "earn-and-spend" } } },
      rules: [
        { kind: "cagnotte", id: "euros", rate: 500 },
        {
          kind: "multiplier",
          id: "double",
          of: "euros",
          permille: 2_000,
          when: { basket: { kind: "reaches", amount: 1_000 } },
        },
        {
          ...{ kind: "tiers", id: "levels", of: ["euros"], purse: 1 },
          levels: [
            { name: "bronze", from: 0, permille: 1_000 },
            { name: "or", from: 50_000, permille: 1_500 },
          ],
        },
      ],
    });
    const given = written("factors-events.json", {
      cards: { new: {}, gold: { levels: { level: "or", spent: 60_000, reviewed: "2026-12-31" } } },
      events: [
        { type: "sale", card: "new", lines: [{ amount: 2_000 }] },
        { type: "sale", card: "new", lines: [{ amount: 500 }] },
        { type: "sale", card: "gold", lines: [{ amount: 2_000 }] },
      ],
    });
    const { out, code } = cachet("programme", "explain", programme, "--events", given);
    expect(code, out).toBe(0);
    const [first, second, third] = out.split(/^event \d+: /m).slice(1) as [string, string, string];
    expect(first).toMatch(/double +multiplied euros: from €1\.00 to €2\.00/);
    expect(first).toMatch(/levels +nothing to do/);
    expect(second).not.toContain("multiplied euros");
    expect(third).toMatch(/levels +multiplied euros: from €1\.00 to €1\.50/);
    expect(third).toMatch(/double +multiplied euros: from €1\.50 to €3\.00/);
    const quickjs = cachet("programme", "explain", programme, "--events", given, "--vm", "quickjs");
    expect(quickjs.out).toBe(out);
  });

  it("explains each rule of each event in words", () => {
    const { out, code } = cachet("programme", "explain", CITY, "--events", events);
    expect(code).toBe(0);
    expect(out).toMatch(/event 1: earns on €3\.80, left to pay €5\.34/);
    expect(out).toMatch(/cagnotte +redeem €12\.00/);
    expect(out).toMatch(/cagnotte +earn €0\.19, paid by the merchant/);
    expect(out).toMatch(/event 2[\s\S]*payout €5\.34/);
    expect(cachet("programme", "eval", CITY, "--events", join(folder, "none.json"))).toMatchObject({
      code: 1,
      err: expect.stringContaining("C-FILE-01"),
    });
  });
});
