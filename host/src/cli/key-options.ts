import { randomBytes } from "node:crypto";
import { type Command, Option } from "commander";
import type { Content } from "../keys/content.ts";
import { wipe } from "../keys/key-record.ts";
import { type KeyRing, testKeyRing } from "../keys/key-ring.ts";
import { openKeyFile, openKeyRing, readKeyFile } from "../keys/open.ts";
import { type Origin, readHeader, type SealedHeader, USUAL_COST } from "../keys/sealed-file.ts";
import type { ScryptCost } from "../ports/sealing.ts";
import type { Console } from "./console.ts";
import { hiddenAsk } from "./hidden-input.ts";
import { openFailure, ringPath, warnOfExposure } from "./key-file.ts";
import { type Ask, findPassphrase, type PassphraseSource, passphraseFor } from "./passphrase.ts";

/** What the commands about keys take from their surroundings; tests bring their own. */
export interface KeyTools extends Origin {
  /** What the files that are written cost to open. */
  readonly cost: ScryptCost;
  /** `$CACHET_PASSPHRASE`. */
  readonly variable: string | undefined;
  /** Null where nobody sits at a terminal. */
  readonly ask: Ask | null;
}

/** Chance, clock, environment and terminal of this computer. */
export const realTools = (): KeyTools => ({
  random: (size) => new Uint8Array(randomBytes(size)),
  now: () => Math.floor(Date.now() / 1000),
  cost: USUAL_COST,
  variable: process.env.CACHET_PASSPHRASE,
  ask: hiddenAsk(process.stdin, (text) => process.stderr.write(text)),
});

/** Which sealed file, and where its passphrase is. */
export interface SealedOptions {
  readonly keys?: string;
  readonly passphraseFile?: string;
}
/** The same, or the published test keys. */
export interface KeyOptions extends SealedOptions {
  readonly testKeys?: boolean;
}

/** Adds `--keys` and `--passphrase-file`. */
export function sealedOptions(command: Command): Command {
  return command
    .option("--keys <file>", "sealed keys: a ring or a bundle; default keys.sealed in the home folder")
    .option(
      "--passphrase-file <file>",
      "file whose first line is the passphrase; else $CACHET_PASSPHRASE, else it is asked",
    );
}

/** Adds `--keys`, `--passphrase-file` and `--test-keys`: how a command that needs keys is told which. */
export function keyOptions(command: Command): Command {
  return sealedOptions(command).addOption(
    new Option("--test-keys", "use the published test keys; no production terminal takes what they seal").conflicts([
      "keys",
      "passphraseFile",
    ]),
  );
}

/** The key file that the options name. */
export const keyPath = (console: Console, { keys }: SealedOptions): string => keys ?? ringPath(console);

/** What a key file says of itself. Fails as `openFailure` says; nothing was asked before that. */
export function sealedHeader(console: Console, path: string): SealedHeader {
  const read = readKeyFile(path);
  if (!read.ok) throw openFailure(path, read);
  warnOfExposure(console, path);
  const reading = readHeader(read.file);
  if (!reading.ok) throw openFailure(path, reading);
  return reading.header;
}

function sourceOf(path: string, { passphraseFile }: SealedOptions, { variable, ask }: KeyTools): PassphraseSource {
  return { subject: path, file: passphraseFile, option: "--passphrase-file", variable, ask };
}

/** The passphrase of an existing key file, which is looked at first. The bytes are the caller's to wipe. */
export async function passphraseToOpen(console: Console, options: SealedOptions, tools: KeyTools): Promise<Uint8Array> {
  const path = keyPath(console, options);
  sealedHeader(console, path);
  return passphraseFor(console, sourceOf(path, options, tools));
}

/** The same, or null where no source has one. */
export async function passphraseIfGiven(
  console: Console,
  options: SealedOptions,
  tools: KeyTools,
): Promise<Uint8Array | null> {
  return findPassphrase(console, sourceOf(keyPath(console, options), options, tools));
}

/** Where the passphrase of a new key file comes from. */
export const sourceForNew = (console: Console, options: SealedOptions, tools: KeyTools): PassphraseSource =>
  sourceOf(keyPath(console, options), options, tools);

/** What lies in a key file. Fails as `openFailure` says. The secrets are the caller's to wipe. */
export function openedContent(path: string, passphrase: Uint8Array): Content {
  const reading = openKeyFile(path, passphrase);
  if (!reading.ok) throw openFailure(path, reading);
  return reading.content;
}

/** Overwrites the secrets of a content. */
export const wipeContent = ({ keys }: Content): void => wipe(...keys.map(({ secret }) => secret));

/**
 * The keys that the options of a command name: the test keys, an installer's bundle, or the office's ring.
 * Fails with C-KEY-02 where there are none, C-KEY-04 without a passphrase, C-KEY-06 with a wrong one, C-KEY-13 where a
 * bundle has expired, and otherwise as `openFailure` says. The ring is the caller's to wipe.
 */
export async function keyRingFor(
  console: Console,
  options: KeyOptions,
  tools: () => KeyTools = realTools,
): Promise<KeyRing> {
  if (options.testKeys === true) return testKeyRing();
  const surroundings = tools();
  const passphrase = await passphraseToOpen(console, options, surroundings);
  const path = keyPath(console, options);
  try {
    const reading = openKeyRing(path, passphrase, surroundings.now());
    if (!reading.ok) throw openFailure(path, reading);
    return reading.ring;
  } finally {
    wipe(passphrase);
  }
}
