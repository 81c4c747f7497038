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

/**
 * The code of a sale's receipt; null where there is none: nothing was sold, something of it is still in doubt, the terminal holds no receipt
 * key, or it would be too long to be scanned, lines merged too.
 */
export async function receiptCodeOf(
  { hal, facts }: Terminal,
  { ticket, sale, areas, ...of }: Pick<ReceiptCode, "ticket" | "card" | "utc" | "sale" | "areas" | "account">,
): Promise<string | null> {
  const { lines, tip, tenders } = sale;
  if (lines.length === 0 || areas.length === 0) return null;
  const code: ReceiptCode = {
    ...of,
    terminal: facts.terminal,
    ticket,
    sale: { lines, tip, payable: 0, ...(tenders === undefined ? {} : { tenders }) },
    areas: areas.map(({ programme, version, effects }) => ({
      programme,
      version,
      effects: effects.filter(isReversed),
    })),
  };
  for (const said of [code, withMergedLines(code)]) {
    const message = receiptCodeMessage(facts.merchant, said);
    const sealed = await hal.sealCode(message);
    if (sealed === "no-key") return null;
    const text = receiptCodeText(message, sealed.generation, sealed.mac);
    if (text !== null) return text;
  }
  return null;
}

/** The code of a card's receipt; null as above, and for what is no sale. */
export async function cardCodeOf(terminal: Terminal, intent: KnownIntent): Promise<string | null> {
  const { body, outcomes, number: ticket, utc } = intent;
  const { card, late, sale } = body;
  if (visitKind(body) !== "sale" || late !== undefined || [...outcomes.values()].includes("open")) return null;
  const areas = body.areas.filter(({ programme }) => outcomes.get(programme) === "committed");
  return receiptCodeOf(terminal, { ticket, card, utc, sale, areas });
}
