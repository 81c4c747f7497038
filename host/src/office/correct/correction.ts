import type { Programme } from "@cachet/firmware/rules";
import type { Ledger } from "../schema.ts";
import { type Differences, differencesOf, grouped } from "./difference.ts";
import { type ReplayedVisit, replayStory } from "./replay.ts";
import { type ApartCard, type Period, Stories } from "./story.ts";

/** A period under a wrong version of a programme, replayed under the right one. */
export interface Correction {
  readonly wrong: Programme;
  readonly right: Programme;
  readonly period: Period;
  /** Those under the wrong version alone: what lies between them is played to know what the card held. */
  readonly visits: readonly ReplayedVisit[];
  /** By card number, those without a difference too. */
  readonly members: readonly (Differences & { readonly card: number })[];
  readonly merchants: readonly (Differences & { readonly merchant: number })[];
  readonly total: Differences;
  /** Cards that are not in the sums. */
  readonly apart: readonly ApartCard[];
}

/** Replays the visits of a period that were under the wrong version, each card in its own order. Changes nothing. */
export async function correctionOf(
  ledger: Ledger,
  wrong: Programme,
  right: Programme,
  period: Period,
): Promise<Correction> {
  const stories = new Stories(ledger, wrong.number);
  const visits: ReplayedVisit[] = [];
  const apart: ApartCard[] = [];
  for (const card of await stories.cardsIn(period)) {
    const story = await stories.of(card, wrong.version, period);
    if (story === null) continue;
    const replayed = "reason" in story ? story : await replayStory(ledger, wrong, right, story);
    if ("reason" in replayed) apart.push(replayed);
    else visits.push(...replayed.filter(({ visit }) => visit.area.version === wrong.version));
  }
  const sums = (of: readonly ReplayedVisit[]) => differencesOf(wrong, right, of);
  return {
    ...{ wrong, right, period, visits, apart },
    members: grouped(visits, ({ visit }) => visit.intent.card).map(([card, of]) => ({ card, ...sums(of) })),
    merchants: grouped(visits, ({ visit }) => visit.intent.merchant).map(([merchant, of]) => ({
      merchant,
      ...sums(of),
    })),
    total: sums(visits),
  };
}
