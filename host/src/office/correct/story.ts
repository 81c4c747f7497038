import { type Day, dayOf, type Purse, sameBytes, toHex, unpackState } from "@cachet/card-layout";
import { type Intent, type IntentArea, ticketName } from "@cachet/firmware/wire";
import { intentAt } from "../entries.ts";
import type { IntentAreaRow } from "../intents.ts";
import type { Ledger } from "../schema.ts";

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

const isWithin = ({ utc, utc_offset }: Pick<IntentAreaRow, "utc" | "utc_offset">, { from, to }: Period): boolean => {
  const day = dayOf(Number(utc), Number(utc_offset));
  return day >= from && day <= to;
};

/** What became of the areas that are asked for. */
export type Outcome = "committed" | "open";

/** Rows of the table `intent_area` under a programme whose local day is in a period, by time. */
export async function areasIn(
  ledger: Ledger,
  programme: number,
  period: Period,
  outcome: Outcome,
): Promise<IntentAreaRow[]> {
  const [from, to] = around(period);
  const rows = await ledger
    .selectFrom("intent_area")
    .selectAll()
    .where("programme", "=", programme)
    .where("utc", ">=", from)
    .where("utc", "<=", to)
    .where("outcome", "=", outcome)
    .orderBy("utc")
    .orderBy("terminal")
    .orderBy("number")
    .execute();
  return rows.filter((row) => isWithin(row, period));
}

/** The area of a programme in an intent. */
export const areaOf = ({ areas }: Intent, programme: number): IntentArea | undefined =>
  areas.find((area) => area.programme === programme);

type TicketRow = Pick<IntentAreaRow, "terminal" | "number">;

async function visitAt(ledger: Ledger, programme: number, { terminal, number }: TicketRow): Promise<StoredVisit> {
  const stored = await intentAt(ledger, terminal, number);
  if (stored === null) throw new RangeError(`${ticketName(terminal, number)} is no intent of the ledger`);
  const { body: intent, utc, offset } = stored;
  return { terminal, number, utc, day: dayOf(utc, offset), intent, area: areaOf(intent, programme)! };
}

async function visitsAt(ledger: Ledger, programme: number, rows: readonly TicketRow[]): Promise<StoredVisit[]> {
  const visits: StoredVisit[] = [];
  for (const row of rows) visits.push(await visitAt(ledger, programme, row));
  return visits;
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
  private readonly ledger: Ledger;
  private readonly programme: number;

  constructor(ledger: Ledger, programme: number) {
    this.ledger = ledger;
    this.programme = programme;
  }

  /** Cards with a committed visit in a period, by number. */
  async cardsIn(period: Period): Promise<readonly number[]> {
    const rows = await areasIn(this.ledger, this.programme, period, "committed");
    return [...new Set(rows.map(({ card }) => card))].sort((a, b) => a - b);
  }

  /** Versions of the visits of a period, and who sold under them. */
  async versionsIn(period: Period): Promise<ReadonlyMap<number, ReadonlySet<number>>> {
    const rows = await areasIn(this.ledger, this.programme, period, "committed");
    const versions = new Map<number, Set<number>>();
    for (const { area, intent } of await visitsAt(this.ledger, this.programme, rows)) {
      versions.set(area.version, (versions.get(area.version) ?? new Set()).add(intent.merchant));
    }
    return versions;
  }

  private committed() {
    return this.ledger
      .selectFrom("intent_area")
      .where("programme", "=", this.programme)
      .where("outcome", "=", "committed");
  }

  /** The first and the last local day with a visit under the programme; null where the ledger has none. */
  async days(): Promise<Period | null> {
    const row = await this.committed()
      .select(({ fn }) => [fn.min<number | null>("day").as("from"), fn.max<number | null>("day").as("to")])
      .executeTakeFirst();
    return row === undefined || row.from === null || row.to === null ? null : { from: row.from, to: row.to };
  }

  /**
   * What a card did from its first visit of the period under a version to its last one: null where there is none. Visits in between
   * whose clock was wrong belong to it.
   */
  async of(card: number, version: number, period: Period): Promise<Story | ApartCard | null> {
    const { ledger, programme } = this;
    const rows = await this.committed().selectAll().where("card", "=", card).execute();
    const within = rows.filter((row) => isWithin(row, period));
    const inPeriod = await visitsAt(ledger, programme, within);
    const wrong = inPeriod.filter(({ area }) => area.version === version).sort(bySequence);
    const [first, last] = [wrong[0], wrong.at(-1)];
    if (first === undefined || last === undefined) return null;
    const fork = await ledger
      .selectFrom("fork")
      .select(["other_terminal", "other_number"])
      .where("card", "=", card)
      .where("programme", "=", programme)
      .executeTakeFirst();
    if (fork !== undefined) {
      const ticket = ticketName(fork.other_terminal, fork.other_number);
      return { card, reason: "fork", ticket, problem: "one card, two histories" };
    }
    const writers = new Map(rows.map((row) => [toHex(row.new_hash), row]));
    const before = async ({ area }: StoredVisit): Promise<StoredVisit | null> => {
      const row = writers.get(toHex(area.oldHash));
      return row === undefined ? null : visitAt(ledger, programme, row);
    };
    const visits = [last];
    while (visits[0]!.area !== first.area) {
      const previous = await before(visits[0]!);
      if (previous === null || visits.length > rows.length) return this.gap(card, visits[0]!);
      visits.unshift(previous.number === first.number && previous.terminal === first.terminal ? first : previous);
    }
    const stray = wrong.find(({ area }) => visits.every((visit) => !sameBytes(visit.area.newHash, area.newHash)));
    if (stray !== undefined) return this.gap(card, stray);
    const previous = await before(first);
    if (previous === null && !opensArea(first.area)) return this.gap(card, first);
    const sameDay: StoredVisit[] = [];
    for (let one = previous; one !== null && one.day === first.day; one = await before(one)) sameDay.push(one);
    const held = previous === null ? { purses: [], day: 0 } : heldIn(previous.area.record);
    return { card, visits, held, sameDay };
  }

  private async gap(card: number, visit: StoredVisit): Promise<ApartCard> {
    const open = await this.ledger
      .selectFrom("intent_area")
      .select(["terminal", "number"])
      .where("card", "=", card)
      .where("programme", "=", this.programme)
      .where("new_hash", "=", visit.area.oldHash)
      .where("outcome", "=", "open")
      .executeTakeFirst();
    const problem =
      open === undefined
        ? "the visit before it is not imported"
        : `${ticketName(open.terminal, open.number)}, the visit before it, is in doubt`;
    return { card, reason: "gap", ticket: nameOf(visit), problem };
  }
}

/** Programmes that the ledger has visits of, by number. */
export async function programmesIn(ledger: Ledger): Promise<readonly number[]> {
  const rows = await ledger
    .selectFrom("intent_area")
    .select("programme")
    .distinct()
    .where("outcome", "=", "committed")
    .orderBy("programme")
    .execute();
  return rows.map(({ programme }) => programme);
}
