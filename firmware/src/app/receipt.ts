import { type Day, maskedCard, unpackState } from "@cachet/card-layout";
import type { CashDue, Moment, Receipt, ReceiptLine, Said } from "../hal/index.ts";
import { type Effect, type Note, notesOf, type Programme, type Reason } from "../rules/index.ts";
import { centsOf, type Intent, type IntentArea, sumsOf, ticketName } from "../wire/index.ts";
import type { KnownIntent } from "./doubts.ts";
import { linesOfClosing, linesOfEffect } from "./receipt-effects.ts";
import { momentText, row, SEPARATOR, say, strong, strongRow, text, todayOf } from "./receipt-lines.ts";
import { linesOfNote } from "./receipt-notes.ts";
import type { Terminal } from "./terminal.ts";

function linesOfProgramme(programme: Programme, intent: KnownIntent, today: Day | null): ReceiptLine[] {
  const area = intent.body.areas.find((candidate) => candidate.programme === programme.number);
  if (area === undefined) return [];
  if (intent.outcomes.get(programme.number) !== "committed") {
    return [SEPARATOR, strong(say("notCommitted", programme.name))];
  }
  const state = unpackState(area.record);
  const purses = state.ok ? state.value.purses : [];
  const isClosed = intent.body.closing !== undefined;
  // Of an account that is closed nothing is near any more.
  const notes = isClosed ? [] : notesOf(programme, purses, area.effects as readonly Effect[], today);
  return [
    SEPARATOR,
    text(programme.name),
    ...area.effects.flatMap((effect) => linesOfEffect(programme, effect)),
    ...(isClosed ? linesOfClosing(programme, area.effects) : []),
    ...notes.flatMap((note) => linesOfNote(note, today)),
  ];
}

/** Name of the shop, time, and what is named beside the card. */
export function headOf({ facts, programmes }: Terminal, moment: Moment): ReceiptLine[] {
  const merchant = programmes
    .map(({ merchants }) => merchants[facts.merchant]?.name)
    .find((name) => name !== undefined);
  return [{ line: "title", text: merchant ?? "" }, text(momentText(moment))];
}

export const cardLine = (card: number): ReceiptLine => text(say("card", maskedCard(card)));

/** Cash that goes back to the customer, with the ticket of each top-up that did not happen. */
function linesOfCashDue({ facts }: Terminal, due: readonly CashDue[]): ReceiptLine[] {
  if (due.length === 0) return [];
  return [
    SEPARATOR,
    strong(say("giveBack")),
    ...due.map(({ intent, cents }) => row(say("giveBackOf", ticketName(facts.terminal, intent)), say("money", cents))),
  ];
}

/** A programme that gave nothing for a sale that was added afterwards, and why. */
export interface NothingGiven {
  readonly programme: Programme;
  readonly reason: Reason;
}

const linesOfNothing = ({ programme: { name }, reason }: NothingGiven): ReceiptLine[] => [
  SEPARATOR,
  text(name),
  text(say("nothingAdded", reason)),
];

/** A slip about a sale that was added afterwards, and for which no programme gave anything. */
export function lateReceipt(
  terminal: Terminal,
  card: number,
  ticket: string,
  nothing: readonly NothingGiven[],
  due: readonly CashDue[],
  moment: Moment,
): Receipt {
  return [
    ...headOf(terminal, moment),
    cardLine(card),
    row(say("addedAfterwards"), ticket),
    ...nothing.flatMap((one) => linesOfNothing(one)),
    ...linesOfCashDue(terminal, due),
  ];
}

/** A slip about earlier top-ups alone. */
export function giveBackReceipt(terminal: Terminal, card: number, due: readonly CashDue[], moment: Moment): Receipt {
  return [...headOf(terminal, moment), cardLine(card), ...linesOfCashDue(terminal, due)];
}

