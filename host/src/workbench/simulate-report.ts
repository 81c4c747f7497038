import { dayText } from "@cachet/card-layout";
import { isAfterZones, ZONE_YEARS } from "@cachet/firmware/rules";
import type { Caution } from "./cautions.ts";
import type { Comparison } from "./compare.ts";
import type { Redeeming } from "./redeeming.ts";
import type { Simulation } from "./simulate.ts";
import {
  largestTable,
  merchantsTable,
  monthsTable,
  type Named,
  rulesTable,
  sidesTable,
  summaryTable,
  type Table,
  tenthsTable,
  type Writing,
} from "./simulate-tables.ts";
import { WORDS } from "./simulate-words.ts";

/** Everything that a simulation came to, before anybody has put it into words. */
export interface Outcome {
  readonly run: Named;
  /** The programme that it is compared with, and what changes from that one. */
  readonly other: Named | null;
  readonly comparison: Comparison | null;
  readonly redeeming: Redeeming;
  /** Name of the merchant at whom purchases are counted that name none. */
  readonly merchantName: string;
}

/** A simulation in words: what was assumed, and tables. */
export interface Report {
  readonly title: string;
  readonly intro: readonly string[];
  readonly tables: readonly Table[];
}

/** How numbers are written in a language; `money` writes cents. */
export function writingIn(lang: "fr" | "en", money: (cents: number, lang: "fr" | "en") => string): Writing {
  const [group, point, sign] = lang === "fr" ? [" ", ",", " %"] : [",", ".", "%"];
  const count = (value: number): string => {
    const digits = String(Math.abs(value)).replaceAll(/\B(?=(\d{3})+$)/g, group);
    return value < 0 ? `-${digits}` : digits;
  };
  const percent = (basisPoints: number): string => {
    const size = Math.abs(basisPoints);
    const text = `${Math.floor(size / 100)}${point}${String(size % 100).padStart(2, "0")}${sign}`;
    return basisPoints < 0 ? `-${text}` : text;
  };
  return { words: WORDS[lang], money: (cents) => money(cents, lang), count, percent };
}

function redeemingText(redeeming: Redeeming, { words, money }: Writing): string {
  if (redeeming === "never") return words.never;
  return redeeming === "max" ? words.max : words.from(money(redeeming.fromCents));
}

function cautionText({ missing, rules }: Caution, merchantName: string, { words }: Writing): string {
  if (missing === "merchant") return words.atMerchant(merchantName);
  return `${words.cautions[missing]}${rules.length === 0 ? "" : words.rulesOf(rules.join(", "))}`;
}

/** A number and its noun. */
const counted = (value: number, noun: { readonly one: string; readonly more: string }, { count }: Writing): string =>
  `${count(value)} ${value === 1 ? noun.one : noun.more}`;

const NAMED_MAX = 10;
const listText = (numbers: readonly number[]): string =>
  numbers.length > NAMED_MAX ? `${numbers.slice(0, NAMED_MAX).join(", ")}, …` : numbers.join(", ");

/** Purchases that were left out because the programme does not list their merchant. */
function unlistedLines({ simulation: { unlisted }, name }: Named, writing: Writing): string[] {
  const { purchases, cents, merchants } = unlisted;
  const { words, money } = writing;
  return purchases === 0
    ? []
    : [words.unlisted(name, counted(purchases, words.purchase, writing), money(cents), listText(merchants))];
}

/** What the purchases did not say, of either run, each once with all the rules that ask for it. */
function cautionLines(runs: readonly Named[], merchantName: string, writing: Writing): string[] {
  const all = runs.flatMap(({ cautions }) => cautions);
  return [...new Set(all.map(({ missing }) => missing))].map((missing) => {
    const rules = all.flatMap((one) => (one.missing === missing ? one.rules : []));
    return cautionText({ missing, rules: [...new Set(rules)] }, merchantName, writing);
  });
}

/** How often custom rules went wrong. */
function wrongLines({ simulation: { wrong, totals }, name }: Named, writing: Writing): string[] {
  const { words, count } = writing;
  return wrong.map(({ rule, reason, times }) =>
    words.wrong(name, rule, counted(times, words.purchase, writing), count(totals.visits), reason),
  );
}

/** What keeps two runs from being comparable, each once. */
function strangerLines({ run, other }: Outcome, { words }: Writing): string[] {
  if (other === null) return [];
  const [a, b] = [run.simulation, other.simulation];
  const kindsOf = ({ programme }: Simulation) => programme.rules.map(({ kind }) => kind);
  const shares = <T>(one: Iterable<T>, another: Iterable<T>) => [...one].some((each) => new Set(another).has(each));
  return [
    ...(shares(a.merchants.keys(), b.merchants.keys()) ? [] : [words.otherMerchants]),
    ...(shares(kindsOf(a), kindsOf(b)) ? [] : [words.otherKinds]),
  ];
}

function titleOf({ words }: Writing, { run, other }: Outcome): string {
  const { number, version, name } = run.simulation.programme;
  const title = words.title(`${number}, version ${version}, ${name}`);
  return other === null ? title : `${title} (${other.name} → ${run.name})`;
}

const hasFactors = ({ simulation }: Named): boolean =>
  simulation.rules.some(({ kind }) => kind === "multiplier" || kind === "tiers");

/** Puts a simulation into words. */
export function reportOf(outcome: Outcome, writing: Writing): Report {
  const { run, other, comparison, redeeming, merchantName } = outcome;
  const runs = other === null ? [run] : [run, other];
  const { words } = writing;
  const { totals, first, last, members } = run.simulation;
  return {
    title: titleOf(writing, outcome),
    intro: [
      words.span(
        counted(totals.visits, words.purchase, writing),
        dayText(first),
        dayText(last),
        counted(members.size, words.member, writing),
      ),
      words.days,
      redeemingText(redeeming, writing),
      ...(isAfterZones(last) ? [words.afterZones(ZONE_YEARS[1])] : []),
      ...strangerLines(outcome, writing),
      ...cautionLines(runs, merchantName, writing),
      ...runs.flatMap((each) => wrongLines(each, writing)),
      ...runs.flatMap((each) => unlistedLines(each, writing)),
      ...words.meanings,
      ...(runs.some(hasFactors) ? [words.factors] : []),
    ],
    tables: [
      summaryTable(run, other, writing),
      ...(comparison === null ? [] : [sidesTable(comparison, writing), largestTable(comparison, writing)]),
      monthsTable(run, other, writing),
      merchantsTable(run, other, writing),
      rulesTable(run, other !== null, writing),
      ...(other === null ? [] : [rulesTable(other, true, writing)]),
      tenthsTable(run, writing),
    ],
  };
}
