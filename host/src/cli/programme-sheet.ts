import { realpathSync } from "node:fs";
import { type Command, Option } from "commander";
import { falsePromises, rulesSheet, type SheetOptions } from "../workbench/rules-sheet.ts";
import { type Console, tell } from "./console.ts";
import { EXIT, Failure } from "./failure.ts";
import { writeFile } from "./files.ts";
import { goodProgramme } from "./programme-file.ts";

interface SheetCommandOptions {
  readonly for: SheetOptions["for"];
  readonly output?: string;
}

/** Whether two names lead to one file that is there. */
function isSameFile(a: string, b: string): boolean {
  try {
    return realpathSync(a) === realpathSync(b);
  } catch {
    return false;
  }
}

async function sheet(console: Console, file: string, { for: reader, output }: SheetCommandOptions): Promise<number> {
  const programme = await goodProgramme(file);
  if (output !== undefined && isSameFile(file, output)) {
    throw new Failure("C-FILE-04", `${output} is the programme itself`, "nothing was written", [
      "name another file with -o: the sheet is Markdown",
    ]);
  }
  const { lang } = console;
  const markdown = rulesSheet(programme, { lang, for: reader });
  const promises = falsePromises(programme);
  if (output !== undefined) writeFile(output, markdown);
  if (!console.json)
    for (const text of promises) console.err(`warning: "${text}" promises something free, and the club asks a fee\n`);
  tell(console, output === undefined ? markdown.trimEnd().split("\n") : [`written: ${output}`], {
    file,
    programme: programme.number,
    version: programme.version,
    for: reader,
    lang,
    ...(output === undefined ? { markdown } : { output }),
    false_promises: promises,
  });
  return EXIT.done;
}

/** Registers `programme sheet`. */
export function sheetCommand(programme: Command, console: () => Console, exit: (code: number) => void): void {
  const readers = new Option("--for <reader>", "who reads it").choices(["customers", "staff"]).default("customers");
  programme
    .command("sheet")
    .description("the rules of a programme on one page, in plain sentences with their real numbers (--lang fr or en)")
    .argument("<file>", "a programme file, TypeScript or JSON")
    .addOption(readers)
    .option("-o, --output <file>", "write Markdown into this file instead of printing it")
    .action(async (file: string, options: SheetCommandOptions) => exit(await sheet(console(), file, options)));
}
