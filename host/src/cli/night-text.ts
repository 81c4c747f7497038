import { maskedCard } from "@cachet/card-layout";
import { ticketName } from "@cachet/firmware/wire";
import { type Finding, nameOf } from "../office/detect/finding.ts";
import { findings } from "../office/detect/findings.ts";
import type { Fork } from "../office/forks.ts";
import { endNight, type Night } from "../office/night.ts";
import type { Ledger } from "../office/schema.ts";
import type { BorneBy } from "../office/second-refunds.ts";
import { alertDocument, alertLines } from "./alert-text.ts";
import { type Console, tell } from "./console.ts";
import { forkDocument, forkLines } from "./fork-text.ts";
import { money } from "./money.ts";

/** Findings of one kind that a night tells one by one. */
const SHOWN = 10;

/** What the office did, a line for each act. */
function actLines({ decisions, refunds, expiries }: Night, policy: BorneBy): string[] {
  const bearer = policy === "merchant" ? "the merchant who gave it bears it" : "claimed from the card's holder";
  return [
    ...decisions.map(({ area: { terminal, number, programme }, outcome, shownBy }) => {
      const became = outcome === "committed" ? "happened" : "did not happen";
      const ticket = ticketName(terminal, number);
      return `DECIDED  ${ticket}, programme ${programme}, ${became}: ${ticketName(shownBy.terminal, shownBy.number)} shows it`;
    }),
    ...refunds.map(
      ({ terminal, number, seller, ticket, cents }) =>
        `SECOND REFUND  ${ticketName(terminal, number)} of ${ticketName(seller, ticket)}: ${money(cents, "en")}, ${bearer}`,
    ),
    ...expiries.map(({ card, programme, unit, amount }) => {
      const value = unit === "cents" ? money(amount, "en") : `${amount} ${unit}`;
      return `EXPIRED TWICE  card ${maskedCard(card)}, programme ${programme}: ${value} are put back`;
    }),
  ];
}

/** Names of what there was to look at before files came in. */
export const knownAlerts = async (ledger: Ledger, at: number): Promise<Set<string>> =>
  new Set((await findings(ledger, at)).map(nameOf));
/** A fork, as it stands among them. */
export const forkName = (fork: Fork): string => nameOf({ kind: "fork", what: "", fork });

/** Ends a night and tells what was done, and what there is to look at that was not known before. Says nothing where there is nothing. */
export async function tellNight(
  console: Console,
  ledger: Ledger,
  known: ReadonlySet<string>,
  policy: BorneBy,
): Promise<void> {
  const at = console.now();
  const night = await endNight(ledger, policy, at);
  const decided = new Set(night.forks.map(forkName));
  // What became of each file is told with it.
  const isTold = (finding: Finding) =>
    finding.kind === "quarantined" || finding.kind === "waiting" || decided.has(nameOf(finding));
  const fresh = (await findings(ledger, at)).filter((finding) => !known.has(nameOf(finding)) && !isTold(finding));
  const lines = actLines(night, policy);
  for (const fork of night.forks) lines.push(...(await forkLines(ledger, fork)));
  lines.push(...(await alertLines(ledger, fresh, SHOWN)));
  if (lines.length === 0) return;
  const forks = [];
  for (const fork of night.forks) forks.push(await forkDocument(ledger, fork));
  const alerts = [];
  for (const finding of fresh) alerts.push(await alertDocument(ledger, finding));
  tell(console, lines, {
    decisions: night.decisions.map(({ area: { terminal, number, programme }, outcome, shownBy }) => ({
      ...{ ticket: ticketName(terminal, number), programme, outcome },
      shown_by: ticketName(shownBy.terminal, shownBy.number),
    })),
    ...{ forks, refunds: night.refunds, borne_by: policy, expiries: night.expiries, alerts },
  });
}
