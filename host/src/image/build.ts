import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { STATE_LAYOUT } from "@cachet/card-layout";
import { hasCustomRules, type Programme } from "@cachet/firmware/rules";
import { encodeImage, type ImageVersion, PRODUCT, type Signer } from "@cachet/firmware/wire";
import { type BuildOptions, build, type Message, type OutputFile } from "esbuild";
import { sha256 } from "../ports/crypto.ts";
import { loadProgramme, numberFaults, placeOf } from "./load.ts";
import { ownCode, ownImport } from "./programme-code.ts";

const appFile = (name: string): string =>
  join(dirname(fileURLToPath(import.meta.url)), "../../../firmware/src/app", name);
const APP = appFile("image-entry.ts");
const TRIAL = appFile("trial-entry.ts");

/** A programme file that cannot become an image; `where` is file and line where they are known. */
export class BuildRefused extends Error {
  readonly where: string;
  constructor(where: string, problem: string) {
    super(problem);
    this.name = "BuildRefused";
    this.where = where;
  }
}

export interface BuiltImage {
  readonly file: Uint8Array;
  readonly payloadBytes: number;
  readonly sourceMap: string;
  readonly programmes: readonly Programme[];
}

export interface ImageOptions {
  readonly version: ImageVersion;
  readonly securityCounter: number;
  readonly signer: Signer;
  /** The only model of terminal that may run it. */
  readonly model?: string;
}

/** Runs esbuild; what it refuses is told by file and line. */
async function esbuild(options: BuildOptions): Promise<readonly OutputFile[]> {
  try {
    const { outputFiles = [] } = await build({ ...options, write: false, logLevel: "silent" });
    return outputFiles;
  } catch (error) {
    const first = (error as { readonly errors?: readonly Message[] }).errors?.[0];
    if (first === undefined) throw error;
    const { text, location } = first;
    throw new BuildRefused(location === null ? "bundle" : `${location.file}:${location.line}`, text);
  }
}

/** The programmes that files export. Throws `BuildRefused` at the first file that has none, or one that is wrong. */
async function programmesOf(files: readonly string[]): Promise<readonly Programme[]> {
  const programmes = await Promise.all(
    files.map(async (file) => {
      const reading = await loadProgramme(file);
      if (reading.ok) return reading.programme;
      const [first, ...others] = reading.faults;
      if (first === undefined || others.length === 0)
        throw new BuildRefused(first === undefined ? file : placeOf(first), first?.problem ?? "");
      const all = reading.faults.map((fault) => `${placeOf(fault)}: ${fault.problem}`);
      throw new BuildRefused(file, [`${all.length} faults`, ...all].join("\n"));
    }),
  );
  const [twice] = numberFaults(files, programmes).flat();
  if (twice !== undefined) throw new BuildRefused(placeOf(twice), `${twice.problem} in this image`);
  return programmes;
}

/** A script for the terminal's sandbox. The same sources give the same bytes. */
async function bundled(contents: string, sourcefile: string): Promise<readonly OutputFile[]> {
  return esbuild({
    stdin: { contents, resolveDir: dirname(APP), sourcefile, loader: "ts" },
    plugins: [ownCode("bundled")],
    bundle: true,
    format: "iife",
    target: "es2023",
    platform: "neutral",
    minify: true,
    charset: "utf8",
    legalComments: "none",
    // As the programme's file ran when it was checked: what changes a kept value throws.
    banner: { js: '"use strict";' },
    sourcemap: "external",
    outfile: "app.js",
  });
}

const outputOf = (outputs: readonly OutputFile[], end: string): OutputFile =>
  outputs.find(({ path }) => path.endsWith(end))!;

/** A programme, and the file that it came from; null where it came from none. */
type Source = readonly [programme: Programme, file: string | null];

/**
 * A script that begins with one function of the app. A programme is plain data by the time that it is built, and nothing of its
 * file runs there, unless it has functions of its own.
 */
function started(from: string, start: (programmes: readonly string[]) => string, sources: readonly Source[]): string {
  const files = sources.map(([programme, file]) => (hasCustomRules(programme) ? file : null));
  const imports = files.flatMap((file, i) => (file === null ? [] : [`import own${i} from ${ownImport(file)};`]));
  const given = sources.map(([programme], i) => (files[i] === null ? JSON.stringify(programme) : `own${i}`));
  return [`import * as app from ${JSON.stringify(from)};`, ...imports, `app.${start(given)};`, ""].join("\n");
}

/** The script that runs in the terminal: the app with these programmes in it. */
export async function payloadOf(
  sources: readonly Source[],
): Promise<{ readonly payload: Uint8Array; readonly sourceMap: string }> {
  const script = started(APP, (programmes) => `launch([${programmes.join(",")}])`, sources);
  const outputs = await bundled(script, "image.ts");
  return { payload: outputOf(outputs, ".js").contents, sourceMap: outputOf(outputs, ".map").text };
}

/**
 * A script that plays written events under one programme, for the same sandbox (firmware/src/app/trial-entry.ts). `file`: where the
 * programme came from, as `loadProgramme` read it; a programme with functions of its own needs it.
 */
export async function trialScript(programme: Programme, file: string | null = null): Promise<string> {
  const script = started(TRIAL, ([given]) => `launchTrial(${given})`, [[programme, file]]);
  return outputOf(await bundled(script, "trial.ts"), ".js").text;
}

/** The oldest state layout that the app reads. */
const LOWEST_LAYOUT = 1;

/** Level of the hardware interface that the app is written for (firmware/src/hal/limits.ts). */
const HAL_LEVEL = 1;

/** Every merchant that takes part in one of the programmes, in the order of their numbers. */
const merchantsOf = (programmes: readonly Programme[]): number[] =>
  [...new Set(programmes.flatMap(({ merchants }) => Object.keys(merchants).map(Number)))].sort((a, b) => a - b);

/** Builds a signed image from programme files. Throws `BuildRefused`, naming the file. */
export async function buildImage(files: readonly string[], options: ImageOptions): Promise<BuiltImage> {
  const programmes = await programmesOf(files);
  const { payload, sourceMap } = await payloadOf(programmes.map((programme, i) => [programme, files[i]!]));
  const facts = {
    version: options.version,
    securityCounter: options.securityCounter,
    product: PRODUCT,
    layouts: { lowest: LOWEST_LAYOUT, highest: STATE_LAYOUT },
    programmes: programmes.map(({ number, version, name }) => ({ number, version, name })),
    merchants: merchantsOf(programmes),
    halLevel: HAL_LEVEL,
    ...(options.model === undefined ? {} : { model: options.model }),
  };
  const file = encodeImage(facts, payload, options.signer, sha256);
  return { file, payloadBytes: payload.length, sourceMap, programmes };
}
