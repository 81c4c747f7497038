import type { Programme } from "@cachet/firmware/rules";
import type { Command } from "commander";
import { sheetDifference } from "../workbench/sheet-difference.ts";
import { type Console, tell } from "./console.ts";
import { EXIT, Failure } from "./failure.ts";
import { goodProgramme } from "./programme-file.ts";

const WORDS = {
  fr: {
    same: "rien ne change pour les clients",
    before: "avant",
    now: "maintenant",
  },
  en: {
    same: "nothing changes for customers",
    before: "before",
    now: "now",
  },
} as const;

/** Everything of a programme but its version, whatever the order in which its fields were written. */
const rulesOf = (programme: Programme): string =>
  JSON.stringify({ ...programme, version: 0 }, (_, value: unknown) =>
    typeof value !== "object" || value === null || Array.isArray(value)
      ? value
      : Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))),
  );

/** Whether a programme changed without a version of its own: cards and journals could not tell its rules from those before. */
const isUnnamed = (old: Programme, fresh: Programme): boolean =>
  old.number === fresh.number && fresh.version <= old.version && rulesOf(old) !== rulesOf(fresh);

function versionFailure(a: string, b: string, { number, version }: Programme): Failure {
  return new Failure(
    "C-PROGRAMME-07",
    `${b} has other rules than ${a}, and version ${version} of programme ${number} is no new one`,
    "nothing was written",
    ["give it a version that is higher, and customers the conditions of it: cachet programme sheet"],
  );
}

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
  const unnamed = isUnnamed(old, fresh) ? versionFailure(a, b, fresh) : null;
  tell(console, changes.length === 0 ? [words.same] : lines, {
    a: { file: a, programme: old.number, version: old.version },
    b: { file: b, programme: fresh.number, version: fresh.version },
    changes,
    ...(unnamed === null ? {} : { error: unnamed.document() }),
  });
  if (unnamed === null) return EXIT.done;
  if (!console.json) for (const line of unnamed.lines()) console.err(`${line}\n`);
  return unnamed.exit;
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
