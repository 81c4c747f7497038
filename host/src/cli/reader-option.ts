import { type Command, InvalidArgumentError } from "commander";
import { openReaders } from "../ports/pcsc/open.ts";
import { PcscFault, type Reader, type ReaderService } from "../ports/pcsc/transport.ts";
import { type ChosenReader, PcscReader } from "./card-reader.ts";
import type { Console } from "./console.ts";
import { usageFailure } from "./key-file.ts";
import { noReader, noService, notInstalled, severalReaders } from "./reader-error.ts";
import { SimulatedReader, simulatedChip, simulatedChips } from "./sim-reader.ts";

export interface ReaderOptions {
  readonly reader?: string;
  /** Seconds to wait for a card. */
  readonly timeout: number;
}

/** What commands with a reader take from their surroundings; tests bring their own. */
export interface ReaderTools {
  /** Throws `PcscFault` where there is no way to a reader. */
  readonly open: () => ReaderService;
  /** Calls `stop` at the first Ctrl-C; a second one ends the program. Gives what takes that back. */
  readonly onInterrupt: (stop: () => void) => () => void;
}

export const realReaders: ReaderTools = {
  open: () => openReaders(),
  onInterrupt: (stop) => {
    process.once("SIGINT", stop);
    return () => process.off("SIGINT", stop);
  },
};

const TIMEOUT_SECONDS = 30;
const TIMEOUT_SECONDS_MAX = 3_600;

function parseTimeout(text: string): number {
  const seconds = Number(text);
  if (!/^\d{1,4}$/.test(text) || seconds > TIMEOUT_SECONDS_MAX)
    throw new InvalidArgumentError(`"${text}" is no whole number of seconds from 0 to ${TIMEOUT_SECONDS_MAX}`);
  return seconds;
}

/** Adds `--reader` and `--timeout`. */
export function readerOptions(command: Command): Command {
  return command
    .option("--reader <name>", `PC/SC name of the reader or a unique part of it, or sim (${simulatedChips()})`)
    .option("--timeout <seconds>", "how long to wait for a card", parseTimeout, TIMEOUT_SECONDS);
}

/** The readers that a name can mean: the one of exactly this name, else those that contain it. */
function fitting(readers: readonly Reader[], wanted: string | undefined): readonly Reader[] {
  if (wanted === undefined) return readers;
  const exact = readers.filter(({ name }) => name === wanted);
  return exact.length > 0 ? exact : readers.filter(({ name }) => name.toLowerCase().includes(wanted.toLowerCase()));
}

async function pick(service: ReaderService, wanted: string | undefined): Promise<string> {
  const readers = await service.readers();
  if (readers === "service-absent") throw noService();
  const [first, second, ...more] = fitting(readers, wanted);
  if (first === undefined) throw noReader(wanted, readers);
  if (second !== undefined) throw severalReaders(wanted, [first, second, ...more]);
  return first.name;
}

/** The one reader that fits, which stays open until it is closed; Ctrl-C ends its waits. */
async function pcscReader(console: Console, options: ReaderOptions, tools: ReaderTools): Promise<ChosenReader> {
  const service = tools.open();
  const stop = new AbortController();
  const takeBack = tools.onInterrupt(() => stop.abort());
  const end = async () => {
    takeBack();
    await service.close();
  };
  try {
    const name = await pick(service, options.reader);
    return new PcscReader(name, service, { seconds: options.timeout, signal: stop.signal }, console, end);
  } catch (error) {
    await end();
    throw error;
  }
}

/** The simulated reader where the option names it. */
function simulatedReader({ reader }: ReaderOptions): ChosenReader | null {
  const chip = reader === undefined ? null : simulatedChip(reader);
  if (chip === "unknown-chip")
    throw usageFailure(`${reader} is no chip that is known`, `name one of ${simulatedChips()}`);
  return chip === null ? null : new SimulatedReader(chip);
}

/**
 * Does something with the reader that the options name, or the only one there is, says on stderr which one, and lets it go
 * afterwards. Fails with C-READER-01 where no PC/SC service runs, 02 where no reader fits, 03 where several do, 07 where there is no
 * way to readers at all. The first Ctrl-C ends a wait (C-READER-05); a card that is being written is finished.
 */
export async function withReader<T>(
  console: Console,
  options: ReaderOptions,
  tools: ReaderTools,
  use: (reader: ChosenReader) => Promise<T>,
): Promise<T> {
  try {
    const reader = simulatedReader(options) ?? (await pcscReader(console, options, tools));
    console.err(`reader ${reader.name}\n`);
    try {
      return await use(reader);
    } finally {
      await reader.close();
    }
  } catch (error) {
    throw error instanceof PcscFault ? notInstalled(error) : error;
  }
}
