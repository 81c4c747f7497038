import { type BatchEntry, decodeEntry, type Entry, sumsOf } from "@cachet/firmware/wire";
import type { IntentEntry } from "./entries.ts";
import { type AreaOfIntent, areasOfIntent, type IntentAreaRow, sameSums } from "./intents.ts";
import { dayOfEntry, type Posting, postingsOf } from "./ledger.ts";
import { Quarantine } from "./quarantine.ts";
import { insertAll, type LedgerTables, type LedgerTransaction, selectAll, TABLES } from "./schema.ts";

type SettlingEntry = Entry & { readonly kind: "commit" | "abort" };
type EntryRow = LedgerTables["entry"];

/** An area of an intent, to be settled by a COMMIT or an ABORT. */
interface Pending extends AreaOfIntent {
  readonly intent: IntentEntry;
}

const isSettling = (entry: Entry): entry is SettlingEntry => entry.kind === "commit" || entry.kind === "abort";
/** Its terminal has not said yet what became of it. */
const isUnsettled = ({ outcome, decided }: IntentAreaRow): boolean => outcome === "open" || decided === 1;
const nameOf = (number: number, programme: number) => `${number}/${programme}`;

/** The intents of earlier batches that entries settle, with their rows. */
async function earlierIntents(
  ledger: LedgerTransaction,
  terminal: number,
  entries: readonly BatchEntry[],
): Promise<ReadonlyMap<string, Pending>> {
  const first = entries[0]!.entry.number;
  const named = entries.flatMap(({ entry }) =>
    isSettling(entry) && entry.body.intent < first ? [entry.body.intent] : [],
  );
  const keys = [...new Set(named)].map((number) => [terminal, number]);
  const by = ["terminal", "number"] as const;
  const stored = await selectAll(ledger, "entry", by, keys, ["number", "stored"]);
  const columns = Object.keys(TABLES.intent_area) as (keyof IntentAreaRow)[];
  const rows = await selectAll(ledger, "intent_area", by, keys, columns);
  const intents = new Map(stored.map(({ number, stored }) => [number, decodeEntry(stored)]));
  const pending = new Map<string, Pending>();
  for (const row of rows) {
    const intent = intents.get(row.number);
    if (intent?.kind !== "intent") continue;
    const area = intent.body.areas.find(({ programme }) => programme === row.programme)!;
    pending.set(nameOf(row.number, row.programme), { intent, row, area, sums: sumsOf(area.effects) });
  }
  return pending;
}

/** What entries of one terminal bring into the ledger. */
export interface TakenIn {
  readonly entries: readonly EntryRow[];
  /** Areas of the intents among them, each with the outcome that is known. */
  readonly areas: readonly IntentAreaRow[];
  /** Areas of earlier intents that they settle. */
  readonly settled: readonly IntentAreaRow[];
  /** Those among them that the office had decided otherwise, as it had them. */
  readonly overturned: readonly IntentAreaRow[];
  readonly postings: readonly Posting[];
}

/**
 * What the next entries of a terminal mean: reads, changes nothing. Throws `Quarantine` with the first entry that no honest terminal
 * writes there.
 */
export async function takeIn(
  ledger: LedgerTransaction,
  { number: terminal, merchant }: Pick<LedgerTables["terminal"], "number" | "merchant">,
  entries: readonly BatchEntry[],
): Promise<TakenIn> {
  const earlier = await earlierIntents(ledger, terminal, entries);
  const pending = new Map(earlier);
  const settled = new Map<string, IntentAreaRow>();
  const overturned: IntentAreaRow[] = [];
  const postings: Posting[] = [];
  for (const { entry } of entries) {
    if (entry.kind === "intent") {
      for (const { row, area, sums } of areasOfIntent(terminal, merchant, entry)) {
        pending.set(nameOf(entry.number, row.programme), { intent: entry, row, area, sums });
      }
    }
    if (!isSettling(entry)) continue;
    const { intent: number, programme } = entry.body;
    const name = nameOf(number, programme);
    const found = pending.get(name);
    if (found === undefined || settled.has(name) || !isUnsettled(found.row)) {
      throw new Quarantine("not-open", `intent ${number}, programme ${programme} is not open`, entry.number);
    }
    const outcome = entry.kind === "commit" ? "committed" : "aborted";
    settled.set(name, { ...found.row, outcome, decided: 0 });
    if (found.row.decided === 1 && found.row.outcome !== outcome) overturned.push(found.row);
    if (entry.kind === "abort") continue;
    const { area, sums } = found;
    if (!sameSums(entry.body.sums, sums)) {
      throw new Quarantine("wrong-sums", `commit does not repeat the sums of intent ${number}`, entry.number);
    }
    // What the office decided just so is posted already.
    if (found.row.outcome !== outcome) postings.push(...postingsOf(terminal, entry, found.intent.body, area));
  }
  const areas: IntentAreaRow[] = [];
  for (const [name, { row }] of pending) if (!earlier.has(name)) areas.push(settled.get(name) ?? row);
  return {
    entries: entries.map(({ entry, stored }) => ({
      terminal,
      number: entry.number,
      day: dayOfEntry(entry),
      kind: entry.kind,
      utc: entry.utc,
      stored,
    })),
    areas,
    settled: [...settled].flatMap(([name, row]) => (earlier.has(name) ? [row] : [])),
    overturned,
    postings,
  };
}

/** Writes what was taken in. */
export async function write(ledger: LedgerTransaction, { entries, areas, settled, postings }: TakenIn): Promise<void> {
  await insertAll(ledger, "entry", entries);
  await insertAll(ledger, "intent_area", areas);
  await insertAll(ledger, "posting", postings);
  for (const row of settled) await setOutcome(ledger, row);
}

/** Writes what became of an area. */
export async function setOutcome(ledger: LedgerTransaction, row: IntentAreaRow): Promise<void> {
  const { outcome, decided, card, programme, old_hash, terminal, number } = row;
  await ledger
    .updateTable("intent_area")
    .set({ outcome, decided })
    .where("card", "=", card)
    .where("programme", "=", programme)
    .where("old_hash", "=", old_hash)
    .where("terminal", "=", terminal)
    .where("number", "=", number)
    .execute();
}
