import type { Command } from "commander";
import { sheetDifference } from "../workbench/sheet-difference.ts";
import { type Console, tell } from "./console.ts";
import { EXIT } from "./failure.ts";
import { goodProgramme } from "./programme-file.ts";

const WORDS = {
  fr: {
    same: "rien ne change pour les clients",
    before: "avant",
    now: "maintenant",
    version: "la version n'a pas changé : donnez-lui un nouveau numéro",
  },
  en: {
    same: "nothing changes for customers",
    before: "before",
    now: "now",
    version: "the version is the same: give it a new number",
  },
} as const;

async function diff(console: Console, a: string, b: string): Promise<number> {
  const [old, fresh] = [await goodProgramme(a), await goodProgramme(b)];
  const words = WORDS[console.lang];
  const changes = sheetDifference(old, fresh, console.lang);
  const width = Math.max(words.before.length, words.now.length);
  const lines = changes.flatMap(({ heading, before, now }) => [
    heading,
    ...before.map((sentence) => `  ${words.before.padEnd(width)}  ${sentence}`),
    ...now.map((sentence) => `  ${words.now.padEnd(width)}  ${sentence}`),
  ]);
  const isSameVersion = old.version === fresh.version && changes.length > 0;
  if (isSameVersion && !console.json) console.err(`${words.version}\n`);
  tell(console, changes.length === 0 ? [words.same] : lines, {
    a: { file: a, programme: old.number, version: old.version },
    b: { file: b, programme: fresh.number, version: fresh.version },
    changes,
    same_version: isSameVersion,
  });
  return EXIT.done;
}

/** Registers `programme diff`. */
export function diffCommand(programme: Command, console: () => Console, exit: (code: number) => void): void {
  programme
    .command("diff")
    .description("say what changes for customers from one version of a programme to another (--lang fr or en)")
    .argument("<before>", "a programme file, TypeScript or JSON")
    .argument("<after>", "another one")
    .action(async (a: string, b: string) => exit(await diff(console(), a, b)));
}
