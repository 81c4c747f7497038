import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { ROOT } from "../boundaries/sources.ts";

/** Nothing of the checkout is found from here, but for the packages of others. */
const desk = mkdtempSync(join(tmpdir(), "cachet-packed-"));
afterAll(() => rmSync(desk, { recursive: true }));

const at = (...names: readonly string[]): string => join(desk, ...names);

function ran(command: string, ...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(command, args, {
    cwd: desk,
    encoding: "utf8",
    shell: process.platform === "win32",
    env: { ...process.env, LANG: "fr_FR.UTF-8", LC_ALL: "", LC_MESSAGES: "", CACHET_HOME: "" },
  });
  return { code: status, out: stdout, err: stderr };
}

/** Links what a folder of node_modules holds, packages of a scope one by one; TypeScript is no part of an installation. */
function link(from: string, to: string): void {
  if (!existsSync(from)) return;
  mkdirSync(to, { recursive: true });
  for (const name of readdirSync(from)) {
    if (["@cachet", "typescript"].includes(name) || name.startsWith(".")) continue;
    if (name.startsWith("@")) link(join(from, name), join(to, name));
    else symlinkSync(join(from, name), join(to, name), "junction");
  }
}

/** What `npm install` makes of the packed workspaces; the packages of others come from the checkout, for want of a network. */
function install(): void {
  const packed = at("packed");
  mkdirSync(packed);
  const npm = ["pack", "--workspaces", "--prefix", ROOT, "--pack-destination", packed, "--silent"];
  expect(ran("npm", ...npm).code).toBe(0);
  for (const file of readdirSync(packed)) {
    const name = /^cachet-(.+)-\d+\.\d+\.\d+\.tgz$/.exec(file)![1]!;
    const home = at("node_modules", "@cachet", name);
    mkdirSync(home, { recursive: true });
    expect(ran("tar", "-xzf", join(packed, file), "-C", home, "--strip-components", "1").code).toBe(0);
    if (["host", "firmware"].includes(name)) link(join(ROOT, name, "node_modules"), join(home, "node_modules"));
  }
  link(join(ROOT, "node_modules"), at("node_modules"));
  writeFileSync(at("package.json"), "{}\n");
  rmSync(packed, { recursive: true });
}

const cachet = (...args: readonly string[]) =>
  ran(process.execPath, at("node_modules", "@cachet", "host", "bin", "cachet.mjs"), ...args);

describe("the packed packages, in a folder that has nothing else", () => {
  it("are enough for a newcomer: init, edit, check, eval, simulate, image build, and an editor's types", () => {
    const engines = (folder: string) => JSON.parse(readFileSync(join(ROOT, folder, "package.json"), "utf8")).engines;
    expect(engines("host")).toEqual(engines("."));
    install();
    const written = cachet("programme", "init", "--preset", "bakery", "--json");
    expect(written.err).toBe("");
    expect(JSON.parse(written.out)).toMatchObject({ preset: "bakery", language: "found" });
    expect(readdirSync(desk).sort()).toEqual(
      ["README.md", "examples.json", "node_modules", "package.json", "programme.ts", "tsconfig.json"].sort(),
    );
    const first = cachet("programme", "check", "programme.ts");
    expect(first.code, first.err).toBe(0);
    expect(first.out).toContain("programme.ts: ok, 5 examples\n");
    expect(first.out).toContain(
      "types are not checked: TypeScript is not installed here: npm install typescript beside",
    );

    const source = readFileSync(at("programme.ts"), "utf8");
    writeFileSync(at("programme.ts"), source.replace("grid: 10", "grid: 9"));
    const changed = cachet("programme", "check", "programme.ts");
    expect(changed.code).toBe(1);
    expect(changed.err).toMatch(/^error C-PROGRAMME-05: examples\.json: .+, the example says /m);
    writeFileSync(at("programme.ts"), source);

    const sale = { type: "sale", lines: [{ amount: 450 }] };
    writeFileSync(at("events.json"), JSON.stringify({ card: { grille: 9 }, events: [sale] }));
    for (const vm of ["v8", "quickjs"]) {
      const played = cachet("programme", "eval", "programme.ts", "--events", "events.json", "--vm", vm);
      expect(played.code, played.err).toBe(0);
      expect(JSON.parse(played.out).card).toMatchObject({ grille: 0 });
    }
    writeFileSync(at("ventes.csv"), "member,date,items,amount_cents\nA,2027-01-12,2,450\nA,2027-01-13,1,320\n");
    const report = cachet("programme", "simulate", "programme.ts", "--purchases", "ventes.csv");
    expect(report.code, report.err).toBe(0);
    const image = cachet("image", "build", "programme.ts", "-o", "programme.img");
    expect(image.code, image.err).toBe(0);
    expect(image.out).toContain("types are not checked: TypeScript is not installed here");

    const compiler = join(ROOT, "node_modules/typescript/bin/tsc");
    expect(ran(process.execPath, compiler, "-p", desk).out).toBe("");
    writeFileSync(at("programme.ts"), source.replace("euros(3)", "2.5"));
    expect(ran(process.execPath, compiler, "-p", desk).out).toContain(
      "Type 'number' is not assignable to type 'Cents'",
    );
    symlinkSync(join(ROOT, "node_modules/typescript"), at("node_modules", "typescript"), "junction");
    writeFileSync(at("programme.ts"), source.replace("euros(3)", "350"));
    const typed = cachet("programme", "check", "programme.ts");
    expect(typed.code).toBe(1);
    expect(typed.err).toMatch(
      /programme\.ts:\d+:\d+: Type 'number' is not assignable to type 'Cents'; write cents\(250\)/,
    );
    writeFileSync(at("programme.ts"), source);
    const good = cachet("programme", "check", "programme.ts");
    expect(good.code, good.err).toBe(0);
    expect(good.out).not.toContain("types are not checked");
  });
});
