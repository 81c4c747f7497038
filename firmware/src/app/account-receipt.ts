import { purseOfHead } from "@cachet/card-layout";
import type { AccountHistory, Moment, Receipt, ReceiptLine } from "../hal/index.ts";
import { notesOf, type Programme, pursesToSpend, withoutCard } from "../rules/index.ts";
import { type AccountVisit, type HeldByTicket, type StoredEffect, ticketName } from "../wire/index.ts";
import { cardLine, headOf, linesOfSale } from "./receipt.ts";
import { linesOfEffect as linesOfUndoing } from "./receipt-effects.ts";
import { row, SEPARATOR, say, strong, strongRow, text, todayOf } from "./receipt-lines.ts";
import { linesOfNote } from "./receipt-notes.ts";
import type { Terminal } from "./terminal.ts";

/** A visit without a card that is stored, and what its ticket says beside it. */
export interface AccountTicket {
  readonly number: number;
  readonly body: AccountVisit;
  readonly seal: string;
  /** Null where the terminal holds no receipt key. */
  readonly code: string | null;
  /** It was printed before. */
  readonly isDuplicate: boolean;
}

/** What one effect of a visit gave, or a refund took back. */
function linesOfEffect(programme: Programme, effect: StoredEffect): ReceiptLine[] {
  const { type, unit, value, label = "" } = effect;
  if (type === "reward") return [strong(say("rewardReached", label)), row(label, say("money", value))];
  if (type === "earn" && unit === "cents") return [row(say("earned"), say("gain", value))];
  if (type === "stamp" || type === "earn") return [text(say("change", "+", unit, value))];
  return type === "decline" ? [] : linesOfUndoing(programme, effect);
}

/** What the office last told of a purse. */
function lineOfPurse({ purse, balance }: AccountHistory["purses"][number]): ReceiptLine {
  const kind = purseOfHead(purse)?.kind;
  return row(say("toldBalance"), kind === "cagnotte" || kind === "prepaid" ? say("money", balance) : `${balance}`);
}

/** What its holder has by a receipt that carries points, and what is near. */
function linesOfHolds(whole: Programme, holds: readonly HeldByTicket[], moment: Moment): ReceiptLine[] {
  const [programme, today] = [withoutCard(whole), todayOf(moment)];
  const held = (purse: number) =>
    holds.find((one) => one.programme === whole.number && one.purse === purse)?.value ?? 0;
  if (!holds.some((one) => one.programme === whole.number)) return [];
  const notes = notesOf(programme, pursesToSpend(programme, held, today ?? 0), [], today);
  return notes.flatMap((note) => linesOfNote(note, today));
}

function linesOfPayment(terminal: Terminal, { sale, areas, refund }: AccountVisit): ReceiptLine[] {
  if (refund !== undefined) {
    const { ticket, cents } = refund;
    const name = ticketName(terminal.facts.terminal, ticket);
    return [strong(say("refund")), text(say("ticket", name)), strongRow(say("payOut"), say("money", cents))];
  }
  const outcomes = new Map(areas.map(({ programme }) => [programme, "committed"] as const));
  return linesOfSale(terminal, { body: { sale, areas }, outcomes });
}

/**
 * The ticket of an account without a chip: what was paid and how, what each programme gave, and the balances as the office last told
 * them. `ticket` is null where they were only asked for.
 */
export function accountReceipt(
  terminal: Terminal,
  account: number,
  purses: AccountHistory["purses"],
  ticket: AccountTicket | null,
  moment: Moment,
): Receipt {
  const { facts, programmes } = terminal;
  const areas = ticket?.body.areas ?? [];
  const holds = ticket?.body.holds;
  const linesOf = (programme: Programme): ReceiptLine[] => {
    const { number, name } = programme;
    const effects = areas.find((area) => area.programme === number)?.effects ?? [];
    const given = effects.flatMap((effect) => linesOfEffect(programme, effect));
    const held =
      holds === undefined
        ? purses.filter((purse) => purse.programme === number).map(lineOfPurse)
        : linesOfHolds(programme, holds, moment);
    return given.length + held.length === 0 ? [] : [SEPARATOR, text(name), ...given, ...held];
  };
  const versions = areas.map(({ programme, version }) => `P${programme}.${version}`).join(" ");
  return [
    ...headOf(terminal, moment),
    ...(ticket?.isDuplicate ? [strong(say("duplicate"))] : []),
    ...(ticket === null ? [] : [text(say("ticket", ticketName(facts.terminal, ticket.number)))]),
    cardLine(account),
    ...(ticket === null ? [] : [SEPARATOR, ...linesOfPayment(terminal, ticket.body)]),
    ...programmes.flatMap(linesOf),
    ...(ticket === null
      ? []
      : [text(say(holds === undefined ? "toAccount" : "keepTicket")), SEPARATOR, row(versions, ticket.seal)]),
    ...(ticket?.code == null ? [] : [{ line: "code", text: ticket.code } as const]),
  ];
}
