import type { Purse } from "@cachet/card-layout";
import type { Gift, Sale } from "@cachet/firmware/rules";
import { centsOf, type Saving, usableIn } from "./savings.ts";

/**
 * When members spend what they have saved: never, whenever something can be spent, or as soon as the card can pay so many
 * cents. Then they spend all that the basket takes. A gift is taken as soon as there are points for it: the cheapest one,
 * or with `fromCents` the cheapest that is worth so much (the dearest where none is).
 */
export type Redeeming = "never" | "max" | { readonly fromCents: number };

/** Few people fetch a few cents at the counter; most do when it is worth a coin or a note. */
export const DEFAULT_REDEEMING: Redeeming = { fromCents: 500 };

/** What a member asks for at a visit. */
export type Wish = Pick<Sale, "redeem" | "gift">;

/** The gift that a member saves for; null where a rule has none. */
function wantedGift({ rule }: Saving, fromCents: number): Gift | null {
  if (rule.kind !== "points" || rule.redeem !== null) return null;
  // What somebody else gets is nothing to save for.
  const byPoints = rule.gifts
    .filter(({ to }) => to === undefined)
    .sort((a, b) => a.points - b.points || b.value - a.value);
  return byPoints.find(({ value }) => value >= fromCents) ?? byPoints.at(-1) ?? null;
}

/** What a member with these purses asks for on a day. */
export type Wishes = (purses: readonly Purse[], day: number) => Wish;

/** How members of a programme decide. */
export function wishesOf(savings: readonly Saving[], redeeming: Redeeming): Wishes {
  if (redeeming === "never") return () => ({});
  const fromCents = redeeming === "max" ? 1 : redeeming.fromCents;
  const paying = savings.filter(({ rule }) => rule.kind === "cagnotte" || rule.redeem !== null);
  const gifts = savings.flatMap((saving) => {
    const gift = wantedGift(saving, fromCents);
    return gift === null ? [] : { saving, gift };
  });
  return (purses, day) => {
    const cents = paying.reduce((all, saving) => all + centsOf(saving, usableIn(purses, saving, day)), 0);
    const reached = gifts.find(({ saving, gift }) => usableIn(purses, saving, day) >= gift.points);
    return {
      ...(cents >= fromCents ? { redeem: "max" as const } : {}),
      ...(reached === undefined ? {} : { gift: reached.gift.id }),
    };
  };
}
