import { CARD_EPOCH_SECONDS } from "@cachet/card-layout";
import { type JournalledTicket, REFUND_CODE_SECONDS } from "../hal/index.ts";
import { type Effect, evaluate, type Facts, type Programme, REFUND_CAP, type Visit } from "../rules/index.ts";
import {
  decodeVisit,
  type IntentArea,
  type ReceiptCode,
  type StoredEffect,
  type StoredSale,
  visitKind,
} from "../wire/index.ts";
import { intentArea } from "./area-intents.ts";
import type { AskedRefund } from "./asked.ts";
import { CardRefused } from "./card.ts";
import { type CardFound, currentOf, factsOf, planFor } from "./found.ts";
import { losesValue, type Proposal } from "./proposal.ts";
import type { Terminal } from "./terminal.ts";

/** What a ticket stands for, as a journal or the code of its receipt has it. */
export interface Sold {
  readonly sale: StoredSale;
  readonly utc: number;
  readonly kind: "sale" | "top-up" | "paper";
  /** What was committed: nothing else happened. In the order of evaluation where several programmes had a part. */
  readonly areas: readonly Pick<IntentArea, "programme" | "effects">[];
  /** Lines that this refund takes back, and those that earlier ones did. */
  readonly lines: readonly number[];
  readonly before: readonly number[];
  readonly ticket: number;
  /** The terminal that sold, where it is another one. */
  readonly terminal?: number;
}

const areOver = ({ outcomes }: JournalledTicket): boolean => outcomes.every(({ outcome }) => outcome !== "open");

/** The lines that are asked for. Throws `CardRefused` where one is no line of the ticket, or is taken back already. */
export function linesOf(
  count: number,
  lines: AskedRefund["lines"],
  before: readonly number[],
  card: number,
): readonly number[] {
  // What has no lines has one.
  const all = Array.from({ length: Math.max(1, count) }, (_, i) => i);
  const wanted = lines === "all" ? all.filter((i) => !before.includes(i)) : lines;
  if (wanted.some((i) => !all.includes(i)) || new Set(wanted).size !== wanted.length)
    throw new CardRefused("BAD_LINES", card);
  if (wanted.length === 0 || wanted.some((i) => before.includes(i))) throw new CardRefused("ALREADY_USED", card);
  return wanted;
}

/** What a ticket of this terminal stands for. Throws `CardRefused`: not known any more, another card's, nothing that can be undone, or still in doubt. */
async function soldHere(
  { hal }: Terminal,
  { card: { number: card } }: CardFound,
  visit: number,
  asked: AskedRefund,
): Promise<Sold> {
  const unknown = () => new CardRefused(asked.ticket === "last" ? "NOTHING_TO_CANCEL" : "TICKET_UNKNOWN", card);
  const number = asked.ticket === "last" ? await hal.lastVisit(card) : asked.ticket;
  const ticket = number === null ? null : await hal.ticket(number, visit);
  if (number === null || ticket === null) throw unknown();
  const entry = decodeVisit(await hal.entry(number));
  if (entry?.kind !== "intent") throw unknown();
  const { body, utc } = entry;
  const kind = visitKind(body);
  // A membership has begun: it is not taken back.
  const isMembership = body.areas.some(({ effects }) => effects.some(({ type }) => type === "join"));
  if ((kind !== "sale" && kind !== "top-up" && kind !== "paper") || isMembership) throw unknown();
  if (body.card !== card) throw new CardRefused("OTHER_CARD", card);
  if (!areOver(ticket)) throw new CardRefused("TICKET_IN_DOUBT", card);
  const committed = ticket.outcomes.flatMap(({ programme, outcome }) => (outcome === "committed" ? [programme] : []));
  const areas = body.areas.filter(({ programme }) => committed.includes(programme));
  if (areas.length === 0) throw unknown();
  const { sale } = body;
  const lines = linesOf(sale.lines.length, asked.lines, ticket.refunded, card);
  return { sale, utc, kind, areas, before: ticket.refunded, lines, ticket: number };
}

/** The most that one terminal gives back for a ticket of another one, cents: the least that a programme of the ticket says. */
function capOf({ programmes }: Terminal, areas: Sold["areas"]): number {
  const caps = programmes.filter(({ number }) => areas.some(({ programme }) => programme === number));
  return Math.min(...caps.map(({ refundCap = REFUND_CAP }) => refundCap));
}

/** What the code of another terminal's receipt stands for. Throws `CardRefused`: another card's, too old, or taken back here already. */
async function soldElsewhere(
  { hal }: Terminal,
  { card: { number: card }, moment }: CardFound,
  visit: number,
  asked: AskedRefund,
  code: ReceiptCode,
): Promise<Sold> {
  const { terminal, ticket, sale, utc, areas } = code;
  if (code.card !== card) throw new CardRefused("OTHER_CARD", card);
  if (moment.suspect) throw new CardRefused("CLOCK_SUSPECT", card);
  if (moment.utc - utc > REFUND_CODE_SECONDS) throw new CardRefused("TOO_LATE", card);
  const before = await hal.refundedHere(terminal, ticket, visit);
  const lines = linesOf(sale.lines.length, asked.lines, before, card);
  if (code.merged === true && asked.lines !== "all") throw new CardRefused("BAD_LINES", card);
  return { sale, utc, kind: "sale", areas, before, lines, ticket, terminal };
}

