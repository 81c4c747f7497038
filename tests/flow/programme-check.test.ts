import { rmSync } from "node:fs";
import { CARD_MAPS } from "@cachet/card-layout";
import { afterAll, describe, expect, it } from "vitest";
import { type Ended, ProgrammeDesk } from "../fixtures/programme-desk.ts";
import { programmeFile } from "../fixtures/town.ts";

const desk = new ProgrammeDesk("check");
afterAll(() => desk.remove());
const at = (name: string): string => desk.at(name);
const write = (name: string, ...lines: readonly string[]): string => desk.write(name, ...lines);
const check = (...args: readonly string[]): Ended => desk.run(...args);

function checkJson(...args: readonly string[]) {
  const ended = check(...args, "--json");
  return { ...ended, document: JSON.parse(ended.out) };
}

/** A programme with this rule; every field on a line of its own. */
const programme = (number: number, rule: string, ...more: readonly string[]): string[] => [
  'import { basisPoints, cagnotte, cents, percent, prepaid, programme, stamps } from "@cachet/firmware/rules";',
  "export default programme({",
  `  number: ${number},`,
  "  version: 4,",
  '  name: "Essai",',
  '  scope: "shop",',
  "  merchants: {",
  '    7: { name: "Un", role: "earn-and-spend" },',
  '    8: { name: "Deux", role: "earn-and-spend" },',
  '    9: { name: "Trois", role: "earn-only" },',
  "  },",
  ...more,
  "  rules: [",
  `    ${rule},`,
  "  ],",
  "});",
];
const FLASH =
  'stamps({ id: "flash", grid: 2, reward: { kind: "gift", label: "Un pain", value: cents(90), stock: 20 } })';
const CAGNOTTE = 'cagnotte({ id: "tirelire", rate: percent(5), balanceMax: cents(30_000) })';

