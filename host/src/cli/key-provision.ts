import { existsSync } from "node:fs";
import { toHex } from "@cachet/card-layout";
import { keyHashOf, type ProvisionFacts, readRequest, type TerminalRequest, terminalName } from "@cachet/firmware/wire";
import { type Command, InvalidArgumentError } from "commander";
import type { Content } from "../keys/content.ts";
import { OFFICE_USE, usesWithoutKey } from "../keys/generations.ts";
import { wipe } from "../keys/key-record.ts";
import { type KeyRing, keyRingOf, testKeyRing } from "../keys/key-ring.ts";
import {
  makeProvision,
  merchantUses,
  namesOfKeys,
  type ProvisionMade,
  type ProvisionOptions,
} from "../keys/provision.ts";
import { testImageSigner } from "../keys/test-keys.ts";
import { enrolTerminal } from "../office/terminals.ts";
import { sha256, verifyEd25519 } from "../ports/crypto.ts";
import { type Console, tell } from "./console.ts";
import { Failure } from "./failure.ts";
import { readFile, readPublicKey } from "./files.ts";
import { openOrMakeLedger } from "./home.ts";
import { changeOpenRing, withKeysFor } from "./key-change.ts";
import { bundleFailure, existsAlready, usageFailure, writeNewKeyFile } from "./key-file.ts";
import {
  type KeyOptions,
  type KeyTools,
  keyOptions,
  keyPath,
  openedContent,
  passphraseToOpen,
  wipeContent,
} from "./key-options.ts";
import { parseIssuer, parseMerchant, parseProgrammes, parseTerminal } from "./numbers.ts";

const NAME_CHARACTERS_MAX = 60;

/** What `cachet keys provision` was told. */
export interface ProvisionWords extends KeyOptions {
  readonly output?: string;
  readonly terminal: number;
  readonly merchant: number;
  readonly programme?: readonly number[];
  readonly issuer?: number;
  readonly name?: string;
  readonly zone: string;
  readonly production?: boolean;
  readonly open?: boolean;
  readonly imageKey?: readonly string[];
}

function parseName(text: string): string {
  if (text.length === 0 || text.length > NAME_CHARACTERS_MAX || /\p{Cc}/u.test(text))
    throw new InvalidArgumentError(
      `a name has 1 to ${NAME_CHARACTERS_MAX} characters, none of them a control character`,
    );
  return text;
}

function parseZone(text: string): string {
  try {
    new Intl.DateTimeFormat("en", { timeZone: text });
  } catch {
    throw new InvalidArgumentError(`"${text}" is no time zone; they are called like Europe/Paris or Indian/Reunion`);
  }
  if (!text.includes("/")) throw new InvalidArgumentError(`"${text}" is not a zone by its place, like Europe/Paris`);
  return text;
}

const parseKeys = (text: string, before: readonly string[] = []): readonly string[] => [...before, text];

/** Adds the options of `keys provision`. */
export const provisionOptions = (command: Command): Command =>
  keyOptions(command)
    .requiredOption("--terminal <n>", "number of the terminal, 1 to 65535", parseTerminal)
    .requiredOption("--merchant <n>", "merchant in whose shop it stands", parseMerchant)
    .option("--programme <n>", "programme whose cards it serves; may be repeated", parseProgrammes)
    .option("--issuer <n>", "issuer of the cards; not needed where the ring has one", parseIssuer)
    .option("--name <text>", "the merchant's name, as receipts show it", parseName)
    .option("--zone <name>", "time zone of the shop", parseZone, "Europe/Paris")
    .option("--production", "for a shop: the terminal refuses every test key")
    .option("--open", "whoever is on its line may do everything; with --test-keys only")
    .option(
      "--image-key <pem>",
      'key whose images may run: PEM file, or "test"; may be repeated; left out with --test-keys only',
      parseKeys,
    )
    .option("-o, --output <file>", "file to write; never over another one; default T-NNNN.provision");

function requestIn(path: string): TerminalRequest {
  const reading = readRequest(readFile(path), verifyEd25519);
  if (reading.ok) return reading.request;
  throw new Failure(
    "C-PROVISION-01",
    `${path} is refused: ${reading.detail} (${reading.refusal})`,
    "nothing was written",
    [
      reading.refusal === "newer-format"
        ? "use the version of cachet that knows it, or a newer one"
        : "fetch the request from the terminal again",
    ],
  );
}

/** The words that cannot stand together, said before any key is opened. */
function checkWords({ production, open, testKeys, imageKey }: ProvisionWords): void {
  if (open && !testKeys) {
    throw usageFailure("an open terminal holds test keys only", "add --test-keys, or leave --open away");
  }
  if (production && testKeys) {
    throw usageFailure("a production terminal holds no test key", "leave --test-keys or --production away");
  }
  // Whoever signs images decides what is done with the keys: the published key is trusted by default among test keys alone.
  if (!testKeys && imageKey === undefined) {
    throw usageFailure("no key for images was named", "name the public key of whoever signs them: --image-key FILE");
  }
}

/** The issuer that the options name, or the only one of the ring. Fails with C-USAGE-01 where it has several. */
export function issuerOf({ issuers }: KeyRing, named: number | undefined): number {
  if (named !== undefined) return named;
  // Test keys are there for any issuer.
  if (issuers === null) return 1;
  const [only] = issuers;
  if (only !== undefined && issuers.length === 1) return only;
  throw usageFailure(`the ring has card keys of ${issuers.length} issuers`, "name one with --issuer N");
}

