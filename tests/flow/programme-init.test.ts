import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as nodePty from "@lydell/node-pty";
import { afterAll, describe, expect, it } from "vitest";
import { ROOT } from "../boundaries/sources.ts";
import { type Ended, expectFailure } from "../fixtures/programme-desk.ts";

const CACHET = join(ROOT, "host/bin/cachet.mjs");
const TEMPLATES = readdirSync(join(ROOT, "host/templates")).sort();
const FILES = ["README.md", "examples.json", "package.json", "programme.ts", "tsconfig.json"];

mkdirSync(join(ROOT, "out"), { recursive: true });
const inside = mkdtempSync(join(ROOT, "out", "init-"));
/** Nothing of the checkout is found from here. */
const outside = mkdtempSync(join(tmpdir(), "cachet-init-"));
afterAll(() => {
  for (const folder of [inside, outside]) rmSync(folder, { recursive: true });
});

const ENV = { ...process.env, LANG: "fr_FR.UTF-8", LC_ALL: "", LC_MESSAGES: "", CACHET_HOME: "" };

function cachet(...args: readonly string[]): Ended {
  const { status, stdout, stderr } = spawnSync(process.execPath, [CACHET, "programme", ...args], {
    cwd: outside,
    encoding: "utf8",
    env: ENV,
  });
  return { code: status, out: stdout, err: stderr };
}

