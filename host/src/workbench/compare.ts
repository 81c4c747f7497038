import type { Simulation } from "./simulate.ts";
import { type Band, changesIn, medianOf } from "./spread.ts";
import { valueTo } from "./sums.ts";

/** Members for whom a change of programme is worth something, or costs it. Cents are of the size of the change. */
export interface Side {
  readonly members: number;
  readonly cents: number;
  readonly medianCents: number;
  readonly largestCents: number;
}

/** What one card was worth under both programmes. */
export interface CardChange {
  /** Its last four characters. */
  readonly card: string;
  readonly beforeCents: number;
  readonly afterCents: number;
  readonly changeCents: number;
}

/** What changes for members from one programme to another. */
export interface Comparison {
  readonly winners: Side;
  readonly losers: Side;
  readonly unchanged: number;
  /** The largest changes, whichever way. */
  readonly largest: readonly CardChange[];
  readonly bands: readonly Band[];
}

const LARGEST_SHOWN = 10;

/** A card as screens show it: its last four characters. */
export const cardText = (member: string): string => `…${[...member].slice(-4).join("")}`;

function sideOf(sizes: readonly number[]): Side {
  return {
    members: sizes.length,
    cents: sizes.reduce((all, size) => all + size, 0),
    medianCents: medianOf(sizes),
    largestCents: sizes.reduce((most, size) => Math.max(most, size), 0),
  };
}

/** What every member of two runs over the same purchases wins or loses, from `before` to `after`. */
export function compare(before: Simulation, after: Simulation): Comparison {
  const valueIn = ({ members }: Simulation, member: string): number => {
    const sums = members.get(member);
    return sums === undefined ? 0 : valueTo(sums);
  };
  const members = [...new Set([...before.members.keys(), ...after.members.keys()])];
  const changes = members.map((member) => {
    const [beforeCents, afterCents] = [valueIn(before, member), valueIn(after, member)];
    return { member, beforeCents, afterCents, changeCents: afterCents - beforeCents };
  });
  const cents = changes.map(({ changeCents }) => changeCents);
  const largest = changes
    .filter(({ changeCents }) => changeCents !== 0)
    .sort((a, b) => Math.abs(b.changeCents) - Math.abs(a.changeCents) || (a.member < b.member ? -1 : 1))
    .slice(0, LARGEST_SHOWN);
  return {
    winners: sideOf(cents.filter((change) => change > 0)),
    losers: sideOf(cents.filter((change) => change < 0).map((change) => -change)),
    unchanged: cents.filter((change) => change === 0).length,
    largest: largest.map(({ member, ...rest }) => ({ card: cardText(member), ...rest })),
    bands: changesIn(cents),
  };
}
