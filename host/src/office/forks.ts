import { sameBytes } from "@cachet/card-layout";
import { stateName } from "./reconcile.ts";
import { type Ledger, type LedgerTables, type LedgerTransaction, selectEach } from "./schema.ts";

/** A state of a card under one programme that a committed visit continued. */
export interface CardLink {
  readonly card: number;
  readonly programme: number;
  /** State hash of the record that was replaced; the identity hash where the area was opened. */
  readonly oldHash: Uint8Array;
}

/** What committed visits moved. Amounts in cents; `stamps` is added, by credits too, less taken. */
export interface Moved {
  readonly earnedCents: number;
  readonly spentCents: number;
  readonly toppedUpCents: number;
  readonly stamps: number;
  readonly rewards: number;
}

/** A committed visit by its ticket: terminal and number of its intent. */
export interface Ticket extends Moved {
  readonly terminal: number;
  readonly number: number;
  readonly merchant: number;
  /** Seconds since 1970 by the terminal's clock, and the minutes that local time was ahead. */
  readonly utc: number;
  readonly offset: number;
  readonly newHash: Uint8Array;
}

/**
 * One card, two histories: two committed visits continue the same state. An old dump was put back, or the card was copied.
 * Of more than two, each further visit makes a fork with the first one. First is the earliest that is known, by the
 * terminals' clocks, then terminal and number: what stands in the ledger depends on what was imported, not on its order.
 */
export interface Fork extends CardLink {
  readonly first: Ticket;
  readonly other: Ticket;
}

/** All that is known to have happened on one side of a fork, the forking visit first. */
export interface Branch extends Moved {
  readonly tickets: readonly Ticket[];
}

const COLUMNS = [
  "terminal",
  "number",
  "merchant",
  "utc",
  "utc_offset",
  "new_hash",
  "earned_cents",
  "spent_cents",
  "topped_up_cents",
  "stamps",
  "rewards",
] as const;
type Row = Pick<LedgerTables["intent_area"], (typeof COLUMNS)[number]>;

const ticketOf = (row: Row): Ticket => ({
  terminal: row.terminal,
  number: row.number,
  merchant: row.merchant,
  utc: row.utc,
  offset: row.utc_offset,
  newHash: row.new_hash,
  earnedCents: row.earned_cents,
  spentCents: row.spent_cents,
  toppedUpCents: row.topped_up_cents,
  stamps: row.stamps,
  rewards: row.rewards,
});

/** The committed visits that continue a state, earliest first. */
async function continuations(ledger: Ledger, { card, programme, oldHash }: CardLink): Promise<Ticket[]> {
  const rows = await ledger
    .selectFrom("intent_area")
    .select(COLUMNS)
    .where("card", "=", card)
    .where("programme", "=", programme)
    .where("old_hash", "=", oldHash)
    .where("outcome", "=", "committed")
    .orderBy("utc")
    .orderBy("terminal")
    .orderBy("number")
    .execute();
  return rows.map(ticketOf);
}

const sameTicket = (a: Pick<Ticket, "terminal" | "number">, b: Pick<Ticket, "terminal" | "number">) =>
  a.terminal === b.terminal && a.number === b.number;

/** Brings the forks of one state up to date; gives the pairs that did not stand in the ledger. */
async function recordAt(ledger: LedgerTransaction, link: CardLink): Promise<Fork[]> {
  const [first, ...others] = await continuations(ledger, link);
  if (first === undefined || others.length === 0) return [];
  const { card, programme, oldHash: old_hash } = link;
  const pairs = await ledger
    .selectFrom("fork")
    .selectAll()
    .where("card", "=", card)
    .where("programme", "=", programme)
    .where("old_hash", "=", old_hash)
    .execute();
  const stood = pairs[0];
  const firstStays = stood?.first_terminal === first.terminal && stood.first_number === first.number;
  // A visit that came late may be the earliest: the pairs that stood are told anew with it then.
  if (stood !== undefined && !firstStays) {
    await ledger
      .deleteFrom("fork")
      .where("card", "=", card)
      .where("programme", "=", programme)
      .where("old_hash", "=", old_hash)
      .execute();
  }
  const known = new Set(firstStays ? pairs.map((row) => `${row.other_terminal}-${row.other_number}`) : []);
  const found = others.filter(({ terminal, number }) => !known.has(`${terminal}-${number}`));
  for (const { terminal, number } of found) {
    const first_ = { first_terminal: first.terminal, first_number: first.number };
    const other_ = { other_terminal: terminal, other_number: number };
    await ledger
      .insertInto("fork")
      .values({ card, programme, old_hash, ...first_, ...other_ })
      .execute();
  }
  return found.map((other) => ({ ...link, first, other }));
}

