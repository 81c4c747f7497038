import type { AttackSum } from "../host/src/cli/sim-days.ts";

/** What `cachet sim world --json` says, as far as it is told here. */
export interface WorldDocument {
  readonly visits: number;
  readonly results: Readonly<Record<string, number>>;
  readonly cuts: { readonly card: number; readonly power: number };
  readonly post: { readonly lost: number; readonly late: number; readonly doubled: number };
  readonly wrongClocks: number;
  readonly silences: number;
  readonly repeats: number;
  readonly inDoubt: number;
  readonly attacks: readonly AttackSum[];
}
export type Totals = readonly WorldDocument[];

/** `1 234` */
const many = (value: number): string => String(value).replaceAll(/\B(?=(\d{3})+$)/g, " ");
const euros = (cents: number): string => `€${(cents / 100).toFixed(2)}`;

function attackRows(totals: Totals): string[] {
  const all = totals.flatMap(({ attacks }) => attacks);
  const names = [...new Set(all.map(({ attack, on }) => `${attack}|${on}`))].sort();
  return names.map((name) => {
    const own = all.filter(({ attack, on }) => `${attack}|${on}` === name);
    const sum = (of: (one: (typeof own)[number]) => number) => own.reduce((total, one) => total + of(one), 0);
    const [attack, on] = name.split("|");
    const [tried, cents] = [sum((one) => one.tried), sum((one) => one.cents)];
    const nights = Math.max(...own.map((one) => one.nights));
    const told = sum((one) => one.detected);
    const each = told === 0 ? "-" : euros(Math.round(cents / told));
    return `| ${attack} | ${on} | ${many(tried)} | ${many(sum((one) => one.prevented))} | ${many(told)} | ${told === 0 ? "-" : nights} | ${each} |`;
  });
}

/** What many worlds came to, as a document. */
export function reliabilityDocument(
  totals: Totals,
  { days, terminals, cards }: { readonly days: number; readonly terminals: number; readonly cards: number },
): string {
  const sum = (of: (one: WorldDocument) => number) => totals.reduce((all, one) => all + of(one), 0);
  const counts: readonly (readonly [string, number])[] = [
    ["visits", sum(({ visits }) => visits)],
    ["cards that left in the middle of a visit", sum(({ cuts }) => cuts.card)],
    ["power cuts in the middle of an operation", sum(({ cuts }) => cuts.power)],
    ["visits asked for again, under the same number", sum(({ repeats }) => repeats)],
    ["batches lost", sum(({ post }) => post.lost)],
    ["batches late by one to three days", sum(({ post }) => post.late)],
    ["batches that came twice", sum(({ post }) => post.doubled)],
    ["days of a terminal with a wrong clock", sum(({ wrongClocks }) => wrongClocks)],
    ["terminals that brought nothing for 14 days", sum(({ silences }) => silences)],
    ["records in doubt at the end, of cards that showed neither state", sum(({ inDoubt }) => inDoubt)],
  ];
  return [
    "# Reliability",
    "",
    `Written by \`npm run soak -- --seeds ${totals.length} --write\`: ${totals.length} simulated towns, each ${days} days of ${terminals} terminals and ${many(cards)} cards (one customer in five comes on a`,
    "day, and everybody once more at the end), with every fault and every attack that the simulator knows. The terminals, the import and the ledger are the",
    "product's own. After each day: no cent was created or lost (cards, what is in doubt, ledger), every entry was imported once, no honest customer was accused or left without service, the",
    "identities of the ledger held, and merchants were owed what their journals come to. **No promise was broken.** What is promised, and how it is watched: `docs/simulator.md`.",
    "",
    "## What went wrong",
    "",
    "| | how often |",
    "|---|---|",
    ...counts.map(([name, value]) => `| ${name} | ${many(value)} |`),
    "",
    "## What thieves tried",
    "",
    "*Nights* is how many passed at most until the office named the card; *too much* is what a thief had on average by an attempt that was not prevented, with everything that his card held at stake. A",
    "cloned or restored card can be spent once at each terminal that has not heard of it: what that comes to for a programme is told by `cachet programme check`.",
    "",
    "| attack | on | tried | prevented | detected | nights | too much |",
    "|---|---|---|---|---|---|---|",
    ...attackRows(totals),
    "",
    `One of them again: \`npx cachet sim world --days ${days} --terminals ${terminals} --cards ${cards} --seed 1\`. Towns of other seeds: \`npm run soak -- --minutes 10\`. Defects that were planted to see whether the`,
    "world finds them: `npm run mutants`.",
    "",
  ].join("\n");
}