/** What the card paid, by the kind of purse it came from. */
function linesOfSpending({ programmes }: Terminal, done: Sold["body"]["areas"]): ReceiptLine[] {
  const kindOf = (number: number, rule: string) =>
    programmes.find((programme) => programme.number === number)?.rules.find(({ id }) => id === rule)?.kind;
  const spent = { cagnotte: 0, prepaid: 0 };
  for (const { programme, effects } of done) {
    for (const effect of effects) {
      if (effect.type === "redeem")
        spent[kindOf(programme, effect.rule) === "prepaid" ? "prepaid" : "cagnotte"] += centsOf(effect);
    }
  }
  return [
    ...(spent.cagnotte > 0 ? [row(say("spent"), say("loss", spent.cagnotte))] : []),
    ...(spent.prepaid > 0 ? [row(say("paidByPrepaid"), say("loss", spent.prepaid))] : []),
  ];
}

const isWhole = (outcomes: KnownIntent["outcomes"]): boolean =>
  [...outcomes.values()].every((outcome) => outcome === "committed");

/** What was paid for. */
function purchaseText({ programmes }: Terminal, { purchase }: Intent): Said {
  if (purchase === undefined) return say("topUp");
  const rules = programmes.find(({ number }) => number === purchase.programme)?.rules ?? [];
  const rule = rules.find(({ id }) => id === purchase.rule);
  const units = rule?.kind === "units" ? rule.packs[(purchase.pack ?? 0) - 1]?.units : undefined;
  return rule?.kind === "units" && units !== undefined ? say("counted", units, rule.unitName) : say("club");
}

/** What left the card for another one, or came from one, and how much of it. */
function linesOfTransfer(
  { facts, programmes }: Terminal,
  { programme: number, rule: id, value, from }: NonNullable<Intent["transfer"]>,
): ReceiptLine[] {
  const rule = programmes.find((one) => one.number === number)?.rules.find((one) => one.id === id);
  const title = from === undefined ? say("given") : say("received", ticketName(facts.terminal, from));
  const amount = rule?.kind === "points" ? say("counted", value, rule.unitName) : say("money", value);
  return [strong(title), row(from === undefined ? say("leaves") : say("comes"), amount)];
}

/** Money that goes back to the customer, once nothing is in doubt any more. */
const payOutLine = ({ outcomes }: KnownIntent, cents: number): ReceiptLine =>
  strongRow(say("payOut"), isWhole(outcomes) ? say("money", cents) : say("inDoubt"));

function linesOfRefund(terminal: Terminal, intent: KnownIntent, refund: NonNullable<Intent["refund"]>): ReceiptLine[] {
  const { facts } = terminal;
  const { ticket, cents, lines, terminal: seller = facts.terminal } = refund;
  return [
    strong(say("refund")),
    text(say("ticket", ticketName(seller, ticket))),
    // What has no lines of its own is taken back as one.
    ...(lines.join() === "0" ? [] : [row(say("refundLines"), lines.map((line) => line + 1).join(" "))]),
    payOutLine(intent, cents),
  ];
}

/** A sale, and what is certain of it. */
interface Sold {
  readonly body: Pick<Intent, "sale"> & {
    readonly late?: NonNullable<Intent["late"]>;
    readonly areas: readonly Pick<IntentArea, "programme" | "effects">[];
  };
  readonly outcomes: KnownIntent["outcomes"];
}

export function linesOfSale(terminal: Terminal, { body, outcomes }: Sold): ReceiptLine[] {
  const { sale, late } = body;
  if (sale.lines.length === 0) return [];
  if (late !== undefined) return [row(say("addedAfterwards"), late.ticket)];
  const done = body.areas.filter(({ programme }) => outcomes.get(programme) === "committed");
  const { spentCents, discountCents } = sumsOf(done.flatMap(({ effects }) => effects));
  const total = sale.lines.reduce((sum, { amount }) => sum + amount, sale.tip);
  return [
    row(say("total"), say("money", total)),
    ...(discountCents > 0 ? [row(say("discount"), say("loss", discountCents))] : []),
    ...linesOfSpending(terminal, done),
    strongRow(say("toPay"), say("money", total - discountCents - spentCents)),
  ];
}

