import type { BatchEntry, Entry } from "@cachet/firmware/wire";
import { entryAt } from "./entries.ts";
import type { IntentAreaRow } from "./intents.ts";
import { addAlerts } from "./reconcile.ts";
import { insertAll, type LedgerTables, type LedgerTransaction } from "./schema.ts";

type ClockRow = LedgerTables["clock"];
type KeyRow = LedgerTables["terminal_key"];
type AlertRow = LedgerTables["alert"];
type RefundRow = LedgerTables["refund"];

/** By how many seconds a clock may be set or fall back before anybody should look: drift comes to less between two visits of an installer. */
export const CLOCK_JUMP = 600;

const isSuspect = (entry: Entry): boolean =>
  (entry.kind === "intent" || entry.kind === "power-up") && entry.body.clockSuspect === true;

/**
 * What entries of one terminal say of its clock. `last` is the last thing that was noted of it, `previous` the time of the entry before
 * these; null where there is none.
 */
export function clockFacts(
  terminal: number,
  entries: readonly Entry[],
  last: Pick<ClockRow, "what"> | null,
  previous: number | null,
): ClockRow[] {
  const rows: ClockRow[] = [];
  let [suspect, before] = [last?.what === "suspect", previous];
  for (const entry of entries) {
    const { number, utc } = entry;
    if (entry.kind === "clock-change") {
      const { before: from, after: to } = entry.body;
      if (suspect || Math.abs(to - from) >= CLOCK_JUMP)
        rows.push({ terminal, number, what: "set", before: from, after: to });
      suspect = false;
    } else if (!suspect && isSuspect(entry)) {
      rows.push({ terminal, number, what: "suspect", before: before ?? utc, after: utc });
      suspect = true;
    } else if (!suspect && before !== null && before - utc >= CLOCK_JUMP) {
      rows.push({ terminal, number, what: "back", before, after: utc });
    }
    before = utc;
  }
  return rows;
}

/**
 * Area keys that entries of one terminal give it first, and the areas that were sealed under a key that it was never given. A terminal
 * whose journal tells of no keys is not judged. `known` are those that it was given before.
 */
export function keyFacts(
  terminal: number,
  entries: readonly Entry[],
  areas: readonly IntentAreaRow[],
  known: readonly Pick<KeyRow, "programme" | "generation">[],
): { readonly given: KeyRow[]; readonly alerts: AlertRow[] } {
  const nameOf = (programme: number, generation: number) => `${programme}/${generation}`;
  const held = new Set(known.map(({ programme, generation }) => nameOf(programme, generation)));
  const given: KeyRow[] = [];
  const since = new Map<string, number>();
  let first = held.size > 0 ? 0 : Number.POSITIVE_INFINITY;
  for (const { number, kind, body } of entries) {
    if (kind !== "provisioned") continue;
    first = Math.min(first, number);
    for (const { programme, generation } of body.programmes) {
      const name = nameOf(programme, generation);
      if (held.has(name) || since.has(name)) continue;
      since.set(name, number);
      given.push({ terminal, programme, generation, number });
    }
  }
  const alerts = areas
    .filter(({ number, programme, generation }) => {
      const name = nameOf(programme, generation);
      return number > first && !held.has(name) && !((since.get(name) ?? number) < number);
    })
    .map(({ number, card, programme, generation, utc }) => ({
      ...{ kind: "key", terminal, number, card, programme, utc },
      detail: `the record is sealed under generation ${generation} of programme ${programme}, which the terminal was never given`,
    }));
  return { given, alerts };
}

/** Refunds among entries, by the ticket that they take back. */
export function refundFacts(terminal: number, entries: readonly Entry[]): RefundRow[] {
  return entries.flatMap(({ number, kind, body }) => {
    if (kind !== "intent" || body.refund === undefined) return [];
    const { ticket, terminal: seller = terminal } = body.refund;
    return [{ terminal: seller, ticket, by_terminal: terminal, number }];
  });
}

/**
 * Notes what entries of a terminal say of its clock, its keys and of refunds, beside what they say of cards. Of one terminal alone, whose
 * entries come in their order: the same facts whatever came of others. `areas` are those of the intents among the entries.
 */
export async function noteFacts(
  ledger: LedgerTransaction,
  terminal: number,
  batch: readonly BatchEntry[],
  areas: readonly IntentAreaRow[],
): Promise<void> {
  const entries = batch.map(({ entry }) => entry);
  const last = await ledger
    .selectFrom("clock")
    .select("what")
    .where("terminal", "=", terminal)
    .orderBy("number", "desc")
    .limit(1)
    .executeTakeFirst();
  const previous = (await entryAt(ledger, terminal, entries[0]!.number - 1))?.utc ?? null;
  await insertAll(ledger, "clock", clockFacts(terminal, entries, last ?? null, previous));
  const known = await ledger
    .selectFrom("terminal_key")
    .select(["programme", "generation"])
    .where("terminal", "=", terminal)
    .execute();
  const { given, alerts } = keyFacts(terminal, entries, areas, known);
  await insertAll(ledger, "terminal_key", given);
  await addAlerts(ledger, alerts);
  await insertAll(ledger, "refund", refundFacts(terminal, entries));
}
