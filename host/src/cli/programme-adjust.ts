import { existsSync } from "node:fs";
import { extname } from "node:path";
import type { Command } from "commander";
import { type Console, tell } from "./console.ts";
import { EXIT, Failure } from "./failure.ts";
import { readFile, writeFile } from "./files.ts";
import { goodProgramme } from "./programme-file.ts";

const NOTHING = "nothing was written";
const VERSION_MAX = 0xffff;

/** Where a source says its version: `version: 1` or `"version": 1`. */
const VERSION = /(\bversion["']?\s*:\s*)(\d+)\b/g;

/** The source with the next version, where it says its version once and in digits; null where it does not. */
function nextVersion(source: string, version: number): string | null {
  const said = [...source.matchAll(VERSION)].filter(([, , digits]) => Number(digits) === version);
  if (said.length !== 1) return null;
  const [{ index, 0: whole, 1: head }] = said as [RegExpExecArray];
  return `${source.slice(0, index)}${head}${version + 1}${source.slice(index + whole.length)}`;
}

async function adjust(console: Console, file: string): Promise<number> {
  const { number, version } = await goodProgramme(file);
  const source = new TextDecoder().decode(readFile(file));
  const end = extname(file);
  const kept = `${file.slice(0, file.length - end.length)}.v${version}${end}`;
  const next = version >= VERSION_MAX ? null : nextVersion(source, version);
  if (next === null) {
    throw new Failure("C-PROGRAMME-23", `${file} does not say version ${version} once, in digits`, NOTHING, [
      `copy it to ${kept}, and give it a version above ${version} by hand (${VERSION_MAX} at most)`,
    ]);
  }
  if (existsSync(kept)) {
    throw new Failure("C-FILE-04", `${kept} is there already, and is not overwritten`, NOTHING, [
      `move it away, if it is not version ${version} as terminals run it`,
    ]);
  }
  writeFile(kept, source);
  writeFile(file, next);
  const lines = [
    `${file}: version ${version + 1} of programme ${number}; version ${version} is kept as ${kept}`,
    `next: change the rules in ${file}, then`,
    `  cachet programme check ${file}`,
    `  cachet programme diff ${kept} ${file}`,
    "cards of the old version stay valid: what they hold goes on under the new one",
  ];
  tell(console, lines, { file, programme: number, version: version + 1, kept });
  return EXIT.done;
}

/** Registers `programme adjust`. */
export function adjustCommand(programme: Command, console: () => Console, exit: (code: number) => void): void {
  programme
    .command("adjust")
    .description("begin the next version of a programme; the old one is kept beside it, and cards stay valid")
    .argument("<file>", "a programme file, TypeScript or JSON")
    .action(async (file: string) => exit(await adjust(console(), file)));
}
