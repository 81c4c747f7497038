import type { Programme, Rule } from "@cachet/firmware/rules";
import type { PurseName } from "../correct/value.ts";

/** So many cents for so many of a unit. */
export interface Rate {
  readonly cents: number;
  readonly per: number;
}

/** What programmes say of the values on cards, by programme and purse. */
export interface Terms {
  readonly rates: ReadonlyMap<number, ReadonlyMap<PurseName, Rate>>;
  /** The purse of money that was given on top of prepaid money. */
  readonly bonusPurses: ReadonlyMap<number, PurseName>;
  readonly merchants: ReadonlyMap<number, string>;
}

export const NO_TERMS: Terms = { rates: new Map(), bonusPurses: new Map(), merchants: new Map() };

const dearer = (a: Rate, b: Rate): Rate => (b.cents * a.per > a.cents * b.per ? b : a);
const cheaper = (a: Rate, b: Rate): Rate => (b.cents * a.per < a.cents * b.per ? b : a);
const best = (rates: readonly Rate[], of: (a: Rate, b: Rate) => Rate): Rate | null =>
  rates.length === 0 ? null : rates.reduce(of);

/** What a rule's units are worth: what they pay, or the dearest that they are exchanged for; units what is paid out for them. */
function rateOf(rule: Rule): readonly [PurseName, Rate] | null {
  const named = (name: PurseName, rate: Rate | null) => (rate === null ? null : ([name, rate] as const));
  switch (rule.kind) {
    case "points": {
      const { redeem, gifts, purse } = rule;
      const exchanged = gifts.map(({ points, value }): Rate => ({ cents: value, per: points }));
      return named(
        `points ${purse}`,
        redeem === null ? best(exchanged, dearer) : { cents: redeem.cents, per: redeem.points },
      );
    }
    case "stamps":
      return "value" in rule.reward
        ? named(`stamps ${rule.purse}`, { cents: rule.reward.value, per: rule.grid })
        : null;
    case "units":
      return named(
        `units ${rule.purse}`,
        best(
          rule.packs.map(({ units, price }) => ({ cents: price, per: units })),
          cheaper,
        ),
      );
    default:
      return null;
  }
}

/** What the files of programmes say of the values on cards. */
export function termsOf(programmes: readonly Programme[]): Terms {
  const rates = programmes.map(({ number, rules }) => {
    const found = rules.map(rateOf).filter((one) => one !== null);
    return [number, new Map(found)] as const;
  });
  const bonusPurses = programmes.flatMap(({ number, rules }) =>
    rules.flatMap((rule): [number, PurseName][] =>
      rule.kind === "prepaid" && rule.bonus !== null ? [[number, `cagnotte ${rule.bonus.purse}`]] : [],
    ),
  );
  const merchants = programmes.flatMap(({ merchants }) =>
    Object.entries(merchants).map(([number, { name }]) => [Number(number), name] as const),
  );
  return { rates: new Map(rates), bonusPurses: new Map(bonusPurses), merchants: new Map(merchants) };
}
