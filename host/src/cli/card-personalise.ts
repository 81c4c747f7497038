import { existsSync } from "node:fs";
import { join } from "node:path";
import { dayOf, ndefProblem } from "@cachet/card-layout";
import type { Programme } from "@cachet/firmware/rules";
import { type Command, InvalidArgumentError } from "commander";
import { CardLog, CardLogFault } from "../cards/card-log.ts";
import type { ChipLink } from "../cards/chip-link.ts";
import { urlOf } from "../cards/new-card.ts";
import { personaliseRun, type RunOrder, type RunRow } from "../cards/run.ts";
import type { KeyRing, MasterKey } from "../keys/key-ring.ts";
import { type AppendFile, appendFile } from "../ports/append-file.ts";
import { takeLock } from "../ports/lock-file.ts";
import { rowLine, summaryLine, summaryOf } from "./card-personalise-text.ts";
import type { ChosenReader } from "./card-reader.ts";
import type { CardTools } from "./card-source.ts";
import { accountTicket, keepsOf, prepaidProgramme } from "./card-ticket.ts";
import { type Console, tell, visible } from "./console.ts";
import { Failure } from "./failure.ts";
import { type KeyOptions, keyOptions, keyRingFor } from "./key-options.ts";
import { passesTooLittle } from "./reader-error.ts";
import { type ReaderOptions, readerOptions, withReader } from "./reader-option.ts";

interface PersonaliseOptions extends KeyOptions, ReaderOptions {
  readonly count: number;
  readonly issuer?: number;
  readonly first?: number;
  readonly areas: number;
  readonly url?: string;
  readonly output?: string;
  readonly genuineOnly?: boolean;
  readonly prepaid?: string;
}

/** Longest card number, to see whether a web address fits before the first card. */
const LONGEST_NUMBER = 9_999_999_999_999;
const NDEF_BYTES = 56;

const whole = (what: string, min: number, max: number) => (text: string) => {
  const number = Number(text);
  if (!/^\d{1,9}$/.test(text) || number < min || number > max)
    throw new InvalidArgumentError(`"${text}" is no ${what}: a whole number from ${min} to ${max}`);
  return number;
};

function parseUrl(text: string): string {
  const problem = ndefProblem(urlOf(text, LONGEST_NUMBER), NDEF_BYTES);
  if (problem !== null) throw new InvalidArgumentError(`"${text}" cannot be written: ${problem}`);
  return text;
}

/** Adds `card personalise`. */
export function cardPersonaliseCommand(group: Command, console: () => Console, tools: CardTools): void {
  const command = group
    .command("personalise")
    .description("make blank cards this issuer's: number, identity, password, locks; every card is read back")
    .requiredOption("--count <n>", "new cards to write", whole("number of cards", 1, 1_000_000))
    .option("--issuer <n>", "whose cards; not needed where the keys are one issuer's", whole("issuer", 0, 9_999))
    .option("--first <n>", "lowest number to give; each laptop needs a range of its own", whole("number", 1, 999_999))
    .option("--areas <n>", "programmes that must find room on a card", whole("number of areas", 1, 6), 1)
    .option(
      "--url <address>",
      "web address for phones, {card} stands for the number; where the card has room",
      parseUrl,
    )
    .option("--genuine-only", "put chips aside whose maker's signature does not verify")
    .option(
      "--prepaid <file>",
      "programme whose prepaid account each card gets room for; prints a ticket for its holder",
    )
    .option("-o, --output <file>", "CSV of the numbers; default cards-DATE-TIME.csv in this folder");
  readerOptions(keyOptions(command)).action(async (options: PersonaliseOptions) => {
    const said = console();
    const account = options.prepaid === undefined ? null : await prepaidProgramme(options.prepaid);
    const ring = await keyRingFor(said, options, tools.keys);
    try {
      await withReader(said, options, tools.readers, (reader) => runCards(said, options, account, ring, reader));
    } finally {
      ring.wipe();
    }
  });
}

