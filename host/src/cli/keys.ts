import { existsSync } from "node:fs";
import { type Command, InvalidArgumentError } from "commander";
import { type Content, HOLDER_CHARACTERS_MAX, isHolder } from "../keys/content.ts";
import { addKeys, type KeyUse, OFFICE_USE, type Rotated, rotateKey } from "../keys/generations.ts";
import { AREA, fingerprint, IDENTITY, wipe } from "../keys/key-record.ts";
import { sealContent } from "../keys/sealed-file.ts";
import { type Console, tell } from "./console.ts";
import { Failure } from "./failure.ts";
import { type BundleOptions, bundle } from "./key-bundle.ts";
import {
  certificateDocuments,
  certificateLines,
  officeDocument,
  officeLines,
  revokedDocument,
} from "./key-certificates.ts";
import { changeRing } from "./key-change.ts";
import { existsAlready, usageFailure, warnOfExposure, writeNewKeyFile } from "./key-file.ts";
import {
  type KeyTools,
  keyPath,
  openedContent,
  passphraseIfGiven,
  realTools,
  type SealedOptions,
  sealedHeader,
  sealedOptions,
  sourceForNew,
  wipeContent,
} from "./key-options.ts";
import { type ProvisionWords, provision, provisionOptions } from "./key-provision.ts";
import { type RevokeOptions, revoke } from "./key-revoke.ts";
import { headerDocument, headerLines, keyDocument, keyLines, lendingDocument, lendingLines } from "./key-table.ts";
import { parseGeneration, parseIssuer, parseProgramme, parseProgrammes, parseSerial, parseWhole } from "./numbers.ts";
import { newPassphraseFor } from "./passphrase.ts";

const BUNDLE_DAYS_MAX = 366;

interface UseOptions extends SealedOptions {
  readonly issuer?: number;
  readonly programme?: readonly number[];
}

const parseDays = (text: string): number => parseWhole(text, "number of days", 1, BUNDLE_DAYS_MAX);

function parseHolder(text: string): string {
  if (!isHolder(text)) throw new InvalidArgumentError(`a name has 1 to ${HOLDER_CHARACTERS_MAX} characters`);
  return text;
}

const usesOf = ({ issuer, programme = [] }: UseOptions): readonly KeyUse[] => [
  ...(issuer === undefined ? [] : [{ role: IDENTITY, number: issuer }]),
  ...programme.map((number) => ({ role: AREA, number })),
];

/** The option that names a use. */
const optionOf = ({ role, number }: KeyUse): string =>
  role === IDENTITY ? `--issuer ${number}` : `--programme ${number}`;

function added(content: Content, uses: readonly KeyUse[], tools: KeyTools): Content {
  const adding = addKeys(content, uses, tools);
  if (adding.ok) return adding.content;
  throw new Failure("C-KEY-10", adding.detail, "nothing was changed", [
    "look at what is there: cachet keys status",
    "a next generation is made with: cachet keys rotate",
  ]);
}

function isOneOf(uses: readonly KeyUse[]) {
  return ({ role, number }: KeyUse) => uses.some((use) => use.role === role && use.number === number);
}

async function init(console: Console, options: UseOptions, tools: KeyTools): Promise<void> {
  const path = keyPath(console, options);
  const next = ["a further programme or issuer is added with: cachet keys add", "or name another folder with --home"];
  if (existsSync(path)) throw existsAlready(path, next);
  const content = added({ keys: [], lending: null }, [...usesOf(options), OFFICE_USE], tools);
  try {
    const passphrase = await newPassphraseFor(console, sourceForNew(console, options, tools));
    try {
      writeNewKeyFile(path, next, () => sealContent(content, passphrase, tools.cost, tools));
    } finally {
      wipe(passphrase);
    }
    warnOfExposure(console, console.home);
    const lines = [
      `${path} made`,
      ...keyLines(content.keys, tools.now()),
      "Copy the file to a second place now. Without the file or without its passphrase the keys are gone for ever.",
    ];
    tell(console, lines, { file: path, keys: content.keys.map((key) => keyDocument(key, tools.now())) });
  } finally {
    wipeContent(content);
  }
}

async function add(console: Console, options: UseOptions, tools: KeyTools): Promise<void> {
  const uses = usesOf(options);
  if (uses.length === 0) throw usageFailure("nothing to add was named", "name --programme N or --issuer N");
  let lines: string[] = [];
  let documents: unknown[] = [];
  await changeRing(console, options, tools, (content) => {
    const changed = added(content, uses, tools);
    const made = changed.keys.filter(isOneOf(uses));
    lines = keyLines(made, tools.now());
    documents = made.map((key) => keyDocument(key, tools.now()));
    return changed;
  });
  const path = keyPath(console, options);
  tell(console, [`added to ${path}`, ...lines], { file: path, keys: documents });
}

/** What has to happen after a rotation, in the order in which it has to happen. */
function whatFollows({ role, number }: KeyUse, generation: number): string[] {
  const before = generation - 1;
  if (role === IDENTITY) {
    return [
      `New cards of issuer ${number} are sealed under generation ${generation} from now on; bundles made before do not have it: make new ones.`,
      `Every terminal must receive generation ${generation} before cards made under it arrive there; it accepts ${generation} and ${before}.`,
      `Cards made under generation ${before} keep it: an identity record is never rewritten. Replace them before the next rotation.`,
    ];
  }
  return [
    `Terminals accept generations ${generation} and ${before}, and write ${generation} when a card is touched.`,
    `Every terminal of programme ${number} must receive generation ${generation} before cards written under it arrive there.`,
    `The next rotation ends generation ${before}: cards that no terminal has touched by then need the office.`,
  ];
}

