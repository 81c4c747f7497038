import { CARD_EPOCH_SECONDS } from "@cachet/card-layout";
import type { JournalledTicket, RefundRequest } from "../hal/index.ts";
import { type Effect, evaluate, type Facts, type Programme } from "../rules/index.ts";
import { decodeEntry, type Intent, type IntentArea, type StoredEffect, visitKind } from "../wire/index.ts";
import { CardRefused } from "./card.ts";
import { type CardFound, factsOf, intentArea, losesValue, type Proposal, planFor } from "./proposal.ts";
import type { Terminal } from "./terminal.ts";

/** A sale of this terminal as its journal has it. */
interface Sold {
  readonly body: Intent;
  readonly utc: number;
  /** Areas that were committed: nothing else happened. */
  readonly areas: readonly IntentArea[];
  /** Lines that this refund takes back, and those that earlier ones did. */
  readonly lines: readonly number[];
  readonly before: readonly number[];
}

const areOver = ({ outcomes }: JournalledTicket): boolean => outcomes.every(({ outcome }) => outcome !== "open");

/** The lines that are asked for. Throws `CardRefused` where one is no line of the sale, or is taken back already. */
function linesOf(
  { sale }: Intent,
  { lines }: RefundRequest,
  before: readonly number[],
  card: number,
): readonly number[] {
  const all = sale.lines.map((_, i) => i);
  const wanted = lines === "all" ? all.filter((i) => !before.includes(i)) : lines;
  if (wanted.some((i) => !all.includes(i)) || new Set(wanted).size !== wanted.length)
    throw new CardRefused("BAD_LINES", card);
  if (wanted.length === 0 || wanted.some((i) => before.includes(i))) throw new CardRefused("ALREADY_USED", card);
  return wanted;
}

/** The sale of a ticket. Throws `CardRefused`: not known any more, another card's, no sale, or still in doubt. */
async function soldAs({ hal }: Terminal, { card }: CardFound, request: RefundRequest): Promise<Sold> {
  const ticket = await hal.ticket(request.ticket, request.visit);
  if (ticket === null) throw new CardRefused("TICKET_UNKNOWN", card.number);
  const entry = decodeEntry(await hal.entry(request.ticket));
  if (entry.kind !== "intent" || visitKind(entry.body) !== "sale") throw new CardRefused("TICKET_UNKNOWN", card.number);
  const { body, utc } = entry;
  if (body.card !== card.number) throw new CardRefused("OTHER_CARD", card.number);
  if (!areOver(ticket)) throw new CardRefused("TICKET_IN_DOUBT", card.number);
  const committed = ticket.outcomes.flatMap(({ programme, outcome }) => (outcome === "committed" ? [programme] : []));
  const areas = body.areas.filter(({ programme }) => committed.includes(programme));
  if (areas.length === 0) throw new CardRefused("TICKET_UNKNOWN", card.number);
  const { refunded: before } = ticket;
  return { body, utc, areas, before, lines: linesOf(body, request, before, card.number) };
}

const isOff = ({ type }: StoredEffect): boolean => type === "discount" || type === "redeem";

/** What programmes that were evaluated before one took off the lines of a sale. */
function takenBefore({ programmes }: Terminal, { body, areas }: Sold, programme: number): NonNullable<Facts["before"]> {
  const order = programmes.map(({ number }) => number);
  const isBefore = (other: number) => order.indexOf(other) < order.indexOf(programme);
  const nothing = body.sale.lines.map(() => 0);
  const [discounts, redeemed] = [[...nothing], [...nothing]];
  for (const effect of areas.flatMap((area) => (isBefore(area.programme) ? area.effects : []))) {
    const sums = effect.type === "discount" ? discounts : redeemed;
    if (isOff(effect)) for (const [i, share] of (effect.shares ?? []).entries()) sums[i]! += share;
  }
  return { discounts, redeemed, freed: nothing };
}

/** Cents that go back for the lines, before anything is deducted: what was paid by means that are none of the card's. */
function paidFor({ body, areas, lines }: Sold): number {
  const off = areas.flatMap(({ effects }) => effects.filter(isOff));
  return lines.reduce((all, line) => {
    const taken = off.reduce((sum, { shares = [] }) => sum + (shares[line] ?? 0), 0);
    return all + body.sale.lines[line]!.amount - taken;
  }, 0);
}

/** The programme of an area, with every rule that its effects name. Throws `CardRefused` where a later version lost one. */
function programmeOf({ programmes }: Terminal, { programme: number, effects }: IntentArea, card: number): Programme {
  const programme = programmes.find((candidate) => candidate.number === number);
  const knows = (rule: string) => rule === "" || programme?.rules.some(({ id }) => id === rule) === true;
  if (programme === undefined || !effects.every(({ rule }) => knows(rule)))
    throw new CardRefused("RULE_UNKNOWN", card, number);
  return programme;
}

/**
 * Reverses the stored effects of a sale for some of its lines, in every area where it was committed. Every such area is written,
 * whatever changes there: the journal must know of the refund before any money is handed out.
 */
export async function proposeRefund(terminal: Terminal, found: CardFound, request: RefundRequest): Promise<Proposal> {
  const { card } = found;
  const sold = await soldAs(terminal, found, request);
  const { body, utc, lines, before } = sold;
  const gross = paidFor(sold);
  let deducted = 0;
  const evaluations: Proposal["evaluations"][number][] = [];
  const areas: IntentArea[] = [];
  for (const area of sold.areas) {
    const programme = programmeOf(terminal, area, card.number);
    const current = found.areas.find(
      ({ reading }) => reading.kind === "current" && reading.state.programme === programme.number,
    );
    if (current === undefined) throw new CardRefused("AREA_GONE", card.number, programme.number);
    const facts = factsOf(terminal, found, programme, takenBefore(terminal, sold, programme.number));
    const effects = area.effects.filter(({ credit }) => credit === undefined) as readonly Effect[];
    const soldAt = utc - CARD_EPOCH_SECONDS;
    const refund = {
      kind: "refund",
      sale: body.sale,
      effects,
      soldAt,
      merchant: body.merchant,
      lines,
      before,
    } as const;
    const evaluation = evaluate(programme, planFor(found, programme)!.purses, refund, facts);
    for (const { type, value, wouldBe = value } of evaluation.effects) {
      if (type === "payout") deducted += wouldBe - value;
    }
    evaluations.push({ programme, evaluation });
    const own = evaluation.effects.filter(({ type }) => type !== "payout");
    areas.push(await intentArea(terminal, found, current, programme, evaluation.newPurses, own));
  }
  const cents = Math.max(0, gross - deducted);
  // Areas that lose value come first, as in every visit.
  const inOrder = [...areas.filter(losesValue), ...areas.filter((area) => !losesValue(area))];
  return { evaluations, areas: inOrder, payable: 0, refund: { ticket: request.ticket, lines, cents } };
}
