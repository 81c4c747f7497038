import { toHex } from "@cachet/card-layout";
import { type Console, tell } from "./console.ts";
import { writeFile } from "./files.ts";
import { type ClockCorrection, correctionText } from "./terminal-clock.ts";
import { factsDocument, factsOf, type TerminalFacts, utcText } from "./terminal-facts.ts";
import { type TerminalSession, withTerminal } from "./terminal-session.ts";
import type { PortOptions, TerminalTools } from "./terminal-tools.ts";

/** What an installation did, beside what can be read of the terminal afterwards. */
export interface Done {
  /** What ran before; null where nothing did, or nothing was changed. */
  readonly before: string | null;
  /** Why entries were not collected first; null where they were. */
  readonly notCollected: string | null;
  /** Why an older version was sent; null where it was not older. */
  readonly downgrade: string | null;
  /** Files that were written. */
  readonly batches: readonly string[];
  readonly clock: ClockCorrection | null;
}

export const NOTHING_DONE: Done = { before: null, notCollected: null, downgrade: null, batches: [], clock: null };

/** One page for the shop, and the same for the back office. */
export interface InstallReport {
  readonly at: number;
  readonly installer: string;
  readonly facts: TerminalFacts;
  readonly done: Done;
}

const FRENCH = {
  title: "RAPPORT D'INSTALLATION",
  at: "le",
  installer: "par",
  terminal: "terminal",
  merchant: "commerce",
  runs: "version",
  before: "auparavant",
  programme: "programme",
  hash: "empreinte",
  counter: "compteur de sécurité",
  trial: "à l'essai : pas encore confirmée",
  journal: "journal",
  entries: (last: number, waiting: number) => `${last} enregistrements, ${waiting} à collecter`,
  batches: "collecté",
  notCollected: "non collecté",
  downgrade: "retour arrière",
  list: "liste",
  listOf: (version: number, blocked: number, credits: number) =>
    `${version} : ${blocked} cartes bloquées, ${credits} crédits`,
  clock: "horloge",
  unknown: "inconnu (clé d'installateur requise)",
  none: "aucune image",
};
const ENGLISH: typeof FRENCH = {
  title: "INSTALL REPORT",
  at: "on",
  installer: "by",
  terminal: "terminal",
  merchant: "shop",
  runs: "version",
  before: "before",
  programme: "programme",
  hash: "hash",
  counter: "security counter",
  trial: "on trial: not confirmed yet",
  journal: "journal",
  entries: (last, waiting) => `${last} entries, ${waiting} to collect`,
  batches: "collected",
  notCollected: "not collected",
  downgrade: "downgrade",
  list: "list",
  listOf: (version, blocked, credits) => `${version}: ${blocked} cards blocked, ${credits} credits`,
  clock: "clock",
  unknown: "unknown (needs an installer's key)",
  none: "no image",
};

const NAME_WIDTH = 21;

/** The page, in the language of the shop. */
export function reportLines({ at, installer, facts, done }: InstallReport, lang: "fr" | "en"): string[] {
  const words = lang === "fr" ? FRENCH : ENGLISH;
  const { identity, running, slots, journal, lists } = facts;
  const line = (name: string, text: string) => `${name.padEnd(NAME_WIDTH)} ${text}`;
  const maybe = (name: string, text: string | null) => (text === null ? [] : [line(name, text)]);
  const image = slots?.images.find(({ slot }) => slot === 0);
  return [
    words.title,
    line(words.at, utcText(at)),
    line(words.installer, installer),
    line(words.terminal, `${facts.name}, ${identity.model}, ${identity.serial}`),
    ...(identity.merchant === undefined
      ? []
      : [line(words.merchant, `${identity.name ?? ""} (${identity.merchant})`.trim())]),
    line(words.runs, running?.version ?? words.none),
    ...(running !== null && !running.confirmed ? [line("", words.trial)] : []),
    ...maybe(words.before, done.before),
    ...(image?.programmes ?? []).map(({ number, version, name }) =>
      line(words.programme, `${name} (${number}) v${version}`),
    ),
    ...maybe(words.hash, running === null ? null : toHex(running.hash)),
    line(words.counter, slots === null ? words.unknown : String(slots.counter)),
    line(
      words.journal,
      journal === null ? words.unknown : words.entries(journal.last, journal.last - journal.collected),
    ),
    ...done.batches.map((file) => line(words.batches, file)),
    ...maybe(words.notCollected, done.notCollected),
    ...maybe(words.downgrade, done.downgrade),
    ...maybe(
      words.list,
      lists === null || lists.version === 0 ? null : words.listOf(lists.version, lists.blocked, lists.credits),
    ),
    ...maybe(words.clock, done.clock === null ? null : correctionText(done.clock, lang)),
  ];
}

/** The same for programs. */
export function reportDocument({ at, installer, facts, done }: InstallReport) {
  return {
    report: "cachet/install",
    at,
    installer,
    ...factsDocument(facts),
    done: {
      before: done.before,
      not_collected: done.notCollected,
      downgrade: done.downgrade,
      batches: done.batches,
      clock: done.clock === null ? null : { drift_seconds: done.clock.driftSeconds, result: done.clock.result },
    },
  };
}

/** Reads the terminal as it is now, for the report. */
export async function reportOf(session: TerminalSession, done: Done): Promise<InstallReport> {
  const { tools } = session;
  const at = Math.floor(tools.now() / 1_000);
  return { at, installer: session.installer ?? tools.user, facts: await factsOf(session), done };
}

/** Writes a report: JSON where the name says so, the page otherwise. Fails with C-FILE-03. */
export function writeReport(path: string, report: InstallReport, lang: "fr" | "en"): void {
  const text = path.endsWith(".json")
    ? JSON.stringify(reportDocument(report), null, 2)
    : reportLines(report, lang).join("\n");
  writeFile(path, `${text}\n`);
}

/** `terminal report`. */
export async function report(
  console: Console,
  options: PortOptions & { readonly output?: string },
  tools: TerminalTools,
): Promise<void> {
  await withTerminal(console, options, tools, async (session) => {
    const made = await reportOf(session, NOTHING_DONE);
    if (options.output !== undefined) writeReport(options.output, made, console.lang);
    tell(console, reportLines(made, console.lang), reportDocument(made));
  });
}