describe("cachet programme check", () => {
  const [bakery, town, cafe] = ["boulangerie", "ville", "cafe"].map(programmeFile) as [string, string, string];

  it("says how much of what runs out each terminal gives, and all of them together", () => {
    const file = write("flash.programme.ts", ...programme(8, FLASH));
    const line = /stock +flash: at most 20 at each terminal, 3 terminals x 20 = 60 in all\n/;
    expect(check(file).out).toMatch(line);
    expect(check(file).out).toMatch(/assumed: one terminal for each merchant/);
    expect(check(file, "--terminals", "5").out).toMatch(/5 terminals x 20 = 100 in all/);
    expect(checkJson(file).document.programmes[0].stocks).toEqual([
      { name: "flash", pieces: 20, terminals: 3, in_all: 60 },
    ]);
  });

  it("says what each programme is and takes, which media it fits on, and what guards them", () => {
    const { code, document, err } = checkJson(bakery, town);
    expect(err).toBe("");
    expect(code).toBe(0);
    expect(document).toMatchObject({ ok: true, faults: [], assumed: { terminals: "one for each merchant", days: 1 } });
    const [first, second] = document.programmes;
    expect(first).toMatchObject({ file: bakery, number: 11, version: 1, purse_bytes: 2, exposure: null, warnings: [] });
    expect(first.rules).toEqual([{ id: "grille", kind: "stamps" }]);
    expect(second).toMatchObject({ number: 20, purse_bytes: 6, merchants: [1, 2, 3] });
    expect(second.media.map(({ layout }: { layout: number }) => layout)).toEqual(CARD_MAPS.map(({ layout }) => layout));
    const on = (media: { readonly layout: number }[], layout: number) => media.find((row) => row.layout === layout);
    expect(on(first.media, 7)).toEqual({
      ...{ chip: "MF0UL11", layout: 7, roll_back: "prevented", fits: true },
      ...{ area: 0, room_bytes: 3, free_bytes: 1 },
    });
    expect(on(second.media, 1)).toMatchObject({ roll_back: "found at import", fits: true, area: 0, free_bytes: 1 });
    expect(on(second.media, 7)).toMatchObject({ fits: false, why_not: "its largest area has 3 of 6 bytes" });
    expect(on(document.together, 1)).toMatchObject({ fits: true, places: [{ area: 1 }, { area: 0 }] });
    expect(on(document.together, 5)).toMatchObject({ fits: false, places: [{ area: null }, { area: 0 }] });
    expect(JSON.stringify(document)).not.toMatch(/price|EUR|€/);
  });

  it("counts the exposure from merchants and one day, or from what is said", () => {
    const capped = write("capped.programme.ts", ...programme(40, CAGNOTTE, "  offlineCap: cents(1500),"));
    const alone = check(capped);
    expect(alone.code, alone.err).toBe(0);
    expect(alone.out).toContain(
      "terminals not synced x cap x days to rotate = 3 terminals x 15,00 € x 1 day = 45,00 €",
    );
    expect(alone.out).toContain("assumed: one terminal for each merchant of a programme is without contact");
    expect(alone.out).not.toContain("warning");
    const told = checkJson(cafe, "--terminals", "12", "--days", "30");
    expect(told.document.assumed).toEqual({ terminals: 12, days: 30 });
    expect(told.document.programmes[0].exposure).toEqual({
      ...{ terminals: 12, days: 30, cap_cents: 2_000, balance_max_cents: 5_000 },
      cents: 720_000,
    });
  });

  it("says what a copy takes where there is no cap, and warns where only the import would find it", () => {
    const open = check(write("open.programme.ts", ...programme(41, CAGNOTTE)));
    expect(open.code, open.err).toBe(0);
    expect(open.out).toContain("no cap: up to the balance limit of each copied card, 300,00 €");
    expect(open.out).toMatch(/warning: rule "tirelire": .*NTAG213, NTAG215, NTAG216.*set offlineCap/);
    const guarded = check(write("guarded.programme.ts", ...programme(42, CAGNOTTE, '  media: ["MF0UL21"],')));
    expect(guarded.out).not.toContain("warning");
    expect(guarded.out).toMatch(/NTAG215, layout 3 .*does not fit: the programme does not name it/);
    const generous = CAGNOTTE.replace("percent(5)", "basisPoints(1250)");
    const given = check(write("generous.programme.ts", ...programme(43, generous, "  offlineCap: cents(1500),")));
    expect(given.out).toContain('warning: rule "tirelire": 12.5 % is above the usual 10 %');
    expect(given.code).toBe(0);
  });

  it("refuses a programme that does not fit its media, and names those that it fits on", () => {
    const ended = check(write("small.programme.ts", ...programme(44, CAGNOTTE, '  media: ["MF0UL11"],')));
    expect(ended.code).toBe(1);
    expect(ended.err).toMatch(/^error C-PROGRAMME-01: .*small\.programme\.ts:12: media: the purses take 4 bytes/);
    expect(ended.err).toContain("the largest area of MF0UL11 has 3; they fit on NTAG213, NTAG215, NTAG216, MF0UL21");
    expect(ended.err).toMatch(/\n {2}State: .+\n {2}Next: {2}.+/);
  });

  it("refuses programmes that find no card together, and says where each would", () => {
    const media = '  media: ["MF0UL21"],';
    const files = [45, 46].map((number) =>
      write(`shared-${number}.programme.ts`, ...programme(number, CAGNOTTE, media)),
    );
    const { code, document, err } = checkJson(...files);
    expect(code).toBe(1);
    expect(err).toBe("");
    expect(document).toMatchObject({ ok: false, faults: [], error: { code: "C-PROGRAMME-02" } });
    expect(document.error.next).toContain("programme 45 alone fits on MF0UL21");
    expect(document.programmes).toHaveLength(2);
    expect(check(files[0]!).code).toBe(0);
  });

  it("names every fault of every file, with the line where it shows", () => {
    const wrong = write(
      "wrong.programme.ts",
      ...programme(47, 'cagnotte({ id: "tirelire", rate: 20_000, balanceMax: 0 })', "  offlineCap: 0,", "  ofline: 1,"),
    );
    const ended = check(wrong, bakery);
    expect(ended.code).toBe(1);
    expect(ended.out).toContain("boulangerie.programme.ts: ok");
    const faults = ended.err.split("\n").filter((line) => line.startsWith(wrong));
    expect(faults.map((line) => line.slice(wrong.length))).toEqual([
      ':13: there is no field "ofline"',
      expect.stringMatching(/^:12: offlineCap must be/),
      expect.stringMatching(/^:15: rule "tirelire": rate must be/),
      expect.stringMatching(/^:15: rule "tirelire": balanceMax must be/),
    ]);
    expect(ended.err).toContain("error C-PROGRAMME-01: 4 faults in 1 of 2 programme files");
    const { document } = checkJson(wrong, bakery);
    expect(document.faults).toHaveLength(4);
    expect(document.faults[1]).toMatchObject({ file: wrong, line: 12 });
    expect(document.programmes.map(({ number }: { number: number }) => number)).toEqual([11]);
  });

  it("names the line of what is no TypeScript, throws, or is plain data", () => {
    const broken = write("broken.programme.ts", "", "export default {;");
    expect(check(broken).err).toContain("broken.programme.ts:2:17: Expected identifier");
    const throwing = write("throwing.programme.ts", ...programme(48, CAGNOTTE.replace("percent(5)", "percent(2.5)")));
    expect(check(throwing).err).toContain("throwing.programme.ts:13: 2.5 is not whole; write basisPoints(250)");
    const plain = write("plain.programme.ts", "export default {", "  number: 0,", "  rules: [],", "};");
    expect(check(plain).err).toMatch(/plain\.programme\.ts:2: number must be 1 to 65535/);
    const deep = ["  merchants: {", "    7: {", '      name: "Un",', "    },", "  },"];
    const nameless = write("nameless.programme.ts", "export default {", "  number: 3,", ...deep, "  rules: [],", "};");
    expect(check(nameless).err).toContain(`${nameless}: name must have`);
    const none = write("none.programme.ts", "export const nothing = 1;");
    expect(check(none).err).toContain("the file does not end with: export default programme");
  });

  it("refuses one number in two files, a missing file, and words that do not fit", () => {
    const twice = check(town, town);
    expect(twice.code).toBe(1);
    expect(twice.err).toMatch(/^error C-PROGRAMME-01: .*ville\.programme\.ts:5: programme number 20 stands twice/);
    expect(check(at("absent.ts")).err).toMatch(/^error C-FILE-01/);
    for (const option of [
      ["--terminals", "0"],
      ["--days", "1.5"],
      ["--days", "367"],
    ])
      expect(check(town, ...option)).toMatchObject({ code: 2, err: expect.stringMatching(/^error C-USAGE-01/) });
  });
});

