import { ticketName } from "@cachet/firmware/wire";
import { allForks, branches } from "../forks.ts";
import type { Ledger } from "../schema.ts";
import { secondRefunds } from "../second-refunds.ts";
import { type Finding, type FindingKind, KINDS, LIMITS, type Limits } from "./finding.ts";
import { historyFindings } from "./histories.ts";
import { scoreFindings } from "./scores.ts";
import { terminalFindings } from "./terminals.ts";

async function forkFindings(ledger: Ledger): Promise<readonly Finding[]> {
  const found: Finding[] = [];
  for (const fork of await allForks(ledger)) {
    const { first, other } = await branches(ledger, fork);
    const { card, programme } = fork;
    const { terminal, number, merchant, utc } = fork.other;
    const tickets = `${ticketName(fork.first.terminal, fork.first.number)} and ${ticketName(terminal, number)}`;
    found.push({
      ...{ kind: "fork", card, programme, terminal, number, merchant, utc, fork, bars: true },
      // Which side is honest does not show: the loss is what one of them spent.
      cents: Math.max(first.spentCents, other.spentCents),
      what: `${tickets} both follow the same state of the card`,
    });
  }
  return found;
}

/** Facts that were noted while they came in. */
async function noted(ledger: Ledger): Promise<readonly Finding[]> {
  const rows = await ledger
    .selectFrom("alert")
    .selectAll()
    .orderBy("terminal")
    .orderBy("number")
    .orderBy("programme")
    .execute();
  return rows.map(({ kind, detail: what, ...about }) => ({
    ...{ ...about, kind: kind as FindingKind, what },
    bars: kind === "balance",
  }));
}

async function refundFindings(ledger: Ledger): Promise<readonly Finding[]> {
  const terminals = await ledger
    .selectFrom("terminal")
    .select(({ fn }) => ["merchant", fn.countAll<number>().as("n")])
    .where("state", "=", "active")
    .groupBy("merchant")
    .execute();
  const many = new Map(terminals.map(({ merchant, n }) => [merchant, n]));
  return (await secondRefunds(ledger)).map(({ terminal, number, card, programme, merchant, utc, cents, ...about }) => {
    const [sold, first] = [
      ticketName(about.seller, about.ticket),
      ticketName(about.first.terminal, about.first.number),
    ];
    return {
      ...{ kind: "second-refund", terminal, number, card, programme, merchant, utc, cents },
      what: `${ticketName(terminal, number)} took back ${sold}, or lines of it, after ${first} had; each of ${many.get(merchant) ?? 0} terminals can once, up to refundCap`,
    };
  });
}

const order = (finding: Finding): readonly number[] => [
  KINDS.indexOf(finding.kind),
  -(finding.cents ?? 0),
  -(finding.utc ?? 0),
  finding.card ?? 0,
  finding.terminal ?? 0,
  finding.number ?? 0,
];

function worstFirst(a: Finding, b: Finding): number {
  const [left, right] = [order(a), order(b)];
  const at = left.findIndex((value, i) => value !== right[i]);
  return at < 0 ? 0 : left[at]! - right[at]!;
}

/**
 * What somebody should look at, worst first: judged anew from what is known, so that what has been explained since is gone. Once all
 * batches of a night are in and doubts are decided. `at` in UTC seconds.
 */
export async function findings(ledger: Ledger, at: number, limits: Limits = LIMITS): Promise<readonly Finding[]> {
  const all = [
    ...(await forkFindings(ledger)),
    ...(await historyFindings(ledger, at, limits)),
    ...(await noted(ledger)),
    ...(await refundFindings(ledger)),
    ...(await scoreFindings(ledger)),
    ...(await terminalFindings(ledger, at, limits)),
  ];
  return all.sort(worstFirst);
}

/** A card that should be barred, and why, worst reason first. */
export interface Suspicious {
  readonly card: number;
  readonly reasons: readonly FindingKind[];
}

/**
 * Cards to bar: two histories, an old record put back, a record that no journal tells of or whose sum is wrong. Scores, doubts and gaps that
 * may still close bar nobody. By number.
 */
export async function suspicious(ledger: Ledger, at: number): Promise<readonly Suspicious[]> {
  const reasons = new Map<number, Set<FindingKind>>();
  for (const { card, kind, bars } of await findings(ledger, at)) {
    if (card === undefined || bars !== true) continue;
    reasons.set(card, (reasons.get(card) ?? new Set()).add(kind));
  }
  const cards = [...reasons].map(([card, kinds]) => ({ card, reasons: [...kinds] }));
  return cards.sort((a, b) => a.card - b.card);
}
