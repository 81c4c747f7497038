import { readFile } from "node:fs/promises";
import { SourceMap } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { compileFunction } from "node:vm";
import * as language from "@cachet/firmware/rules";
import {
  build,
  type Location,
  type Message,
  type OnLoadResult,
  type PartialMessage,
  type Plugin,
  transform,
} from "esbuild";
import { LANGUAGE } from "./language.ts";
import { readScript } from "./script.ts";

const RULES = fileURLToPath(import.meta.resolve(LANGUAGE));
const OWN = "programme";

/** Something in the code of a programme that it cannot have. Line from 1, column from 1; null where they are not known. */
export interface CodeFault {
  readonly file: string;
  readonly line: number | null;
  readonly column: number | null;
  readonly problem: string;
}

/** How a programme's file is imported where `ownCode` is at work. */
export const ownImport = (file: string): string => JSON.stringify(`${OWN}:${resolve(file)}`);

/** The place in the author's file of a place in what became of it. Lines from 1, columns from 0. */
function original(
  map: SourceMap,
  line: number,
  column: number,
): { readonly line: number; readonly column: number } | null {
  const entry = map.findEntry(line - 1, column);
  return "originalLine" in entry ? { line: entry.originalLine + 1, column: entry.originalColumn } : null;
}

const messagesOf = (error: unknown): readonly Message[] => {
  const { errors } = error as { readonly errors?: readonly Message[] };
  if (errors === undefined || errors.length === 0) throw error;
  return errors;
};

/** One file of a programme as plain JavaScript whose steps are counted, or everything in it that is not of the language. */
async function compiled(file: string): Promise<OnLoadResult> {
  const source = await readFile(file, "utf8");
  try {
    const { code, map } = await transform(source, {
      loader: "ts",
      sourcefile: file,
      sourcemap: "external",
      target: "es2023",
      // An import that nothing uses is looked at like any other.
      tsconfigRaw: { compilerOptions: { importsNotUsedAsValues: "preserve" } },
    });
    const reading = readScript(code);
    if (!reading.ok) {
      const places = new SourceMap(JSON.parse(map));
      const errors = reading.faults.map(({ line, column, problem }): PartialMessage => {
        const place = original(places, line, column);
        return { text: problem, location: place === null ? { file } : ({ file, ...place } as Location) };
      });
      return { errors };
    }
    const inline = `//# sourceMappingURL=data:application/json;base64,${Buffer.from(map).toString("base64")}`;
    return { contents: reading.code + inline, loader: "js", resolveDir: dirname(file) };
  } catch (error) {
    return { errors: [...messagesOf(error)] };
  }
}

/**
 * Compiles programmes' files for esbuild. `words`: where they find the words that they are written with: `outside`, or in the bundle, where a
 * programme is only filled in; it was checked before.
 */
export const ownCode = (words: "outside" | "bundled"): Plugin => ({
  name: OWN,
  setup({ onResolve, onLoad }) {
    onResolve({ filter: new RegExp(`^${OWN}:`) }, ({ path }) => ({ path: path.slice(OWN.length + 1), namespace: OWN }));
    onResolve({ filter: /.*/, namespace: OWN }, ({ path, importer }) => {
      if (path === LANGUAGE) return words === "outside" ? { path, external: true } : { path, namespace: "words" };
      return { path: join(dirname(importer), path), namespace: OWN };
    });
    onLoad({ filter: /.*/, namespace: OWN }, ({ path }) => compiled(path));
    onLoad({ filter: /.*/, namespace: "words" }, () => ({
      contents: `export * from ${JSON.stringify(RULES)}; export { completed as programme } from ${JSON.stringify(RULES)};`,
      resolveDir: dirname(RULES),
    }));
  },
});

export type CodeReading =
  | { readonly ok: true; readonly exported: unknown }
  | { readonly ok: false; readonly faults: readonly CodeFault[] }
  /** The file is good code, and threw when it was run: at this line, where it is known. */
  | { readonly ok: false; readonly faults: null; readonly threw: unknown; readonly line: number | null };

const faultOf = (file: string, { text, location }: Message): CodeFault => {
  if (location === null) return { file, line: null, column: null, problem: text };
  const where = location.file.replace(new RegExp(`^${OWN}:`), "");
  const known = location.line > 0;
  return {
    file: resolve(where) === resolve(file) ? file : where,
    line: known ? location.line : null,
    column: known ? location.column + 1 : null,
    problem: text,
  };
};

const RUN_AS = "programme-file.js";

/** The line of the author's file that threw, by the stack; null where the stack does not name it. */
function thrownAt(error: unknown, map: string): number | null {
  const stack = error instanceof Error ? (error.stack ?? "") : "";
  const found = new RegExp(`${RUN_AS}:(\\d+):(\\d+)`).exec(stack);
  return found === null
    ? null
    : (original(new SourceMap(JSON.parse(map)), Number(found[1]), Number(found[2]) - 1)?.line ?? null);
}

/** Compiles a programme's file and runs it, with its steps counted, as far as its `export default`. */
export async function readCode(file: string): Promise<CodeReading> {
  try {
    const { outputFiles } = await build({
      stdin: {
        contents: `import * as file from ${ownImport(file)}; export { file };`,
        resolveDir: dirname(resolve(file)),
      },
      plugins: [ownCode("outside")],
      ...{ bundle: true, write: false, format: "cjs", target: "es2023", platform: "neutral", charset: "utf8" },
      ...{ sourcemap: "external", outfile: RUN_AS, logLevel: "silent" },
    });
    const textOf = (end: string) => outputFiles.find(({ path }) => path.endsWith(end))!.text;
    return run(textOf(".js"), textOf(".map"));
  } catch (error) {
    return { ok: false, faults: messagesOf(error).map((message) => faultOf(file, message)) };
  }
}

function run(code: string, map: string): CodeReading {
  const { metered, LOADING_STEPS_MAX } = language.customSteps;
  const module: { exports: { readonly file?: { readonly default?: unknown } } } = { exports: {} };
  const start = compileFunction(code, ["module", "exports", "require"], { filename: RUN_AS });
  const { left, ...ended } = metered(LOADING_STEPS_MAX, () => start(module, module.exports, () => language));
  if (left < 0) return { ok: false, faults: null, threw: new Error("the file does not come to its end"), line: null };
  if (ended.threw) return { ok: false, faults: null, threw: ended.error, line: thrownAt(ended.error, map) };
  return { ok: true, exported: module.exports.file?.default };
}
