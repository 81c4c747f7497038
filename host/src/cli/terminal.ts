import { type Command, InvalidArgumentError } from "commander";
import type { Console } from "./console.ts";
import { usageFailure } from "./key-file.ts";
import { clock } from "./terminal-clock.ts";
import { type CollectOptions, collect } from "./terminal-collect.ts";
import { conformance } from "./terminal-conformance.ts";
import { type FlashOptions, flash } from "./terminal-flash.ts";
import { info } from "./terminal-info.ts";
import { list } from "./terminal-list.ts";
import { provision, pushFiles, writeRequest } from "./terminal-push.ts";
import { report } from "./terminal-report.ts";
import { confirm, rollback } from "./terminal-slots.ts";
import { test } from "./terminal-test.ts";
import { type PortOptions, portOptions, realTerminalTools, type TerminalTools } from "./terminal-tools.ts";

function entryNumber(text: string): number {
  const number = Number(text);
  if (!/^\d{1,10}$/.test(text) || number < 1) throw new InvalidArgumentError(`"${text}" is no number of an entry`);
  return number;
}

interface TestOptions extends PortOptions {
  readonly cardTest?: boolean;
  readonly conformance?: boolean;
}

interface ProvisionOptions extends PortOptions {
  readonly request?: string;
}

export function terminalCommands(
  program: Command,
  console: () => Console,
  exit: (code: number) => void,
  tools: () => TerminalTools = realTerminalTools,
): void {
  const terminal = program.command("terminal").description("look at terminals, programme them, collect from them");
  terminal
    .command("list")
    .description("say what is on each serial port: each gets one short question, and nothing more without an answer")
    .action(() => list(console(), tools()));
  portOptions(
    terminal.command("info").description("say everything that can be read of a terminal; changes nothing"),
  ).action((options: PortOptions) => info(console(), options, tools()));
  portOptions(
    terminal
      .command("provision")
      .description("write what the office needs to provision a terminal, or bring what the office made of it")
      .argument("[file]", "provision that the office made for this terminal")
      .option("--request <file>", "file to write the terminal's request to"),
  ).action((file: string | undefined, options: ProvisionOptions) => {
    const { request } = options;
    if ((file === undefined) === (request === undefined)) {
      throw usageFailure("provision takes a file, or --request and a file", "cachet terminal provision --help");
    }
    return request === undefined
      ? provision(console(), file!, options, tools())
      : writeRequest(console(), request, options, tools());
  });
  portOptions(
    terminal
      .command("flash")
      .description("check an image, collect, send it, try it, keep it, correct the clock, print the install report")
      .argument("<image>", "image file")
      .option("--key <pem>", 'verify the image first with this Ed25519 public key, or "test"')
      .option("--collect-to <dir>", "folder for the batch that is collected first; default batches in the home folder")
      .option("--no-collect", "do not collect first; needs --reason")
      .option("--reason <text>", "why the entries are not collected; stands in the report")
      .option("--full", "send the whole image as it is")
      .option("--test", "leave the image on trial: it goes after a minute unless it is confirmed")
      .option("--allow-downgrade <reason>", "send an older version; security counters never go back")
      .option("--shop <name>", "name of the shop, where the image takes programmes away")
      .option("--report <file>", "also write the install report; JSON where the name ends so"),
  ).action((image: string, options: FlashOptions) => flash(console(), image, options, tools()));
  portOptions(terminal.command("confirm").description("keep the image that runs on trial")).action(
    (options: PortOptions) => confirm(console(), options, tools()),
  );
  portOptions(terminal.command("rollback").description("go back to the image in the other slot")).action(
    (options: PortOptions) => rollback(console(), options, tools()),
  );
  portOptions(
    terminal
      .command("clock")
      .description("correct the terminal's clock by this computer's; the change is journalled")
      .option("--show", "only say how far it is off"),
  ).action((options: PortOptions & { readonly show?: boolean }) => clock(console(), options, tools()));
  portOptions(
    terminal
      .command("collect")
      .description("bring what the journal holds as a batch file onto the disk; the terminal keeps it")
      .requiredOption("-o, --output <dir>", "folder for the batch file")
      .option("--from <number>", "read entries again from this number on", entryNumber),
  ).action((options: CollectOptions) => collect(console(), options, tools()));
  portOptions(
    terminal
      .command("push")
      .description("bring lists, receipts and provisions of the office to a terminal")
      .argument("<file...>", "files, or a folder of them"),
  ).action(async (files: string[], options: PortOptions) => exit(await pushFiles(console(), files, options, tools())));
  portOptions(
    terminal
      .command("test")
      .description("try the line, the screen, the printer; writes no value")
      .option("--card-test", "also wait for a card and say its number")
      .option("--conformance", "try everything that the maker of a blank terminal supplies; restarts it"),
  ).action(async ({ conformance: isMakers, ...options }: TestOptions) =>
    exit(await (isMakers === true ? conformance : test)(console(), options, tools())),
  );
  portOptions(
    terminal
      .command("report")
      .description("print the install report: one page for the shop, the same as JSON for the back office")
      .option("-o, --output <file>", "also write it to a file; JSON where the name ends so"),
  ).action((options: PortOptions & { readonly output?: string }) => report(console(), options, tools()));
}
