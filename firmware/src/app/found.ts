import { bestArea, CARD_EPOCH_SECONDS, type CardState, pursesSize } from "@cachet/card-layout";
import type { Moment, SpentToday } from "../hal/index.ts";
import { type Facts, type Programme, pursesOf } from "../rules/index.ts";
import type { IntentArea } from "../wire/index.ts";
import type { AreaOnCard } from "./areas.ts";
import type { CardOnReader } from "./card.ts";
import { type CreditPlan, type Lists, planCredits } from "./credits.ts";
import type { Terminal } from "./terminal.ts";

/** A card as a visit finds it. */
export interface CardFound {
  readonly card: CardOnReader;
  readonly areas: readonly AreaOnCard[];
  readonly spentToday: readonly SpentToday[];
  readonly moment: Moment;
  readonly lists: Lists;
  /** Areas of open intents that are void once this visit has written there: what they took of a stock can be given again. */
  readonly voided: readonly Pick<IntentArea, "programme" | "effects">[];
}

/** A card has no word for a time before 2000: a clock that fell back to 1970 writes the earliest it has. */
export const within = (value: number, max: number) => Math.max(0, Math.min(max, value));

export const currentOf = (areas: readonly AreaOnCard[], programme: number): AreaOnCard | undefined =>
  areas.find(({ reading }) => reading.kind === "current" && reading.state.programme === programme);

export const heldIn = (area: AreaOnCard | undefined): CardState | null =>
  area?.reading.kind === "current" ? area.reading.state : null;

/** Programmes that this card takes part in, or may: one that names its media is not opened on others. */
export function programmesFor({ programmes }: Terminal, { card, areas }: CardFound): Programme[] {
  return programmes.filter(
    ({ number, media }) =>
      media === undefined || media.includes(card.map.chip) || currentOf(areas, number) !== undefined,
  );
}

/** What the rules are told of a visit under one programme. */
export function factsOf({ facts }: Terminal, found: CardFound, programme: Programme, before?: Facts["before"]): Facts {
  const { areas, spentToday, moment } = found;
  const torn = currentOf(areas, programme.number)?.counter?.torn === true;
  const lastDay = heldIn(currentOf(areas, programme.number))?.day ?? 0;
  return {
    card: found.card.number,
    merchant: facts.merchant,
    ...(lastDay === 0 ? {} : { lastDay }),
    at: within(moment.utc - CARD_EPOCH_SECONDS, 0xffff_ffff),
    clockSuspect: moment.suspect,
    spentToday: spentToday.find((spent) => spent.programme === programme.number)?.cents ?? 0,
    earnOnly: torn,
    ...(before === undefined ? {} : { before }),
  };
}

/** The free area that a programme would be opened in. */
export function freeFor(card: CardOnReader, free: readonly AreaOnCard[], programme: Programme): AreaOnCard | null {
  const map = bestArea(
    card.map,
    free.map((area) => area.map),
    pursesSize(pursesOf(programme)),
  );
  return free.find((area) => area.map === map) ?? null;
}

/** What the list makes of a programme's area; null where it has none and finds no room for one. */
export function planFor(found: CardFound, programme: Programme): CreditPlan | null {
  const free = found.areas.filter(({ reading }) => reading.kind === "free");
  const area = currentOf(found.areas, programme.number) ?? freeFor(found.card, free, programme);
  return area === null ? null : planCredits(programme, found.card, area, found.moment, found.lists);
}

/** What the list makes of every programme that this card takes part in, or may. */
export function plansOf(terminal: Terminal, found: CardFound): Map<number, CreditPlan> {
  const plans = new Map<number, CreditPlan>();
  for (const programme of programmesFor(terminal, found)) {
    const plan = planFor(found, programme);
    if (plan !== null) plans.set(programme.number, plan);
  }
  return plans;
}
