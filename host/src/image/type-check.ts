import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { unknownFactText } from "@cachet/firmware/rules";
import { LANGUAGE } from "./language.ts";
import { COMPILER_OPTIONS } from "./language-config.ts";
import type { FileFault } from "./load.ts";

const RULES = fileURLToPath(import.meta.resolve(LANGUAGE));
/** Three folders above its own file: <package>/src/rules/index.ts. */
const PACKAGE = dirname(dirname(dirname(RULES)));

/** `faults` null: TypeScript was not found, or could not be run; `why` says so, with what to do. */
export type TypeReading =
  | { readonly faults: readonly FileFault[]; readonly why: null }
  | { readonly faults: null; readonly why: string };

/** The compiler that a file's editor would use, else the one beside this command; null where there is none. */
function compilerFor(file: string): string | null {
  for (const from of [resolve(file), import.meta.filename]) {
    try {
      const own = createRequire(from).resolve("typescript/package.json");
      const { bin } = JSON.parse(readFileSync(own, "utf8")) as { readonly bin: { readonly tsc: string } };
      return join(dirname(own), bin.tsc);
    } catch {
      // The next place may have it.
    }
  }
  return null;
}

/** What an author writes for a type of `quantity.ts`. */
const UNITS: Readonly<Record<string, string>> = {
  Cents: "cents(250) or euros(3)",
  Points: "pts(100)",
  BasisPoints: "percent(5) or basisPoints(250)",
  LocalDate: 'localDate("2027-12-31")',
};

/** What the compiler says, in the words of the language where it has some. */
function problemOf(code: string, message: string): string {
  const fact = /^Property '([\w$]+)' does not exist on type 'Custom(?:Facts|Line|Time)'/.exec(message)?.[1];
  if (fact !== undefined) return unknownFactText(fact);
  const [, given, advice] =
    /^Argument of type '(.+)' is not assignable to parameter of type '"(.+)"'\.$/.exec(message) ?? [];
  if (advice !== undefined) return `${given}: ${advice}`;
  const unit = /is not assignable to (?:parameter of )?type '(\w+)/.exec(message)?.[1];
  const written = unit === undefined ? undefined : UNITS[unit];
  const own = /^TS70(?:06|31)$/.test(code) ? "give it a type: (facts: CustomFacts)" : undefined;
  const next = written === undefined ? own : `write ${written}`;
  return `${message.replace(/\.$/, "")}${next === undefined ? "" : `; ${next}`} (${code})`;
}

const LINE = /^(.+)\((\d+),(\d+)\): error (TS\d+): (.*)$/;

function faultsIn(output: string, folder: string, files: readonly string[]): FileFault[] {
  return output.split(/\r?\n/).flatMap((line): FileFault[] => {
    const [, path, row, column, code, message] = LINE.exec(line) ?? [];
    if (path === undefined) return [];
    const whole = resolve(folder, path);
    if (whole.startsWith(PACKAGE + sep) || whole.includes(`${sep}node_modules${sep}`)) return [];
    const file = files.find((one) => resolve(one) === whole) ?? whole;
    return [{ file, line: Number(row), column: Number(column), problem: problemOf(code!, message!) }];
  });
}

function run(compiler: string, folder: string, files: readonly string[]): TypeReading {
  const config = {
    compilerOptions: {
      ...COMPILER_OPTIONS,
      // Whatever the package.json of the folder says, and wherever the folder lies.
      ...{ module: "ESNext", moduleResolution: "Bundler", moduleDetection: "force", paths: { [LANGUAGE]: [RULES] } },
    },
    files: files.map((file) => resolve(file)),
  };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
  const { status, stdout, error } = spawnSync(process.execPath, [compiler, "-p", folder, "--pretty", "false"], {
    cwd: folder,
    encoding: "utf8",
  });
  if (status === 0) return { faults: [], why: null };
  const faults = faultsIn(stdout ?? "", folder, files);
  if (faults.length > 0) return { faults, why: null };
  const said = (error?.message ?? stdout ?? "").split("\n")[0];
  return { faults: null, why: `TypeScript (${compiler}) did not read it: ${said}` };
}

/**
 * What TypeScript minds in programme files: a float, a plain number or another unit where a quantity is meant, a fact that there is not.
 * It is run where it is found, from a file's own folder or beside this command; it is no part of what `npm install` of Cachet brings.
 */
export function typeCheck(files: readonly string[]): TypeReading {
  const written = files.filter((file) => !file.endsWith(".json"));
  if (written.length === 0) return { faults: [], why: null };
  const compiler = compilerFor(written[0]!);
  if (compiler === null)
    return { faults: null, why: "TypeScript is not installed here: npm install typescript beside the programme" };
  const folder = mkdtempSync(join(tmpdir(), "cachet-types-"));
  try {
    return run(compiler, folder, written);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
