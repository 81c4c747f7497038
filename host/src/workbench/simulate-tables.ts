import { divide } from "@cachet/firmware/rules";
import type { Caution } from "./cautions.ts";
import type { Comparison, Side } from "./compare.ts";
import type { RuleRow } from "./rule-books.ts";
import type { Simulation } from "./simulate.ts";
import type { Words } from "./simulate-words.ts";
import { tenthsOf } from "./spread.ts";
import { type Sums, valueTo } from "./sums.ts";

/** A table as people read it. The first `words` columns are words, the others numbers. */
export interface Table {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly words: number;
}

/** How a reader's language writes things. */
export interface Writing {
  readonly words: Words;
  readonly money: (cents: number) => string;
  readonly count: (value: number) => string;
  readonly percent: (basisPoints: number) => string;
}

/** A run, what it is called beside another, and what the purchases did not say of what it asks for. */
export interface Named {
  readonly name: string;
  readonly simulation: Simulation;
  readonly cautions: readonly Caution[];
}

/** A share of the turnover in basis points, rounded half up; 0 of none. */
export const shareOf = (cents: number, { turnoverCents }: Pick<Sums, "turnoverCents">): number =>
  turnoverCents === 0 ? 0 : divide(cents * 10_000, turnoverCents, "half-up");

const signed = (text: string, value: number): string => (value > 0 ? `+${text}` : text);

interface Line {
  readonly name: string;
  readonly of: (run: Simulation) => number;
  readonly write: (value: number) => string;
  /** How a difference is written, where that is another way. */
  readonly writeChange?: (value: number) => string;
}

/** What is told of a run as a whole. */
function summaryOf({ words, money, count, percent }: Writing): readonly Line[] {
  const line = (name: string, of: Line["of"], write: Line["write"]): Line => ({ name, of, write });
  const share = (name: string, cents: Line["of"]): Line => ({
    name: `${name}, ${words.share}`,
    of: (run) => shareOf(cents(run), run.totals),
    write: percent,
    writeChange: (value) => percent(value).replace("%", words.percentPoints),
  });
  return [
    line(words.visits, ({ totals }) => totals.visits, count),
    line(words.turnover, ({ totals }) => totals.turnoverCents, money),
    line(words.given, ({ totals }) => totals.givenCents, money),
    share(words.given, ({ totals }) => totals.givenCents),
    line(words.cost, ({ totals }) => totals.costCents, money),
    share(words.cost, ({ totals }) => totals.costCents),
    line(words.expired, ({ totals }) => totals.expiredCents, money),
    line(words.due, ({ totals }) => totals.dueCents, money),
    line(words.members, ({ members }) => members.size, count),
    line(words.rewarded, ({ totals }) => totals.membersRewarded, count),
  ];
}

/** Everything in all: of one run, or of two and what lies between them. */
export function summaryTable({ simulation, name }: Named, other: Named | null, writing: Writing): Table {
  const { words } = writing;
  const rows = summaryOf(writing).map(({ name: label, of, write, writeChange = write }) => {
    const after = of(simulation);
    if (other === null) return [label, write(after)];
    const before = of(other.simulation);
    return [label, write(before), write(after), signed(writeChange(after - before), after - before)];
  });
  const head = other === null ? ["", name] : ["", other.name, name, words.change];
  return { title: words.summary, head, rows, words: 1 };
}

const NONE: Pick<Sums, "costCents"> = { costCents: 0 };

