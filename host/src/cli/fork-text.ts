import { maskedCard, toHex } from "@cachet/card-layout";
import { ticketName } from "@cachet/firmware/wire";
import { type Branch, branches, type Fork, type Moved, type Ticket } from "../office/forks.ts";
import type { Ledger } from "../office/schema.ts";
import { localText } from "./dates.ts";
import { money } from "./money.ts";

/** A ticket's date and minute as the terminal's clock showed them. */
const localTime = ({ utc, offset }: Ticket): string => localText(utc, offset);

const nameOf = ({ terminal, number }: Ticket) => ticketName(terminal, number);

/** What moved, in words; amounts that are zero are left out. */
function amounts({ earnedCents, spentCents, toppedUpCents, stamps, rewards }: Moved): string {
  const cents: readonly (readonly [string, number])[] = [
    ["earned", earnedCents],
    ["spent", spentCents],
    ["topped up", toppedUpCents],
  ];
  const said = cents.flatMap(([word, amount]) => (amount === 0 ? [] : [`${word} ${money(amount, "en")}`]));
  if (stamps !== 0) said.push(`stamps ${stamps > 0 ? "+" : ""}${stamps}`);
  if (rewards !== 0) said.push(`rewards ${rewards}`);
  return said.length === 0 ? "moved nothing" : said.join(", ");
}

const TICKETS_SHOWN = 5;

function branchLine(ticket: Ticket, branch: Branch): string {
  const here = `  ${nameOf(ticket)}  ${localTime(ticket)}  merchant ${ticket.merchant}  ${amounts(ticket)}`;
  const later = branch.tickets.slice(1).map(nameOf);
  if (later.length === 0) return here;
  const more = later.length > TICKETS_SHOWN ? ` and ${later.length - TICKETS_SHOWN} more` : "";
  return `${here}; then ${later.slice(0, TICKETS_SHOWN).join(", ")}${more}: in all ${amounts(branch)}`;
}

/** A fork for people: both tickets, what each side moved, what it means, what to do. */
export async function forkLines(ledger: Ledger, fork: Fork): Promise<string[]> {
  const { first, other } = await branches(ledger, fork);
  return [
    `FORK  card ${maskedCard(fork.card)}, programme ${fork.programme}: one card, two histories`,
    branchLine(fork.first, first),
    branchLine(fork.other, other),
    "  Both tickets follow the same state of the card: an old dump was put back, or the card was copied. Which of them is",
    "  honest does not show in the books; both are booked, because both happened.",
    "  Next: look at both tickets and ask who held the card; bar it: cachet card block.",
  ];
}

function ticketDocument(ticket: Ticket, branch: Branch) {
  return {
    ticket: nameOf(ticket),
    terminal: ticket.terminal,
    number: ticket.number,
    merchant: ticket.merchant,
    utc: ticket.utc,
    local_time: localTime(ticket),
    new_hash: toHex(ticket.newHash),
    ...movedDocument(ticket),
    branch: { tickets: branch.tickets.map(nameOf), ...movedDocument(branch) },
  };
}

const movedDocument = ({ earnedCents, spentCents, toppedUpCents, stamps, rewards }: Moved) => ({
  earned_cents: earnedCents,
  spent_cents: spentCents,
  topped_up_cents: toppedUpCents,
  stamps,
  rewards,
});

/** A fork for programs: the full card number, both tickets, and every ticket on either side. */
export async function forkDocument(ledger: Ledger, fork: Fork) {
  const { first, other } = await branches(ledger, fork);
  return {
    card: fork.card,
    programme: fork.programme,
    old_hash: toHex(fork.oldHash),
    first: ticketDocument(fork.first, first),
    other: ticketDocument(fork.other, other),
  };
}
