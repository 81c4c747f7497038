import { figureOf, pageOf, tableOf } from "./page.ts";
import { chartsOf } from "./simulate-charts.ts";
import { type Outcome, reportOf } from "./simulate-report.ts";
import type { Writing } from "./simulate-tables.ts";

/** What a simulation comes to, as a page for people: its tables and drawings. */
export function simulationPage(outcome: Outcome, lang: "fr" | "en", writing: Writing): string {
  const { title, intro, tables } = reportOf(outcome, writing);
  const [summary, ...rest] = tables;
  return pageOf(lang, title, intro, [
    tableOf(summary!),
    ...chartsOf(outcome, writing).map(figureOf),
    ...rest.map(tableOf),
  ]);
}
