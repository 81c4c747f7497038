import type { BatchEntry, Entry, Sums } from "@cachet/firmware/wire";
import { type AccountSpending, readAccountVisit } from "./account-visit.ts";
import type { IntentEntry } from "./entries.ts";
import { clockMarks, keysGiven, refundFacts, type Told } from "./facts.ts";
import { type AreaOfIntent, areasOfIntent, type IntentAreaRow, sameSums } from "./intents.ts";
import { dayOfEntry, postingsOf } from "./ledger.ts";
import { Quarantine } from "./quarantine.ts";
import { type Cells, cellsOf } from "./schema.ts";

export type SettlingEntry = Entry & { readonly kind: "commit" | "abort" };

/** What is wrong with an entry that its terminal sealed all the same. */
export interface EntryFault {
  readonly reason: string;
  readonly detail: string;
  readonly number: number;
}

/**
 * What a stretch of a terminal's journal brings into a ledger, as far as it can be told from itself. Plain values, rows as the cells that are
 * written: it may be made in another thread than the one that writes.
 */
export interface Meaning extends Told {
  readonly last: number;
  /** Hash before the first entry, and of the last one. */
  readonly previous: Uint8Array;
  readonly head: Uint8Array;
  /** Rows of `entry`, and of `posting` by those commits whose intents are in the stretch, and by visits of accounts. */
  readonly entries: readonly Cells[];
  readonly postings: readonly Cells[];
  /** Commits and aborts of intents that came before it, in their order. */
  readonly later: readonly SettlingEntry[];
  /** What accounts without a chip spent, in the order of the entries. */
  readonly accounts: readonly AccountSpending[];
  /** The first entry that no honest terminal writes there; nothing behind it is told of. */
  readonly fault: EntryFault | null;
}

const isSettling = (entry: Entry): entry is SettlingEntry => entry.kind === "commit" || entry.kind === "abort";
export const areaName = (number: number, programme: number) => `${number}/${programme}`;
export const notOpen = ({ number, body }: SettlingEntry): Quarantine =>
  new Quarantine("not-open", `intent ${body.intent}, programme ${body.programme} is not open`, number);

/** Throws `Quarantine` where a commit does not repeat the sums of its intent. */
export function checkSums({ kind, number, body }: SettlingEntry, sums: Sums): void {
  if (kind === "commit" && !sameSums(body.sums, sums))
    throw new Quarantine("wrong-sums", `commit does not repeat the sums of intent ${body.intent}`, number);
}

/** An area of an intent in the stretch. */
interface Pending extends AreaOfIntent {
  readonly intent: IntentEntry;
}

/** Reads a stretch entry by entry. */
class Reading {
  readonly pending = new Map<string, Pending>();
  readonly settled = new Map<string, IntentAreaRow>();
  readonly postings: Cells[] = [];
  readonly later: SettlingEntry[] = [];
  readonly accounts: AccountSpending[] = [];
  private readonly terminal: number;
  private readonly merchant: number;
  private readonly first: number;

  constructor(terminal: number, merchant: number, first: number) {
    this.terminal = terminal;
    this.merchant = merchant;
    this.first = first;
  }

  /** Throws `Quarantine`. */
  take(entry: Entry): void {
    if (entry.kind === "intent") {
      for (const found of areasOfIntent(this.terminal, this.merchant, entry))
        this.pending.set(areaName(entry.number, found.row.programme), { intent: entry, ...found });
    } else if (isSettling(entry)) {
      if (entry.body.intent < this.first) this.later.push(entry);
      else this.settle(entry);
    } else if (entry.kind === "account") {
      const { postings, spendings } = readAccountVisit(this.terminal, this.merchant, entry);
      for (const posting of postings) this.postings.push(cellsOf("posting", posting));
      this.accounts.push(...spendings);
    }
  }

  private settle(entry: SettlingEntry): void {
    const { intent: number, programme } = entry.body;
    const name = areaName(number, programme);
    const found = this.pending.get(name);
    if (found === undefined || this.settled.has(name)) throw notOpen(entry);
    const isCommitted = entry.kind === "commit";
    this.settled.set(name, { ...found.row, outcome: isCommitted ? "committed" : "aborted" });
    checkSums(entry, found.sums);
    if (!isCommitted) return;
    for (const posting of postingsOf(this.terminal, entry, found.intent.body, found.area))
      this.postings.push(cellsOf("posting", posting));
  }
}

/** What entries of a terminal mean, one after the other; at least one. `merchant` is the one that the terminal is enrolled for. */
export function meaningOf(terminal: number, merchant: number, entries: readonly BatchEntry[]): Meaning {
  const [first, last] = [entries[0]!, entries.at(-1)!];
  const reading = new Reading(terminal, merchant, first.entry.number);
  let fault: EntryFault | null = null;
  try {
    for (const { entry } of entries) reading.take(entry);
  } catch (error) {
    if (!(error instanceof Quarantine) || error.number === undefined) throw error;
    fault = { reason: error.reason, detail: error.message, number: error.number };
  }
  const areas: IntentAreaRow[] = [];
  for (const [name, { row }] of reading.pending) areas.push(reading.settled.get(name) ?? row);
  const all = entries.map(({ entry }) => entry);
  return {
    ...{ terminal, first: first.entry.number, last: last.entry.number },
    ...{ previous: first.entry.previous, head: last.hash },
    entries: entries.map(({ entry, stored }) => [
      ...[terminal, entry.number, dayOfEntry(entry), entry.kind, entry.utc, stored],
    ]),
    ...{ postings: reading.postings, areas, later: reading.later, accounts: reading.accounts },
    ...{ clock: clockMarks(all), keys: keysGiven(all), refunds: refundFacts(terminal, all), fault },
  };
}
