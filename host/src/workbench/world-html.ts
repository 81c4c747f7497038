import { type Day, dayText } from "@cachet/card-layout";
import type { LedgerDay } from "../office/diary.ts";
import { type Chart, draw } from "./bars.ts";
import { figureOf, pageOf, tableOf } from "./page.ts";
import type { Table } from "./simulate-tables.ts";
import { drawTimeline } from "./timeline.ts";
import { WORLD_WORDS } from "./world-words.ts";

/** One attempt of a thief. `day`: from 0; `nights`: until the office named it, where it did. */
export interface AttemptShown {
  readonly attack: string;
  /** The chip of the card, or what was attacked instead of one. */
  readonly on: string;
  readonly day: number;
  /** Cents that the thief had too much. */
  readonly cents: number;
  readonly outcome: "prevented" | "open" | "detected";
  readonly nights: number;
}

/** What a world came to, for its page. */
export interface WorldShown {
  readonly days: number;
  readonly terminals: number;
  readonly cards: number;
  readonly visits: number;
  /** The command that lives through the same days. */
  readonly again: string;
  readonly diary: readonly LedgerDay[];
  /** What went wrong, by name. */
  readonly faults: Readonly<Record<string, number>>;
  readonly attempts: readonly AttemptShown[];
  readonly broken: readonly { readonly day: number; readonly what: string }[];
}

/** How the reader's language writes numbers and money. */
export interface Written {
  readonly money: (cents: number) => string;
  readonly count: (value: number) => string;
}

type Lang = keyof typeof WORLD_WORDS;

const COLOURS = {
  plain: "#1f5a94",
  second: "#a7b6c9",
  prevented: "#1b7f5c",
  detected: "#c98b2e",
  open: "#b3261e",
  told: "#333333",
} as const;
/** More days than this are shown by week. */
const DAYS_SHOWN = 62;
const WEEK = 7;

/** Some days together: what happened in them is added up, what stands in the evening is that of the last one. */
interface Stretch extends Omit<LedgerDay, "day"> {
  readonly first: Day;
}

function stretches(diary: readonly LedgerDay[]): readonly Stretch[] {
  const size = diary.length > DAYS_SHOWN ? WEEK : 1;
  const all: Stretch[] = [];
  for (let at = 0; at < diary.length; at += size) {
    const days = diary.slice(at, at + size);
    const sum = (of: (day: LedgerDay) => number) => days.reduce((total, day) => total + of(day), 0);
    const { liabilityCents, inDoubt } = days.at(-1)!;
    all.push({
      ...{ first: days[0]!.day, liabilityCents, inDoubt },
      visits: sum(({ visits }) => visits),
      earnedCents: sum(({ earnedCents }) => earnedCents),
      spentCents: sum(({ spentCents }) => spentCents),
      alerts: sum(({ alerts }) => alerts),
    });
  }
  return all;
}

/** The day of the month, and the month below where one begins. */
const dayLabel = (day: Day, i: number, isWeekly: boolean): string => {
  const [, month, date] = dayText(day).split("-");
  if (isWeekly) return `${date}\n${month}`;
  return i === 0 || date === "01" ? `${date}\n${month}` : date!;
};

function barCharts(shown: WorldShown, lang: Lang, { money, count }: Written): readonly Chart[] {
  const words = WORLD_WORDS[lang];
  const all = stretches(shown.diary);
  const isWeekly = all.length < shown.diary.length;
  const chart = (
    title: string,
    write: (value: number) => string,
    ...series: (readonly [name: string, of: (stretch: Stretch) => number])[]
  ): Chart =>
    draw(title, {
      categories: all.map(({ first }, i) => dayLabel(first, i, isWeekly)),
      bars: series.map(([name, of], i) => ({
        name,
        colour: i === 0 ? COLOURS.plain : COLOURS.second,
        values: all.map((stretch) => ({ value: of(stretch) })),
      })),
      xName: isWeekly ? words.weeksFrom : "",
      write,
      showsValues: false,
    });
  const each = isWeekly ? words.weekly : words.daily;
  const [visits, earned, spent] = [words.visits, words.earned, words.spent];
  return [
    chart(`${visits}, ${each}`, count, [visits, ({ visits: n }) => n]),
    chart(`${words.money}, ${each}`, money, [earned, (one) => one.earnedCents], [spent, (one) => one.spentCents]),
    chart(words.liability, money, [words.liability, ({ liabilityCents }) => liabilityCents]),
    chart(words.inDoubt, count, [words.inDoubt, ({ inDoubt }) => inDoubt]),
    chart(`${words.alerts}, ${each}`, count, [words.alerts, ({ alerts }) => alerts]),
  ];
}