/** Runs the command at a terminal and answers each question; a text that is no answer is typed as it is. */
function answered(answers: readonly string[], ...args: readonly string[]): Promise<Ended> {
  const child = nodePty.spawn(process.execPath, [CACHET, "programme", "init", ...args], {
    ...{ cwd: outside, cols: 160, rows: 50 },
    env: { ...ENV, TERM: "xterm" },
  });
  const left = [...answers];
  let [all, since] = ["", ""];
  child.onData((text) => {
    all += text;
    since += text;
    // biome-ignore lint/suspicious/noControlCharactersInRegex: what a terminal is told beside the text.
    if (!/\n> $/.test(since.replaceAll(/\x1b\[[0-9;]*[A-Za-z]/g, "").replaceAll("\r", ""))) return;
    since = "";
    child.write(left.shift() ?? "\x04");
  });
  return new Promise((resolve) => {
    child.onExit(({ exitCode }) => resolve({ code: exitCode, out: all, err: all.replaceAll("\r", "") }));
  });
}

describe("cachet programme init", () => {
  it.each(TEMPLATES)("writes %s, and check accepts it", (name) => {
    const folder = join(inside, name);
    const written = cachet("init", "--preset", name, folder, "--json");
    expect(written.err).toBe("");
    expect(JSON.parse(written.out)).toMatchObject({ folder, preset: name, language: "found" });
    expect(readdirSync(folder).sort()).toEqual(FILES);
    const file = join(folder, "programme.ts");
    const checked = cachet("check", file);
    expect(checked.code, checked.err).toBe(0);
    const examples = JSON.parse(readFileSync(join(folder, "examples.json"), "utf8")).length;
    expect(examples).toBeGreaterThan(2);
    expect(checked.out).toContain(`${file}: ok, ${examples} examples\n`);
  });

  it("an editor finds the types of all of them, by their own tsconfig.json", () => {
    const own = JSON.parse(readFileSync(join(inside, "bakery", "tsconfig.json"), "utf8"));
    writeFileSync(join(inside, "tsconfig.json"), JSON.stringify({ ...own, include: ["*/programme.ts"] }));
    const compiler = join(ROOT, "node_modules/typescript/bin/tsc");
    const compiled = spawnSync(process.execPath, [compiler, "-p", inside], { encoding: "utf8" });
    expect(compiled.stdout).toBe("");
    expect(compiled.status).toBe(0);
  });

  it("works outside the checkout: makes the folder, links the language, and the programme is checked and built there", () => {
    const folder = join(outside, "new", "shop");
    const written = cachet("init", "--preset", "town", folder);
    expect(written.code, written.err).toBe(0);
    expect(written.out).toContain(`linked: ${join(folder, "node_modules", "@cachet", "firmware")}`);
    expect(written.out).toContain(`next: cachet programme check ${join(folder, "programme.ts")}`);
    expect(readFileSync(join(folder, "programme.ts"), "utf8")).toContain('from "@cachet/firmware/rules"');
    expect(cachet("check", join(folder, "programme.ts")).code).toBe(0);
    const image = join(folder, "town.img");
    const built = spawnSync(process.execPath, [CACHET, "image", "build", join(folder, "programme.ts"), "-o", image]);
    expect(built.status, String(built.stderr)).toBe(0);
    const compiler = join(ROOT, "node_modules/typescript/bin/tsc");
    expect(spawnSync(process.execPath, [compiler, "-p", folder], { encoding: "utf8" }).stdout).toBe("");
    const readme = readFileSync(join(folder, "README.md"), "utf8");
    for (const word of ["check", "sheet", "npm pack", "association de commerçants"]) expect(readme).toContain(word);
    const english = join(outside, "english");
    cachet("init", "--preset", "gym", english, "--lang", "en");
    expect(readFileSync(join(english, "README.md"), "utf8")).toContain("Loyalty programme: gym");
  });

  it("takes the current folder where none is named, and leaves dot files alone", () => {
    const folder = join(outside, "dots");
    mkdirSync(join(folder, ".git"), { recursive: true });
    const command = [CACHET, "programme", "init", "--preset", "photocopies"];
    const { status } = spawnSync(process.execPath, command, { cwd: folder, env: ENV });
    expect(status).toBe(0);
    expect(readdirSync(folder)).toEqual(expect.arrayContaining([".git", ...FILES]));
  });

  it("refuses a folder that is not empty, or is none, and writes nothing", () => {
    const folder = join(outside, "full");
    mkdirSync(folder);
    writeFileSync(join(folder, "mine.txt"), "mine");
    writeFileSync(join(folder, "other.txt"), "mine");
    expectFailure(cachet("init", "--preset", "bakery", folder), 1, "C-PROGRAMME-20", folder, "mine.txt and 1 more");
    expect(readdirSync(folder).sort()).toEqual(["mine.txt", "other.txt"]);
    const none = cachet("init", "--preset", "bakery", join(folder, "mine.txt"));
    expectFailure(none, 1, "C-PROGRAMME-20", "ENOTDIR");
    expectFailure(cachet("init", "--preset", "bakery", join(folder, "mine.txt", "x")), 1, "C-PROGRAMME-20");
  });

  it("refuses a template that nobody knows, and none where nobody can be asked: both list them", () => {
    const folder = join(outside, "nothing");
    expectFailure(cachet("init", "--preset", "pressing", folder), 2, "C-PROGRAMME-21", '"pressing"', ...TEMPLATES);
    expectFailure(cachet("init", folder), 2, "C-PROGRAMME-21", "nobody to ask", ...TEMPLATES);
    const json = cachet("init", folder, "--json");
    expect(JSON.parse(json.out)).toMatchObject({ error: { code: "C-PROGRAMME-21" } });
    expect(json.err).toBe("");
    expectFailure(cachet("init", "a", "b"), 2, "C-USAGE-01");
    expect(existsSync(folder)).toBe(false);
  });
});

describe("cachet programme init at a terminal", () => {
  it("asks goals, clientele, model, support and mechanics, until one template is left", async () => {
    const folder = join(outside, "asked");
    // No such goal; more visits; now and then; any chip; points. The model is one shop for all that are left: not asked.
    const launch = ["Jardins $& Cie\r", "0\r", "4321\r", "12\r", "2\r"];
    const ended = await answered(["9\r", "1\r", "2\r", "\r", "3\r", ...launch], folder);
    expect(ended.code, ended.err).toBe(0);
    const heads = ["Objectif", "un numéro de la liste", "Clientèle", "Support", "Mécanique"];
    const then = ["nom du programme", "numéro du programme", "de 1 à 65535", "achat habituel", "visites par mois"];
    const end = ["written into", "programme adjust", "Simulation sur un an", "Jardins $& Cie"];
    const places: number[] = [];
    for (const head of [...heads, ...then, ...end]) {
      places.push(ended.err.indexOf(head, places.at(-1) ?? 0));
      expect(places.at(-1), head).toBeGreaterThanOrEqual(0);
    }
    expect(ended.err).not.toContain("Modèle");
    const file = join(folder, "programme.ts");
    expect(readFileSync(file, "utf8")).toContain('  number: 4321,\n  version: 1,\n  name: "Jardins $& Cie",\n');
    expect(cachet("check", file)).toMatchObject({ code: 0, out: expect.stringContaining("ok, ") });
    // What it ended with is what the command says of the purchases that it wrote.
    const sample = join(folder, "sample-purchases.csv");
    const simulated = cachet("simulate", file, "--purchases", sample);
    expect(simulated.code).toBe(0);
    // A line of progress is wiped before the next text.
    const lines = (text: string) => text.split("\n").map((line) => line.split("\x1b[2K").at(-1)!.trimEnd());
    expect(lines(ended.err).slice(-lines(simulated.out).length)).toEqual(lines(simulated.out));
    const amounts = readFileSync(sample, "utf8")
      .split("\n")
      .slice(1, -1)
      .map((line) => Number(line.split(",")[3]));
    const mean = amounts.reduce((sum, cents) => sum + cents, 0) / amounts.length;
    expect(mean).toBeGreaterThan(1_100);
    expect(mean).toBeLessThan(1_300);
  });

  it("lists what is left where several answers fit, in English too", async () => {
    const folder = join(outside, "asked-english");
    const usual = ["\r", "\r", "\r", "\r"];
    const ended = await answered(["\r", "\r", "\r", "\r", "1\r", "\r", "2\r", ...usual], folder, "--lang", "en");
    expect(ended.code, ended.err).toBe(0);
    const heads = [
      "Goal",
      "Clientele",
      "Model",
      "Support",
      "Reward mechanics",
      "Template",
      "Launch",
      "Simulation over",
    ];
    for (const head of heads) expect(ended.err).toContain(head);
    // Enter at every question of the launch leaves the template as it is.
    const own = readFileSync(join(ROOT, "host/templates/dry-cleaner/programme.ts"), "utf8");
    expect(readFileSync(join(folder, "programme.ts"), "utf8")).toBe(own);
  });

  it.each([
    ["Ctrl-C", ["1\r", "\x03"]],
    ["Ctrl-D", ["1\r", "\x04"]],
    ["Ctrl-D at the launch", ["9\r", "1\r", "2\r", "\r", "3\r", "\r", "\x04"]],
  ])("left with %s: says so and writes nothing", async (_, keys) => {
    const folder = join(outside, "left");
    expectFailure(await answered(keys, folder), 1, "C-PROGRAMME-22");
    expect(existsSync(folder)).toBe(false);
  });
});

describe("cachet programme adjust", () => {
  const adjusted = (name: string, preset = "garden-centre") => {
    const folder = join(inside, name);
    cachet("init", "--preset", preset, folder);
    return join(folder, "programme.ts");
  };

  it("makes version 2 beside version 1, and cards of version 1 go on under it", () => {
    const file = adjusted("adjust");
    const before = readFileSync(file, "utf8");
    const done = cachet("adjust", file);
    expect(done.code, done.err).toBe(0);
    const old = file.replace("programme.ts", "programme.v1.ts");
    expect(done.out).toContain(`version 2 of programme`);
    expect(done.out).toContain(`cachet programme diff ${old} ${file}`);
    expect(readFileSync(old, "utf8")).toBe(before);
    expect(readFileSync(file, "utf8")).toBe(before.replace("version: 1,", "version: 2,"));
    expect(cachet("check", file).code).toBe(0);
    expect(cachet("check", old).code).toBe(0);
    // A rule changes; a card that was filled under version 1 keeps what it holds.
    writeFileSync(file, readFileSync(file, "utf8").replace("points: pts(1)", "points: pts(3)"));
    expect(cachet("diff", old, file)).toMatchObject({ code: 0, out: expect.stringContaining("avant") });
    const played = (programme: string, card: unknown) => {
      const events = join(inside, "adjust", "events.json");
      const sale = { type: "sale", at: "2026-06-15T12:00:00+02:00", lines: [{ amount: 3_000 }] };
      writeFileSync(events, JSON.stringify({ card, events: [sale] }));
      const ended = cachet("eval", programme, "--events", events);
      expect(ended.code, ended.err).toBe(0);
      return JSON.parse(ended.out).card;
    };
    const filled = played(old, {});
    expect(filled).toMatchObject({ points: { value: 30 }, statut: { spent: 3_000 } });
    expect(played(file, filled)).toMatchObject({ points: { value: 30 + 90 }, statut: { spent: 6_000 } });
    expect(cachet("adjust", file)).toMatchObject({ code: 0, out: expect.stringContaining("version 3") });
  });

  it("takes JSON too, and never overwrites the version that it keeps", async () => {
    const json = join(inside, "adjust.json");
    const written: { readonly default: object } = await import(join(ROOT, "host/templates/bakery/programme.ts"));
    writeFileSync(json, JSON.stringify({ ...written.default, version: 41 }, null, 2));
    expect(JSON.parse(cachet("adjust", json, "--json").out)).toMatchObject({
      version: 42,
      kept: join(inside, "adjust.v41.json"),
    });
    expect(JSON.parse(readFileSync(json, "utf8"))).toMatchObject({ version: 42 });
    expect(JSON.parse(readFileSync(join(inside, "adjust.v41.json"), "utf8"))).toMatchObject({ version: 41 });
    writeFileSync(json, "{}");
    expectFailure(cachet("adjust", json), 1, "C-PROGRAMME-01");
    const own = adjusted("adjust-twice", "bakery");
    writeFileSync(own.replace("programme.ts", "programme.v1.ts"), "mine");
    expectFailure(cachet("adjust", own), 1, "C-FILE-04", "programme.v1.ts");
    expect(readFileSync(own, "utf8")).toContain("version: 1,");
    expect(readFileSync(own.replace("programme.ts", "programme.v1.ts"), "utf8")).toBe("mine");
  });

  it("refuses a file that does not say its version in digits, and one that is not there", () => {
    const own = adjusted("adjust-strange", "bakery");
    writeFileSync(own, readFileSync(own, "utf8").replace("version: 1,", "version: 2 - 1,"));
    expectFailure(cachet("adjust", own), 1, "C-PROGRAMME-23", "by hand");
    expectFailure(cachet("adjust", join(inside, "absent.ts")), 1, "C-FILE-01");
    expectFailure(cachet("adjust"), 2, "C-USAGE-01");
  });
});

describe("cachet programme sheet", () => {
  const file = join(ROOT, "host/templates/bakery/programme.ts");

  it("prints the rules for customers or staff, in French or English", () => {
    const customers = cachet("sheet", file);
    expect(customers.code, customers.err).toBe(0);
    expect(customers.out).toMatch(/^# Carte Boulangerie : les règles\n\nProgramme n° 101, version 1\./);
    expect(customers.out).toContain("à partir de 3,00 € d'achats");
    const staff = cachet("sheet", file, "--for", "staff", "--lang", "en");
    expect(staff.out).toMatch(/^# Carte Boulangerie: sheet for the staff\n/);
    expect(staff.out).toContain("Rule “grille”, paid by whoever gives it.");
  });

  it("writes it into a file, never over the programme, and gives both as JSON", () => {
    const output = join(outside, "sheets", "bakery.md");
    expect(cachet("sheet", file, "-o", output)).toMatchObject({ code: 0, out: `written: ${output}\n` });
    const { out } = cachet("sheet", file, "--json");
    const document = JSON.parse(out);
    expect(document).toMatchObject({ programme: 101, version: 1, for: "customers", lang: "fr", false_promises: [] });
    expect(readFileSync(output, "utf8")).toBe(document.markdown);
    const own = join(inside, "own.ts");
    writeFileSync(own, readFileSync(file));
    expectFailure(cachet("sheet", own, "-o", own), 1, "C-FILE-04", "own.ts");
    expect(readFileSync(own)).toEqual(readFileSync(file));
  });

  it("warns of what is called free although there is a fee", () => {
    const club = '    club({ id: "club", fee: 2_000 }),\n    stamps({';
    const source = readFileSync(file, "utf8")
      .replace("discount, ", "club, discount, ")
      .replace("    stamps({", club)
      .replace("Assortiment de viennoiseries", "Croissant gratuit");
    writeFileSync(join(inside, "club.ts"), source);
    const warned = cachet("sheet", join(inside, "club.ts"));
    expect(warned.code).toBe(0);
    expect(warned.err).toBe('warning: "Croissant gratuit" promises something free, and the club asks a fee\n');
    expect(warned.out).toContain("Le club demande une cotisation de 20,00 € pour 12 mois.");
  });

  it("refuses what is no programme, and words that do not fit", () => {
    const bad = join(inside, "bad.ts");
    writeFileSync(bad, "export default { number: 5, rules: [] };\n");
    expect(cachet("sheet", bad)).toMatchObject({ code: 1, err: expect.stringContaining("error C-PROGRAMME-01") });
    expectFailure(cachet("sheet", join(inside, "absent.ts")), 1, "C-FILE-01");
    expectFailure(cachet("sheet", file, "--for", "nobody"), 2, "C-USAGE-01", "nobody");
    expectFailure(cachet("sheet"), 2, "C-USAGE-01");
  });
});
