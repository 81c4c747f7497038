import { availableParallelism, cpus } from "node:os";
import type { Figure } from "./figure.ts";

/** What each bench is about, in the order in which they run. */
const TITLES: Readonly<Record<string, string>> = {
  town: "The first town, from purchases to statement",
  air: "A stamp visit on air",
  tap: "From tap to ticket",
  link: "Programming a terminal",
  rules: "The engine beside others",
  simulate: "Replaying purchases before launch",
  report: "A merchant's month",
  import: "Importing batches",
  keeping: "Closings, backup, archive",
  native: "The native terminal",
  world: "The deterministic world",
};

/** Where a figure's limit is not the reference itself, it stands in the words beside it. */
const rowOf = ({ name, value, unit, better, reference, reference_name: what, ratio }: Figure & { ratio: number }) =>
  `| ${name} | ${value} ${unit} | ${better} | ${reference} | ${ratio} | ${what} |`;

/** Everything that was measured in one run, as a document. */
export function performanceDocument(
  benches: ReadonlyMap<string, readonly (Figure & { readonly ratio: number })[]>,
): string {
  const [{ model } = { model: "a processor" }] = cpus();
  const parts = [...benches].flatMap(([bench, figures]) => [
    `## ${TITLES[bench] ?? bench}`,
    "",
    "| figure | measured | better | reference | ratio | the reference is |",
    "|---|---|---|---|---|---|",
    ...figures.map(rowOf),
    "",
  ]);
  return [
    "# Performance",
    "",
    `Written by \`npm run bench -- --write\`, from one run on ${availableParallelism()} processors (${model.trim()}), Node ${process.versions.node}. Every figure has a reference that was`,
    "measured in the same run, or a limit: machines differ, and the ratio says more than the figure. `npm run bench -- --only NAME` measures one part again.",
    "",
    ...parts,
  ].join("\n");
}
