import type { Day } from "@cachet/card-layout";
import type { Programme } from "@cachet/firmware/rules";
import { type ListedPurchase, monthOf } from "./purchase-list.ts";
import { minuteOf, Replay, type SimulateOptions, type Wrong } from "./replay.ts";
import type { RuleRow } from "./rule-books.ts";
import { type MemberSums, noSums, type Sums } from "./sums.ts";

/** What a programme would have come to. */
export interface Simulation {
  readonly programme: Programme;
  /** Days of the first and the last purchase. */
  readonly first: Day;
  readonly last: Day;
  readonly totals: Sums & { readonly dueCents: number; readonly membersRewarded: number };
  /** By month, `2026-01`; every month between the first and the last purchase. */
  readonly months: ReadonlyMap<string, Sums>;
  /** By merchant number. What expires belongs to no merchant and is left out here. */
  readonly merchants: ReadonlyMap<number, Sums>;
  readonly rules: readonly RuleRow[];
  readonly members: ReadonlyMap<string, MemberSums>;
  /** How often custom rules went wrong. */
  readonly wrong: readonly Wrong[];
  /** Purchases at merchants that the programme does not list: left out of everything else. */
  readonly unlisted: { readonly purchases: number; readonly cents: number; readonly merchants: readonly number[] };
}

/** Each member's purchases: earlier ones first, those of one minute as they stand in the file. */
function byMember(purchases: readonly ListedPurchase[]): ReadonlyMap<string, readonly ListedPurchase[]> {
  const all = new Map<string, ListedPurchase[]>();
  for (const purchase of purchases) {
    const own = all.get(purchase.member);
    if (own === undefined) all.set(purchase.member, [purchase]);
    else own.push(purchase);
  }
  for (const own of all.values()) own.sort((a, b) => a.day - b.day || minuteOf(a) - minuteOf(b));
  return all;
}

/** Months in order, those without a purchase too. */
function everyMonth(months: ReadonlyMap<string, Sums>, first: Day, last: Day): ReadonlyMap<string, Sums> {
  const names = new Set<string>();
  for (let day = first; day < last; day += 28) names.add(monthOf(day));
  names.add(monthOf(last));
  return new Map([...names].map((name) => [name, months.get(name) ?? noSums()]));
}

/**
 * Replays purchases under a programme: every member begins with an empty card. Pure: the same purchases, in whatever order the
 * cards stand among each other, come to the same. Throws `SimulationFault` where the rules cannot work with a purchase.
 */
export function simulate(
  programme: Programme,
  purchases: readonly ListedPurchase[],
  options: SimulateOptions,
): Simulation {
  const days = purchases.reduce(
    ({ first, last }, { day }) => ({ first: Math.min(first, day), last: Math.max(last, day) }),
    { first: purchases[0]?.day ?? 0, last: 0 },
  );
  const replay = new Replay(programme, options, days.last);
  let done = 0;
  for (const [member, own] of byMember(purchases)) {
    replay.play(member, own);
    done += own.length;
    options.told?.(done);
  }
  const members = [...replay.members.values()];
  return {
    programme,
    ...days,
    totals: {
      ...replay.totals,
      dueCents: members.reduce((cents, member) => cents + member.dueCents, 0),
      membersRewarded: members.filter(({ costCents }) => costCents > 0).length,
    },
    months: everyMonth(replay.months, days.first, days.last),
    merchants: new Map([...replay.merchants].sort(([a], [b]) => a - b)),
    rules: replay.books.rows,
    members: replay.members,
    wrong: replay.wrong,
    unlisted: { ...replay.unlisted, merchants: [...replay.unlisted.merchants].sort((a, b) => a - b) },
  };
}