function imageKeyOf(named: string) {
  const publicKey = readPublicKey(named);
  const isTest = toHex(publicKey) === toHex(testImageSigner().publicKey);
  return isTest ? { publicKey, test: true as const } : { publicKey };
}

const optionsOf = (words: ProvisionWords, ring: KeyRing): ProvisionOptions => ({
  terminal: words.terminal,
  merchant: words.merchant,
  merchantName: words.name ?? `Commerce ${words.merchant}`,
  zone: words.zone,
  use: words.production ? "production" : words.open ? "open" : "trial",
  issuer: issuerOf(ring, words.issuer),
  programmes: words.programme ?? [],
  imageKeys: (words.imageKey ?? ["test"]).map(imageKeyOf),
});

type Made = Extract<ProvisionMade, { ok: true }>;

function made(ring: KeyRing, request: TerminalRequest, words: ProvisionWords, tools: KeyTools): Made {
  const result = makeProvision(ring, request, optionsOf(words, ring), tools);
  if (result.ok) return result;
  switch (result.refusal) {
    case "bad-request":
      throw new Failure("C-PROVISION-01", `the request is refused: ${result.detail}`, "nothing was written", [
        "fetch the request from the terminal again",
      ]);
    case "test-key":
    case "not-a-test-key":
      throw new Failure("C-PROVISION-02", result.detail, "nothing was written", [
        "give keys that fit what the terminal is for",
      ]);
    default:
      throw new Failure("C-KEY-11", result.detail, "nothing was written", ["to see what is there: cachet keys status"]);
  }
}

/** With the office's ring: makes what the merchant lacks, keeps it in the ring, and only then gives the provision. */
async function madeByOffice(
  console: Console,
  request: TerminalRequest,
  words: ProvisionWords,
  tools: KeyTools,
): Promise<Made> {
  const path = keyPath(console, words);
  const uses = [OFFICE_USE, ...merchantUses(words.merchant)];
  const passphrase = await passphraseToOpen(console, words, tools);
  try {
    const content = openedContent(path, passphrase);
    try {
      if (content.lending !== null) throw bundleFailure(path);
      if (usesWithoutKey(content, uses).length === 0) return made(keyRingOf(content), request, words, tools);
    } finally {
      wipeContent(content);
    }
    let result: Made | null = null;
    changeOpenRing(path, passphrase, tools, (ring: Content) => {
      const full = withKeysFor(ring, uses, tools);
      result = made(keyRingOf(full), request, words, tools);
      return full;
    });
    return result!;
  } finally {
    wipe(passphrase);
  }
}

function documentOf(output: string, { facts, keys }: Made, request: TerminalRequest) {
  return {
    file: output,
    terminal: facts.terminal,
    merchant: facts.merchant,
    merchant_name: facts.merchantName,
    zone: facts.zone,
    use: facts.use,
    serial: facts.serial,
    issuer: facts.issuer,
    card_generation: facts.cardGeneration,
    programmes: facts.programmes,
    image_keys: facts.imageKeys.map(({ publicKey, test }) => ({ public_key: toHex(publicKey), test: test === true })),
    keys: keys.map(({ role, number, generation, test }) => ({ role, number, generation, test: test === true })),
    model: request.model,
    hardware: request.hardware,
    device_key: toHex(request.ed25519),
    device_key_hash: toHex(keyHashOf(sha256, request.ed25519)),
  };
}

function linesOf(output: string, done: Made, request: TerminalRequest): string[] {
  const { facts } = done;
  const shown = documentOf(output, done, request);
  const who = `${terminalName(facts.terminal)}, merchant ${facts.merchant} (${facts.merchantName})`;
  return [
    `${output} written for ${who}, ${facts.use}`,
    `terminal         ${request.model}, ${request.hardware}`,
    `its key          ${shown.device_key_hash}`,
    ...namesOfKeys(done.keys).map((key) => `holds            ${key}`),
    ...(shown.image_keys.some(({ test }) => test) ? ["images           of the published TEST key run on it"] : []),
    "Compare its key with what the terminal shows: the keys in this file are sealed for whoever wrote the request.",
  ];
}

/** The ledger takes the terminal's batches from now on. */
async function enrol(console: Console, { terminal, merchant, device }: ProvisionFacts): Promise<void> {
  const ledger = await openOrMakeLedger(console);
  try {
    await enrolTerminal(ledger, terminal, merchant, device, console.now());
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    console.err(`warning: the ledger in ${console.home} takes no batch of it: ${error.message}\n`);
  } finally {
    await ledger.destroy();
  }
}

/** `cachet keys provision`. */
export async function provision(console: Console, path: string, words: ProvisionWords, tools: KeyTools): Promise<void> {
  const request = requestIn(path);
  checkWords(words);
  const output = words.output ?? `${terminalName(words.terminal)}.provision`;
  const next = ["name another file with -o"];
  if (existsSync(output)) throw existsAlready(output, next);
  const now = request.provisioned?.terminal;
  if (now !== undefined && now !== words.terminal) {
    console.err(`warning: it is ${terminalName(now)} now; it takes another number only while its journal is empty\n`);
  }
  const done = words.testKeys
    ? made(testKeyRing(), request, words, tools)
    : await madeByOffice(console, request, words, tools);
  writeNewKeyFile(output, next, () => done.file);
  await enrol(console, done.facts);
  tell(console, linesOf(output, done, request), documentOf(output, done, request));
}