/**
 * Records the forks at the states that an import's commits continue, each pair once, and gives those that are new.
 * Costs one indexed lookup for each commit, and nothing more where there is no fork.
 */
export async function recordForks(ledger: LedgerTransaction, links: readonly CardLink[]): Promise<Fork[]> {
  const by = ["card", "programme", "old_hash"] as const;
  const keys = links.map(({ card, programme, oldHash }) => [card, programme, oldHash]);
  const found = await selectEach(ledger, "intent_area", by, keys, ["outcome"]);
  const forked = new Map<string, CardLink>();
  for (const [i, steps] of found.entries()) {
    if (steps.length < 2 || steps.filter(({ outcome }) => outcome === "committed").length < 2) continue;
    const link = links[i]!;
    forked.set(stateName(link.card, link.programme, link.oldHash), link);
  }
  const forks: Fork[] = [];
  for (const link of forked.values()) forks.push(...(await recordAt(ledger, link)));
  return forks;
}

/** How many forks the ledger knows. */
export async function forkCount(ledger: Ledger): Promise<number> {
  const row = await ledger
    .selectFrom("fork")
    .select(({ fn }) => fn.countAll<number>().as("n"))
    .executeTakeFirst();
  return row?.n ?? 0;
}

async function ticketAt(ledger: Ledger, terminal: number, number: number, programme: number): Promise<Ticket> {
  const row = await ledger
    .selectFrom("intent_area")
    .select(COLUMNS)
    .where("terminal", "=", terminal)
    .where("number", "=", number)
    .where("programme", "=", programme)
    .executeTakeFirst();
  if (row === undefined) throw new RangeError(`no visit ${terminal}-${number} of programme ${programme} in the ledger`);
  return ticketOf(row);
}

/** Every fork in the ledger, by card, programme and time. */
export async function allForks(ledger: Ledger): Promise<Fork[]> {
  const forks: Fork[] = [];
  for (const row of await ledger.selectFrom("fork").selectAll().execute()) {
    const { card, programme, old_hash: oldHash } = row;
    const first = await ticketAt(ledger, row.first_terminal, row.first_number, programme);
    const other = await ticketAt(ledger, row.other_terminal, row.other_number, programme);
    forks.push({ card, programme, oldHash, first, other });
  }
  const order = ({ card, programme, first, other }: Fork) => [
    ...[card, programme],
    ...[first.utc, first.terminal, first.number, other.utc, other.terminal, other.number],
  ];
  return forks.sort((a, b) => compare(order(a), order(b)));
}

function compare(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((value, i) => value !== b[i]);
  return at < 0 ? 0 : a[at]! - b[at]!;
}

/** The visits that follow from a ticket, itself first, along the states that they name. */
async function descendants(ledger: Ledger, { card, programme }: CardLink, start: Ticket): Promise<Ticket[]> {
  const seen = new Map<string, Ticket>();
  const open = [start];
  for (let ticket = open.pop(); ticket !== undefined; ticket = open.pop()) {
    const name = `${ticket.terminal}-${ticket.number}`;
    if (seen.has(name)) continue;
    seen.set(name, ticket);
    open.push(...(await continuations(ledger, { card, programme, oldHash: ticket.newHash })));
  }
  const later = [...seen.values()].slice(1);
  later.sort((a, b) => compare([a.utc, a.terminal, a.number], [b.utc, b.terminal, b.number]));
  return [start, ...later];
}

function branchOf(tickets: readonly Ticket[]): Branch {
  const sum = (field: keyof Moved) => tickets.reduce((all, ticket) => all + ticket[field], 0);
  return {
    tickets,
    earnedCents: sum("earnedCents"),
    spentCents: sum("spentCents"),
    toppedUpCents: sum("toppedUpCents"),
    stamps: sum("stamps"),
    rewards: sum("rewards"),
  };
}

/**
 * Both sides of a fork with every visit that is known to follow. Which side is the card's honest history cannot be told
 * from the books: the exposure is what one side spent or the other. Visits that repeat the very same step lead to one
 * state: what follows it stands on the side of the earliest of them, and nowhere else.
 */
export async function branches(
  ledger: Ledger,
  fork: Fork,
): Promise<{ readonly first: Branch; readonly other: Branch }> {
  const steps = await continuations(ledger, fork);
  const side = async (ticket: Ticket) => {
    const earliest = steps.find(({ newHash }) => sameBytes(newHash, ticket.newHash));
    const leads = earliest === undefined || sameTicket(earliest, ticket);
    return branchOf(leads ? await descendants(ledger, fork, ticket) : [ticket]);
  };
  return { first: await side(fork.first), other: await side(fork.other) };
}
