import { join } from "node:path";
import type { SectionRow, Signer } from "@cachet/firmware/wire";
import { terminalName } from "@cachet/firmware/wire";
import type { Command } from "commander";
import { revocationsOf } from "../keys/installers.ts";
import { AREA, wipe } from "../keys/key-record.ts";
import { keyRingOf, testKeyRing } from "../keys/key-ring.ts";
import { contentsAt } from "../office/lists/build.ts";
import { type PreparedList, prepareList } from "../office/lists/night.ts";
import type { Ledger } from "../office/schema.ts";
import { LedgerIncomplete, signDelta, signFullList, signReceipt } from "../office/sign.ts";
import { type Console, tell } from "./console.ts";
import { Failure } from "./failure.ts";
import { makeFolder, writeFile } from "./files.ts";
import { withLedger } from "./home.ts";
import { bundleFailure } from "./key-file.ts";
import {
  type KeyOptions,
  type KeyTools,
  keyOptions,
  keyPath,
  openedContent,
  passphraseToOpen,
  realTools,
  wipeContent,
} from "./key-options.ts";
import { issuerOf } from "./key-provision.ts";
import { parseIssuer, parseTerminal, parseWhole } from "./numbers.ts";
import { officeDay } from "./office-day.ts";
import { knownTerminal } from "./office-terminal.ts";

interface ListOptions extends KeyOptions {
  readonly output: string;
  readonly terminal?: number;
  readonly issuer?: number;
  readonly writeLayout: number;
}

/** State layouts that terminals of this cachet write. */
const LAYOUT_MAX = 2;

/** What the keys say to a list. */
interface OfOffice {
  readonly signer: Signer;
  readonly issuer: number;
  readonly revokedGenerations: readonly SectionRow<"revokedGenerations">[];
  readonly revokedKeys: readonly Uint8Array[];
}

function signerIn(office: Signer | null, path: string): Signer {
  if (office !== null) return office;
  throw new Failure("C-KEY-11", `${path} has no office key: nobody can sign for the association`, "nothing was made", [
    "it is made with the first terminal that is provisioned: cachet keys provision",
  ]);
}

/** Does something with the office's key. Fails as the ring does that cannot be opened, C-KEY-11 without an office key. */
async function withOffice<T>(
  console: Console,
  options: ListOptions,
  tools: KeyTools,
  use: (office: OfOffice) => Promise<T>,
): Promise<T> {
  if (options.testKeys === true) {
    const ring = testKeyRing();
    const of = { issuer: issuerOf(ring, options.issuer), revokedGenerations: [], revokedKeys: [] };
    return use({ signer: signerIn(ring.office, "the test keys"), ...of });
  }
  const path = keyPath(console, options);
  const passphrase = await passphraseToOpen(console, options, tools);
  try {
    const content = openedContent(path, passphrase);
    try {
      if (content.lending !== null) throw bundleFailure(path);
      const ring = keyRingOf(content);
      const { generations, installers } = revocationsOf(content);
      return await use({
        signer: signerIn(ring.office, path),
        issuer: issuerOf(ring, options.issuer),
        revokedGenerations: generations.map(({ role, number, generation }) => ({
          ...{ role: role === AREA ? ("area" as const) : ("identity" as const), number, generation },
        })),
        revokedKeys: installers,
      });
    } finally {
      wipeContent(content);
    }
  } finally {
    wipe(passphrase);
  }
}

/** A file that terminals take. */
interface Made {
  readonly file: string;
  readonly bytes: Uint8Array;
}

const isFor = (wanted: number | undefined) => (terminal: number) => wanted === undefined || wanted === terminal;

/** The full list, and what leads there from each list that some terminal holds. A delta's name sorts before the full list's. */
async function listFiles(
  ledger: Ledger,
  { contents, held }: PreparedList,
  wanted: number | undefined,
  signer: Signer,
): Promise<Made[]> {
  const name = `list-${String(contents.version).padStart(8, "0")}`;
  const files: Made[] = [{ file: `${name}.list`, bytes: signFullList(contents, signer) }];
  const bases = held.filter(({ terminal, version }) => isFor(wanted)(terminal) && version > 0);
  for (const base of new Set(bases.map(({ version }) => version))) {
    const before = base < contents.version ? await contentsAt(ledger, base) : null;
    if (before === null) continue;
    const file = `${name}-from-${String(base).padStart(8, "0")}.list`;
    files.push({ file, bytes: signDelta(before, contents, signer) });
  }
  return files;
}

