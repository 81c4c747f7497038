import { existsSync } from "node:fs";
import { CONFIG_PAGES } from "@cachet/card-layout";
import { type Command, Option } from "commander";
import type { ChipLink } from "../cards/chip-link.ts";
import type { Type2Dump } from "../cards/dumps/dump.ts";
import { DumpLink } from "../cards/dumps/dump-link.ts";
import { readDump } from "../cards/dumps/read-dump.ts";
import { type KnownKeys, masterKeysOf, NO_KEYS } from "../cards/known-keys.ts";
import { type CardInspection, readCard } from "../cards/read.ts";
import { cardLeft, notACardOfOurs } from "./card-error.ts";
import type { HeldCard } from "./card-reader.ts";
import type { Console } from "./console.ts";
import { Failure } from "./failure.ts";
import { readFile } from "./files.ts";
import { ringPath } from "./key-file.ts";
import { type KeyOptions, type KeyTools, keyOptions, keyRingFor } from "./key-options.ts";
import { type ReaderOptions, type ReaderTools, readerOptions, withReader } from "./reader-option.ts";

export interface SourceOptions extends ReaderOptions {
  readonly file?: string;
}

/** What the card commands take from their surroundings. */
export interface CardTools {
  readonly readers: ReaderTools;
  readonly keys: () => KeyTools;
}

/** Where a command reads a card: on a reader, or in a file. */
export interface CardSource {
  readonly link: ChipLink;
  /** For people: a file's path, or the reader's name. */
  readonly name: string;
  readonly isFile: boolean;
  readonly missing: HeldCard["missing"];
}

/** Adds `--reader`, `--timeout` and `--file`. */
export function sourceOptions(command: Command): Command {
  return readerOptions(command).addOption(
    new Option("--file <file>", "a dump in place of a card: .nfc, .json, .bin or .eml").conflicts("reader"),
  );
}

/** A dump of one of our chips. Fails with C-FILE-01, C-FILE-02 where it is no dump, C-CARD-01 where it is another chip's. */
export function dumpIn(console: Console, path: string): Type2Dump {
  const reading = readDump(path, readFile(path));
  if (!reading.ok) {
    const place = reading.place === null ? "" : ` (${reading.place})`;
    throw new Failure("C-FILE-02", `${reading.problem}${place}`, "nothing was done", [
      "give a dump of Flipper, Proxmark3 or MIFARE Classic Tool, or the bare memory",
    ]);
  }
  for (const warning of reading.warnings) console.err(`${path}: ${warning}\n`);
  const { dump } = reading;
  if (dump.family !== "type2") throw notACardOfOurs(`the card in ${path}`, "a MIFARE Classic");
  if (dump.chip === null) {
    const sizes = Object.values(CONFIG_PAGES).map(({ pages }) => pages);
    throw notACardOfOurs(
      `the card in ${path}`,
      `its ${dump.pages.length} pages or version fit none (${sizes.join(", ")})`,
    );
  }
  return dump;
}

/** Does something with the card that the options name. Fails as `dumpIn` and `withReader` say. */
export async function withCard<T>(
  console: Console,
  options: SourceOptions,
  tools: ReaderTools,
  use: (source: CardSource) => Promise<T>,
): Promise<T> {
  const { file } = options;
  if (file !== undefined)
    return use({ link: new DumpLink(dumpIn(console, file)), name: file, isFile: true, missing: null });
  return withReader(console, options, tools, async (reader) => {
    const { link, missing } = await reader.next();
    return use({ link, name: reader.name, isFile: false, missing });
  });
}

/** A source for programs. */
export const sourceDocument = ({ name, isFile }: CardSource) => (isFile ? { file: name } : { reader: name });

/** Reads a card. Fails with C-CARD-01 where the chip is none of ours, C-CARD-11 where it left. */
export async function inspected({ link, name, missing }: CardSource, keys: KnownKeys): Promise<CardInspection> {
  const reading = await readCard(link, masterKeysOf(keys));
  if (reading.result === "read") return reading.card;
  if (reading.result === "gone") throw cardLeft("nothing was written");
  throw unknownChip(name, missing);
}

/** A chip that answers as none of ours. */
export function unknownChip(name: string, missing: HeldCard["missing"]): Failure {
  const hint = "this reader passes no chip commands: a MIFARE Ultralight EV1 cannot be told with it";
  return notACardOfOurs(`the card on ${name}`, "its chip is none that is known", ...(missing === null ? [] : [hint]));
}

export type OptionalKeys = Omit<KeyOptions, "keys"> & { readonly keys?: string | false };

/** Adds the options of `keyOptions`, and `--no-keys`. */
export function optionalKeyOptions(command: Command): Command {
  return keyOptions(command).option("--no-keys", "use no keys: MACs are not checked");
}

export interface HeldKeys extends KnownKeys {
  wipe(): void;
}

const NOBODYS: HeldKeys = { ...NO_KEYS, wipe: () => {} };

/**
 * The keys that the options name; those in the home folder where they name none; none where there are none, which is said on
 * stderr. Fails as `keyRingFor` says. The keys are the caller's to wipe.
 */
export async function keysIfAny(
  console: Console,
  { keys, ...others }: OptionalKeys,
  tools: () => KeyTools,
): Promise<HeldKeys> {
  if (keys === false) return NOBODYS;
  const isNamed = keys !== undefined || others.testKeys === true || others.passphraseFile !== undefined;
  if (!isNamed && !existsSync(ringPath(console))) {
    console.err("no keys: MACs are not checked; --keys FILE or --test-keys names some\n");
    return NOBODYS;
  }
  return keyRingFor(console, keys === undefined ? others : { ...others, keys }, tools);
}