const kindOf = ({ attack, on }: AttemptShown): string => `${attack}, ${on}`;
/** What is said of a fault or an attack; one without words is called by its name. */
const saidIn = (words: Readonly<Record<string, string>>, name: string): string => words[name] ?? name;

function attackChart({ attempts, days }: WorldShown, lang: Lang): Chart {
  const words = WORLD_WORDS[lang];
  const lines = [...new Set(attempts.map(kindOf))].sort();
  const line = (attempt: AttemptShown) => lines.indexOf(kindOf(attempt));
  const became = (outcome: AttemptShown["outcome"]) =>
    attempts.filter((one) => one.outcome === outcome).map((one) => ({ x: one.day + 1, line: line(one) }));
  const told = attempts.filter(({ outcome }) => outcome === "detected");
  const full = (outcome: AttemptShown["outcome"]) => ({
    ...{ name: words.outcomes[outcome], colour: COLOURS[outcome], isHollow: false },
    at: became(outcome),
  });
  return drawTimeline(words.attacks, {
    lines: lines.map((name) => {
      const [attack, on] = name.split(", ") as [string, string];
      return `${saidIn(words.attackNames, attack)}, ${saidIn(words.attackNames, on)}`;
    }),
    points: [
      ...[full("prevented"), full("detected"), full("open")],
      {
        ...{ name: words.told, colour: COLOURS.told, isHollow: true },
        at: told.map((one) => ({ x: one.day + one.nights, line: line(one) })),
      },
    ],
    xName: words.day,
    xMax: Math.max(days, ...told.map(({ day, nights }) => day + nights)),
  });
}

function attackTable({ attempts }: WorldShown, lang: Lang, { money, count }: Written): Table {
  const words = WORLD_WORDS[lang];
  const kinds = [...new Set(attempts.map(kindOf))].sort();
  const rows = kinds.map((kind) => {
    const own = attempts.filter((one) => kindOf(one) === kind);
    const became = (outcome: AttemptShown["outcome"]) => own.filter((one) => one.outcome === outcome).length;
    const [{ attack, on }] = own as [AttemptShown];
    const nights = Math.max(...own.map((one) => one.nights));
    const cents = own.reduce((sum, one) => sum + one.cents, 0);
    const numbers = [own.length, became("prevented"), became("detected"), nights];
    const names = [attack, on].map((name) => saidIn(words.attackNames, name));
    return [...names, ...numbers.map(count), money(cents)];
  });
  return { title: words.attacks, head: words.attackHead, rows, words: 2 };
}

function faultTable({ faults }: WorldShown, lang: Lang, { count }: Written): Table {
  const words = WORLD_WORDS[lang];
  const rows = Object.entries(faults).map(([fault, n]) => [saidIn(words.faultNames, fault), count(n)]);
  return { title: words.faults, head: words.faultHead, rows, words: 1 };
}

/** The days of a simulated town as a page for people: what was bought and saved, what went wrong, and what thieves came to. */
export function worldPage(shown: WorldShown, lang: Lang, written: Written): string {
  const words = WORLD_WORDS[lang];
  const { count } = written;
  const { days, terminals, cards, visits, broken, attempts, again } = shown;
  const intro = [
    words.town(count(terminals), count(cards), count(visits)),
    broken.length === 0 ? words.kept : words.broken(count(broken.length)),
    words.calm,
    words.seed(again),
  ];
  const promises: Table = {
    title: words.promises,
    head: words.promiseHead,
    rows: broken.map(({ day, what }) => [String(day + 1), what]),
    words: 2,
  };
  const thieves =
    attempts.length === 0 ? [] : [figureOf(attackChart(shown, lang)), tableOf(attackTable(shown, lang, written))];
  return pageOf(lang, words.title(days), intro, [
    ...(broken.length === 0 ? [] : [tableOf(promises)]),
    ...barCharts(shown, lang, written).map(figureOf),
    ...thieves,
    tableOf(faultTable(shown, lang, written)),
  ]);
}
