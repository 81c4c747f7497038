import { purseOfHead } from "@cachet/card-layout";
import type { AccountHistory, Moment, Receipt, ReceiptLine } from "../hal/index.ts";
import type { Programme } from "../rules/index.ts";
import { type AccountVisit, type StoredEffect, ticketName } from "../wire/index.ts";
import { cardLine, headOf, linesOfSale } from "./receipt.ts";
import { row, SEPARATOR, say, strong, text } from "./receipt-lines.ts";
import type { Terminal } from "./terminal.ts";

/** What one effect of a visit gave. */
function linesOfEffect({ type, unit, value, label = "" }: StoredEffect): ReceiptLine[] {
  if (type === "reward") return [strong(say("rewardReached", label)), row(label, say("money", value))];
  if (type === "earn" && unit === "cents") return [row(say("earned"), say("gain", value))];
  return type === "stamp" || type === "earn" ? [text(say("change", "+", unit, value))] : [];
}

/** What the office last told of a purse. */
function lineOfPurse({ purse, balance }: AccountHistory["purses"][number]): ReceiptLine {
  const kind = purseOfHead(purse)?.kind;
  return row(say("toldBalance"), kind === "cagnotte" ? say("money", balance) : `${balance}`);
}

/**
 * The ticket of an account without a chip: what was paid and how, what each programme gave, and the balances as the office last told
 * them. `visit` is null where they were only asked for.
 */
export function accountReceipt(
  terminal: Terminal,
  account: number,
  { purses }: AccountHistory,
  visit: AccountVisit | null,
  number: number | null,
  moment: Moment,
): Receipt {
  const { facts, programmes } = terminal;
  const areas = visit?.areas ?? [];
  const outcomes = new Map(areas.map(({ programme }) => [programme, "committed"] as const));
  const linesOf = ({ number: programme, name }: Programme): ReceiptLine[] => {
    const given = (areas.find((area) => area.programme === programme)?.effects ?? []).flatMap(linesOfEffect);
    const held = purses.filter((purse) => purse.programme === programme).map(lineOfPurse);
    return given.length + held.length === 0 ? [] : [SEPARATOR, text(name), ...given, ...held];
  };
  return [
    ...headOf(terminal, moment),
    ...(number === null ? [] : [text(say("ticket", ticketName(facts.terminal, number)))]),
    cardLine(account),
    ...(visit === null ? [] : [SEPARATOR, ...linesOfSale(terminal, { body: { sale: visit.sale, areas }, outcomes })]),
    ...programmes.flatMap(linesOf),
    ...(visit === null ? [] : [text(say("toAccount"))]),
  ];
}
