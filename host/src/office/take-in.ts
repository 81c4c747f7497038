import { decodeEntry, sumsOf } from "@cachet/firmware/wire";
import type { IntentEntry } from "./entries.ts";
import type { AreaOfIntent, IntentAreaRow } from "./intents.ts";
import { postingsOf } from "./ledger.ts";
import { areaName, checkSums, type Meaning, notOpen, type SettlingEntry } from "./meaning.ts";
import { Quarantine } from "./quarantine.ts";
import { type Cells, cellsOf, insertCells, type LedgerTransaction, selectAll, TABLES } from "./schema.ts";

/** Its terminal has not said yet what became of it. */
const isUnsettled = ({ outcome, decided }: IntentAreaRow): boolean => outcome === "open" || decided === 1;

/** An area of an intent that came before, as it stands in the ledger. */
interface Earlier extends AreaOfIntent {
  readonly intent: IntentEntry;
}

/** The areas of earlier intents that entries settle. */
async function earlierAreas(
  ledger: LedgerTransaction,
  terminal: number,
  entries: readonly SettlingEntry[],
): Promise<ReadonlyMap<string, Earlier>> {
  const keys = [...new Set(entries.map(({ body }) => body.intent))].map((number) => [terminal, number]);
  const by = ["terminal", "number"] as const;
  const stored = await selectAll(ledger, "entry", by, keys, ["number", "stored"]);
  const columns = Object.keys(TABLES.intent_area) as (keyof IntentAreaRow)[];
  const rows = await selectAll(ledger, "intent_area", by, keys, columns);
  const intents = new Map(stored.map(({ number, stored }) => [number, decodeEntry(stored)]));
  const areas = new Map<string, Earlier>();
  for (const row of rows) {
    const intent = intents.get(row.number);
    if (intent?.kind !== "intent") continue;
    const area = intent.body.areas.find(({ programme }) => programme === row.programme)!;
    areas.set(areaName(row.number, row.programme), { intent, row, area, sums: sumsOf(area.effects) });
  }
  return areas;
}

/** What became of areas of earlier intents. */
export interface Settled {
  /** With their outcomes. */
  readonly areas: readonly IntentAreaRow[];
  /** Those among them that the office had decided otherwise, as it had them. */
  readonly overturned: readonly IntentAreaRow[];
  readonly postings: readonly Cells[];
}

/** What the entries of a stretch say of intents before it: reads, changes nothing. Throws `Quarantine`. */
export async function settleEarlier(
  ledger: LedgerTransaction,
  { terminal, later }: Pick<Meaning, "terminal" | "later">,
): Promise<Settled> {
  const settled = new Map<string, IntentAreaRow>();
  const overturned: IntentAreaRow[] = [];
  const postings: Cells[] = [];
  const earlier = later.length === 0 ? null : await earlierAreas(ledger, terminal, later);
  for (const entry of later) {
    const name = areaName(entry.body.intent, entry.body.programme);
    const found = earlier?.get(name);
    if (found === undefined || settled.has(name) || !isUnsettled(found.row)) throw notOpen(entry);
    const { row, area, sums, intent } = found;
    const outcome = entry.kind === "commit" ? "committed" : "aborted";
    settled.set(name, { ...row, outcome, decided: 0 });
    if (row.decided === 1 && row.outcome !== outcome) overturned.push(row);
    checkSums(entry, sums);
    // What the office decided just so is posted already.
    if (outcome === "aborted" || row.outcome === outcome) continue;
    for (const posting of postingsOf(terminal, entry, intent.body, area)) postings.push(cellsOf("posting", posting));
  }
  return { areas: [...settled.values()], overturned, postings };
}

/** Writes what a stretch means, and what it settles. Throws `Quarantine` where an entry of it is none of an honest terminal. */
export async function takeIn(ledger: LedgerTransaction, meaning: Meaning): Promise<Settled> {
  const { entries, areas, postings, fault } = meaning;
  const settled = await settleEarlier(ledger, meaning);
  if (fault !== null) throw new Quarantine(fault.reason, fault.detail, fault.number);
  await insertCells(ledger, "entry", entries);
  const cells = areas.map((area) => cellsOf("intent_area", area));
  await insertCells(ledger, "intent_area", cells);
  await insertCells(ledger, "posting", [...postings, ...settled.postings]);
  for (const row of settled.areas) await setOutcome(ledger, row);
  return settled;
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