function issuerOf({ issuer }: PersonaliseOptions, ring: KeyRing): { readonly issuer: number; readonly key: MasterKey } {
  const only = ring.issuers === null ? 1 : ring.issuers.length === 1 ? ring.issuers[0]! : null;
  const chosen = issuer ?? only;
  if (chosen === null) {
    throw new Failure(
      "C-PERSO-01",
      `the keys are those of issuers ${ring.issuers?.join(", ")}`,
      "no card was touched",
      ["name one with --issuer N"],
    );
  }
  const key = ring.currentCardKey(chosen);
  if (key === null) {
    throw new Failure("C-PERSO-01", `there is no card key of issuer ${chosen}`, "no card was touched", [
      "look at what is there: cachet keys status",
    ]);
  }
  return { issuer: chosen, key };
}

function openLog(home: string): { readonly log: CardLog; readonly release: () => void } {
  const path = join(home, "cards.log");
  const release = onDisk(`${path}.lock`, "no card was touched", () => takeLock(`${path}.lock`));
  if (typeof release === "number") {
    throw new Failure(
      "C-PERSO-02",
      `another run (process ${release}) is personalising from ${home}`,
      "no card was touched",
      ["wait for it, or stop it: two runs would give the same numbers", `no cachet runs? remove ${path}.lock`],
    );
  }
  try {
    const file = appendFile(path);
    const state = "the card on the reader may be begun: present it again; no number is given twice";
    const log = onDisk(
      path,
      "no card was touched",
      () => new CardLog({ ...file, append: (line) => onDisk(path, state, () => file.append(line)) }),
    );
    return { log, release };
  } catch (error) {
    release();
    if (!(error instanceof CardLogFault)) throw error;
    throw new Failure("C-PERSO-03", `${path}: ${error.message}`, "no card was touched: numbers could be given twice", [
      "put that line back as it was, from a backup",
      'or keep the file aside and begin with --first N, N = the highest "serial" in it plus 1',
    ]);
  }
}

/** Numbers of simulated cards are on no card. */
const forgottenLog = () => ({ log: new CardLog({ lines: () => [], append: () => {} }), release: () => {} });

/** Does something with a file; what the disk says becomes C-FILE-03. */
function onDisk<T>(path: string, state: string, use: () => T): T {
  try {
    return use();
  } catch (error) {
    const code = (error as { readonly code?: string }).code;
    if (error instanceof Failure || error instanceof CardLogFault) throw error;
    const why = code ?? (error instanceof Error ? error.message : String(error));
    throw new Failure("C-FILE-03", `${path} cannot be written (${why})`, state, [
      "check the folder, your rights and the free space, and run the command again",
    ]);
  }
}

const CSV_HEAD = "card,uid,chip,result,reason,signature,seconds";
const csvLine = ({ card, uid, chip, result, reason, originality, milliseconds }: RunRow): string =>
  [card ?? "", uid, chip ?? "", result, reason ?? "", originality ?? "", (milliseconds / 1_000).toFixed(2)].join(",");

function csvFile({ output }: PersonaliseOptions, now: Date): { readonly path: string; readonly file: AppendFile } {
  const stamp = now.toISOString().slice(0, 19).replaceAll(/[-:]/g, "").replace("T", "-");
  const path = output ?? `cards-${stamp}.csv`;
  if (existsSync(path)) {
    throw new Failure("C-PERSO-04", `${path} is there already`, "no card was touched", ["name another file with -o"]);
  }
  return { path, file: appendFile(path) };
}

/** The next card on the reader; rows for cards of other kinds. Failures of the reader end the run, and are told after its summary. */
function cardsOn(
  console: Console,
  reader: ChosenReader,
  strange: () => void,
): {
  next(): Promise<ChipLink | string>;
  removed(): Promise<string | null>;
  ended(): Failure | null;
} {
  let failure: Failure | null = null;
  const removed = async () => {
    if (!reader.isSimulated) console.err("take the card away\n");
    try {
      await reader.removed();
      return null;
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      failure = error;
      return "reader";
    }
  };
  return {
    ended: () => failure,
    removed,
    async next() {
      for (;;) {
        try {
          const { link, missing } = await reader.next();
          if (missing === null) return link;
          failure = passesTooLittle(reader.name, "give a card its password and counters");
          return "reader";
        } catch (error) {
          if (!(error instanceof Failure)) throw error;
          if (error.code === "C-CARD-11") continue;
          if (error.code !== "C-CARD-01") {
            failure = error;
            return "reader";
          }
          strange();
          const lost = await removed();
          if (lost !== null) return lost;
        }
      }
    },
  };
}

