import {
  JOURNAL_BYTES_MAX,
  JOURNAL_ENTRIES_MAX,
  JOURNAL_ENTRIES_RESERVED,
  SYSTEM_ENTRY_BYTES_MAX,
} from "../hal/index.ts";
import { agedTo, releasedTo } from "./marks.ts";
import type { JournalStore } from "./store.ts";

/** What a journal may grow to. */
export interface JournalSize {
  readonly entries: number;
  readonly bytes: number;
}

export const JOURNAL_SIZE: JournalSize = { entries: JOURNAL_ENTRIES_MAX, bytes: JOURNAL_BYTES_MAX };

/** A drop writes the whole file anew: it frees this part of the journal, or waits. */
const STEP_PARTS = 16;

const kept = ({ first, last }: JournalStore): number => last - first + 1;

/** Room that is left once every open area has its COMMIT or ABORT and the supervisor its reserve. */
export function roomLeft(store: JournalStore, size: JournalSize, openAreas: number): JournalSize {
  const awaited = openAreas + JOURNAL_ENTRIES_RESERVED;
  return {
    entries: size.entries - kept(store) - awaited,
    bytes: size.bytes - store.bytes - awaited * SYSTEM_ENTRY_BYTES_MAX,
  };
}

/** Whether a part of the journal takes nine tenths of what it may. */
const isNineTenths = (part: JournalSize, size: JournalSize): boolean =>
  10 * part.entries >= 9 * size.entries || 10 * part.bytes >= 9 * size.bytes;

/** Whether the file as it stands takes nine tenths of its room: what was released long ago has to go. */
export function isTight(store: JournalStore, size: JournalSize): boolean {
  return isNineTenths({ entries: kept(store), bytes: store.bytes }, size);
}

/** The last entry that may be dropped: a released one. Open intents among them go on in the checkpoint, whole. 0 for none. */
export function droppableTo(store: JournalStore): number {
  return Math.min(releasedTo(store.marks), store.last);
}

/** Whether what cannot be dropped takes nine tenths of the room: it is time to collect, and for the office to send its receipt. */
export function isNearlyFull(store: JournalStore, size: JournalSize): boolean {
  const first = Math.max(store.first, droppableTo(store) + 1);
  return isNineTenths({ entries: store.last - first + 1, bytes: store.bytes - store.bytesBefore(first) }, size);
}

/** The last entry to drop where the journal is tight: all that was released a month ago, once that is worth a new file; else 0. */
export function agedDrop(store: JournalStore, size: JournalSize, utc: number): number {
  const to = Math.min(agedTo(store.marks, utc), droppableTo(store));
  const { entries, bytes } = freedBy(store, to);
  return entries * STEP_PARTS >= size.entries || bytes * STEP_PARTS >= size.bytes ? to : 0;
}

/**
 * The last entry to drop where the journal would otherwise be full: what was released a month ago, and of the younger ones
 * up to a step of what is lacking. 0 for none.
 */
export function neededDrop(
  store: JournalStore,
  size: JournalSize,
  utc: number,
  lacking: { readonly entries: boolean; readonly bytes: boolean },
): number {
  const most = droppableTo(store);
  const isEnough = (to: number) => {
    const { entries, bytes } = freedBy(store, to);
    return (
      (!lacking.entries || entries * STEP_PARTS >= size.entries) && (!lacking.bytes || bytes * STEP_PARTS >= size.bytes)
    );
  };
  let to = Math.min(Math.max(store.first, agedTo(store.marks, utc)), most);
  while (to < most && !isEnough(to)) to += 1;
  return to;
}

/** What dropping entries up to `to` frees, less what the header will have to remember of them. */
function freedBy(store: JournalStore, to: number): JournalSize {
  if (to < store.first) return { entries: 0, bytes: 0 };
  return { entries: to - store.first + 1, bytes: store.bytesBefore(to + 1) };
}
