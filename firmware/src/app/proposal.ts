import { isBlank, type Purse, packPurses, purseSize, sameBytes } from "@cachet/card-layout";
import { type Evaluation, evaluate, type Programme, type Visit } from "../rules/index.ts";
import type { Intent, IntentArea } from "../wire/index.ts";
import { changedArea } from "./area-intents.ts";
import type { CreditPlan } from "./credits.ts";
import { type CardFound, factsOf, planFor } from "./found.ts";
import type { Terminal } from "./terminal.ts";

/** A visit as the rules see it, before anything is written. */
export interface Proposal {
  readonly evaluations: readonly { readonly programme: Programme; readonly evaluation: Evaluation }[];
  /** Areas to write, those that lose value first. */
  readonly areas: readonly IntentArea[];
  readonly payable: number;
  /** What was found of what was asked: the lines and the money of a refund, say. */
  readonly found?: Pick<Intent, "refund" | "transfer" | "closing">;
}

/** A purse as bytes without its head: all zero where it holds nothing. */
const payloadOf = (purse: Purse): Uint8Array => packPurses([purse], purseSize(purse.kind)).subarray(1);

/** A purse the card does not have yet is worth the same as one full of zeros. */
function samePurses(before: readonly Purse[], after: readonly Purse[]): boolean {
  const isIn = (purses: readonly Purse[], { kind, index }: Purse) =>
    purses.find((purse) => purse.kind === kind && purse.index === index);
  if (before.some((purse) => isIn(after, purse) === undefined)) return false;
  return after.every((purse) => {
    const old = isIn(before, purse);
    const now = payloadOf(purse);
    return old === undefined ? isBlank(now) : sameBytes(payloadOf(old), now);
  });
}

/**
 * Whether a visit leaves everything as it was: what it gave and took has an intent even where the purses come out the same, and
 * so has a credit.
 */
export function changesNothing(
  { purses, effects: credits }: Pick<CreditPlan, "purses" | "effects">,
  { newPurses, effects }: Evaluation,
): boolean {
  if (credits.length > 0) return false;
  const moves = effects.some(({ type, value, taken = 0 }) => type !== "decline" && (value > 0 || taken > 0));
  return !moves && samePurses(purses, newPurses);
}

/** Effects by which value leaves the card for something that is handed over. */
const LOSING: readonly IntentArea["effects"][number]["type"][] = ["redeem", "give", "payout", "clawback"];

/** Whether value leaves the card. */
export function losesValue({ effects }: Pick<IntentArea, "effects">): boolean {
  return effects.some(({ type, value, taken = 0 }) => (LOSING.includes(type) && value > 0) || taken > 0);
}

/**
 * One programme's answer to a visit that concerns it alone. No area is written where nothing changes. Throws `CardRefused` as for a
 * sale.
 */
export async function proposeIn(
  terminal: Terminal,
  found: CardFound,
  programme: Programme,
  visit: Visit,
): Promise<{ readonly evaluation: Evaluation; readonly areas: readonly IntentArea[] }> {
  const plan = planFor(found, programme);
  const purses = plan?.purses ?? [];
  const evaluation = evaluate(programme, purses, visit, factsOf(terminal, found, programme));
  if (changesNothing({ purses, effects: [] }, evaluation)) return { evaluation, areas: [] };
  const free = found.areas.filter(({ reading }) => reading.kind === "free");
  return { evaluation, areas: [await changedArea(terminal, found, free, programme, evaluation)] };
}