async function runCards(
  console: Console,
  options: PersonaliseOptions,
  account: Programme | null,
  ring: KeyRing,
  reader: ChosenReader,
): Promise<void> {
  const { issuer, key } = issuerOf(options, ring);
  const now = new Date();
  const { log, release } = reader.isSimulated ? forgottenLog() : openLog(console.home);
  try {
    const csv = csvFile(options, now);
    if (reader.isSimulated) console.err("simulated cards: no number is used up\n");
    else if (!log.knows(issuer) && options.first === undefined) {
      console.err("numbers begin at 1: another laptop needs a range of its own, with --first\n");
    }
    if (key.test) console.err("test keys: no production terminal takes these cards\n");
    const order: RunOrder = {
      issuer,
      issued: dayOf(Math.floor(now.getTime() / 1_000), -now.getTimezoneOffset()),
      master: key.master,
      generation: key.generation,
      areas: options.areas,
      ...(options.url === undefined ? {} : { url: options.url }),
      ...(account === null ? {} : { keeps: keepsOf(account) }),
      count: options.count,
      first: options.first ?? 1,
      genuineOnly: options.genuineOnly === true,
    };
    await runOrder(console, order, account, reader, log, csv);
  } finally {
    release();
  }
}

async function runOrder(
  console: Console,
  order: RunOrder,
  account: Programme | null,
  reader: ChosenReader,
  log: CardLog,
  csv: { readonly path: string; readonly file: AppendFile },
): Promise<void> {
  let [written, strange] = [0, 0];
  let isRefused = false;
  const cards = cardsOn(console, reader, () => {
    strange += 1;
    console.err("       PUT ASIDE: a card of another kind\n");
  });
  onDisk(csv.path, "no card was touched", () => csv.file.append(CSV_HEAD));
  const run = await personaliseRun(order, {
    next: cards.next,
    // Every simulated card is like the last: one that is refused is refused for ever.
    removed: () => (reader.isSimulated && isRefused ? Promise.resolve("refused") : cards.removed()),
    log,
    now: () => Date.now(),
    told(row) {
      if (row.result === "written") written += 1;
      isRefused = row.result === "rejected";
      onDisk(csv.path, "the card is done and its number noted in cards.log", () => csv.file.append(csvLine(row)));
      // A card that was this issuer's before may hold money by now.
      const isOpened = account !== null && row.result === "written";
      if (console.json)
        console.out(JSON.stringify(isOpened ? { ...row, programme: account.number, balanceCents: 0 } : row));
      const bell = console.drawsProgress ? "\u0007" : "";
      console.err(`${rowLine(row, written, order.count)}${bell}\n`);
      if (isOpened && !console.json)
        for (const line of accountTicket(account, row.card!, console.lang)) console.out(visible(line));
    },
  });
  const summary = summaryOf(run, strange);
  const line = summaryLine(summary, order.count);
  const nextSerial = log.nextSerial(order.issuer, order.first);
  const document = { ...summary, csv: csv.path, ended: run.ended, next: nextSerial, burnt: log.burnt(order.issuer) };
  tell(console, [line, `numbers: ${csv.path}`], document);
  const goOn = `run the command again with --count ${order.count - written}: it goes on at the next number`;
  if (run.ended === "no-number-left") {
    throw new Failure("C-PERSO-05", `issuer ${order.issuer} has no number left`, line, ["begin with another issuer"]);
  }
  const failure = cards.ended();
  if (failure !== null) throw new Failure(failure.code, failure.message, line, [...failure.next, goOn]);
}
