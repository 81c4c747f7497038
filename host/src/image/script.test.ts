import { customSteps } from "@cachet/firmware/rules";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readScript } from "./script.ts";

/** What is said of a script, each with its line and column. */
function said(source: string): string[] {
  const reading = readScript(source);
  return reading.ok ? [] : reading.faults.map(({ line, column, problem }) => `${line}:${column} ${problem}`);
}

/** Runs the compiled script and calls the function `f` that it ends with. */
function run(source: string, steps: number, ...args: readonly unknown[]) {
  const reading = readScript(source);
  if (!reading.ok) throw new Error(said(source).join("\n"));
  const body = reading.code.replace(/^import \{ customSteps as cachet\$ \} from "[^"]+"; /, '"use strict"; ');
  const made = new Function("cachet$", `${body}\nreturn f;`)(customSteps) as (...given: readonly unknown[]) => unknown;
  const ended = customSteps.metered(steps, () => made(...args));
  return { ...ended, used: steps - ended.left };
}

const inside = (body: string): string => `const f = (facts) => { ${body} };`;

describe("a programme's script", () => {
  it.each([
    ["Date.now()", /^1:30 Date: there is no clock/],
    ["new Date()", /Date: there is no clock/],
    ["performance.now()", /performance: there is no clock/],
    ["Math.random()", /Math\.random: .* no chance/],
    ["Math.sqrt(2)", /Math\.sqrt: only Math\.abs, Math\.ceil/],
    ["Math", /Math: only Math\.abs/],
    ["Math['random']()", /Math: only/],
    ["new Intl.Collator()", /Intl: there is no locale/],
    ["(1234).toLocaleString()", /toLocaleString\(\): there is no locale/],
    ["'a'.localeCompare('b')", /localeCompare\(\): there is no locale/],
    ["facts.lines.sort()", /sort\(\): engines compare in different orders/],
    ["'a'.repeat(1000)", /repeat\(\): no such method/],
    ["facts[facts.x]()", /a method goes by its name/],
    ["0.5", /0\.5: no whole number/],
    ["1e30", /1e\+30: no whole number/],
    ["10n", /10n: write a plain whole number/],
    ["facts.a / 2", /\/: it leaves fractions; write wholeDiv/],
    ["facts.a ** 2", /\*\*: its result is not always whole/],
    ["+facts.a", /\+: not in the language/],
    ["/a+/", /any number of steps/],
    ["`$\u007bfacts.a}`", /puts no text together/],
    ["fetch('x')", /fetch: a programme knows nothing but its facts/],
    ["process.env", /process: /],
    ["globalThis.x", /globalThis: /],
    ["eval('1')", /eval: a programme does not make code/],
    ["new Function('1')", /Function: a programme does not make code/],
    ["[].constructor", /\.constructor: a programme does not make code/],
    ["Promise.resolve(1)", /Promise: a programme waits for nothing/],
    ["import('x')", /import\(\): a programme waits/],
    ["(async () => 1)()", /async: a programme waits/],
    ["(function* () { yield 1; })()", /function\*: a programme waits/],
    ["new Array(10)", /Array: only Array\.isArray/],
    ["new WeakMap()", /WeakMap: there is no such thing/],
    ["Symbol.iterator", /Symbol: there is no such thing/],
    ["this", /this: a function sees its facts/],
    ["'a' in facts", /in: write a Map/],
    ["delete facts.a", /delete: not in the language/],
    ["import.meta", /import\.meta: /],
  ])("%s is refused, with its place", (expression, problem) => {
    expect(said(inside(`return ${expression};`)).join("\n")).toMatch(problem);
  });

  it.each([
    ["for (const key in facts) {}", /for \.\.\. in: the order is the engine's/],
    ["var a = 1;", /var: write const or let/],
    ["class A {}", /class: a programme is made of functions/],
    ["facts.list[0] = 1;", /a place in a list or object is not set by its index/],
    ["facts.list.length = 9;", /the length of a list is not set/],
    ["const [a] = [1]; [facts.a] = [a];", /several values at once/],
    ["const g = (a = facts.b()) => a;", /a usual value is a plain number/],
    ["const { a = g() } = facts; function g() {}", /a usual value is a plain number/],
    ["const cachet$ = 1;", /names that begin with cachet\$ are taken/],
    ["const [a, ...b] = facts.list;", /what is left is not taken apart/],
    ["const { a, ...b } = facts;", /what is left is not taken apart/],
    ["const G = () => 1; new G();", /new: only Map/],
    ["Object.fromEntries([]);", /Object\.fromEntries: only/],
    ["label: while (true) { break label; } with_;", /with_: there is no such thing/],
  ])("%s is refused", (statement, problem) => {
    expect(said(inside(statement)).join("\n")).toMatch(problem);
  });

  it.each([
    ["let count = 0; const f = () => { count += 1; };"],
    ["let count = 0; const f = () => count++;"],
    ["const count = []; const f = () => { count.push(1); };"],
    ["const seen = new Set(); const f = () => { seen.add(1); };"],
    ["const kept = { last: 0 }; const f = () => { kept.last = 1; };"],
    ["const kept = { list: [] }; const f = () => [1].forEach((one) => { kept.list.push(one); });"],
    ["const next = (() => { let n = 0; return () => { n += 1; return n; }; })(); const f = () => next();"],
  ])("what one visit would leave to the next is refused: %s", (source) => {
    expect(said(source).join("\n")).toMatch(/remembered/);
  });

  it("what belongs to the call itself may change, in its callbacks too", () => {
    const source =
      "const f = (list) => { let n = 0; const all = []; list.forEach((one) => { n += one; all.push(n); }); return all; };";
    expect(run(source, 100, [1, 2, 3])).toMatchObject({ threw: false, value: [1, 3, 6] });
  });

  it.each([
    ["const table = { list: [[1]] };", "const mine = table.list.at(0); mine.push(2);"],
    ["const table = { last: { day: 1 } };", "const { last } = table; last.day = 2;"],
    ["const seen = new Set();", "const mine = seen; mine.add(2);"],
    ["const table = new Map([[1, [1]]]);", "const mine = table; mine.set(1, 2);"],
    ["const table = new Map([[1, [1]]]);", "const list = table.get(1); list.push(2);"],
    ["function g() {}", "const mine = g; mine.last = 2;"],
  ])("what the file keeps is frozen, by another name too: %s %s", (kept, body) => {
    const ended = run(`${kept} const f = () => { ${body} };`, 100);
    expect(ended).toMatchObject({ threw: true, error: expect.any(TypeError) });
  });

  it("imports nothing but the language and files of its own", () => {
    expect(said('import { readFileSync } from "node:fs"; readFileSync();')).toEqual([
      expect.stringMatching(/^1:29 "node:fs": a programme imports @cachet\/firmware\/rules and files of its own/),
    ]);
    expect(said('import { table } from "./table.ts"; table;')).toEqual([]);
    expect(said('export * from "node:fs";').join()).toMatch(/ExportAllDeclaration/);
    for (const word of ["customSteps", "evaluate"])
      expect(said(`import { ${word} } from "@cachet/firmware/rules"; ${word};`).join()).toContain(
        `${word}: a programme`,
      );
    expect(said('import * as all from "@cachet/firmware/rules"; all;').join()).toContain("*: a programme");
  });

  it("data beside the functions may be put together freely, but for fractions", () => {
    expect(
      said(
        'const names = ["a", "b"].map((one) => one); const label = `of $\u007bnames.length}`; const both = "a" + label; both;',
      ),
    ).toEqual([]);
    expect(said("const half = 1 / 2; half;").join()).toMatch(/\/: it leaves fractions/);
    expect(said("const half = 0.5; half;").join()).toMatch(/0\.5: no whole number/);
    // Told by the word that it is given to, and what to write instead.
    expect(said('import { percent } from "@cachet/firmware/rules"; percent(2.5);')).toEqual([]);
  });
});

describe("steps of a programme's function", () => {
  it.each([
    ["const f = () => 1;", 1],
    ["const f = () => ({ a: 1 });", 1],
    ["function f() { return [1, 2, 3].map((one) => one * 2); }", 5],
    ["const list = [...'abcdefghijk']; const f = () => list.includes('z');", 3],
    ["const f = () => new Set([1, 2, 3]).size;", 4],
    ["const f = () => ({ ...{ a: 1, b: 2 } });", 3],
    ["const f = () => Object.keys({ a: 1, b: 2 }).length;", 3],
    ["const f = () => undefined?.a.map((one) => one);", 1],
    ["const g = (...all) => all.length; const f = () => g(...[1, 2]);", 4],
    ["function f() { for (let i = 0; i < 5; i += 1); }", 6],
    ["function f() { let i = 0; do i += 1; while (i < 5); }", 6],
    ["function f() { let i = 0; while (i < 5) i += 1; }", 6],
    ["function f() { outer: for (const a of [1, 2]) for (const b of [1, 2]) if (b === 1) continue outer; }", 5],
    ["function f() { const a = [1, 2, 3]; return [...a, ...a]; }", 7],
    ["function f() { return Math.max(...new Set([1, 2]).values()); }", 5],
    ["const g = (a) => a + 1; const f = () => g(g(1)) + 1;", 3],
    ["const f = () => { const o = { g() { return 1; } }; return o.g; };", 1],
  ])("%s takes %i", (source, steps) => {
    const ended = run(source, 1_000);
    expect(ended).toMatchObject({ threw: false, used: steps });
  });

  it.each([
    "const f = () => { for (;;); };",
    "const f = () => { for (;;) { try { for (;;) {} } catch {} } };",
    "const f = () => { for (;;) { try { for (;;) {} } finally { continue; } } };",
    "const g = () => { try { for (;;) {} } catch { return 1; } }; const f = () => { let n = 0; for (;;) n += g(); };",
    "const f = () => { let a = [1]; for (;;) a = [...a, ...a]; };",
    "const f = () => { let a = {}; let i = 0; for (;;) { i += 1; a = { ...a, [i]: i }; } };",
    "const f = () => { const a = [1, 2, 3].slice(); for (;;) a.push(...a); };",
    "const g = (h) => { try { return h(h); } catch { return h(h); } }; const f = () => g(g);",
  ])("%s is stopped", (source) => {
    expect(run(source, 20_000).left).toBeLessThan(0);
  });

  it("a catch at the very end keeps its value, and the steps stay used up", () => {
    const ended = run("const f = () => { try { for (;;) {} } catch { return 7; } };", 50);
    expect(ended).toMatchObject({ threw: false, value: 7, left: -1 });
  });

  it("an error says what it was given to say", () => {
    expect(run('const f = () => { throw new RangeError("no such day"); };', 10)).toMatchObject({
      error: expect.objectContaining({ message: "no such day" }),
    });
  });

  it("functions inside each other end long before any stack does", () => {
    expect(run("const f = () => f();", 20_000)).toMatchObject({ threw: true, error: expect.any(RangeError), used: 51 });
    const after = run(
      "const g = () => g(); const f = () => { let n = 0; for (const i of [1, 2]) { try { g(); } catch { n += i; } } return n; };",
      20_000,
    );
    expect(after).toMatchObject({ threw: false, value: 3 });
  });

  it("text is never added to", () => {
    expect(run("const f = (a) => { let t = a; t += t; return t; };", 100, "ab")).toMatchObject({ threw: true });
    expect(run("const f = (a) => a + 1;", 100, "ab")).toMatchObject({ threw: true });
    expect(run("const f = (o) => { o.n += 2; return o.n; };", 100, { n: 1 })).toMatchObject({ value: 3 });
  });

  it("sums come out as they did before they were compiled", () => {
    const number = fc.integer({ min: -1_000, max: 1_000 });
    const term: fc.Arbitrary<string> = fc.letrec<{ term: string }>((tie) => ({
      term: fc.oneof(
        { maxDepth: 5 },
        number.map((value) => `(${value})`),
        fc.constantFrom("a", "b.c"),
        fc
          .tuple(tie("term"), fc.constantFrom("+", "-", "*", "+ +"), tie("term"))
          .map(([x, op, y]) => (op === "+ +" ? `(${x} + ${y}) + 1` : `${x} ${op} ${y}`)),
        fc.tuple(tie("term"), tie("term"), tie("term")).map(([x, y, z]) => `((${x} > 0) ? ${y} : ${z})`),
        tie("term").map((x) => `((one) => one + ${x})(2)`),
      ),
    })).term;
    fc.assert(
      fc.property(term, number, number, (text, a, c) => {
        const plain = new Function("a", "b", `return ${text};`)(a, { c });
        expect(run(`const f = (a, b) => ${text};`, 1_000, a, { c })).toMatchObject({ threw: false, value: plain });
      }),
      { numRuns: 300 },
    );
  });
});
