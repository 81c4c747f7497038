import { dayText } from "@cachet/card-layout";
import type { Side } from "../workbench/compare.ts";
import type { RuleRow } from "../workbench/rule-books.ts";
import { type Outcome, reportOf } from "../workbench/simulate-report.ts";
import { type Named, shareOf, type Writing } from "../workbench/simulate-tables.ts";
import { type Band, bandsOf, tenthsOf } from "../workbench/spread.ts";
import { type Sums, valueTo } from "../workbench/sums.ts";
import { tableLines } from "./table.ts";

/** What a simulation came to, for people. */
export function simulationLines(outcome: Outcome, writing: Writing): string[] {
  const { title, intro, tables } = reportOf(outcome, writing);
  return [title, ...intro.map((line) => `  ${line}`), ...tables.flatMap(tableLines)];
}

function sumsDocument(sums: Sums) {
  return {
    visits: sums.visits,
    turnover_cents: sums.turnoverCents,
    given_cents: sums.givenCents,
    spent_cents: sums.spentCents,
    cost_cents: sums.costCents,
    expired_cents: sums.expiredCents,
  };
}

function ruleDocument(row: RuleRow) {
  return {
    ...{ rule: row.rule, kind: row.kind, funder: row.funder, times: row.times, unit: row.unit, units: row.units },
    ...{ given_cents: row.givenCents, spent_units: row.spentUnits, spent_cents: row.spentCents },
    ...{ expired_units: row.expiredUnits, expired_cents: row.expiredCents },
    ...{ left_units: row.leftUnits, due_cents: row.dueCents },
  };
}

const bandDocument = ({ fromCents, toCents, members, cents }: Band) => ({
  from_cents: fromCents,
  to_cents: toCents,
  members,
  cents,
});

/** What expires belongs to no merchant. */
function merchantDocument(merchant: number, name: string, sums: Sums) {
  const { expired_cents: _, ...rest } = sumsDocument(sums);
  return { merchant, name, ...rest, cost_basis_points: shareOf(sums.costCents, sums) };
}

function runDocument(file: string, { simulation, cautions }: Named) {
  const { programme, totals, members, unlisted, wrong, ...run } = simulation;
  const values = [...members.values()].map(valueTo);
  return {
    file,
    programme: { number: programme.number, version: programme.version, name: programme.name },
    totals: {
      ...sumsDocument(totals),
      due_cents: totals.dueCents,
      given_basis_points: shareOf(totals.givenCents, totals),
      cost_basis_points: shareOf(totals.costCents, totals),
      members: members.size,
      members_rewarded: totals.membersRewarded,
    },
    months: [...run.months].map(([month, sums]) => ({ month, ...sumsDocument(sums) })),
    merchants: [...run.merchants].map(([merchant, sums]) =>
      merchantDocument(merchant, programme.merchants[merchant]!.name, sums),
    ),
    rules: run.rules.map(ruleDocument),
    member_tenths: tenthsOf(values).map(({ leastCents, mostCents, members: count, cents }) => ({
      ...{ members: count, least_cents: leastCents, most_cents: mostCents, cents },
    })),
    member_bands: bandsOf(values).map(bandDocument),
    unlisted,
    wrong,
    cautions,
  };
}

const sideDocument = ({ members, cents, medianCents, largestCents }: Side) => ({
  members,
  cents,
  median_cents: medianCents,
  largest_cents: largestCents,
});

/** The other programme, and what changes from it to the one that was simulated. */
function compareDocument({ run, other, comparison }: Outcome, otherFile: string) {
  if (other === null || comparison === null) return null;
  const [after, before] = [run.simulation.totals, other.simulation.totals];
  return {
    ...runDocument(otherFile, other),
    change: {
      given_cents: after.givenCents - before.givenCents,
      spent_cents: after.spentCents - before.spentCents,
      cost_cents: after.costCents - before.costCents,
      expired_cents: after.expiredCents - before.expiredCents,
      due_cents: after.dueCents - before.dueCents,
      cost_basis_points: shareOf(after.costCents, after) - shareOf(before.costCents, before),
    },
    winners: sideDocument(comparison.winners),
    losers: sideDocument(comparison.losers),
    unchanged: comparison.unchanged,
    largest: comparison.largest.map(({ card, beforeCents, afterCents, changeCents }) => ({
      ...{ card, before_cents: beforeCents, after_cents: afterCents, change_cents: changeCents },
    })),
    change_bands: comparison.bands.map(bandDocument),
  };
}

/** What a simulation came to, for programs. */
export function simulationDocument(outcome: Outcome, file: string, otherFile: string | null) {
  const { run, redeeming } = outcome;
  const { first, last } = run.simulation;
  return {
    from: dayText(first),
    to: dayText(last),
    redeem: typeof redeeming === "string" ? redeeming : { from_cents: redeeming.fromCents },
    ...runDocument(file, run),
    compare: otherFile === null ? null : compareDocument(outcome, otherFile),
  };
}
