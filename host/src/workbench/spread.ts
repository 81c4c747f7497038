/** Members between two values, the first included, the second not; null: no end on that side. */
export interface Band {
  readonly fromCents: number | null;
  readonly toCents: number | null;
  readonly members: number;
  readonly cents: number;
}

/** A tenth of the members, from those whom the programme was worth least. */
export interface Tenth {
  readonly members: number;
  readonly leastCents: number;
  readonly mostCents: number;
  readonly cents: number;
}

const EDGES = [1, 100, 200, 500, 1_000, 2_000, 5_000, 10_000];

const ascending = (values: readonly number[]): number[] => [...values].sort((a, b) => a - b);
const sum = (values: readonly number[]): number => values.reduce((all, value) => all + value, 0);

/** `edges`: where a band begins, in order; null only as the first. */
function bandsBetween(values: readonly number[], edges: readonly (number | null)[]): readonly Band[] {
  return edges.map((fromCents, i) => {
    const toCents = edges[i + 1] ?? null;
    const inside = values.filter(
      (value) => (fromCents === null || value >= fromCents) && (toCents === null || value < toCents),
    );
    return { fromCents, toCents, members: inside.length, cents: sum(inside) };
  });
}

/** How many members got nothing, less than a euro, and so on. */
export const bandsOf = (values: readonly number[]): readonly Band[] => bandsBetween(values, [0, ...EDGES]);

/** Members by what they win or lose, from the largest loss; those for whom nothing changes stand in the band from 0 to 1. */
export const changesIn = (changes: readonly number[]): readonly Band[] =>
  bandsBetween(changes, [null, ...EDGES.map((edge) => 1 - edge).reverse(), ...EDGES]);

/** Ten groups of as equal a size as can be; fewer where there are fewer members. */
export function tenthsOf(values: readonly number[]): readonly Tenth[] {
  const sorted = ascending(values);
  const cuts = Array.from({ length: 11 }, (_, i) => Math.floor((i * sorted.length) / 10));
  return cuts.slice(1).flatMap((end, i) => {
    const group = sorted.slice(cuts[i], end);
    if (group.length === 0) return [];
    return { members: group.length, leastCents: group[0]!, mostCents: group.at(-1)!, cents: sum(group) };
  });
}

/** The middle value, the lower one of two; 0 of none. */
export function medianOf(values: readonly number[]): number {
  return ascending(values)[Math.floor((values.length - 1) / 2)] ?? 0;
}
