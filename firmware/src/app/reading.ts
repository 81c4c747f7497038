import type { CardHistory } from "../hal/index.ts";
import { encodeCbor, Refusal } from "../wire/index.ts";
import { type AreaOnCard, readAreaOnCard } from "./areas.ts";
import { type CardOnReader, CardRefused } from "./card.ts";
import type { KnownIntent } from "./doubts.ts";
import { type Restoring, restoringOf } from "./restoring.ts";
import type { Terminal } from "./terminal.ts";
import { openingsOf } from "./writing.ts";

const UNREADABLE = { damaged: "BAD_SIGNATURE", behind: "COUNTER_ROLLBACK" } as const;

/**
 * Areas in the card's order, until every programme of the terminal has shown its record; all of them where one has none. Areas
 * that show no record although they hold something are refused, unless each can be restored.
 */
export async function readAreas(
  terminal: Terminal,
  card: CardOnReader,
  history: CardHistory,
  intents: readonly KnownIntent[],
): Promise<{ readonly areas: AreaOnCard[]; readonly restoring: readonly Restoring[] }> {
  const { hal, facts } = terminal;
  const areas: AreaOnCard[] = [];
  const missing = new Set(facts.programmes.map(({ programme }) => programme));
  for (let index = 0; index < card.map.areas.length && missing.size > 0; index += 1) {
    const openings = await openingsOf(terminal, card, intents, index);
    const area = await readAreaOnCard(hal, facts, card, index, openings, intents.length > 0);
    if (area.reading.kind === "conflict") throw new CardRefused("AREA_CONFLICT", card.number);
    if (area.reading.kind === "current") missing.delete(area.reading.state.programme);
    areas.push(area);
  }
  const restoring: Restoring[] = [];
  for (const area of areas) {
    const restored = restoringOf(terminal, card, areas, area, history, intents);
    if (restored !== null) restoring.push(restored);
    else if (area.reading.kind === "damaged" || area.reading.kind === "behind") {
      throw new CardRefused(UNREADABLE[area.reading.kind], card.number);
    }
  }
  return { areas, restoring };
}

/** An increment of the counter was cut: the card goes on, earns only, and somebody will want to know. */
export async function noteTornCounters(
  { hal }: Terminal,
  card: CardOnReader,
  areas: readonly AreaOnCard[],
): Promise<void> {
  if (!areas.some(({ counter }) => counter?.torn === true)) return;
  const { uid, number } = card;
  await hal.refuse(encodeCbor(Refusal.encode({ reason: "COUNTER_TORN", uid, card: number })));
}