const isOff = ({ type }: StoredEffect): boolean => type === "discount" || type === "redeem";

/** What programmes that were evaluated before one took off the lines of a sale. */
export function takenBefore(
  { programmes }: Terminal,
  { sale, areas }: Sold,
  programme: number,
): NonNullable<Facts["before"]> {
  const order = programmes.map(({ number }) => number);
  const isBefore = (other: number) => order.indexOf(other) < order.indexOf(programme);
  const nothing = sale.lines.map(() => 0);
  const [discounts, redeemed] = [[...nothing], [...nothing]];
  for (const effect of areas.flatMap((area) => (isBefore(area.programme) ? area.effects : []))) {
    const sums = effect.type === "discount" ? discounts : redeemed;
    if (isOff(effect)) for (const [i, share] of (effect.shares ?? []).entries()) sums[i]! += share;
  }
  return { discounts, redeemed, freed: nothing };
}

/** Cents that go back for lines, before anything is deducted: what was paid by means that are none of the card's. */
export function paidFor({ sale, areas }: Sold, lines: readonly number[]): number {
  const off = areas.flatMap(({ effects }) => effects.filter(isOff));
  return lines.reduce((all, line) => {
    const taken = off.reduce((sum, { shares = [] }) => sum + (shares[line] ?? 0), 0);
    return all + (sale.lines[line]?.amount ?? 0) - taken;
  }, 0);
}

/** The programme of an area, with every rule that its effects name. Throws `CardRefused` where a later version lost one. */
export function programmeOf(
  { programmes }: Terminal,
  { programme: number, effects }: Sold["areas"][number],
  card: number,
): Programme {
  const programme = programmes.find((candidate) => candidate.number === number);
  const knows = (rule: string) => rule === "" || programme?.rules.some(({ id }) => id === rule) === true;
  if (programme === undefined || !effects.every(({ rule }) => knows(rule)))
    throw new CardRefused("RULE_UNKNOWN", card, number);
  return programme;
}

/** What is undone of one programme's part. */
export function undoing(sold: Sold, merchant: number, effects: readonly Effect[]): Visit {
  const { sale, utc, lines, before, kind } = sold;
  if (kind !== "sale") return { kind: `cancel-${kind}`, effects };
  return { kind: "refund", sale, effects, soldAt: utc - CARD_EPOCH_SECONDS, merchant, lines, before };
}

/**
 * Reverses what is stored of a ticket, for some of its lines, in every area where it was committed. Every such area is written,
 * whatever changes there: the journal must know of the refund before any money is handed out.
 */
export async function proposeRefund(
  terminal: Terminal,
  found: CardFound,
  visit: number,
  asked: AskedRefund,
): Promise<Proposal> {
  const { card } = found;
  const { merchant } = terminal.facts;
  const sold =
    asked.code === null
      ? await soldHere(terminal, found, visit, asked)
      : await soldElsewhere(terminal, found, visit, asked, asked.code);
  let [paidOut, deducted] = [0, 0];
  const evaluations: Proposal["evaluations"][number][] = [];
  const areas: IntentArea[] = [];
  for (const area of sold.areas) {
    const programme = programmeOf(terminal, area, card.number);
    const current = currentOf(found.areas, programme.number);
    if (current === undefined) throw new CardRefused("AREA_GONE", card.number, programme.number);
    const facts = factsOf(terminal, found, programme, takenBefore(terminal, sold, programme.number));
    const effects = area.effects.filter(({ credit }) => credit === undefined) as readonly Effect[];
    const evaluation = evaluate(programme, planFor(found, programme)!.purses, undoing(sold, merchant, effects), facts);
    const declined = evaluation.effects.find(({ type }) => type === "decline")?.reason;
    if (declined === "COUNTER_TORN" || declined === "INSUFFICIENT")
      throw new CardRefused(declined, card.number, programme.number);
    for (const { type, value, wouldBe = value } of evaluation.effects) {
      if (type !== "payout") continue;
      paidOut += value;
      deducted += wouldBe - value;
    }
    evaluations.push({ programme, evaluation });
    const own = evaluation.effects.filter(({ type }) => type !== "payout");
    areas.push(await intentArea(terminal, found, current, programme, evaluation.newPurses, own));
  }
  const cents = sold.kind === "top-up" ? paidOut : Math.max(0, paidFor(sold, sold.lines) - deducted);
  const { ticket, lines, terminal: seller } = sold;
  // With what went back here before: else the lines one after the other would bring more.
  if (seller !== undefined && cents + paidFor(sold, sold.before) > capOf(terminal, sold.areas))
    throw new CardRefused("CAP_REFUND", card.number);
  // Areas that lose value come first, as in every visit.
  const inOrder = [...areas.filter(losesValue), ...areas.filter((area) => !losesValue(area))];
  const refund = { ticket, lines, cents, ...(seller === undefined ? {} : { terminal: seller }) };
  return { evaluations, areas: inOrder, payable: 0, found: { refund } };
}
