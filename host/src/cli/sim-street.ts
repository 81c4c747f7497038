import type { Programme } from "@cachet/firmware/rules";
import type { Offers } from "@cachet/terminal-sim";

/** Cents of a top-up that is more than a card takes at once: refused, and given back. */
const TOO_MUCH = 60_000;

/** What customers can ask of a programme beside sales. */
function offersOf({ number, rules }: Programme): Offers {
  return {
    programme: number,
    topUps: rules.flatMap((rule) => {
      if (rule.kind !== "prepaid") return [];
      const { topUpMin = 500, topUpMax = 5_000 } = rule;
      return [topUpMin, Math.floor((topUpMin + topUpMax) / 2), topUpMax, TOO_MUCH];
    }),
    packs: rules.flatMap((rule) => {
      if (rule.kind === "club") return [{ rule: rule.id, cents: rule.fee }];
      if (rule.kind !== "units") return [];
      return rule.packs.map(({ price }, i) => ({ rule: rule.id, pack: i + 1, cents: price }));
    }),
    gifts: rules.flatMap((rule) => (rule.kind === "points" ? (rule.gifts ?? []).map(({ id }) => id) : [])),
    saves: rules.flatMap(({ kind, id }) => (kind === "points" || kind === "cagnotte" ? [id] : [])),
    hasUnits: rules.some(({ kind }) => kind === "units"),
  };
}

/** Who trades in a world of days, and with what. */
export interface WorldStreet {
  readonly merchants: readonly number[];
  readonly town: { readonly programme: number; readonly merchant: number };
  readonly offers: readonly Offers[];
}

/**
 * The shops of the world's programmes. A merchant who has the town's programme alone has two: cards with room for one programme can be used
 * in both, and in front of the second nobody remembers what the first one saw.
 */
export function worldStreet(programmes: readonly Programme[]): WorldStreet {
  const [first, ...others] = [...new Set(programmes.flatMap(({ merchants }) => Object.keys(merchants).map(Number)))];
  const keptBy = (merchant: number) => programmes.filter(({ merchants }) => merchants[merchant] !== undefined);
  const [town] = programmes.toSorted((a, b) => Object.keys(b.merchants).length - Object.keys(a.merchants).length);
  if (first === undefined || town === undefined) throw new RangeError("a world has programmes and merchants");
  const alone = others.find((merchant) => town.merchants[merchant] !== undefined && keptBy(merchant).length === 1);
  if (alone === undefined) throw new RangeError("a world has a merchant with the town's programme alone");
  const rest = others.filter((merchant) => merchant !== alone);
  // Five terminals have everything: what comes behind is more of the town.
  const ownProgramme = rest.filter((merchant) => town.merchants[merchant] === undefined);
  const ofTown = rest.filter((merchant) => town.merchants[merchant] !== undefined);
  return {
    merchants: [first, alone, alone, ...ownProgramme, ...ofTown],
    town: { programme: town.number, merchant: alone },
    offers: programmes.map(offersOf),
  };
}
