import { concat, sameBytes, splitSlot, unpackState } from "@cachet/card-layout";
import type { CardOnList } from "../hal/index.ts";
import { encodeCbor, Intent, type IntentArea } from "../wire/index.ts";
import { type AreaOnCard, nextSequence, packFor } from "./areas.ts";
import { type CardOnReader, CardRefused } from "./card.ts";
import { repairRecord, writeRecord } from "./commit.ts";
import { isRevoked } from "./credits.ts";
import { areaOf, type KnownIntent, newIntent, settleAfterWrite } from "./doubts.ts";
import { unlock } from "./identity.ts";
import type { Terminal } from "./terminal.ts";

/** Stores an intent; nothing may be written before. A card that cannot be written to is refused first: nothing is in doubt then. */
export async function store(
  { hal }: Terminal,
  card: CardOnReader,
  utc: number,
  body: Intent,
): Promise<KnownIntent | "full" | "too-long"> {
  await unlock(hal, card);
  const number = await hal.intend(encodeCbor(Intent.encode(body)));
  return typeof number === "number" ? newIntent(number, utc, body) : number;
}

/** The whole records with which open intents of this terminal meant to open an area. */
export async function openingsOf(
  { hal }: Terminal,
  card: CardOnReader,
  intents: readonly KnownIntent[],
  index: number,
): Promise<Uint8Array[]> {
  if (card.map.commit !== "highest-sequence") return [];
  const openings: Uint8Array[] = [];
  for (const { body, outcomes } of intents) {
    for (const { area, oldSequence, programme, record } of body.areas) {
      if (area !== index || oldSequence !== 0 || outcomes.get(programme) !== "open") continue;
      const { generation } = splitSlot(record);
      const mac = await hal.seal({ role: "area", programme, generation }, card.uid, card.number, record);
      if (mac !== "no-key") openings.push(concat(record, mac));
    }
  }
  return openings;
}

/**
 * Whether every area that is still open can be written as it was meant. Not when a newer intent names the same new state:
 * that state belongs to the newest (doubts.ts). Nor over a record of a revoked generation, unless the intent adopts it.
 */
export function canResume(
  { facts }: Terminal,
  intent: KnownIntent,
  areas: readonly AreaOnCard[],
  intents: readonly KnownIntent[],
  revoked: CardOnList["revoked"],
): boolean {
  const open = intent.body.areas.filter(({ programme }) => intent.outcomes.get(programme) === "open");
  return open.every(({ programme, area, newHash, effects }) => {
    const newer = intents.some(
      ({ number, body }) =>
        number > intent.number &&
        body.areas.some((other) => other.programme === programme && sameBytes(other.newHash, newHash)),
    );
    const held = facts.programmes.some((candidate) => candidate.programme === programme);
    const shown = areaOf(areas, programme, area);
    if (!held || newer || !intent.unwritten.has(programme) || shown === null) return false;
    return !isRevoked(revoked, shown) || effects.some(({ type }) => type === "adopt");
  });
}

/** Writes the areas of an intent that are still open, in its order. Each is committed in the journal before the next is written. */
export async function writeAreas(
  terminal: Terminal,
  card: CardOnReader,
  areas: readonly AreaOnCard[],
  intents: readonly KnownIntent[],
  intent: KnownIntent,
): Promise<void> {
  const { hal } = terminal;
  for (const meant of intent.body.areas) {
    const { programme } = meant;
    if (intent.outcomes.get(programme) !== "open") continue;
    const area = areaOf(areas, programme, meant.area);
    if (area === null) throw new RangeError(`no area for programme ${programme}`);
    const sequence = nextSequence(area);
    if (sequence === null) throw new CardRefused("CARD_WORN_OUT", card.number);
    const { sealed, generation } = recordFor(terminal, card, area, meant, sequence);
    await writeRecord(hal, card, area, sealed, { role: "area", programme, generation });
    // The others first: where the power goes in between, this intent is still open and the card shows that it happened.
    await settleAfterWrite(hal, intents, intent.number, programme);
    await commit(terminal, intent, programme);
  }
}

/** Writes the one area of an intent that restores it: the area shows no record, and no doubt can be settled on it before. */
export async function writeRestored(
  terminal: Terminal,
  card: CardOnReader,
  area: AreaOnCard,
  intent: KnownIntent,
  sequence: number,
): Promise<void> {
  const [meant] = intent.body.areas;
  const { programme } = meant!;
  const { sealed, generation } = recordFor(terminal, card, area, meant!, sequence);
  await repairRecord(terminal.hal, card, area, sealed, { role: "area", programme, generation });
  await commit(terminal, intent, programme);
}

async function commit({ hal }: Terminal, intent: KnownIntent, programme: number): Promise<void> {
  await hal.settle(intent.number, programme, "committed");
  intent.outcomes.set(programme, "committed");
}

/** The record an intent names, under today's key generation and the sequence that follows the card's. Its state hash is the same. */
function recordFor(
  { facts }: Terminal,
  card: CardOnReader,
  area: AreaOnCard,
  meant: IntentArea,
  sequence: number,
): { sealed: Uint8Array; generation: number } {
  const state = unpackState(meant.record);
  const generation = facts.programmes.find(({ programme }) => programme === meant.programme)?.generation;
  if (!state.ok || generation === undefined) throw new RangeError(`record of programme ${meant.programme}`);
  if (state.value.sequence === sequence && state.value.generation === generation)
    return { sealed: meant.record, generation };
  return { sealed: packFor(card, area.map, { ...state.value, generation, sequence }), generation };
}