async function receiptFiles(
  ledger: Ledger,
  { held, contents }: PreparedList,
  wanted: number | undefined,
  signer: Signer,
): Promise<Made[]> {
  const files: Made[] = [];
  for (const { terminal } of held.filter((one) => isFor(wanted)(one.terminal))) {
    const bytes = await signReceipt(ledger, terminal, contents.issued, signer);
    if (bytes !== null) files.push({ file: `${terminalName(terminal)}.receipt`, bytes });
  }
  return files;
}

async function prepared(ledger: Ledger, { issuer, ...office }: OfOffice, writeLayout: number, now: number) {
  const { signer, revokedGenerations, revokedKeys } = office;
  const head = { issuer, issued: now, officeKey: signer.publicKey, writeLayout, revokedGenerations, revokedKeys };
  try {
    return await prepareList(ledger, head, officeDay(now));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new Failure("C-LIST-01", `no list can be made: ${error.message}`, "no file was written", [
      "cachet office check looks through the ledger",
    ]);
  }
}

const plural = (count: number, one: string, many = `${one}s`) => `${count} ${count === 1 ? one : many}`;

function linesOf(folder: string, made: PreparedList, files: readonly Made[]): string[] {
  const { sections, version } = made.contents;
  const waits = made.held.filter((held) => held.version < version).map(({ terminal }) => terminalName(terminal));
  return [
    `list ${version}: ${plural(sections.blocked.count, "blocked card")}, ${plural(sections.credits.count, "credit")}, ${plural(sections.balances.count, "account balance")}`,
    ...(made.credits.length > 0 ? [`new credits      ${made.credits.length}`] : []),
    ...(made.passed.length > 0 ? [`credits on cards ${made.passed.length}: they leave the list`] : []),
    ...(made.waitingCards > 0
      ? [`no room          credits of ${plural(made.waitingCards, "card")} wait for a later list`]
      : []),
    ...(made.unblocked > 0 ? [`no room          ${plural(made.unblocked, "card")} blocked longest ago left out`] : []),
    ...files.map(({ file, bytes }) => `${join(folder, file)}  ${bytes.length} bytes`),
    ...(waits.length > 0 ? [`to be brought to ${waits.join(", ")}: cachet terminal push ${folder}`] : []),
  ];
}

async function lists(console: Console, options: ListOptions, tools: KeyTools): Promise<void> {
  const { output, terminal: wanted, writeLayout } = options;
  // Before the ledger has a list that nobody got.
  makeFolder(output);
  await withOffice(console, options, tools, (office) =>
    withLedger(console, async (ledger) => {
      if (wanted !== undefined) await knownTerminal(ledger, wanted);
      const made = await prepared(ledger, office, writeLayout, console.now());
      const { signer } = office;
      const list = await listFiles(ledger, made, wanted, signer);
      let files: readonly Made[] = list;
      try {
        files = [...list, ...(await receiptFiles(ledger, made, wanted, signer))];
      } catch (error) {
        if (!(error instanceof LedgerIncomplete)) throw error;
        console.err(
          `warning: no receipts, terminals keep their entries: ${error.message}; look at: cachet office check\n`,
        );
      }
      for (const { file, bytes } of files) writeFile(join(output, file), bytes);
      const { contents, held, passed, credits, waitingCards } = made;
      const { sections, version, issued } = contents;
      tell(console, linesOf(output, made, files), {
        ...{ version, issued, blocked: sections.blocked.count, credits: sections.credits.count },
        balances: sections.balances.count,
        new_credits: credits.map(({ card, programme, number, why, source }) => ({
          card,
          programme,
          number,
          why,
          source,
        })),
        passed: passed.map(({ card, programme, number }) => ({ card, programme, number })),
        waiting_cards: waitingCards,
        terminals: held.map(({ terminal, version: holds }) => ({ terminal: terminalName(terminal), holds })),
        files: files.map(({ file }) => join(output, file)),
      });
    }),
  );
}

/** Registers `office lists`. */
export function listsCommand(office: Command, console: () => Console, tools: () => KeyTools = realTools): void {
  keyOptions(
    office
      .command("lists")
      .description("make and sign the next list for terminals, full and as deltas, with receipts for what is imported"),
  )
    .requiredOption("-o, --output <dir>", "folder for the files; cachet terminal push takes it as it is")
    .option("--terminal <n>", "deltas and receipt of this terminal alone", parseTerminal)
    .option("--issuer <n>", "issuer of the cards; not needed where the ring has one", parseIssuer)
    .option(
      "--write-layout <n>",
      "newest state layout that terminals may write; never falls",
      (text) => parseWhole(text, "state layout", 1, LAYOUT_MAX),
      LAYOUT_MAX,
    )
    .action((options: ListOptions) => lists(console(), options, tools()));
}
