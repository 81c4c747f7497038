import { civilOf, type Day, dayText, toHex } from "@cachet/card-layout";
import type { Totals } from "../office/closing-sums.ts";
import type { Closing } from "../office/closings.ts";
import { amountText } from "./money.ts";
import { tableLines } from "./table.ts";

const span = (first: Day, last: Day): string =>
  first === last ? dayText(first) : `${dayText(first)} to ${dayText(last)}`;

/** What closings take in, without counting days twice: once more in their month and year. */
const days = (closed: readonly Closing[]): readonly Closing[] => closed.filter(({ kind }) => kind === "day");

/** What days moved, beside all that was ever closed, by account and unit. */
function totalsLines(of: readonly Closing[], perpetual: Totals): string[] {
  const rows = Object.entries(perpetual).map(([name, ever]) => {
    const [account, unit] = name.split(" ") as [string, string];
    const sum = (side: "in" | "out") => of.reduce((all, { totals }) => all + (totals[name]?.[side] ?? 0), 0);
    return [account, unit, ...[sum("in"), sum("out"), ever.in, ever.out].map((amount) => amountText(unit, amount))];
  });
  if (rows.length === 0) return [];
  const head = ["account", "unit", "in", "out", "in, ever", "out, ever"];
  return tableLines({ title: "what went in and out", head, rows, words: 2 });
}

const monthText = (day: Day): string => dayText(day).slice(0, "2026-01".length);

/** Days between the ends of months as one line, then the month. */
function closingLines(closed: readonly Closing[]): string[] {
  const rows: string[][] = [];
  let first: Closing | null = null;
  let postings = 0;
  closed.forEach((closing, at) => {
    const { kind, day, hash } = closing;
    if (kind !== "day") {
      const name = kind === "month" ? monthText(day) : String(civilOf(day).year);
      rows.push([`${kind} ${name}`, String(closing.postings), toHex(hash)]);
      return;
    }
    first ??= closing;
    postings += closing.postings;
    if (closed[at + 1]?.kind === "day") return;
    rows.push([`${first === closing ? "day" : "days"} ${span(first.day, day)}`, String(postings), toHex(hash)]);
    [first, postings] = [null, 0];
  });
  return tableLines({ title: "closings", head: ["closed", "postings", "hash of the last one"], rows, words: 1 });
}

/** What was closed, for people: days, what they moved, and the hash that stands for all before it. */
export function closedLines(closed: readonly Closing[]): string[] {
  const all = days(closed);
  const [first, last] = [all[0], all.at(-1)];
  if (first === undefined || last === undefined) return [];
  const postings = all.reduce((sum, one) => sum + one.postings, 0);
  const count = all.length === 1 ? "" : ` (${all.length} days)`;
  return [
    `closed: ${span(first.day, last.day)}${count}, ${postings} postings; open from ${dayText(last.day + 1)} on`,
    ...totalsLines(all, last.perpetual),
    ...closingLines(closed),
  ];
}