describe("types of a programme file", () => {
  const image = (file: string): Ended => desk.runAs(["image", "build"], file, "-o", at("typed.img"));

  it("that do not fit are faults of check and of image build: a plain number, a float, another unit", () => {
    const wrong = write("units.ts", ...programme(70, CAGNOTTE.replace("cents(30_000)", "30_000")));
    const ended = check(wrong);
    expect(ended.code).toBe(1);
    expect(ended.err).toContain(
      `error C-PROGRAMME-01: ${wrong}:13:50: Type 'number' is not assignable to type 'Cents'`,
    );
    expect(ended.err).toContain("write cents(250) or euros(3)");
    expect(image(wrong)).toMatchObject({ code: 1, err: expect.stringContaining(`error C-IMAGE-01: ${wrong}:13:50: `) });
    const other = write("other.ts", ...programme(71, CAGNOTTE.replace("cents(30_000)", "percent(5)")));
    expect(check(other).err).toContain(`${other}:13:50: Type 'BasisPoints' is not assignable to type 'Cents'`);
    const float = write("float.ts", ...programme(72, CAGNOTTE.replace("cents(30_000)", "cents(2.5)")));
    expect(checkJson(float).document.faults).toHaveLength(1);
    expect(checkJson(write("good.ts", ...programme(73, CAGNOTTE))).document).toMatchObject({
      ok: true,
      types: "checked",
    });
  });

  it("are told beside the other faults, once for a line, and of files that it imports", () => {
    write("amounts.ts", "export const most: number = 30_000;");
    const file = write(
      "several.ts",
      'import { most } from "./amounts.ts";',
      ...programme(74, CAGNOTTE.replace("cents(30_000)", "most"), "  offlineCap: cents(0),", "  exclude: [3],"),
    );
    const lines = check(file)
      .err.split("\n")
      .filter((line) => line.startsWith(file));
    expect(lines.map((line) => line.slice(file.length))).toEqual([
      expect.stringMatching(/^:14: exclude must be/),
      expect.stringMatching(/^:13: offlineCap must be/),
      expect.stringMatching(/^:16:50: Type 'number' is not assignable to type 'Cents'/),
    ]);
    write("amounts.ts", 'export const most: number = "many";');
    expect(check(file).err).toContain(`${at("amounts.ts")}:1:14: Type 'string' is not assignable to type 'number'`);
  });
});

