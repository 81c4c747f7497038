import { homedir } from "node:os";
import { join } from "node:path";
import { Command, CommanderError, InvalidArgumentError } from "commander";
import { batchCommands } from "./batch.ts";
import { cardCommands } from "./card.ts";
import { type Console, visible } from "./console.ts";
import { doctorCommand } from "./doctor.ts";
import { explainCommand } from "./explain.ts";
import { EXIT, Failure } from "./failure.ts";
import { imageCommands } from "./image.ts";
import { keysCommands } from "./keys.ts";
import { officeCommands } from "./office.ts";
import { programmeCommands } from "./programme.ts";
import { simCommands } from "./sim.ts";
import { terminalCommands } from "./terminal.ts";

interface CommonOptions {
  readonly json?: boolean;
  readonly lang?: "fr" | "en";
  readonly home?: string;
  readonly db?: string;
  readonly trace?: boolean;
}

function parseLang(text: string): "fr" | "en" {
  if (text !== "fr" && text !== "en") throw new InvalidArgumentError(`"${text}" is neither fr nor en`);
  return text;
}

const langOf = (environment: string | undefined): "fr" | "en" => (environment?.startsWith("en") ? "en" : "fr");

function report(console: Console, failure: Failure): number {
  if (console.json) console.out(JSON.stringify({ error: failure.document(), ...failure.result }));
  else for (const line of failure.lines()) console.err(`${visible(line)}\n`);
  return failure.exit;
}

function bugOf(error: unknown): Failure {
  const what = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return new Failure(
    "C-BUG-70",
    what,
    "what was begun may not be complete; files and ledger are as the last whole step left them",
    ["run the command again with --trace and report what it prints"],
  );
}

/** Runs one command line; gives the exit code. Never throws. */
export async function run(argv: readonly string[]): Promise<number> {
  let exit: number = EXIT.done;
  const program = new Command("cachet");
  const common = () => program.opts<CommonOptions>();
  const console = (): Console => ({
    json: common().json === true || argv.includes("--json"),
    lang: common().lang ?? langOf(process.env.LC_ALL || process.env.LC_MESSAGES || process.env.LANG),
    home: common().home ?? (process.env.CACHET_HOME || join(homedir(), ".cachet")),
    db: common().db ?? (process.env.CACHET_DB || null),
    now: () => Math.floor(Date.now() / 1_000),
    drawsProgress: process.stderr.isTTY === true,
    out: (line) => process.stdout.write(`${line}\n`),
    err: (text) => process.stderr.write(text),
  });
  // Whoever reads the output may stop reading: that is no defect, and nobody is left to tell.
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", () => process.exit(EXIT.refused));
  }
  const setExit = (code: number) => {
    exit = code;
  };
  program
    .description("Open loyalty: programme terminals, personalise cards, collect batches, keep the ledger")
    .option("--json", "print one JSON document (one per line for a stream) on stdout, nothing else")
    .option("--lang <lang>", "fr or en; by default that of the environment", parseLang)
    .option("--home <dir>", "folder of configuration, keys and database; default $CACHET_HOME, else ~/.cachet")
    .option(
      "--db <address>",
      "the ledger: sqlite:PATH or postgres://...; default $CACHET_DB, else a file in that folder",
    )
    .option("--trace", "print where a defect of cachet happened")
    .configureHelp({ showGlobalOptions: true })
    .exitOverride()
    .configureOutput({ writeErr: () => {} });
  programmeCommands(program, console, setExit);
  imageCommands(program, console);
  keysCommands(program, console);
  terminalCommands(program, console, setExit);
  cardCommands(program, console, setExit);
  batchCommands(program, console, setExit);
  officeCommands(program, console, setExit);
  simCommands(program, console, () => Boolean(common().home ?? process.env.CACHET_HOME), setExit);
  doctorCommand(program, console, setExit);
  explainCommand(program, console);
  // Options and their errors are the same for every command, however deep it stands.
  const inherit = (command: Command) => {
    for (const child of command.commands) {
      child.copyInheritedSettings(command);
      inherit(child);
    }
  };
  inherit(program);
  try {
    await program.parseAsync([...argv], { from: "user" });
    return exit;
  } catch (error) {
    if (error instanceof CommanderError) return usage(console(), error);
    if (error instanceof Failure) return report(console(), error);
    if (common().trace) process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
    return report(console(), bugOf(error));
  }
}

function usage(console: Console, error: CommanderError): number {
  if (error.exitCode === 0) return EXIT.done;
  const what =
    error.code === "commander.help"
      ? "which command?"
      : error.message.replace(/^error: /, "").replaceAll(/\s*\n\s*/g, " ");
  const next = ["cachet --help names the commands, cachet COMMAND --help their options"];
  return report(console, new Failure("C-USAGE-01", what, "nothing was done", next));
}
