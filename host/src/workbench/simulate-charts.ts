import { type Bars, type Chart, draw } from "./bars.ts";
import type { Outcome } from "./simulate-report.ts";
import type { Writing } from "./simulate-tables.ts";
import { type Band, bandsOf } from "./spread.ts";
import { type Sums, valueTo } from "./sums.ts";

/** Told apart by people who do not see every colour, and in grey. */
const COLOURS = {
  before: "#a7b6c9",
  after: "#1f5a94",
  winners: "#1b7f5c",
  losers: "#c4572e",
  same: "#9a9a9a",
} as const;

/** Euros without cents where there are none. */
const shortMoney = (cents: number, { money }: Writing): string => money(cents).replace(/[.,]00(?=\D*$)/, "");

/** The month, and the year where one begins. */
const monthText = (month: string, i: number): string => {
  const [year, number] = month.split("-");
  return i === 0 || number === "01" ? `${number}\n${year}` : number!;
};

function monthsChart({ run, other }: Outcome, writing: Writing): Chart {
  const { words } = writing;
  const months = [...run.simulation.months.keys()];
  const bars = (
    name: string,
    colour: string,
    all: ReadonlyMap<string, Sums>,
    of: "costCents" | "givenCents",
  ): Bars => ({
    name,
    colour,
    values: months.map((month) => ({ value: all.get(month)?.[of] ?? 0 })),
  });
  const { months: own } = run.simulation;
  return draw(other === null ? words.givenByMonth : words.costByMonth, {
    categories: months.map(monthText),
    bars:
      other === null
        ? [bars(words.given, COLOURS.before, own, "givenCents"), bars(words.cost, COLOURS.after, own, "costCents")]
        : [
            bars(other.name, COLOURS.before, other.simulation.months, "costCents"),
            bars(run.name, COLOURS.after, own, "costCents"),
          ],
    ...{ xName: "", showsValues: false },
    write: (cents) => shortMoney(cents, writing),
  });
}

const euros = (cents: number): string => String(Math.floor(cents / 100));

/** Sizes of a band in whole euros: from the first, up to and without the second. */
function sizeText(from: number, to: number | null): string {
  if (to === null) return `≥ ${euros(from)}`;
  return from === 1 ? "< 1" : `${euros(from)}–${euros(to)}`;
}

const bandText = ({ fromCents, toCents }: Band, { words }: Writing): string =>
  fromCents === null || fromCents === 0 ? words.nothing : sizeText(fromCents, toCents);

/** A band of losses is that of the winnings of its size, the other way round. */
function changeText({ fromCents, toCents }: Band, { words }: Writing): string {
  if (fromCents === 0) return words.same;
  if (fromCents !== null && fromCents > 0) return `${words.wins}\n${sizeText(fromCents, toCents)}`;
  return `${words.loses}\n${sizeText(1 - toCents!, fromCents === null ? null : 1 - fromCents)}`;
}

function worthChart({ run, other }: Outcome, writing: Writing): Chart {
  const { words, count } = writing;
  const runs = other === null ? [run] : [other, run];
  const bands = runs.map(({ simulation }) => bandsOf([...simulation.members.values()].map(valueTo)));
  return draw(words.worthToMembers, {
    categories: bands[0]!.map((band) => bandText(band, writing)),
    bars: runs.map(({ name }, i) => ({
      name,
      colour: i === runs.length - 1 ? COLOURS.after : COLOURS.before,
      values: bands[i]!.map(({ members }) => ({ value: members })),
    })),
    ...{ xName: words.eurosByMember, showsValues: true },
    write: count,
  });
}

function changesChart(bands: readonly Band[], writing: Writing): Chart {
  const { words, count } = writing;
  const colourOf = ({ fromCents }: Band): string =>
    fromCents === 0 ? COLOURS.same : fromCents !== null && fromCents > 0 ? COLOURS.winners : COLOURS.losers;
  return draw(words.changeForMembers, {
    categories: bands.map((band) => changeText(band, writing)),
    bars: [
      {
        name: words.change,
        colour: COLOURS.same,
        values: bands.map((band) => ({ value: band.members, colour: colourOf(band) })),
      },
    ],
    ...{ xName: words.eurosByMember, showsValues: true },
    write: count,
  });
}

/** The drawings of a simulation. */
export function chartsOf(outcome: Outcome, writing: Writing): readonly Chart[] {
  const { comparison } = outcome;
  return [
    monthsChart(outcome, writing),
    worthChart(outcome, writing),
    ...(comparison === null ? [] : [changesChart(comparison.bands, writing)]),
  ];
}
