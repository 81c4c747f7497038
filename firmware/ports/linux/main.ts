import { native } from "./native.ts";
import { type Options, readOptions, USAGE, UsageFault } from "./options.ts";
import { DiskFault } from "./storage.ts";
import { LinuxTerminal } from "./terminal.ts";

const EXIT_BROKEN = 1;
const EXIT_USAGE = 2;

/** Says what is wrong and what to do about it; gives the exit code. */
function refuse(error: unknown): number {
  const problem = error instanceof Error ? error.message : String(error);
  native.say(`cachet-terminal: ${problem}`);
  if (error instanceof DiskFault) {
    native.say("  State: what was stored before stands, and no visit goes through");
    native.say(`  Next:  ${error.next}`);
  }
  if (!(error instanceof UsageFault)) return EXIT_BROKEN;
  native.say("  Next:  cachet-terminal --help tells every option");
  return EXIT_USAGE;
}

/** What the program does at each turn (native/main.c): an exit code ends it. */
function start(): () => number | undefined {
  let options: Options | "help";
  try {
    options = readOptions(native.args);
  } catch (error) {
    const code = refuse(error);
    return () => code;
  }
  if (options === "help") {
    native.print(USAGE);
    return () => 0;
  }
  let ended: number | undefined;
  let terminal: LinuxTerminal;
  try {
    terminal = new LinuxTerminal(options);
  } catch (error) {
    const code = refuse(error);
    return () => code;
  }
  terminal.run().catch((error: unknown) => {
    ended = refuse(error);
    terminal.stop(error instanceof Error ? error.message : String(error));
  });
  return () => {
    if (ended !== undefined) return ended;
    if (!terminal.loop.turn()) return undefined;
    terminal.stop("asked to end");
    return 0;
  };
}

(globalThis as { turn?: () => number | undefined }).turn = start();
