import { describe, expect, it } from "vitest";
import { type Import, importsOf, sourceFiles } from "./sources.ts";

/** Rooms of the house, and the rooms each may import from. The picture is in docs/architecture.md. */
const MAY: Readonly<Record<string, readonly string[]>> = {
  "card-layout": [],
  "firmware/hal": [],
  "firmware/wire": ["card-layout"],
  "firmware/rules": ["card-layout"],
  "firmware/journal": ["firmware/hal", "firmware/wire", "card-layout"],
  "firmware/app": ["firmware/hal", "firmware/wire", "firmware/rules", "firmware/journal", "card-layout"],
  "firmware/counter": ["firmware/hal", "card-layout"],
  "firmware/supervisor": ["firmware/hal", "firmware/wire", "firmware/journal", "card-layout"],
  "firmware/ports": ["firmware/counter", "firmware/hal", "firmware/wire", "firmware/supervisor", "card-layout"],
  "terminal-sim": ["firmware/counter", "firmware/hal", "firmware/wire", "firmware/supervisor", "card-layout"],
  "host/ports": ["card-layout", "firmware/wire"],
  "host/keys": ["host/ports", "card-layout", "firmware/wire"],
  "host/image": ["host/ports", "card-layout", "firmware/wire", "firmware/rules"],
  "host/cards": ["host/ports", "card-layout"],
  "host/link": ["host/ports", "card-layout", "firmware/wire"],
  "host/office": ["host/ports", "card-layout", "firmware/wire", "firmware/rules"],
  "host/workbench": ["host/office", "card-layout", "firmware/rules"],
  "host/cli": [
    "host/ports",
    "host/keys",
    "host/image",
    "host/cards",
    "host/link",
    "host/office",
    "host/workbench",
    "card-layout",
    "firmware/counter",
    "firmware/hal",
    "firmware/wire",
    "firmware/rules",
  ],
};

/** Packages from outside that a room may use; `node:` modules belong to host and simulator alone. */
const OUTSIDE: Readonly<Record<string, readonly string[]>> = {
  "firmware/wire": ["@scure/base"],
  "firmware/supervisor": ["@noble/ciphers", "@noble/curves", "@noble/hashes", "fflate"],
  "terminal-sim": ["qr", "quickjs-emscripten", "@lydell/node-pty", "node:"],
  "host/ports": ["node:", "serialport", "kysely", "pg"],
  "host/office": ["kysely"],
  "host/cards": ["@noble/curves"],
  "host/image": ["acorn", "esbuild", "node:"],
  "host/workbench": ["echarts"],
  "host/cli": ["commander", "yaml", "node:"],
};

function roomOf(path: string): string | null {
  const own = /^(card-layout|terminal-sim)\/src\//.exec(path);
  if (own !== null) return own[1]!;
  if (path.startsWith("firmware/ports/")) return "firmware/ports";
  const inside = /^(firmware|host)\/src\/([^/]+)\//.exec(path);
  if (inside !== null) return `${inside[1]}/${inside[2]}`;
  if (path === "@cachet/card-layout") return "card-layout";
  if (path === "@cachet/terminal-sim") return "terminal-sim";
  const exported = /^@cachet\/firmware\/(\w+)$/.exec(path);
  return exported === null ? null : `firmware/${exported[1]}`;
}

const all: Import[] = sourceFiles().flatMap(importsOf);

describe("imports go one way", () => {
  it("every source file lies in a known room", () => {
    for (const file of sourceFiles())
      if (!file.endsWith("src/index.ts")) expect(MAY, file).toHaveProperty(roomOf(file) ?? "?");
  });

  it("a room imports only from the rooms below it", () => {
    const wrong = all.filter(({ from, to }) => {
      const [here, there] = [roomOf(from), roomOf(to)];
      if (here === null || there === null || here === there) return false;
      // The simulator is reached through one file, lazily; its types may be named beside it.
      if (there === "terminal-sim" && here === "host/cli") return false;
      return !MAY[here]!.includes(there);
    });
    expect(wrong).toEqual([]);
  });

  it("packages from outside stay in their rooms", () => {
    const wrong = all.filter(({ from, to }) => {
      const here = roomOf(from);
      if (here === null || roomOf(to) !== null || /^(card-layout|firmware|host|terminal-sim)\//.test(to)) return false;
      return !(OUTSIDE[here] ?? []).some((known) => to.startsWith(known));
    });
    expect(wrong).toEqual([]);
  });

  it("only the sim command loads the simulator, and only when it runs", () => {
    const loads = all.filter(
      ({ to, typeOnly, from }) => to === "@cachet/terminal-sim" && !typeOnly && from.startsWith("host/"),
    );
    expect(loads.map(({ from, lazy }) => ({ from, lazy }))).toEqual([{ from: "host/src/cli/sim.ts", lazy: true }]);
  });

  it("nobody imports scripts or tests, and no package names itself", () => {
    const wrong = all.filter(
      ({ from, to }) =>
        /^(scripts|tests)\//.test(to) || (to.startsWith("@cachet/") && from.startsWith(`${to.split("/")[1]}/`)),
    );
    expect(wrong).toEqual([]);
  });

  it("no file imports itself round a circle, not even by its types", () => {
    const imports = new Map<string, string[]>();
    for (const { from, to } of all) imports.set(from, [...(imports.get(from) ?? []), to]);
    const done = new Set<string>();
    const circles: string[][] = [];
    const visit = (file: string, path: readonly string[]): void => {
      if (path.includes(file)) circles.push([...path.slice(path.indexOf(file)), file]);
      if (path.includes(file) || done.has(file)) return;
      for (const next of imports.get(file) ?? []) visit(next, [...path, file]);
      done.add(file);
    };
    for (const file of imports.keys()) visit(file, []);
    expect(circles).toEqual([]);
  });

  it("sees imports at all", () => {
    expect(all.length).toBeGreaterThan(150);
    expect(all.filter(({ typeOnly }) => typeOnly).length).toBeGreaterThan(20);
  });
});