/** Sums by month or merchant; beside another run, its cost and the difference too. */
function sumsTable<K>(
  title: string,
  first: string,
  keys: readonly (readonly [K, string])[],
  of: (run: Simulation) => ReadonlyMap<K, Sums>,
  { simulation, name }: Named,
  other: Named | null,
  { words, money, count, percent }: Writing,
): Table {
  const cost = other === null ? [words.cost] : [`${words.cost} ${other.name}`, `${words.cost} ${name}`, words.change];
  const head = [first, words.visits, words.turnover, words.given, words.spent, ...cost, words.share];
  const rows = keys.flatMap(([key, label]) => {
    const sums = of(simulation).get(key);
    if (sums === undefined) return [];
    const { visits, turnoverCents, givenCents, spentCents, costCents } = sums;
    const before = other === null ? NONE : (of(other.simulation).get(key) ?? NONE);
    const change = costCents - before.costCents;
    const costs =
      other === null ? [money(costCents)] : [money(before.costCents), money(costCents), signed(money(change), change)];
    return [
      [
        ...[label, count(visits), money(turnoverCents), money(givenCents), money(spentCents)],
        ...[...costs, percent(shareOf(costCents, sums))],
      ],
    ];
  });
  return { title, head, rows, words: 1 };
}

export const monthsTable = (run: Named, other: Named | null, writing: Writing): Table =>
  sumsTable(
    writing.words.months,
    writing.words.month,
    [...run.simulation.months.keys()].map((month) => [month, month] as const),
    ({ months }) => months,
    run,
    other,
    writing,
  );

export const merchantsTable = (run: Named, other: Named | null, writing: Writing): Table =>
  sumsTable(
    writing.words.merchants,
    writing.words.merchant,
    [...run.simulation.merchants.keys()].map(
      (merchant) => [merchant, run.simulation.programme.merchants[merchant]!.name] as const,
    ),
    ({ merchants }) => merchants,
    run,
    other,
    writing,
  );

/** What is left of a rule's value on cards; nothing where it leaves none there by itself. */
function leftText({ kind, unit, leftUnits }: RuleRow, { words, money, count }: Omit<Writing, "percent">): string {
  if (kind === "cagnotte") return money(leftUnits);
  return kind === "points" || kind === "stamps" ? `${count(leftUnits)} ${words.units[unit]}` : "";
}

/** What each rule gave, and what became of it. */
export function rulesTable({ simulation, name }: Named, isOneOfTwo: boolean, { words, money, count }: Writing): Table {
  const rows = simulation.rules.map((row) => [
    ...[row.rule, row.kind, row.funder === null ? "" : words.funders[row.funder]],
    ...[count(row.times), money(row.givenCents), money(row.spentCents), money(row.expiredCents)],
    leftText(row, { words, money, count }),
  ]);
  const head = [words.rule, words.kind, words.funder, words.times, words.given, words.spent, words.expired, words.left];
  return { title: isOneOfTwo ? `${words.rules} (${name})` : words.rules, head, rows, words: 3 };
}

export function tenthsTable({ simulation }: Named, { words, money, count }: Writing): Table {
  const tenths = tenthsOf([...simulation.members.values()].map(valueTo));
  const rows = tenths.map(({ members, leastCents, mostCents, cents }, i) => [
    ...[String(i + 1), count(members), money(leastCents), money(mostCents), money(cents)],
  ]);
  const head = [words.tenth, words.members, words.least, words.most, words.total];
  return { title: words.tenths, head, rows, words: 1 };
}

export function sidesTable({ winners, losers, unchanged }: Comparison, { words, money, count }: Writing): Table {
  const side = (name: string, sign: 1 | -1, { members, cents, medianCents, largestCents }: Side) => [
    name,
    count(members),
    ...[cents, medianCents, largestCents].map((value) => signed(money(sign * value), sign * value)),
  ];
  const rows = [
    side(words.winners, 1, winners),
    side(words.losers, -1, losers),
    [words.unchanged, count(unchanged), "", "", ""],
  ];
  const head = ["", words.members, words.total, words.median, words.largestOne];
  return { title: words.winnersAndLosers, head, rows, words: 1 };
}

export function largestTable({ largest }: Comparison, { words, money }: Writing): Table {
  const rows = largest.map(({ card, beforeCents, afterCents, changeCents }) => [
    ...[card, money(beforeCents), money(afterCents), signed(money(changeCents), changeCents)],
  ]);
  return { title: words.largest, head: [words.card, words.before, words.after, words.change], rows, words: 1 };
}
