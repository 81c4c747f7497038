import type { Programme, Rule } from "./programme.ts";

/** Rules that only add to what others do. Without them each purse still earns its base, pays, expires and is capped. */
const EXTRAS: readonly Rule["kind"][] = ["bonus", "discount", "draw", "multiplier", "parking"];

/**
 * The base rule of a programme, for a visit that the whole of it has no steps for: every rule that keeps something on the card, with its
 * caps. There are as many of them as a card has purses, whatever the programme.
 */
export function baseProgramme(programme: Programme): Programme {
  return { ...programme, rules: programme.rules.filter(({ kind }) => !EXTRAS.includes(kind)) };
}
