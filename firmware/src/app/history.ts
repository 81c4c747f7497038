import type { Moment, Receipt, ReceiptLine } from "../hal/index.ts";
import { decodeVisit, type StoredEffect, signOf, ticketName } from "../wire/index.ts";
import { cardLine, headOf } from "./receipt.ts";
import { linesOfEffect, nameOf, signed } from "./receipt-effects.ts";
import { momentText, row, SEPARATOR, say, text } from "./receipt-lines.ts";
import type { Terminal } from "./terminal.ts";

/** What one effect put on the card or took off it. */
function linesOfMove({ programmes }: Terminal, number: number, effect: StoredEffect): ReceiptLine[] {
  const programme = programmes.find((one) => one.number === number);
  if (programme === undefined) return [];
  const { type, unit, value, rule, label = "" } = effect;
  if (type === "reward") return [row(label, say("money", value))];
  const sign = type === "expire" ? null : signOf(type);
  if (sign === null || value === 0) return linesOfEffect(programme, effect);
  return [row(unit === "cents" ? nameOf(programme, rule) : "", signed(sign, effect))];
}

/** The last visits of a card that this terminal knows of, newest first: when, ticket, how much, and what each moved on the card. */
export async function historyReceipt(terminal: Terminal, card: number, moment: Moment): Promise<Receipt> {
  const { hal, facts } = terminal;
  const lines: ReceiptLine[] = [];
  for (const { number, committed } of await hal.visits(card)) {
    const entry = decodeVisit(await hal.entry(number));
    if (entry === null) continue;
    const { sale, areas } = entry.body;
    const total = sale.lines.reduce((sum, { amount }) => sum + amount, sale.tip);
    lines.push(SEPARATOR, row(momentText({ ...entry, suspect: false }), ticketName(facts.terminal, number)));
    if (total > 0) lines.push(row(say("total"), say("money", total)));
    for (const { programme, effects } of areas)
      if (committed.includes(programme))
        lines.push(...effects.flatMap((effect) => linesOfMove(terminal, programme, effect)));
  }
  return [...headOf(terminal, moment), cardLine(card), ...(lines.length === 0 ? [text(say("noVisits"))] : lines)];
}
