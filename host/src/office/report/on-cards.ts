import { type Day, dayText, NEVER, type Purse } from "@cachet/card-layout";
import { type Keeps, type PurseName, partsOf, unitOf, worthIn } from "../correct/value.ts";
import { type Ledger, selectAll } from "../schema.ts";
import { recordIn } from "./record-in.ts";
import type { Step } from "./steps.ts";
import type { Terms } from "./worth.ts";

/** What all cards of a programme hold in one purse, by their last records. */
export interface Held {
  readonly programme: number;
  readonly keeps: Keeps;
  readonly index: number;
  readonly unit: string;
  readonly amount: number;
  readonly cards: number;
  /** Cents; null where no programme file says what it is worth. */
  readonly worthCents: number | null;
}

/** Value by the month in which it can be spent last. */
export interface Expiring {
  readonly programme: number;
  readonly unit: "cents" | "points";
  /** `2027-03`; null for value that lasts. */
  readonly until: string | null;
  readonly amount: number;
}

/** A card that should be replaced before it fails. */
export interface WornCard {
  readonly card: number;
  /** Writes of all its areas so far. */
  readonly writes: number;
  /** UTC seconds; 0 where it is not known. */
  readonly firstUsed: number;
  readonly because: readonly ("writes" | "age" | "layout")[];
}

export interface OnCards {
  readonly cards: number;
  readonly held: readonly Held[];
  readonly expiring: readonly Expiring[];
  /** Money that was paid in beforehand and is not spent, and what was given on top of it. */
  readonly prepaidCents: number;
  readonly bonusCents: number;
  readonly worn: readonly WornCard[];
}

/** The lots of a purse, with value that lasts as one of them. */
function lotsOf(
  purse: Purse,
): { readonly unit: "cents" | "points"; readonly lots: readonly (readonly [number, number])[] } | null {
  const lasts = (unit: "cents" | "points", value: number) => ({ unit, lots: [[NEVER, value] as const] });
  switch (purse.kind) {
    case "cagnotte":
    case "carrying-cagnotte":
    case "prepaid":
      return lasts("cents", purse.cents);
    case "points":
    case "carrying-points":
      return lasts("points", purse.count);
    case "owed-cents":
      return lasts("cents", -purse.value);
    case "owed-points":
      return lasts("points", -purse.value);
    case "cagnotte-lots-2":
    case "cagnotte-lots-4":
    case "cagnotte-lots-8":
      return { unit: "cents", lots: purse.lots.map(({ expires, value }) => [expires, value]) };
    case "points-lots-2":
    case "points-lots-4":
    case "points-lots-8":
      return { unit: "points", lots: purse.lots.map(({ expires, value }) => [expires, value]) };
    default:
      return null;
  }
}

/** Sums by a name and something that it stands for. */
class Named<T> {
  readonly all = new Map<string, { readonly of: T; amount: number; times: number }>();
  add(name: string, of: () => T, amount: number): void {
    const sum = this.all.get(name);
    if (sum === undefined) this.all.set(name, { of: of(), amount, times: 1 });
    else {
      sum.amount += amount;
      sum.times += 1;
    }
  }
  /** Those that come to something, by `order`. */
  list(order: (a: T, b: T) => number): readonly { readonly of: T; readonly amount: number; readonly times: number }[] {
    return [...this.all.values()].filter(({ amount }) => amount !== 0).sort((a, b) => order(a.of, b.of));
  }
}

/** When cards should be replaced: writes that a chip is sure to last, and years in use. */
export interface WearLimits {
  readonly writes: number;
  readonly years: number;
}
export const WEAR_LIMITS: WearLimits = { writes: 90_000, years: 4 };
const YEAR_SECONDS = 365.25 * 86_400;
const SHORT_FORM = 0x80;

interface CardWear {
  readonly firstUsed: number;
  writes: number;
  /** State layout and day of the last record by programme, of those that hold something. */
  readonly records: { readonly programme: number; readonly layout: number; readonly day: Day }[];
}

/** The newest layout of each programme, and the first day on which a last record has it. */
function newestLayouts(cards: Iterable<CardWear>): ReadonlyMap<number, { readonly layout: number; readonly day: Day }> {
  const newest = new Map<number, { layout: number; day: Day }>();
  for (const { records } of cards) {
    for (const { programme, layout, day } of records) {
      const known = newest.get(programme);
      const isNewer = known === undefined || layout > known.layout || (layout === known.layout && day < known.day);
      if (isNewer) newest.set(programme, { layout, day });
    }
  }
  return newest;
}

