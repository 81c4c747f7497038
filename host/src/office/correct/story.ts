import { type Day, dayOf, type Purse, sameBytes, toHex, unpackState } from "@cachet/card-layout";
import { decodeEntry, type Intent, type IntentArea, ticketName } from "@cachet/firmware/wire";
import type { Database, Row } from "../../ports/database.ts";

/** Local days, both included. */
export interface Period {
  readonly from: Day;
  readonly to: Day;
}

/** A committed visit of a card under one programme, as its terminal journalled it. */
export interface StoredVisit {
  readonly terminal: number;
  readonly number: number;
  /** Seconds since 1970. */
  readonly utc: number;
  readonly day: Day;
  readonly intent: Intent;
  readonly area: IntentArea;
}

/** Why a card is set aside: what it did cannot be worked out again from the books. */
export type ApartReason =
  /** Both sides of a card with two histories are booked: which one goes on is not known. */
  | "fork"
  /** A visit follows a state that no imported visit wrote. */
  | "gap"
  /** A visit between two of the period was under a version that is neither the wrong one nor the right one. */
  | "other-version"
  /** The wrong version does not come to what the terminal stored. */
  | "differs"
  /** The right version does not take a visit that happened. */
  | "impossible";

/** A card that is set aside, and the ticket that shows why. */
export interface ApartCard {
  readonly card: number;
  readonly reason: ApartReason;
  readonly ticket: string;
  readonly problem: string;
}

/** A visit that cannot be replayed: its card is set aside. */
export class Apart extends Error {
  readonly reason: ApartReason;
  constructor(reason: ApartReason, problem: string) {
    super(problem);
    this.name = "Apart";
    this.reason = reason;
  }
}

/** What a visit finds on the card under the programme. */
export interface Held {
  readonly purses: readonly Purse[];
  /** Local day of the record; 0 where it has none, or there is no record. */
  readonly day: Day;
}

/** What a card did in a period, in its own order, whatever the clocks of the terminals said. */
export interface Story {
  readonly card: number;
  /** What the first visit found. */
  readonly held: Held;
  /** Visits before it on its day: what was spent then counts against the day's cap. */
  readonly sameDay: readonly StoredVisit[];
  readonly visits: readonly StoredVisit[];
}

const SECONDS_PER_DAY = 86_400;
const EPOCH_DAYS = 10_957;

/** An index of instants that holds every local day of a period, in whatever zone. */
const around = ({ from, to }: Period): readonly [number, number] => [
  (from + EPOCH_DAYS - 1) * SECONDS_PER_DAY,
  (to + EPOCH_DAYS + 2) * SECONDS_PER_DAY,
];

const isWithin = ({ utc, utc_offset }: Row, { from, to }: Period): boolean => {
  const day = dayOf(Number(utc), Number(utc_offset));
  return day >= from && day <= to;
};

/** Rows of the table `intent_area` under a programme whose local day is in a period, by time; `where` is one more condition. */
export function areasIn(database: Database, programme: number, period: Period, where: string): Row[] {
  const rows = database.all(
    `select * from intent_area where programme = ? and utc between ? and ? and ${where} order by utc, terminal, number`,
    programme,
    ...around(period),
  );
  return rows.filter((row) => isWithin(row, period));
}

/** An intent and when it was stored; null where the ledger has none there. */
export function intentAt(
  database: Database,
  terminal: number,
  number: number,
): { readonly intent: Intent; readonly utc: number; readonly offset: number } | null {
  const row = database.get("select stored from entry where terminal = ? and number = ?", terminal, number);
  const entry = row === null ? null : decodeEntry(row.stored as Uint8Array);
  return entry?.kind === "intent" ? { intent: entry.body, utc: entry.utc, offset: entry.offset } : null;
}

/** The area of a programme in an intent. */
export const areaOf = ({ areas }: Intent, programme: number): IntentArea | undefined =>
  areas.find((area) => area.programme === programme);

function visitAt(database: Database, programme: number, row: Row): StoredVisit {
  const [terminal, number] = [Number(row.terminal), Number(row.number)];
  const stored = intentAt(database, terminal, number);
  if (stored === null) throw new RangeError(`${ticketName(terminal, number)} is no intent of the ledger`);
  const { intent, utc, offset } = stored;
  return { terminal, number, utc, day: dayOf(utc, offset), intent, area: areaOf(intent, programme)! };
}

/** What a record of the journal holds. The import has read it before. */
export function heldIn(record: Uint8Array): Held {
  const state = unpackState(record);
  if (!state.ok) throw new RangeError("a record of the ledger does not read");
  return state.value;
}

/** Nothing of value stood on the card before: the visit opened the area, or found the blank record that opens it. */
const opensArea = ({ oldTerminal, effects }: IntentArea): boolean =>
  oldTerminal === 0 && !effects.some(({ type }) => type === "restore");

