import { maskedCard } from "@cachet/card-layout";
import { terminalName } from "@cachet/firmware/wire";
import type { Finding, FindingKind } from "../office/detect/finding.ts";
import type { Ledger } from "../office/schema.ts";
import { forkDocument, forkLines } from "./fork-text.ts";
import { money } from "./money.ts";

/** What a fork means, and what to do about it; the lines of one say it at length. */
export const FORK_TEXT = [
  "cards with two histories",
  "look at both tickets and ask who held the card; bar it: cachet card block",
] as const;

/** What the other kinds of findings mean, and what to do about them. */
export const KIND_TEXT: Readonly<Record<Exclude<FindingKind, "fork">, readonly [title: string, next: string]>> = {
  "step-back": ["old records that were put back", "bar the card and ask its holder"],
  "no-journal": ["records that no journal tells of", "bar the card; look whether a key was stolen"],
  overdrawn: ["cards that more left than came", "compare with the forks and gaps of the card"],
  balance: ["records that hold something else than they should", "bar the card; look at the terminal that wrote it"],
  credits: ["credits that do not follow from those before", "look at the lists that the terminal holds"],
  key: [
    "records under a key that the terminal was never given",
    "look whether the terminal is what it says, and rotate the key",
  ],
  ended: [
    "visits behind the end of a terminal",
    "what is in the books stays there; bar the cards that should not have it",
  ],
  "second-refund": [
    "tickets that were taken back twice",
    "ask the merchant; batch import --claim-refunds claims it from the card's holder",
  ],
  "top-ups": ["hours with many top-ups", "compare them with the cash in the drawer"],
  quarantined: ["files that were set aside", "collect the same range again; batch import says why each was refused"],
  gap: ["terminals that have still to tell of a record", "collect the terminal that is named"],
  clock: ["clocks", "look at the entries; the times between which they lie are trusted"],
  late: ["late entries", "they are in the next closing"],
  waiting: ["files that wait", "collect what is missing before them"],
  silent: ["silent terminals", "call the shop"],
  torn: ["cards that are often torn away", "ask the cashiers; no proof of anything"],
  counter: ["cards whose counter moved by itself", "no proof of anything; replace the card if it goes on"],
};

/** A time in UTC, to the minute; terminals' clocks may say anything. */
function timeText(utc: number): string {
  const date = new Date(utc * 1_000);
  return Number.isNaN(date.getTime()) ? `${utc} s` : `${date.toISOString().slice(0, 16).replace("T", " ")}Z`;
}

const orUnknown = (utc: number | null): string => (utc === null ? "?" : timeText(utc));

/** One finding: what it is about, then what was found. */
function findingLines({ card, programme, terminal, merchant, utc, between, cents, what }: Finding): string[] {
  const about = [
    ...(card === undefined ? [] : [`card ${maskedCard(card)}`]),
    ...(programme === undefined ? [] : [`programme ${programme}`]),
    ...(terminal === undefined ? [] : [terminalName(terminal)]),
    ...(merchant === undefined ? [] : [`merchant ${merchant}`]),
    ...(utc === undefined || between !== undefined ? [] : [timeText(utc)]),
    ...(between === undefined ? [] : [`between ${orUnknown(between[0])} and ${orUnknown(between[1])}`]),
    ...(cents === undefined || cents === 0 ? [] : [money(cents, "en")]),
  ];
  return [...(about.length === 0 ? [] : [`  ${about.join("  ")}`]), `    ${what}`];
}

/** Findings for people, by kind, in the order in which they are given; of each kind but forks `most` at most, and how many more there are. */
export async function alertLines(
  ledger: Ledger,
  findings: readonly Finding[],
  most = Number.POSITIVE_INFINITY,
): Promise<string[]> {
  const lines: string[] = [];
  const counts = new Map<FindingKind, number>();
  let kind: FindingKind | null = null;
  const more = () => {
    const left = kind === null || kind === "fork" ? 0 : counts.get(kind)! - most;
    if (left > 0) lines.push(`  and ${left} more: cachet office alerts`);
  };
  for (const finding of findings) {
    if (finding.kind !== kind) more();
    const count = (counts.get(finding.kind) ?? 0) + 1;
    counts.set(finding.kind, count);
    if (finding.fork !== undefined) {
      lines.push(...(await forkLines(ledger, finding.fork)));
      lines.push(`  Exposure: ${money(finding.cents ?? 0, "en")}, the more that either side spent.`);
    } else if (finding.kind !== "fork") {
      const [title, next] = KIND_TEXT[finding.kind];
      if (finding.kind !== kind) lines.push(`${finding.kind.toUpperCase()}  ${title}. Next: ${next}.`);
      if (count <= most) lines.push(...findingLines(finding));
    }
    kind = finding.kind;
  }
  more();
  return lines;
}

/** A finding for programs: the full card number, and both sides of a fork. */
export async function alertDocument(ledger: Ledger, { fork, ...finding }: Finding) {
  return { ...finding, ...(fork === undefined ? {} : { fork: await forkDocument(ledger, fork) }) };
}