/** Cards that should be replaced: the most written first. One that was written after others had a newer layout, and kept its older one, has no room for it. */
function worn(cards: ReadonlyMap<number, CardWear>, at: number, { writes: most, years }: WearLimits): WornCard[] {
  const newest = newestLayouts(cards.values());
  const found: WornCard[] = [];
  for (const [card, { firstUsed: first, writes, records }] of cards) {
    const keptOld = records.some(({ programme, layout, day }) => {
      const { layout: best, day: since } = newest.get(programme)!;
      return layout < best && day > since;
    });
    const because = [
      ...(writes >= most ? (["writes"] as const) : []),
      ...(first > 0 && at - first >= years * YEAR_SECONDS ? (["age"] as const) : []),
      ...(keptOld ? (["layout"] as const) : []),
    ];
    if (because.length > 0) found.push({ card, writes, firstUsed: first, because });
  }
  return found.sort((a, b) => b.writes - a.writes || a.firstUsed - b.firstUsed || a.card - b.card);
}

const order = (a: string, b: string): number => (a === b ? 0 : a < b ? -1 : 1);
type Name = { readonly programme: number; readonly name: PurseName };
type Until = Omit<Expiring, "amount">;

/** The last step of a card in a programme, and when the card was first used. */
export interface LastStep {
  readonly step: Step;
  readonly firstUsed: number;
}

const PAGE = 10_000;
const ticketOf = ({ terminal, number }: Pick<Step, "terminal" | "number">): number => terminal * 2 ** 32 + number;

/** Gives each step with its entry as stored. */
async function* withEntries(
  ledger: Ledger,
  last: readonly LastStep[],
): AsyncGenerator<readonly [LastStep, Uint8Array]> {
  for (let from = 0; from < last.length; from += PAGE) {
    const page = last.slice(from, from + PAGE);
    const keys = page.map(({ step: { terminal, number, day } }) => [terminal, number, day]);
    const by = ["terminal", "number", "day"] as const;
    const rows = await selectAll(ledger, "entry", by, keys, ["terminal", "number", "stored"]);
    const stored = new Map(rows.map((row) => [ticketOf(row), row.stored]));
    for (const one of page) yield [one, stored.get(ticketOf(one.step))!];
  }
}

/** What cards hold by the last record that each is known to have. `at`: UTC seconds, by which years in use are counted. */
export async function onCards(
  ledger: Ledger,
  last: readonly LastStep[],
  { rates, bonusPurses }: Terms,
  at: number,
  limits: WearLimits = WEAR_LIMITS,
): Promise<OnCards> {
  const [held, expiring, cards] = [new Named<Name>(), new Named<Until>(), new Map<number, CardWear>()];
  for await (const [{ step, firstUsed }, stored] of withEntries(ledger, last)) {
    const { card, programme, day, sequence } = step;
    const { purses, layout } = recordIn(stored, programme);
    for (const [name, amount] of worthIn(purses)) held.add(`${programme} ${name}`, () => ({ programme, name }), amount);
    for (const purse of purses) {
      const found = lotsOf(purse);
      for (const [expires, value] of found?.lots ?? []) {
        const until = expires === NEVER ? null : dayText(expires).slice(0, 7);
        const { unit } = found!;
        expiring.add(`${programme} ${unit} ${until}`, () => ({ programme, unit, until }), value);
      }
    }
    const known = cards.get(card) ?? { firstUsed, writes: 0, records: [] };
    known.writes += sequence;
    if (purses.length > 0) known.records.push({ programme, layout: layout % SHORT_FORM, day });
    cards.set(card, known);
  }
  const all = held.list((a, b) => a.programme - b.programme || order(a.name, b.name));
  const sumIn = (isIt: (name: PurseName, programme: number) => boolean) =>
    all.reduce((sum, { of, amount }) => (isIt(of.name, of.programme) ? sum + amount : sum), 0);
  return {
    cards: cards.size,
    held: all.map(({ of: { programme, name }, amount, times }): Held => {
      const rate = rates.get(programme)?.get(name);
      const unit = unitOf(name);
      const worth = rate === undefined ? null : Math.floor((amount * rate.cents) / rate.per);
      return { programme, ...partsOf(name), unit, amount, cards: times, worthCents: unit === "cents" ? amount : worth };
    }),
    expiring: expiring
      .list((a, b) => a.programme - b.programme || order(a.unit, b.unit) || order(a.until ?? "~", b.until ?? "~"))
      .map(({ of, amount }) => ({ ...of, amount })),
    prepaidCents: sumIn((name) => partsOf(name).keeps === "prepaid"),
    bonusCents: sumIn((name, programme) => bonusPurses.get(programme) === name),
    worn: worn(cards, at, limits),
  };
}