describe("a programme file that misbehaves", () => {
  it.each([
    { what: "ends the program", line: "process.exit(0);", said: "process: a programme knows nothing but its facts" },
    {
      what: "prints something",
      line: 'console.log("hello");',
      said: "console: a programme knows nothing but its facts",
    },
    { what: "throws nothing at all", line: "throw null;", said: "null" },
    { what: "waits", line: "await new Map();", said: "await: a programme waits for nothing" },
    { what: "never ends", line: "for (;;) {}", said: "does not come to its end" },
    {
      what: "never ends and catches",
      line: "for (;;) { try { for (;;) {} } catch {} }",
      said: "does not come to its end",
    },
  ])("$what: refused with its name", ({ line, said }) => {
    const file = write("strange.ts", line, ...programme(5, CAGNOTTE));
    const { code, document } = checkJson(file);
    expect(code).toBe(1);
    expect(JSON.stringify(document)).toContain(said);
  });

  it("throws in the middle: the line is the author's, whatever became of the file", () => {
    const file = write(
      "throws.ts",
      ...["interface Gone {", "  readonly a: number;", "}", "const given: Gone = { a: 1 };"],
      ...["", 'if (given.a > 0) throw new Error("no such shop");', ...programme(5, CAGNOTTE)],
    );
    expect(check(file).err).toContain("throws.ts:6: no such shop");
  });
});

