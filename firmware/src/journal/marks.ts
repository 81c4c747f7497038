import { RELEASED_SECONDS } from "../hal/index.ts";
import { type Decoded, integer, key, list, map, maybe, orZero, uint } from "../wire/schema.ts";

/** Receipts of the last month that are told apart; of more, the earliest count as released with the one after them. */
const RELEASES_MAX = 100;

/**
 * How far the journal has got. Collected: the host has the entries and says so after its fsync; that frees nothing.
 * Released: a receipt of the office says that they are imported; only then they may be dropped.
 */
export const Marks = map({
  /** Every entry up to this one is collected; 0 for none. */
  collectedTo: orZero(1, uint(0xffff_ffff)),
  /** In order: entries up to `to` were released when the terminal's clock said `utc`. */
  releases: key(2, list(map({ to: key(1, integer({ min: 1, max: 0xffff_ffff })), utc: key(2, uint()) }), RELEASES_MAX)),
  /** When the host last said so, by the terminal's clock. */
  collectedAt: maybe(3, uint()),
});
export type Marks = Decoded<typeof Marks>;

export const NO_MARKS: Marks = { collectedTo: 0, releases: [] };

/** The last released entry; 0 for none. */
export function releasedTo({ releases }: Marks): number {
  return releases.at(-1)?.to ?? 0;
}

/** The last entry that was released `RELEASED_SECONDS` ago or earlier; 0 for none. A clock that fell back makes nothing long ago. */
export function agedTo({ releases }: Marks, utc: number): number {
  return releases.findLast((release) => utc - release.utc >= RELEASED_SECONDS)?.to ?? 0;
}

/** The host has entries up to `to` since `utc`; null where the time is not known. */
export function collected(marks: Marks, to: number, utc: number | null = null): Marks {
  return { ...marks, collectedTo: to, ...(utc === null ? {} : { collectedAt: utc }) };
}

/** What is released is collected, too: the office has it, however it came there. */
export function released(marks: Marks, to: number, utc: number): Marks {
  const { collectedTo, releases } = marks;
  const aged = agedTo(marks, utc);
  const young = releases.filter((release) => release.to >= aged);
  return { ...marks, collectedTo: Math.max(collectedTo, to), releases: [...young, { to, utc }].slice(-RELEASES_MAX) };
}

/** Whether marks can belong to a journal that keeps entries `first` to `last`. */
export function marksFit(marks: Marks, first: number, last: number): boolean {
  const inOrder = marks.releases.every(({ to }, at) => at === 0 || marks.releases[at - 1]!.to < to);
  const to = releasedTo(marks);
  return inOrder && to >= first - 1 && to <= marks.collectedTo && marks.collectedTo <= last;
}
