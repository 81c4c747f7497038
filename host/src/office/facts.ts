import type { Entry } from "@cachet/firmware/wire";
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
  (entry.kind === "intent" || entry.kind === "power-up" || entry.kind === "account") &&
  entry.body.clockSuspect === true;

/** An entry that tells something of its terminal's clock, or could: the first of a stretch, whose time may lie before that of the entry before. */
export interface ClockMark {
  readonly number: number;
  readonly utc: number;
  /** Time of the entry before it; null at the beginning of the stretch. */
  readonly before: number | null;
  /** The clock was set, from when to when. */
  readonly set?: readonly [from: number, to: number];
  readonly suspect?: true;
}

/** The entries among some of one terminal that tell of its clock. */
export function clockMarks(entries: readonly Entry[]): ClockMark[] {
  const marks: ClockMark[] = [];
  let before: number | null = null;
  for (const entry of entries) {
    const { number, utc } = entry;
    if (entry.kind === "clock-change") marks.push({ number, utc, before, set: [entry.body.before, entry.body.after] });
    else if (isSuspect(entry)) marks.push({ number, utc, before, suspect: true });
    else if (before === null || before - utc >= CLOCK_JUMP) marks.push({ number, utc, before });
    before = utc;
  }
  return marks;
}

/**
 * What is noted of a terminal's clock. `last` is the last thing that was, `previous` the time of the entry before the stretch; null where
 * there is none.
 */
export function clockFacts(
  terminal: number,
  marks: readonly ClockMark[],
  last: Pick<ClockRow, "what"> | null,
  previous: number | null,
): ClockRow[] {
  const rows: ClockRow[] = [];
  let suspect = last?.what === "suspect";
  for (const { number, utc, set, suspect: isSuspect = false, before: within } of marks) {
    const before = within ?? previous;
    if (set !== undefined) {
      const [from, to] = set;
      if (suspect || Math.abs(to - from) >= CLOCK_JUMP)
        rows.push({ terminal, number, what: "set", before: from, after: to });
      suspect = false;
    } else if (!suspect && isSuspect) {
      rows.push({ terminal, number, what: "suspect", before: before ?? utc, after: utc });
      suspect = true;
    } else if (!suspect && before !== null && before - utc >= CLOCK_JUMP) {
      rows.push({ terminal, number, what: "back", before, after: utc });
    }
  }
  return rows;
}

/** An entry that gives its terminal area keys. */
export interface KeysGiven {
  readonly number: number;
  readonly programmes: readonly Pick<KeyRow, "programme" | "generation">[];
}

/** The entries of one terminal that give it area keys. */
export const keysGiven = (entries: readonly Entry[]): KeysGiven[] =>
  entries.flatMap(({ number, kind, body }) =>
    kind === "provisioned" ? [{ number, programmes: body.programmes }] : [],
  );

/**
 * Area keys that entries of one terminal give it first, and the areas that were sealed under a key that it was never given. A terminal
 * whose journal tells of no keys is not judged. `known` are those that it was given before.
 */
export function keyFacts(
  terminal: number,
  keys: readonly KeysGiven[],
  areas: readonly IntentAreaRow[],
  known: readonly Pick<KeyRow, "programme" | "generation">[],
): { readonly given: KeyRow[]; readonly alerts: AlertRow[] } {
  const nameOf = (programme: number, generation: number) => `${programme}/${generation}`;
  const held = new Set(known.map(({ programme, generation }) => nameOf(programme, generation)));
  const given: KeyRow[] = [];
  const since = new Map<string, number>();
  const first = held.size > 0 ? 0 : (keys[0]?.number ?? Number.POSITIVE_INFINITY);
  for (const { number, programmes } of keys) {
    for (const { programme, generation } of programmes) {
      const name = nameOf(programme, generation);
      if (held.has(name) || since.has(name)) continue;
      since.set(name, number);
      given.push({ terminal, programme, generation, number });
    }
  }
  const alerts = areas
    .filter(({ number, programme, generation }) => {
      if (number <= first) return false;
      const name = nameOf(programme, generation);
      return !held.has(name) && !((since.get(name) ?? number) < number);
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

/** What a stretch of a terminal's journal, from an entry on, says of itself. */
export interface Told {
  readonly terminal: number;
  readonly first: number;
  readonly clock: readonly ClockMark[];
  readonly keys: readonly KeysGiven[];
  readonly refunds: readonly RefundRow[];
  /** Areas of the intents in it, each with the outcome that is known. */
  readonly areas: readonly IntentAreaRow[];
}

/**
 * Notes what a stretch of a terminal's journal says of its clock, its keys and of refunds, beside what it says of cards. Of one terminal
 * alone, whose entries come in their order: the same facts whatever came of others.
 */
export async function noteFacts(
  ledger: LedgerTransaction,
  { terminal, first, clock, keys, areas, refunds }: Told,
): Promise<void> {
  const last = await ledger
    .selectFrom("clock")
    .select("what")
    .where("terminal", "=", terminal)
    .orderBy("number", "desc")
    .limit(1)
    .executeTakeFirst();
  const previous = await ledger
    .selectFrom("entry")
    .select("utc")
    .where("terminal", "=", terminal)
    .where("number", "=", first - 1)
    .executeTakeFirst();
  await insertAll(ledger, "clock", clockFacts(terminal, clock, last ?? null, previous?.utc ?? null));
  const known = await ledger
    .selectFrom("terminal_key")
    .select(["programme", "generation"])
    .where("terminal", "=", terminal)
    .execute();
  const { given, alerts } = keyFacts(terminal, keys, areas, known);
  await insertAll(ledger, "terminal_key", given);
  await addAlerts(ledger, alerts);
  await insertAll(ledger, "refund", refunds);
}