function rotated(content: Content, use: KeyUse, tools: KeyTools): Extract<Rotated, { ok: true }> {
  const rotation = rotateKey(content, use, tools);
  if (rotation.ok) return rotation;
  if (rotation.refusal === "last-generation") {
    throw new Failure("C-KEY-12", `${rotation.detail}, the last there is`, "nothing was changed", [
      "a programme or issuer with a new number starts again at generation 1",
    ]);
  }
  throw new Failure("C-KEY-11", rotation.detail, "nothing was changed", [
    `to make its first one: cachet keys add ${optionOf(use)}`,
    "to see what is there: cachet keys status",
  ]);
}

async function rotate(console: Console, options: UseOptions, tools: KeyTools): Promise<void> {
  const [use, ...more] = usesOf(options);
  if (use === undefined || more.length > 0) {
    throw usageFailure("one key is rotated at a time", "name either --programme N or --issuer N, once");
  }
  let lines: string[] = [];
  let document: unknown;
  await changeRing(console, options, tools, (content) => {
    const { content: changed, current, previous } = rotated(content, use, tools);
    const next = whatFollows(use, current.generation);
    const left = previous === null ? "" : `; generation ${previous.generation} is the previous one`;
    const name = `${use.role} ${use.number}`;
    lines = [`${name} is at generation ${current.generation} (${fingerprint(current.secret)})${left}`, ...next];
    document = { ...keyDocument(current, tools.now()), previous: previous?.generation ?? null, next };
    return changed;
  });
  tell(console, lines, document);
}

async function status(console: Console, options: SealedOptions, tools: KeyTools): Promise<void> {
  const path = keyPath(console, options);
  const header = sealedHeader(console, path);
  const passphrase = await passphraseIfGiven(console, options, tools);
  if (passphrase === null) {
    const lines = [...headerLines(path, header), "keys             sealed; give the passphrase to see which they are"];
    return tell(console, lines, { ...headerDocument(path, header), opened: false });
  }
  try {
    const content = openedContent(path, passphrase);
    const now = tools.now();
    const lines = [
      ...headerLines(path, header),
      ...lendingLines(content, now),
      ...officeLines(content),
      ...keyLines(content.keys, now),
      ...certificateLines(content, now),
    ];
    tell(console, lines, {
      ...headerDocument(path, header),
      opened: true,
      ...lendingDocument(content, now),
      ...officeDocument(content),
      keys: content.keys.map((key) => keyDocument(key, now)),
      installers: certificateDocuments(content, now),
      revoked: revokedDocument(content),
    });
    wipeContent(content);
  } finally {
    wipe(passphrase);
  }
}

/** The commands about sealed keys. `tools` is what they take from outside. */
export function keysCommands(program: Command, console: () => Console, tools: () => KeyTools = realTools): void {
  const keys = program.command("keys").description("make, look at, rotate and lend the office's sealed keys");
  const command = (name: string, description: string) => sealedOptions(keys.command(name).description(description));
  command("init", "make a key ring: the card key of an issuer, and an area key for each programme")
    .requiredOption("--issuer <n>", "issuer of the cards, 0 to 9999", parseIssuer)
    .option("--programme <n>", "programme to make an area key for; may be repeated", parseProgrammes)
    .action((options: UseOptions) => init(console(), options, tools()));
  command("add", "add first keys for further programmes or a further issuer")
    .option("--issuer <n>", "issuer to make a card key for", parseIssuer)
    .option("--programme <n>", "programme to make an area key for; may be repeated", parseProgrammes)
    .action((options: UseOptions) => add(console(), options, tools()));
  command("status", "list the keys without their secrets; without the passphrase, say how the file is sealed").action(
    (options: SealedOptions) => status(console(), options, tools()),
  );
  command("rotate", "make the next generation of one key, and say what has to follow")
    .option("--issuer <n>", "rotate the card key of this issuer", parseIssuer)
    .option("--programme <n>", "rotate the area key of this programme", parseProgrammes)
    .action((options: UseOptions) => rotate(console(), options, tools()));
  command("revoke", "mark an older generation of a key, or an installer's key, as stolen: the lists name it")
    .option("--issuer <n>", "a generation of this issuer's card key", parseIssuer)
    .option("--programme <n>", "a generation of this programme's area key", parseProgramme)
    .option("--generation <n>", "which generation, 1 to 255", parseGeneration)
    .option("--installer <serial>", "an installer's key, by the serial that keys status shows", parseSerial)
    .action((options: RevokeOptions) => revoke(console(), options, tools()));
  command("bundle", "seal the card keys that an installer needs and a key of his own, for some days; never an area key")
    .requiredOption("-o, --output <file>", "bundle to write; never over another file")
    .requiredOption("--for <name>", "who gets it", parseHolder)
    .requiredOption("--days <n>", `days until it expires, 1 to ${BUNDLE_DAYS_MAX}`, parseDays)
    .option("--issuer <n>", "whose card keys; not needed where the ring has one issuer", parseIssuer)
    .option("--bundle-passphrase-file <file>", "file whose first line is the bundle's own passphrase; else it is asked")
    .action((options: BundleOptions) => bundle(console(), options, tools()));
  provisionOptions(
    keys
      .command("provision")
      .description("seal a terminal's keys to it and sign what it is: from its request to a .provision file")
      .argument("<request>", "request file, as the terminal wrote it"),
  ).action((request: string, options: ProvisionWords) => provision(console(), request, options, tools()));
}