function linesOfPayment(terminal: Terminal, intent: KnownIntent): ReceiptLine[] {
  const { topUp, transfer, paper, closing, refund } = intent.body;
  if (topUp !== undefined) return [row(purchaseText(terminal, intent.body), say("money", topUp))];
  if (transfer !== undefined) return linesOfTransfer(terminal, transfer);
  if (paper !== undefined)
    return [strong(say("paper")), row(say("paperStamps"), say("change", "+", "stamps", paper.stamps))];
  if (closing !== undefined) return [strong(say("closing")), payOutLine(intent, closing.cents)];
  if (refund !== undefined) return linesOfRefund(terminal, intent, refund);
  return linesOfSale(terminal, intent);
}

/** A visit, and what there is to say of it beside its intent. */
export interface Ticket {
  readonly intent: KnownIntent;
  /** When it is, as the ticket says. */
  readonly moment: Moment;
  readonly due: readonly CashDue[];
  /** Credits of the card are not in yet, and somebody should look why. */
  readonly waits: boolean;
  /** What another terminal needs to take the sale back; null where there is none. */
  readonly code: string | null;
  /** The first digits of the entry's hash, by which the ticket is found in the journal; null where nothing was stored. */
  readonly seal: string | null;
  /** What gave nothing for a sale that was added afterwards; not known any more where the visit is told again. */
  readonly nothing: readonly NothingGiven[];
  /** It was printed before, or nothing of it happened. */
  readonly mark: "duplicate" | "training" | null;
}

/** The ticket of a visit: what was paid and how, then what each programme did and what the card holds now. */
export function receiptOf(terminal: Terminal, ticket: Ticket): Receipt {
  const { facts, programmes } = terminal;
  const { intent, moment, due, waits, code, seal, nothing, mark } = ticket;
  const { body, number } = intent;
  const versions = body.areas.map(({ programme, version }) => `P${programme}.${version}`).join(" ");
  const [shop, ...time] = headOf(terminal, moment);
  return [
    shop!,
    ...(mark === null ? [] : [{ line: "title", text: say(mark) } as const]),
    ...(mark === "training" ? [strong(say("trainingOnly"))] : []),
    ...time,
    row(say("ticket", ticketName(facts.terminal, number)), say("card", maskedCard(body.card))),
    SEPARATOR,
    ...linesOfPayment(terminal, intent),
    ...programmes.flatMap((programme) => linesOfProgramme(programme, intent, todayOf(moment))),
    ...nothing.flatMap((one) => linesOfNothing(one)),
    ...(waits ? [SEPARATOR, text(say("creditsWait"))] : []),
    ...linesOfCashDue(terminal, due),
    SEPARATOR,
    row(versions, seal ?? ""),
    ...(code === null ? [] : [{ line: "code", text: code } as const]),
  ];
}

/** What a card holds and what is near, under each programme that it takes part in. */
export function balanceReceipt(
  terminal: Terminal,
  card: number,
  moment: Moment,
  notes: readonly { readonly programme: Programme; readonly notes: readonly Note[] }[],
): Receipt {
  return [
    ...headOf(terminal, moment),
    cardLine(card),
    ...notes.flatMap(({ programme, notes: said }): ReceiptLine[] => [
      SEPARATOR,
      text(programme.name),
      ...said.flatMap((note) => linesOfNote(note, todayOf(moment))),
    ]),
  ];
}

/** A slip for a sale without a card: what a card would have brought. */
export function withCardReceipt(terminal: Terminal, moment: Moment, brought: Said): Receipt {
  return [...headOf(terminal, moment), strong(say("withCard", brought))];
}
