import type { Database } from "../ports/database.ts";

/**
 * The office's tables. Times are seconds since 1970, amounts whole cents or stamps.
 *
 * - terminal: who may send batches, and the end of the unbroken prefix of its entries that is imported
 * - batch: every file that came, and what became of it; files that wait or are quarantined are kept whole
 * - entry: journal entries as stored in the terminal; number and hash are their identity
 * - intent_area: one area of one intent, with its outcome; kind is sale, top-up or null (a record written again, no sale)
 * - fork: two committed visits that continue the same state of a card; the first is the earliest known (forks.ts)
 * - posting: double entry; the lines of one entry sum to zero per unit. Those of terminal 0 are the office's own, by correction
 * - correction: visits of some days that were brought from a wrong version of a programme to the right one; days since 2000
 * - corrected_visit: each visit is brought right once
 * - correction_amount: what that comes to for one purse of one card; above zero it is owed to the customer
 */
const TABLES = [
  `create table if not exists terminal (
    number integer primary key, merchant integer not null, public_key blob not null,
    imported_to integer not null, head blob not null) strict`,
  `create table if not exists batch (
    hash blob primary key, name text not null, terminal integer, first integer, last integer,
    status text not null, detail text not null, arrival integer not null, file blob) strict`,
  `create table if not exists entry (
    terminal integer not null, number integer not null, hash blob not null, kind text not null, utc integer not null,
    stored blob not null, primary key (terminal, number)) strict, without rowid`,
  `create table if not exists intent_area (
    terminal integer not null, number integer not null, programme integer not null, card integer not null,
    merchant integer not null, kind text not null, utc integer not null, utc_offset integer not null,
    old_hash blob not null, new_hash blob not null, outcome text not null, earned_cents integer not null,
    spent_cents integer not null, topped_up_cents integer not null, stamps integer not null, rewards integer not null,
    rewards_cents integer not null, discount_cents integer not null,
    primary key (terminal, number, programme)) strict, without rowid`,
  `create table if not exists fork (
    card integer not null, programme integer not null, old_hash blob not null,
    first_terminal integer not null, first_number integer not null,
    other_terminal integer not null, other_number integer not null,
    primary key (card, programme, old_hash, other_terminal, other_number)) strict, without rowid`,
  `create table if not exists posting (
    terminal integer not null, number integer not null, line integer not null, account text not null,
    unit text not null, amount integer not null, primary key (terminal, number, line)) strict, without rowid`,
  `create table if not exists correction (
    number integer primary key, programme integer not null, wrong_version integer not null, right_version integer not null,
    right_hash blob not null, first_day integer not null, last_day integer not null, takes_back integer not null) strict`,
  `create table if not exists corrected_visit (
    terminal integer not null, number integer not null, programme integer not null, correction integer not null,
    primary key (terminal, number, programme)) strict, without rowid`,
  `create table if not exists correction_amount (
    correction integer not null, card integer not null, keeps text not null, purse integer not null, value integer not null,
    funder text not null, fate text not null, primary key (correction, card, keeps, purse)) strict, without rowid`,
  "create index if not exists intent_area_of_state on intent_area (card, programme, old_hash)",
  "create index if not exists posting_of_account on posting (account, unit)",
];

/** Number of this schema; a ledger of another one is not touched. */
export const SCHEMA_VERSION = 3;

export function schemaVersion(database: Database): number {
  return Number(database.get("pragma user_version")?.user_version ?? 0);
}

export function createTables(database: Database): void {
  database.run(`pragma user_version = ${SCHEMA_VERSION}`);
  for (const table of TABLES) database.run(table);
}
