import type { RefundRequest } from "../hal/index.ts";
import { type Effect, evaluate, type Facts, movesOf, pursesToSpend, withoutCard } from "../rules/index.ts";
import { type AccountArea, type AccountVisit, decodeVisit } from "../wire/index.ts";
import type { AskedRefund } from "./asked.ts";
import { CardRefused } from "./card.ts";
import type { Proposal } from "./proposal.ts";
import { openReceiptCode } from "./receipt-code.ts";
import { linesOf, paidFor, programmeOf, type Sold, takenBefore, undoing } from "./refund.ts";
import type { Terminal } from "./terminal.ts";

/** A visit without a card that this terminal sold. */
export interface SoldToAccount {
  readonly ticket: number;
  readonly utc: number;
  readonly body: AccountVisit;
  /** Lines that were taken back before. */
  readonly refunded: readonly number[];
}

/** What a refund is about, where it needs no card; `elsewhere` where another terminal sold that. */
export async function soldToAccount(
  { hal, facts }: Terminal,
  { ticket: asked, visit }: Pick<RefundRequest, "ticket" | "visit">,
): Promise<SoldToAccount | "elsewhere" | null> {
  let ticket = asked;
  if (typeof ticket === "object") {
    const code = await openReceiptCode(hal, facts.merchant, ticket.code).catch(() => null);
    if (code?.account !== true) return null;
    if (code.terminal !== facts.terminal) return "elsewhere";
    ticket = code.ticket;
  }
  const known = ticket === "last" ? null : await hal.ticket(ticket, visit);
  if (ticket === "last" || known === null) return null;
  const entry = decodeVisit(await hal.entry(ticket));
  if (entry?.kind !== "account") return null;
  return { ticket, utc: entry.utc, body: entry.body, refunded: known.refunded };
}

/**
 * Reverses what is stored of a visit without a card, for some of its lines: what it spent may be spent here again, and what it
 * earned is less than nothing earned, whatever became of it meanwhile. Throws `CardRefused`.
 */
export function proposeRefund(
  terminal: Terminal,
  { ticket, utc, body, refunded: before }: SoldToAccount,
  { lines: asked }: AskedRefund,
  facts: Omit<Facts, "before"> & { readonly lastDay: number },
): Pick<AccountVisit, "areas" | "refund"> & Pick<Proposal, "evaluations"> {
  const { account, sale } = body;
  if (body.refund !== undefined) throw new CardRefused("TICKET_UNKNOWN", account);
  const lines = linesOf(sale.lines.length, asked, before, account);
  const sold: Sold = { sale, utc, kind: "sale", areas: body.areas, before, lines, ticket };
  const evaluations: Proposal["evaluations"][number][] = [];
  const areas = body.areas.map((area): AccountArea => {
    const programme = withoutCard(programmeOf(terminal, area, account));
    // As much as it brought, so that nothing is missing; no account keeps fractions.
    const brought = (purse: number) => area.purses.find((one) => one.purse === purse)?.added ?? 0;
    const purses = pursesToSpend(programme, brought, facts.lastDay);
    const undone = undoing(sold, facts.merchant, area.effects.map(({ fraction: _, ...effect }) => effect) as Effect[]);
    const evaluation = evaluate(programme, purses, undone, {
      ...facts,
      before: takenBefore(terminal, sold, programme.number),
    });
    evaluations.push({ programme, evaluation });
    const effects = evaluation.effects.filter(({ type }) => type !== "payout");
    const { number, version } = programme;
    return { programme: number, version, effects, purses: movesOf(programme, purses, evaluation.newPurses, effects) };
  });
  return { areas, evaluations, refund: { ticket, lines, cents: paidFor(sold, lines) } };
}
