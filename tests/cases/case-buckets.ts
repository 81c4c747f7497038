import type { TrialStep } from "@cachet/firmware/rules";
import type { Asked } from "./case-answers.ts";
import { bucketsOf, DEFAULT_AT, dayOf } from "./case-cards.ts";
import type { Json } from "./written-case.ts";

type Effect = TrialStep["effects"][number];
type Lots = NonNullable<Effect["lots"]>;

/** The days by which a card tells lots apart. */
const keyOf = (issued: string, expires: string | null): string => `${issued} ${expires}`;

/** Buckets that the case names, those of its card first, then those that its purchases made. */
function named({
  worked,
  card,
}: Asked): readonly { readonly id: string; readonly amount: number; readonly is: (lot: Lots[number]) => boolean }[] {
  const given = bucketsOf(worked, card).map(({ id, amount, issued, expires = null }) => ({
    id,
    amount,
    is: (lot: Lots[number]) => keyOf(lot.issued, lot.expires) === keyOf(issued, expires),
  }));
  const isGiven = (lot: Lots[number]) => given.some(({ is }) => is(lot));
  const made = worked.then.flatMap(({ new_bucket: id }, i) => {
    const day = dayOf(String(worked.when[i]!.at ?? DEFAULT_AT));
    return id === undefined
      ? []
      : [
          {
            id: String(id),
            amount: Number.POSITIVE_INFINITY,
            is: (lot: Lots[number]) => !isGiven(lot) && lot.issued === day,
          },
        ];
  });
  return [...given, ...made];
}

/** Lots of the same days as the one that they are on a card, however a case writes them. */
function merged(lots: Lots): Lots {
  const all = new Map<string, Lots[number]>();
  for (const lot of lots) {
    const key = keyOf(lot.issued, lot.expires);
    all.set(key, { ...lot, value: lot.value + (all.get(key)?.value ?? 0) });
  }
  return [...all.values()];
}

/** How much of lots lies in each bucket: those of the same days are one lot on the card, of which the first is spent first. */
function heldIn(asked: Asked, lots: Lots): Json {
  const held: Record<string, number> = {};
  for (const lot of merged(lots)) {
    const own = named(asked).filter(({ is }) => is(lot));
    let value = lot.value;
    for (const { id, amount } of [...own].reverse()) {
      const part = Math.min(value, amount);
      if (part > 0) held[id] = part;
      value -= part;
    }
    if (value > 0) held["?"] = (held["?"] ?? 0) + value;
  }
  return held;
}

const lotsOf = (card: Json): Lots => ((card.earn ?? card.prepaid) as { readonly lots?: Lots } | undefined)?.lots ?? [];

/** What is left in each bucket. */
export const left = (asked: Asked): Json => heldIn(asked, lotsOf(asked.step.card));

/** What effects took from each bucket or put into it. */
export function byBucket(asked: Asked, effects: readonly Effect[]): Json {
  const moved = effects.flatMap(({ lots = [] }) => lots);
  const [before, after] = [heldIn(asked, lotsOf(asked.before)), heldIn(asked, lotsOf(asked.step.card))];
  const sums: Record<string, number> = {};
  for (const lot of moved) {
    const own = named(asked).filter(({ is }) => is(lot));
    if (own.length < 2) {
      const id = own[0]?.id ?? "?";
      sums[id] = (sums[id] ?? 0) + lot.value;
      continue;
    }
    for (const { id } of own) {
      const change = Math.abs(Number(after[id] ?? 0) - Number(before[id] ?? 0));
      if (change > 0) sums[id] = change;
    }
  }
  return sums;
}
