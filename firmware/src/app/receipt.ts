import { civilOf, type Day, dayOf, maskedCard, unpackState } from "@cachet/card-layout";
import type { CashDue, Moment, ReceiptLine } from "../hal/index.ts";
import { type Effect, type Note, notesOf, type Programme, type Reason } from "../rules/index.ts";
import { centsOf, type Intent, type IntentArea, type StoredEffect, sumsOf, ticketName } from "../wire/index.ts";
import type { KnownIntent } from "./doubts.ts";
import { euros } from "./money.ts";
import { linesOfClosing } from "./receipt-closing.ts";
import { fr } from "./receipt-messages-fr.ts";
import type { Terminal } from "./terminal.ts";

const two = (value: number) => String(value).padStart(2, "0");

/** `15/06/2026` */
function dateText(day: Day): string {
  const { year, month, dayOfMonth } = civilOf(day);
  return `${two(dayOfMonth)}/${two(month)}/${year}`;
}

/** `15/06/2026 12:00` at a moment's local time. */
function localTime({ utc, offset }: Moment): string {
  const minutes = Math.floor((utc + offset * 60) / 60) % 1_440;
  return `${dateText(dayOf(utc, offset))} ${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

/** `15/06/2026 23:59` of `2026-06-15 23:59`. */
const moment = (text: string): string =>
  `${text.slice(8, 10)}/${text.slice(5, 7)}/${text.slice(0, 4)}${text.slice(10)}`;

const row = (left: string, right: string): ReceiptLine => ({ line: "row", left, right });

/** `50 €`, `7,50 €`: an amount in a sentence. */
const short = (cents: number): string => euros(cents).replace(",00", "");

/** The receipt lines of one note. */
export function linesOfNote(note: Note): ReceiptLine[] {
  switch (note.note) {
    case "reward":
      return [
        { line: "text", strong: true, text: fr.rewardReached(note.label) },
        row(fr.gift(note.label), euros(note.value)),
      ];
    case "donation":
      return [row(fr.donation(note.label), euros(note.value))];
    case "stamps":
      return [row(fr.stamps(note.count, note.grid), fr.stampsLeft(Math.max(0, note.grid - note.count)))];
    case "cagnotte":
      return [
        ...(note.earned > 0 ? [row(fr.earned, `+${euros(note.earned)}`)] : []),
        row(fr.balance, euros(note.balance)),
      ];
    case "points":
      return [
        ...(note.earned > 0 ? [row(fr.pointsEarned(note.unitName), `+${note.earned}`)] : []),
        ...(note.taken > 0 ? [row(fr.pointsTaken(note.unitName), `-${note.taken}`)] : []),
        row(fr.pointsBalance(note.unitName), `${note.balance}`),
      ];
    case "prepaid":
      return [
        row(fr.prepaidBalance, euros(note.balance)),
        ...(note.bonus > 0 ? [row(fr.bonusIncluded, euros(note.bonus))] : []),
      ];
    case "recharge":
      return [
        { line: "text", text: note.cents === 0 ? fr.recharge : fr.rechargeFor(short(note.cents), short(note.bonus)) },
      ];
    case "units":
      return note.used > 0
        ? [row(fr.counted(note.used, note.unitName), fr.unitsLeft(note.left))]
        : [row(fr.unitsBalance(note.unitName), `${note.left}`)];
    case "expiry":
      return [row(fr.lastsUntil(dateText(note.day)), note.unit === "cents" ? euros(note.value) : `${note.value}`)];
    case "tier":
      return [
        row(fr.tier, note.level),
        ...(note.next === null ? [] : [row(fr.toNextTier(note.next), euros(note.toNext))]),
      ];
    case "at-risk":
      return [{ line: "text", text: fr.tierAtRisk(note.level, dateText(note.through)) }];
    case "club":
      return [row(fr.club, note.isOver ? fr.clubOver : fr.until(dateText(note.until)))];
    case "offer":
      return [
        { line: "text", strong: true, text: fr.rewardReached(note.label) },
        row(fr.offer, fr.until(dateText(note.until))),
      ];
    case "referral": {
      const said = (value: number) => (note.unitName === null ? euros(value) : fr.counted(value, note.unitName));
      return [
        ...(note.value > 0 ? [row(fr.referral, `+${said(note.value)}`)] : []),
        ...(note.godparent > 0 ? [row(fr.referrer(maskedCard(note.card)), `+${said(note.godparent)}`)] : []),
      ];
    }
    case "experience":
      return [
        { line: "text", strong: true, text: fr.rewardReached(note.label) },
        { line: "text", text: note.text },
        ...(note.value > 0 ? [row(fr.gift(note.label), euros(note.value))] : []),
      ];
    case "badge":
      return [{ line: "text", strong: true, text: fr.rewardReached(note.label) }];
    case "challenge":
      return [row(fr.challenge, `${note.visited}/${note.of}`)];
    case "parking":
      return [row(fr.parking, fr.minutes(note.minutes)), { line: "text", text: fr.parkingUntil(moment(note.until)) }];
    case "entries":
      return [{ line: "text", text: fr.entries(note.value) }];
  }
}

/** What a credit of the office did; nothing where only its number counts. */
function linesOfCredit({ type, unit, value, label = "", reason }: StoredEffect): ReceiptLine[] {
  if (type === "restore") return [row(fr.restored, "")];
  if (type !== "credit") return [];
  if (reason !== undefined) return [row(label, fr.expired)];
  return value === 0 ? [] : [row(label, unit === "cents" ? `+${euros(value)}` : fr.added(unit, value))];
}

/** What was to be given, and there is none left of it. */
const linesOfGone = ({ type, reason, label = fr.discount }: StoredEffect): ReceiptLine[] =>
  type === "decline" && reason === "EPUISE" ? [row(label, fr.gone)] : [];

function linesOfProgramme(programme: Programme, intent: KnownIntent, today: number | null): ReceiptLine[] {
  const area = intent.body.areas.find((candidate) => candidate.programme === programme.number);
  if (area === undefined) return [];
  const title: ReceiptLine = { line: "text", text: programme.name };
  if (intent.outcomes.get(programme.number) !== "committed") {
    return [{ line: "separator" }, { line: "text", text: fr.notCommitted(programme.name) }];
  }
  const state = unpackState(area.record);
  const purses = state.ok ? state.value.purses : [];
  const notes = notesOf(programme, purses, area.effects as readonly Effect[], today);
  return [
    { line: "separator" },
    title,
    ...area.effects.flatMap(linesOfCredit),
    ...(intent.body.closing === undefined ? [] : linesOfClosing(programme, area.effects)),
    ...area.effects.flatMap(linesOfGone),
    ...notes.flatMap(linesOfNote),
  ];
}

/** Name of the shop, time, and what is named beside the card. */
function headOf({ facts, programmes }: Terminal, moment: Moment): ReceiptLine[] {
  const merchant = programmes
    .map(({ merchants }) => merchants[facts.merchant]?.name)
    .find((name) => name !== undefined);
  return [{ line: "title", text: merchant ?? "" }, row(localTime(moment), "")];
}

/** Cash that goes back to the customer, with the ticket of each top-up that did not happen. */
function linesOfCashDue({ facts }: Terminal, due: readonly CashDue[]): ReceiptLine[] {
  if (due.length === 0) return [];
  return [
    { line: "separator" },
    { line: "text", strong: true, text: fr.giveBack },
    ...due.map(({ intent, cents }) => row(fr.giveBackOf(ticketName(facts.terminal, intent)), euros(cents))),
  ];
}

/** A programme that gave nothing for a sale that was added afterwards, and why. */
export interface NothingGiven {
  readonly programme: Programme;
  readonly reason: Reason;
}

const linesOfNothing = ({ programme: { name }, reason }: NothingGiven): ReceiptLine[] => [
  { line: "separator" },
  { line: "text", text: name },
  { line: "text", text: fr.nothingAdded(reason) },
];

/** A slip about a sale that was added afterwards, and for which no programme gave anything. */
export function lateReceipt(
  terminal: Terminal,
  card: number,
  ticket: string,
  nothing: readonly NothingGiven[],
  due: readonly CashDue[],
  moment: Moment,
): ReceiptLine[] {
  return [
    ...headOf(terminal, moment),
    row(`${fr.card} ${maskedCard(card)}`, ""),
    row(fr.addedAfterwards, ticket),
    ...nothing.flatMap(linesOfNothing),
    ...linesOfCashDue(terminal, due),
  ];
}

/** A slip about earlier top-ups alone. */
export function giveBackReceipt(
  terminal: Terminal,
  card: number,
  due: readonly CashDue[],
  moment: Moment,
): ReceiptLine[] {
  return [...headOf(terminal, moment), row(`${fr.card} ${maskedCard(card)}`, ""), ...linesOfCashDue(terminal, due)];
}

/** What the card paid, by the kind of purse it came from. */
function linesOfSpending(programmes: readonly Programme[], done: readonly IntentArea[]): ReceiptLine[] {
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
    ...(spent.cagnotte > 0 ? [row(fr.spent, `-${euros(spent.cagnotte)}`)] : []),
    ...(spent.prepaid > 0 ? [row(fr.paidByPrepaid, `-${euros(spent.prepaid)}`)] : []),
  ];
}

const isWhole = (outcomes: KnownIntent["outcomes"]): boolean =>
  [...outcomes.values()].every((outcome) => outcome === "committed");

/** What was paid for. */
function purchaseText(programmes: readonly Programme[], { purchase }: Intent): string {
  if (purchase === undefined) return fr.topUp;
  const rules = programmes.find(({ number }) => number === purchase.programme)?.rules ?? [];
  const rule = rules.find(({ id }) => id === purchase.rule);
  const units = rule?.kind === "units" ? rule.packs[(purchase.pack ?? 0) - 1]?.units : undefined;
  return rule?.kind === "units" && units !== undefined ? fr.counted(units, rule.unitName) : fr.club;
}

/** What left the card for another one, or came from one, and how much of it. */
function linesOfTransfer(
  programmes: readonly Programme[],
  terminal: number,
  { programme: number, rule: id, value, from }: NonNullable<Intent["transfer"]>,
): ReceiptLine[] {
  const rule = programmes.find((one) => one.number === number)?.rules.find((one) => one.id === id);
  const text = from === undefined ? fr.given : fr.received(ticketName(terminal, from));
  const amount = rule?.kind === "points" ? fr.counted(value, rule.unitName) : euros(value);
  return [{ line: "text", strong: true, text }, row(from === undefined ? fr.leaves : fr.comes, amount)];
}

function linesOfPayment({ facts, programmes }: Terminal, { body, outcomes }: KnownIntent): ReceiptLine[] {
  if (body.topUp !== undefined) return [row(purchaseText(programmes, body), euros(body.topUp))];
  if (body.transfer !== undefined) return linesOfTransfer(programmes, facts.terminal, body.transfer);
  if (body.paper !== undefined)
    return [{ line: "text", strong: true, text: fr.paper }, row(fr.paperStamps, fr.added("stamps", body.paper.stamps))];
  if (body.closing !== undefined) {
    const { cents } = body.closing;
    return [
      { line: "text", strong: true, text: fr.closing },
      row(fr.payOut, isWhole(outcomes) ? euros(cents) : fr.inDoubt),
    ];
  }
  if (body.refund !== undefined) {
    const { ticket, cents, terminal = facts.terminal } = body.refund;
    return [
      { line: "text", strong: true, text: fr.refund },
      { line: "text", text: fr.refundOf(ticketName(terminal, ticket)) },
      row(fr.payOut, isWhole(outcomes) ? euros(cents) : fr.inDoubt),
    ];
  }
  if (body.sale.lines.length === 0) return [];
  if (body.late !== undefined) return [row(fr.addedAfterwards, body.late.ticket)];
  const done = body.areas.filter(({ programme }) => outcomes.get(programme) === "committed");
  const { spentCents, discountCents } = sumsOf(done.flatMap(({ effects }) => effects));
  const total = body.sale.lines.reduce((sum, { amount }) => sum + amount, body.sale.tip);
  return [
    row(fr.total, euros(total)),
    ...(discountCents > 0 ? [row(fr.discount, `-${euros(discountCents)}`)] : []),
    ...linesOfSpending(programmes, done),
    row(fr.toPay, euros(total - discountCents - spentCents)),
  ];
}

/**
 * The ticket of a visit: what was paid and how, then what each programme did and what the card holds now. `waits`: credits of
 * the card are not in yet, and somebody should look why. `code`: what another terminal needs to take the sale back. `nothing`: what
 * gave nothing for a sale that was added afterwards; not known any more where the visit is told again.
 */
export function receiptOf(
  terminal: Terminal,
  intent: KnownIntent,
  moment: Moment,
  due: readonly CashDue[],
  waits: boolean,
  code: string | null,
  nothing: readonly NothingGiven[] = [],
): ReceiptLine[] {
  const { body, number } = intent;
  const today = moment.suspect ? null : dayOf(moment.utc, moment.offset);
  return [
    ...headOf(terminal, moment),
    row(`${fr.ticket} ${ticketName(terminal.facts.terminal, number)}`, `${fr.card} ${maskedCard(body.card)}`),
    { line: "separator" },
    ...linesOfPayment(terminal, intent),
    ...terminal.programmes.flatMap((programme) => linesOfProgramme(programme, intent, today)),
    ...nothing.flatMap(linesOfNothing),
    ...(waits ? [{ line: "separator" } as const, { line: "text", text: fr.creditsWait } as const] : []),
    ...linesOfCashDue(terminal, due),
    ...(code === null ? [] : [{ line: "code", text: code } as const]),
  ];
}

/** What a card holds and what is near, under each programme that it takes part in. */
export function balanceReceipt(
  terminal: Terminal,
  card: number,
  moment: Moment,
  notes: readonly { readonly programme: Programme; readonly notes: readonly Note[] }[],
): ReceiptLine[] {
  return [
    ...headOf(terminal, moment),
    row(`${fr.card} ${maskedCard(card)}`, ""),
    ...notes.flatMap(({ programme, notes: said }): ReceiptLine[] => [
      { line: "separator" },
      { line: "text", text: programme.name },
      ...said.flatMap(linesOfNote),
    ]),
  ];
}
