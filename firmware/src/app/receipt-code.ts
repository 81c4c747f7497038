import type { Hal } from "../hal/index.ts";
import {
  type ReceiptCode,
  readReceiptCode,
  receiptCodeMessage,
  receiptCodeText,
  type StoredEffect,
  splitReceiptCode,
  visitKind,
  withMergedLines,
} from "../wire/index.ts";
import { CardRefused } from "./card.ts";
import type { KnownIntent } from "./doubts.ts";
import type { Terminal } from "./terminal.ts";

/** What a scanned code says. Throws `CardRefused`: of another merchant, altered, or no code at all. */
export async function openReceiptCode(hal: Hal, merchant: number, text: string): Promise<ReceiptCode> {
  const sealed = splitReceiptCode(text);
  if (sealed === null) throw new CardRefused("BAD_CODE");
  if (sealed.merchant !== merchant) throw new CardRefused("WRONG_MERCHANT");
  const { generation, message, mac } = sealed;
  if ((await hal.openCode(generation, message, mac)) !== true) throw new CardRefused("BAD_CODE");
  const code = readReceiptCode(sealed);
  if (code === null) throw new CardRefused("BAD_CODE");
  return code;
}

/** Effects that a refund reverses. */
const isReversed = ({ type, credit }: StoredEffect): boolean =>
  credit === undefined && type !== "decline" && type !== "expire";

/** The text of a code under the receipt key; null where it would be too long to be scanned, or the terminal holds no such key. */
export async function sealedCode(
  { hal, facts }: Terminal,
  code: Omit<ReceiptCode, "terminal">,
): Promise<string | null> {
  const message = receiptCodeMessage(facts.merchant, { ...code, terminal: facts.terminal });
  const sealed = await hal.sealCode(message);
  return sealed === "no-key" ? null : receiptCodeText(message, sealed.generation, sealed.mac);
}

/**
 * The code of a sale's receipt; null where there is none: nothing was sold, something of it is still in doubt, the terminal holds no receipt
 * key, or it would be too long to be scanned, lines merged too.
 */
export async function receiptCodeOf(terminal: Terminal, intent: KnownIntent): Promise<string | null> {
  const { body, outcomes, number: ticket, utc } = intent;
  const { card, late, sale } = body;
  if (visitKind(body) !== "sale" || [...outcomes.values()].some((outcome) => outcome === "open")) return null;
  const { lines, tip, tenders } = sale;
  const done = body.areas.filter(({ programme }) => outcomes.get(programme) === "committed");
  if (late !== undefined || lines.length === 0 || done.length === 0) return null;
  const code: ReceiptCode = {
    terminal: terminal.facts.terminal,
    ticket,
    card,
    utc,
    sale: { lines, tip, payable: 0, ...(tenders === undefined ? {} : { tenders }) },
    areas: done.map(({ programme, version, effects }) => ({ programme, version, effects: effects.filter(isReversed) })),
  };
  return (await sealedCode(terminal, code)) ?? sealedCode(terminal, withMergedLines(code));
}
