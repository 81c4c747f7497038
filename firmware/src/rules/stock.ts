import type { Effect } from "./effect.ts";
import type { Programme, Rule } from "./programme.ts";
import type { Gift } from "./saving-rule.ts";
import type { StampsRule } from "./stamps-rule.ts";

/** So many pieces of something, of which each terminal gives as many. */
export interface Stock {
  /** The id of the rule, or of the gift. */
  readonly name: string;
  readonly pieces: number;
}

/** Pieces of what a full grid gives; undefined without end. */
export function rewardStock({ reward }: StampsRule): number | undefined {
  if (reward.kind === "experience") return reward.seats;
  return reward.kind === "gift" ? reward.stock : undefined;
}

/** Pieces of a gift of a catalogue; undefined without end. */
export const giftStock = ({ stock, seats }: Gift): number | undefined => seats ?? stock;

function stocksOfRule(rule: Rule): Stock[] {
  const own = (name: string, pieces: number | undefined): Stock[] => (pieces === undefined ? [] : [{ name, pieces }]);
  switch (rule.kind) {
    case "stamps":
      return own(rule.id, rewardStock(rule));
    case "discount":
      return own(rule.id, rule.stock);
    case "points":
      return rule.gifts.flatMap((gift) => own(gift.id, giftStock(gift)));
    default:
      return [];
  }
}

/** Everything of a programme that runs out, in the order of its rules. */
export const stocksOf = ({ rules }: Pick<Programme, "rules">): Stock[] => rules.flatMap(stocksOfRule);

/** What an effect says of the stock that it came from; nothing where there is none. */
export const fromStock = (name: string, pieces: number | undefined): Pick<Effect, "stock"> =>
  pieces === undefined ? {} : { stock: name };

/** What effects took from each stock: less than nothing where a refund gives back. */
export function givenBy(
  effects: readonly { readonly type: string; readonly stock?: string; readonly times?: number }[],
): ReadonlyMap<string, number> {
  const given = new Map<string, number>();
  for (const { type, stock, times = 1 } of effects)
    if (stock !== undefined) given.set(stock, (given.get(stock) ?? 0) + (type === "return" ? -times : times));
  return given;
}
