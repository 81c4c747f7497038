import { type Day, dayOf, toHex } from "@cachet/card-layout";
import { EQUAL_REFUSALS_PER_DAY } from "../hal/index.ts";
import type { Entry, EntryBody } from "../wire/index.ts";
import { type Decoded, integer, key, list, map, text, uint } from "../wire/schema.ts";

/** What makes two refusals equal: the same chip or kind of thing, for the same reason. Null for what is no refusal. */
function refusedAs({ kind, body }: EntryBody): string | null {
  if (kind === "refusal") {
    const { reason, uid, programme, version, rule = "" } = body;
    // A faulty rule is one thing, whatever card shows it.
    return version === undefined ? `${toHex(uid)}/${reason}` : `${programme}/${version}/${rule}/${reason}`;
  }
  if (kind === "list-change" && body.reason !== undefined) return `list/${body.reason}`;
  if (kind === "image-change" && body.what === "refused") return `image/${body.reason ?? ""}`;
  return null;
}

/** Refusals of one day by what makes them equal. */
export const RefusalsOfDay = map({
  day: key(1, integer({ min: -Number.MAX_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER })),
  counts: key(2, list(map({ name: key(1, text()), count: key(2, uint()) }), 100_000)),
});
export type RefusalsOfDay = Decoded<typeof RefusalsOfDay>;

/**
 * Counts equal refusals of a day by the terminal's clock, so that a card that lies on the reader, or a client that asks again
 * and again, cannot fill the journal.
 */
export class RefusalCount {
  private day: Day;
  private readonly counts: Map<string, number>;

  constructor({ day, counts }: RefusalsOfDay = { day: 0, counts: [] }) {
    this.day = day;
    this.counts = new Map(counts.map(({ name, count }) => [name, count]));
  }

  /** What it counted, to go on from. */
  ofDay(): RefusalsOfDay {
    return { day: this.day, counts: [...this.counts].map(([name, count]) => ({ name, count })) };
  }

  private today(utc: number, offset: number): Map<string, number> {
    const day = dayOf(utc, offset);
    if (day !== this.day) this.counts.clear();
    this.day = day;
    return this.counts;
  }

  /** Takes in one entry, in the order in which they were stored. */
  take(entry: Entry): void {
    const name = refusedAs(entry);
    if (name === null) return;
    const counts = this.today(entry.utc, entry.offset);
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }

  /** Whether enough equal ones stand in the journal for today. False for what is no refusal. */
  isEnough(content: EntryBody, { utc, offset }: { readonly utc: number; readonly offset: number }): boolean {
    const name = refusedAs(content);
    return name !== null && (this.today(utc, offset).get(name) ?? 0) >= EQUAL_REFUSALS_PER_DAY;
  }
}
