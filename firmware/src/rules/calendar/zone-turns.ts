/** Zones that share their offsets, in minutes ahead of UTC: the first, then from each instant (seconds since 1970 UTC) on. */
export interface ZoneGroup {
  readonly zones: readonly string[];
  readonly first: number;
  /** An instant, the offset from then on, and so on: one flat list, since a list of lists fills a small device. */
  readonly changes: readonly number[];
}

/**
 * Summer and winter time in turns. weeks: from each change to the next, base 36. shift: so many seconds earlier than whole weeks the
 * clocks go back, where they do so by the hour of the place.
 */
export function turns(first: number, summer: number, winter: number, shift: number, weeks: string): number[] {
  const changes = [first, summer];
  let at = first;
  for (let i = 0; i < weeks.length; i += 1) {
    const back = i % 2 === 0;
    at += Number.parseInt(weeks[i]!, 36) * 604_800 - (back ? shift : -shift);
    changes.push(at, back ? winter : summer);
  }
  return changes;
}
