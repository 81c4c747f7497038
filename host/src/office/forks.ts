import { sameBytes, toHex } from "@cachet/card-layout";
import type { Database, Row } from "../ports/database.ts";

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

const COLUMNS = `terminal, number, merchant, utc, utc_offset, new_hash, earned_cents, spent_cents, topped_up_cents, stamps, rewards`;

function ticketOf(row: Row): Ticket {
  return {
    terminal: Number(row.terminal),
    number: Number(row.number),
    merchant: Number(row.merchant),
    utc: Number(row.utc),
    offset: Number(row.utc_offset),
    newHash: row.new_hash as Uint8Array,
    earnedCents: Number(row.earned_cents),
    spentCents: Number(row.spent_cents),
    toppedUpCents: Number(row.topped_up_cents),
    stamps: Number(row.stamps),
    rewards: Number(row.rewards),
  };
}

/** The committed visits that continue a state, earliest first. */
function continuations(database: Database, { card, programme, oldHash }: CardLink): Ticket[] {
  const rows = database.all(
    `select ${COLUMNS} from intent_area where card = ? and programme = ? and old_hash = ? and outcome = 'committed'
     order by utc, terminal, number`,
    card,
    programme,
    oldHash,
  );
  return rows.map(ticketOf);
}

const isForked = (database: Database, { card, programme, oldHash }: CardLink): boolean =>
  database.all(
    "select 1 from intent_area where card = ? and programme = ? and old_hash = ? and outcome = 'committed' limit 2",
    ...[card, programme, oldHash],
  ).length > 1;

const sameTicket = (a: Pick<Ticket, "terminal" | "number">, b: Pick<Ticket, "terminal" | "number">) =>
  a.terminal === b.terminal && a.number === b.number;

/** Brings the forks of one state up to date; gives the pairs that did not stand in the ledger. */
function recordAt(database: Database, link: CardLink): Fork[] {
  const [first, ...others] = continuations(database, link);
  if (first === undefined || others.length === 0) return [];
  const key = [link.card, link.programme, link.oldHash] as const;
  const pairs = database.all(
    `select first_terminal, first_number, other_terminal, other_number from fork
     where card = ? and programme = ? and old_hash = ?`,
    ...key,
  );
  const stood = pairs[0];
  const firstStays = stood?.first_terminal === first.terminal && stood.first_number === first.number;
  // A visit that came late may be the earliest: the pairs that stood are told anew with it then.
  if (stood !== undefined && !firstStays) {
    database.run("delete from fork where card = ? and programme = ? and old_hash = ?", ...key);
  }
  const known = new Set(firstStays ? pairs.map((row) => `${row.other_terminal}-${row.other_number}`) : []);
  const found = others.filter(({ terminal, number }) => !known.has(`${terminal}-${number}`));
  for (const { terminal, number } of found) {
    const sides = [first.terminal, first.number, terminal, number];
    database.run("insert into fork values (?, ?, ?, ?, ?, ?, ?)", ...key, ...sides);
  }
  return found.map((other) => ({ ...link, first, other }));
}

/**
 * Records the forks at the states that an import's commits continue, each pair once, and gives those that are new.
 * Costs one indexed lookup for each commit, and nothing more where there is no fork.
 */
export function recordForks(database: Database, links: readonly CardLink[]): Fork[] {
  const forked = links.filter((link) => isForked(database, link));
  const states = new Map(forked.map((link) => [`${link.card} ${link.programme} ${toHex(link.oldHash)}`, link]));
  return [...states.values()].flatMap((link) => recordAt(database, link));
}

/** How many forks the ledger knows. */
export function forkCount(database: Database): number {
  return Number(database.get("select count(*) as n from fork")?.n ?? 0);
}

function ticketAt(database: Database, terminal: number, number: number, programme: number): Ticket {
  const row = database.get(
    `select ${COLUMNS} from intent_area where terminal = ? and number = ? and programme = ?`,
    terminal,
    number,
    programme,
  );
  if (row === null) throw new RangeError(`no visit ${terminal}-${number} of programme ${programme} in the ledger`);
  return ticketOf(row);
}

/** Every fork in the ledger, by card, programme and time. */
export function allForks(database: Database): Fork[] {
  const forks = database.all("select * from fork").map((row): Fork => {
    const programme = Number(row.programme);
    return {
      card: Number(row.card),
      programme,
      oldHash: row.old_hash as Uint8Array,
      first: ticketAt(database, Number(row.first_terminal), Number(row.first_number), programme),
      other: ticketAt(database, Number(row.other_terminal), Number(row.other_number), programme),
    };
  });
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
function descendants(database: Database, { card, programme }: CardLink, start: Ticket): Ticket[] {
  const seen = new Map<string, Ticket>();
  const open = [start];
  for (let ticket = open.pop(); ticket !== undefined; ticket = open.pop()) {
    const name = `${ticket.terminal}-${ticket.number}`;
    if (seen.has(name)) continue;
    seen.set(name, ticket);
    open.push(...continuations(database, { card, programme, oldHash: ticket.newHash }));
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
export function branches(database: Database, fork: Fork): { readonly first: Branch; readonly other: Branch } {
  const steps = continuations(database, fork);
  const side = (ticket: Ticket) => {
    const earliest = steps.find(({ newHash }) => sameBytes(newHash, ticket.newHash));
    const leads = earliest === undefined || sameTicket(earliest, ticket);
    return branchOf(leads ? descendants(database, fork, ticket) : [ticket]);
  };
  return { first: side(fork.first), other: side(fork.other) };
}
