import { civilOf, dayOf, maskedCard, unpackState } from "@cachet/card-layout";
import type { Moment, ReceiptLine } from "../hal/index.ts";
import { type Effect, type Note, notesOf, type Programme } from "../rules/index.ts";
import { sumsOf, ticketName } from "../wire/index.ts";
import type { KnownIntent } from "./doubts.ts";
import { fr } from "./messages-fr.ts";
import { euros } from "./money.ts";
import type { Terminal } from "./terminal.ts";

const two = (value: number) => String(value).padStart(2, "0");

/** `15/06/2026 12:00` at a moment's local time. */
function localTime({ utc, offset }: Moment): string {
  const { year, month, dayOfMonth } = civilOf(dayOf(utc, offset));
  const minutes = Math.floor((utc + offset * 60) / 60) % 1_440;
  return `${two(dayOfMonth)}/${two(month)}/${year} ${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

const row = (left: string, right: string): ReceiptLine => ({ line: "row", left, right });

/** The receipt lines of one note. */
export function linesOfNote(note: Note): ReceiptLine[] {
  switch (note.note) {
    case "reward":
      return [{ line: "title", text: fr.rewardReached(note.label) }, row(fr.gift(note.label), euros(note.value))];
    case "stamps":
      return [row(fr.stamps(note.count, note.grid), fr.stampsLeft(note.grid - note.count))];
    case "cagnotte":
      return [
        ...(note.earned > 0 ? [row(fr.earned, `+${euros(note.earned)}`)] : []),
        row(fr.balance, euros(note.balance)),
      ];
  }
}

function linesOfProgramme(programme: Programme, intent: KnownIntent): ReceiptLine[] {
  const area = intent.body.areas.find((candidate) => candidate.programme === programme.number);
  if (area === undefined) return [];
  const title: ReceiptLine = { line: "text", text: programme.name };
  if (intent.outcomes.get(programme.number) !== "committed") {
    return [{ line: "separator" }, { line: "text", text: fr.notCommitted(programme.name) }];
  }
  const state = unpackState(area.record);
  const purses = state.ok ? state.value.purses : [];
  const notes = notesOf(programme, purses, area.effects as readonly Effect[]);
  return [{ line: "separator" }, title, ...notes.flatMap(linesOfNote)];
}

/** The ticket of a visit: what was paid and how, then what each programme did and what the card holds now. */
export function receiptOf({ facts, programmes }: Terminal, intent: KnownIntent, moment: Moment): ReceiptLine[] {
  const { body, outcomes, number } = intent;
  const done = body.areas.filter(({ programme }) => outcomes.get(programme) === "committed");
  const { spentCents, discountCents } = sumsOf(done.flatMap(({ effects }) => effects));
  const total = body.sale.lines.reduce((sum, { amount }) => sum + amount, body.sale.tip);
  const merchant = programmes
    .map(({ merchants }) => merchants[facts.merchant]?.name)
    .find((name) => name !== undefined);
  return [
    { line: "title", text: merchant ?? "" },
    row(localTime(moment), ""),
    row(`${fr.ticket} ${ticketName(facts.terminal, number)}`, `${fr.card} ${maskedCard(body.card)}`),
    { line: "separator" },
    row(fr.total, euros(total)),
    ...(discountCents > 0 ? [row(fr.discount, `-${euros(discountCents)}`)] : []),
    ...(spentCents > 0 ? [row(fr.spent, `-${euros(spentCents)}`)] : []),
    row(fr.toPay, euros(total - discountCents - spentCents)),
    ...programmes.flatMap((programme) => linesOfProgramme(programme, intent)),
  ];
}