describe("examples beside a programme", () => {
  const sale = { type: "sale", lines: [{ amount: 1_000 }] };
  const example = (title: string, earned: number) => ({
    ...{ title, card: {}, events: [sale, sale], expect: [{ payable: 1_000 }, { earned: { tirelire: earned } }] },
  });
  const examples = (name: string, ...them: readonly unknown[]): string => write(name, JSON.stringify(them));
  const MEDIA = '  media: ["MF0UL21"],';

  it("are played: how many there are is said", () => {
    const file = write("played.programme.ts", ...programme(50, CAGNOTTE, MEDIA));
    expect(check(file).out).toContain(`${file}: ok\n`);
    const beside = examples("played.examples.json", example("un", 50), example("deux", 50));
    expect(check(file).out).toContain(`${file}: ok, 2 examples\n`);
    expect(checkJson(file).document.programmes[0].examples).toEqual({ file: beside, count: 2, differences: [] });
  });

  it("that come out otherwise fail, the first one by name with both answers", () => {
    const file = write("wrong.ts", ...programme(51, CAGNOTTE, MEDIA));
    const beside = examples("wrong.examples.json", example("un", 50), example("deux", 60), example("trois", 70));
    const { code, out, err } = check(file);
    expect(code).toBe(1);
    expect(out).not.toContain(": ok");
    const said = 'deux, event 2: earned is {"tirelire":50}, the example says {"tirelire":60}';
    expect(err).toContain(`error C-PROGRAMME-05: ${beside}: ${said}\n`);
    expect(err).toContain("State: 2 of 3 examples came out otherwise");
    const { document } = checkJson(file);
    expect(document).toMatchObject({ ok: false, error: { code: "C-PROGRAMME-05" } });
    expect(document.programmes[0].examples.differences).toHaveLength(2);
  });

  it("of the folder are those of a programme without any of its own, and are named where they cannot be read", () => {
    const file = write("none.ts", ...programme(52, CAGNOTTE, MEDIA));
    const beside = examples("examples.json", example("un", 50));
    expect(check(file).out).toContain(`${file}: ok, 1 example\n`);
    examples("examples.json", { ...example("un", 50), expect: [] });
    expect(check(file)).toMatchObject({
      code: 1,
      err: expect.stringContaining(`C-PROGRAMME-06: ${beside}: example "un"`),
    });
    write("examples.json", "[");
    expect(check(file)).toMatchObject({ code: 1, err: expect.stringContaining(`C-PROGRAMME-06: ${beside}: `) });
    expect(checkJson(file).document).toMatchObject({ error: { code: "C-PROGRAMME-06" } });
    rmSync(beside);
  });
});