const bySequence = (a: StoredVisit, b: StoredVisit) => a.area.oldSequence - b.area.oldSequence;
const nameOf = ({ terminal, number }: StoredVisit) => ticketName(terminal, number);

/** Reads the stories of cards under one programme. */
export class Stories {
  private readonly database: Database;
  private readonly programme: number;

  constructor(database: Database, programme: number) {
    this.database = database;
    this.programme = programme;
  }

  /** Cards with a committed visit in a period, by number. */
  cardsIn(period: Period): readonly number[] {
    const rows = areasIn(this.database, this.programme, period, "outcome = 'committed'");
    return [...new Set(rows.map(({ card }) => Number(card)))].sort((a, b) => a - b);
  }

  /** Versions of the visits of a period, and who sold under them. */
  versionsIn(period: Period): ReadonlyMap<number, ReadonlySet<number>> {
    const rows = areasIn(this.database, this.programme, period, "outcome = 'committed'");
    const versions = new Map<number, Set<number>>();
    for (const row of rows) {
      const { area, intent } = visitAt(this.database, this.programme, row);
      versions.set(area.version, (versions.get(area.version) ?? new Set()).add(intent.merchant));
    }
    return versions;
  }

  /** The first and the last local day with a visit under the programme; null where the ledger has none. */
  days(): Period | null {
    const row = this.database.get(
      `select min(utc + utc_offset * 60) as first, max(utc + utc_offset * 60) as last from intent_area
       where programme = ? and outcome = 'committed'`,
      this.programme,
    );
    if (row === null || row.first === null) return null;
    return { from: dayOf(Number(row.first), 0), to: dayOf(Number(row.last), 0) };
  }

  /**
   * What a card did from its first visit of the period under a version to its last one: null where there is none. Visits in between
   * whose clock was wrong belong to it.
   */
  of(card: number, version: number, period: Period): Story | ApartCard | null {
    const { database, programme } = this;
    const rows = database.all(
      "select * from intent_area where card = ? and programme = ? and outcome = 'committed'",
      card,
      programme,
    );
    const inPeriod = rows.filter((row) => isWithin(row, period)).map((row) => visitAt(database, programme, row));
    const wrong = inPeriod.filter(({ area }) => area.version === version).sort(bySequence);
    const [first, last] = [wrong[0], wrong.at(-1)];
    if (first === undefined || last === undefined) return null;
    const fork = database.get(
      "select other_terminal, other_number from fork where card = ? and programme = ? limit 1",
      card,
      programme,
    );
    if (fork !== null) {
      const ticket = ticketName(Number(fork.other_terminal), Number(fork.other_number));
      return { card, reason: "fork", ticket, problem: "one card, two histories" };
    }
    const writers = new Map(rows.map((row) => [toHex(row.new_hash as Uint8Array), row]));
    const before = ({ area }: StoredVisit): StoredVisit | null => {
      const row = writers.get(toHex(area.oldHash));
      return row === undefined ? null : visitAt(database, programme, row);
    };
    const visits = [last];
    while (visits[0]!.area !== first.area) {
      const previous = before(visits[0]!);
      if (previous === null || visits.length > rows.length) return this.gap(card, visits[0]!);
      visits.unshift(previous.number === first.number && previous.terminal === first.terminal ? first : previous);
    }
    const stray = wrong.find(({ area }) => visits.every((visit) => !sameBytes(visit.area.newHash, area.newHash)));
    if (stray !== undefined) return this.gap(card, stray);
    const previous = before(first);
    if (previous === null && !opensArea(first.area)) return this.gap(card, first);
    const sameDay: StoredVisit[] = [];
    for (let one = previous; one !== null && one.day === first.day; one = before(one)) sameDay.push(one);
    const held = previous === null ? { purses: [], day: 0 } : heldIn(previous.area.record);
    return { card, visits, held, sameDay };
  }

  private gap(card: number, visit: StoredVisit): ApartCard {
    const open = this.database.get(
      "select terminal, number from intent_area where card = ? and programme = ? and new_hash = ? and outcome = 'open'",
      ...[card, this.programme, visit.area.oldHash],
    );
    const problem =
      open === null
        ? "the visit before it is not imported"
        : `${ticketName(Number(open.terminal), Number(open.number))}, the visit before it, is in doubt`;
    return { card, reason: "gap", ticket: nameOf(visit), problem };
  }
}

/** Programmes that the ledger has visits of, by number. */
export function programmesIn(database: Database): readonly number[] {
  return database
    .all("select distinct programme from intent_area where outcome = 'committed' order by programme")
    .map(({ programme }) => Number(programme));
}
