import { sameSeal } from "@cachet/card-layout";
import { utf8Decode, utf8Encode } from "@cachet/firmware/wire";
import { wipe } from "../keys/key-record.ts";
import type { Console } from "./console.ts";
import { Failure } from "./failure.ts";
import { readFile } from "./files.ts";
import { warnOfExposure } from "./key-file.ts";

/** Shortest passphrase that a file is sealed with. */
export const PASSPHRASE_CHARACTERS_MIN = 12;
const PASSPHRASE_BYTES_MAX = 1024;

/** Asks somebody at the terminal, without showing what is typed. Null when it was given up. */
export type Ask = (question: string) => Promise<Uint8Array | null>;

/** Where a passphrase may come from, in this order. It never stands among the words of a command. */
export interface PassphraseSource {
  /** What it opens or seals, for people. */
  readonly subject: string;
  readonly file: string | undefined;
  /** The option that names such a file. */
  readonly option: string;
  readonly variable: string | undefined;
  readonly ask: Ask | null;
}

const NEWLINE = 0x0a;
const RETURN = 0x0d;

function unfit(what: string, ...next: readonly string[]): Failure {
  return new Failure("C-KEY-05", what, "nothing was written", next);
}

/** UTF-8 in normal form C (RFC 8265, section 4.2): the same word typed on another system gives the same bytes. */
function normalised(bytes: Uint8Array, subject: string): Uint8Array {
  if (bytes.length > PASSPHRASE_BYTES_MAX)
    throw unfit(`the passphrase of ${subject} is longer than ${PASSPHRASE_BYTES_MAX} bytes`, "choose a shorter one");
  // Plain ASCII needs no string, and a string cannot be overwritten.
  if (bytes.every((byte) => byte < 0x80)) return bytes;
  const text = utf8Decode(bytes);
  wipe(bytes);
  if (text === null) throw unfit(`the passphrase of ${subject} is not UTF-8`, "save its file as UTF-8, or type it");
  return utf8Encode(text.replace(/^\u{feff}/u, "").normalize("NFC"));
}

/** The first line of a file. */
function firstLine(console: Console, path: string, subject: string): Uint8Array {
  const content = readFile(path);
  warnOfExposure(console, path);
  const newline = content.indexOf(NEWLINE);
  const end = newline < 0 ? content.length : newline;
  const line = content.slice(0, content[end - 1] === RETURN ? end - 1 : end);
  wipe(content);
  return normalised(line, subject);
}

function noneGiven(subject: string, option: string, hasVariable: boolean): Failure {
  return new Failure("C-KEY-04", `no passphrase was given for ${subject}`, "nothing was done", [
    `name a file that holds it: ${option} FILE`,
    ...(hasVariable ? ["or put it into the environment: CACHET_PASSPHRASE"] : []),
    "or run the command in a terminal, where it asks",
  ]);
}

/** A passphrase that opens something, or null when no source has one. The bytes are the caller's to wipe. */
export async function findPassphrase(console: Console, source: PassphraseSource): Promise<Uint8Array | null> {
  const { subject, file, variable, ask } = source;
  if (file !== undefined) return firstLine(console, file, subject);
  if (variable !== undefined && variable !== "") return normalised(utf8Encode(variable), subject);
  const typed = await ask?.(`Passphrase of ${subject}: `);
  return typed === undefined || typed === null || typed.length === 0 ? null : normalised(typed, subject);
}

/** A passphrase that opens something. Fails with C-KEY-04 when there is none. The bytes are the caller's to wipe. */
export async function passphraseFor(console: Console, source: PassphraseSource): Promise<Uint8Array> {
  const found = await findPassphrase(console, source);
  if (found === null) throw noneGiven(source.subject, source.option, source.option === "--passphrase-file");
  return found;
}

const characters = (passphrase: Uint8Array): number => passphrase.filter((byte) => (byte & 0xc0) !== 0x80).length;

/** A passphrase to seal with: long enough, and typed twice where it is typed. Fails with C-KEY-04 or C-KEY-05. */
export async function newPassphraseFor(console: Console, source: PassphraseSource): Promise<Uint8Array> {
  const chosen = await passphraseFor(console, source);
  if (characters(chosen) < PASSPHRASE_CHARACTERS_MIN) {
    wipe(chosen);
    throw unfit(
      `the passphrase of ${source.subject} has fewer than ${PASSPHRASE_CHARACTERS_MIN} characters`,
      "choose a longer one: five or six words drawn by dice are good",
    );
  }
  const wasTyped = source.file === undefined && !source.variable;
  if (!wasTyped || source.ask === null) return chosen;
  const again = normalised((await source.ask("The same again: ")) ?? new Uint8Array(), source.subject);
  const isSame = sameSeal(chosen, again);
  wipe(again);
  if (isSame) return chosen;
  wipe(chosen);
  throw unfit(`the two passphrases of ${source.subject} differ`, "run the command again and type the same one twice");
}