describe("what the law and common sense mind", () => {
  const SHORT = CAGNOTTE.replace("balanceMax: cents(30_000)", "validity: { days: 7 }");
  const MEDIA = '  media: ["MF0UL21"],';
  const image = (file: string): Ended => desk.runAs(["image", "build"], file, "-o", at("limits.img"));

  it("is refused with line and source, by check and by image build; a reason lets it pass", () => {
    const file = write("short.ts", ...programme(60, SHORT, "  offlineCap: cents(1500),"));
    const said = `${file}:14: rule "tirelire": validity of 7 days is under a month`;
    const ended = check(file);
    expect(ended).toMatchObject({ code: 1, out: "" });
    expect(ended.err).toContain(`error C-PROGRAMME-01: ${said}`);
    expect(ended.err).toContain("article L. 212-1 of the French consumer code");
    expect(image(file)).toMatchObject({ code: 1, err: expect.stringContaining(`error C-IMAGE-01: ${said}`) });
    const meant = write(
      "meant.ts",
      ...programme(61, SHORT.replace("days: 7", 'days: 7, reason: "fête"'), "  offlineCap: cents(1500),"),
    );
    expect(check(meant).code).toBe(0);
    expect(image(meant).code).toBe(0);
  });

  it("is a warning with its source, and what is unsettled is named with the field", () => {
    const file = write("open.ts", ...programme(62, CAGNOTTE.replace("percent(5)", "percent(12)"), MEDIA));
    const { code, out } = check(file);
    expect(code).toBe(0);
    expect(out).toContain('  warning: rule "tirelire": 12 % is above the usual 10 % (usage of the trade)\n');
    expect(out).toMatch(/ {2}unsettled: rule "tirelire": it pays like .+ settle it with pays: tender \| discount\n/);
    const [one] = checkJson(file).document.programmes;
    expect(one.unsettled.map(({ field }: { field: string }) => field)).toEqual([
      "spentPolicy",
      "rounding",
      "basis",
      "pays",
    ]);
    expect(one.warnings).toHaveLength(1);
  });

  it("names a date after the years that time zones are known for; explain and simulate say it of what lies there", () => {
    const late = CAGNOTTE.replace("balanceMax", 'when: { until: localDate("2048-07-01") }, balanceMax');
    const file = write(
      "late.ts",
      ...programme(65, late, MEDIA).map((line) => line.replace("{ basis", "{ localDate, basis")),
    );
    expect(check(file).out).toContain(
      'warning: rule "tirelire": when.until is 2048-07-01, and time zones are known to the end of 2045',
    );
    const events = ["2045-07-01", "2046-07-01"].map((day) => ({
      ...{ type: "sale", at: `${day}T10:00:00+02:00`, lines: [{ amount: 1_000 }] },
    }));
    const given = write("late-events.json", JSON.stringify({ events }));
    const told = desk.runAs(["programme", "explain"], file, "--events", given).out;
    expect(told.split("the table of time zones ends with 2045")).toHaveLength(2);
    expect(told.indexOf("the table of time zones")).toBeGreaterThan(told.indexOf("event 2"));
    const bought = (day: string) => write("late.csv", "member,date,items,amount_cents", `a,${day},1,1000`);
    const simulate = (day: string) => desk.runAs(["programme", "simulate"], file, "--purchases", bought(day)).out;
    expect(simulate("2046-01-01")).toContain("fuseaux horaires sont connus jusqu'à fin 2045");
    expect(simulate("2045-12-31")).not.toContain("fuseaux");
  });

  it("keeps conditions that tell other rules from being used", () => {
    const file = write("told.ts", ...programme(63, CAGNOTTE, MEDIA));
    const conditions = at("told.conditions.md");
    const sheet = () => desk.runAs(["programme", "sheet"], file, "-o", conditions, "--lang", "en");
    expect(sheet().code).toBe(0);
    expect(check(file).code).toBe(0);
    write("told.ts", ...programme(63, CAGNOTTE.replace("percent(5)", "percent(6)"), MEDIA));
    const stale = check(file);
    expect(stale.code).toBe(1);
    expect(stale.err).toMatch(
      /told\.conditions\.md: customers are not told ".*6 ?%.*": write it anew with cachet programme sheet/,
    );
    expect(image(file).err).toContain("error C-IMAGE-01");
    expect(sheet().code).toBe(0);
    expect(check(file).code).toBe(0);
  });

  it("names rules that changed under the same version", () => {
    const [a, b] = ["percent(5)", "percent(6)"].map((rate, i) =>
      write(`version-${i}.ts`, ...programme(64, CAGNOTTE.replace("percent(5)", rate), MEDIA)),
    ) as [string, string];
    const diff = (...files: readonly string[]) => desk.runAs(["programme", "diff"], ...files);
    expect(diff(a, a).code).toBe(0);
    expect(diff(a, b)).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^error C-PROGRAMME-07: .+ version 4 of programme 64/),
    });
    expect(JSON.parse(diff(a, b, "--json").out)).toMatchObject({ error: { code: "C-PROGRAMME-07" } });
    const fresh = programme(64, CAGNOTTE.replace("percent(5)", "percent(6)"), MEDIA).map((line) =>
      line.replace("version: 4", "version: 5"),
    );
    expect(diff(a, write("version-2.ts", ...fresh)).code).toBe(0);
  });

  it("tells a second discount as one that is new, and the first one by what is new of it", () => {
    const off = (id: string) => `discount({ id: "${id}", off: { rate: percent(5) } })`;
    const [a, b] = [off("pain"), `${off("vin")}, ${off("pain")}`].map((rules, i) =>
      write(
        `discounts-${i}.ts`,
        ...programme(66, rules).map((line) =>
          line.replace("{ basis", "{ discount, basis").replace("version: 4", `version: ${4 + i}`),
        ),
      ),
    ) as [string, string];
    const { code, out, err } = desk.runAs(["programme", "diff"], a, b, "--json");
    expect(code, err).toBe(0);
    const told = JSON.parse(out).changes.map((one: Record<string, unknown[]>) => [
      ...[one.heading, one.before!.length, one.now!.length],
    ]);
    expect(told).toEqual([
      [expect.stringContaining("pain"), 0, 1],
      [expect.stringContaining("vin"), 0, 4],
    ]);
  });
});
