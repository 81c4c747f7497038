import { dayText, maskedCard } from "@cachet/card-layout";
import { terminalName } from "@cachet/firmware/wire";
import type { Cautions } from "../office/correct/cautions.ts";
import type { Correction } from "../office/correct/correction.ts";
import type { Difference, Differences } from "../office/correct/difference.ts";
import type { Fate, Posted, Settled } from "../office/correct/post.ts";
import { unitOf } from "../office/correct/value.ts";
import { amountText } from "./programme-correct-letter.ts";
import { tableLines } from "./table.ts";

type Lang = "fr" | "en";

const many = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? "" : "s"}`;

const WORDS = {
  fr: {
    title: (name: string, number: number, wrong: number, right: number, from: string, to: string) =>
      `${name} (${number}), version ${wrong} -> ${right}, du ${from} au ${to}`,
    counts: (visits: number, cards: number, merchants: number, same: number) =>
      `rejoué : ${many(visits, "visite")}, ${many(cards, "carte")}, ${many(merchants, "commerçant")} ; sans différence : ${many(same, "carte")}`,
    head: ["visites", "porte-valeur", "donné", "juste", "différence", "dépensé sans provision"],
    card: "Carte",
    members: "Par carte",
    merchant: "commerçant",
    merchants: "Par commerçant",
    total: "total",
    off: (given: string, right: string) =>
      `remises immédiates : ${given} données, ${right} selon la bonne règle ; rien n'est écrit pour elles`,
    fates: {
      credit: "à mettre sur les cartes par la prochaine liste",
      owed: "dû aux clients, sans place sur la carte",
      kept: "donné en trop, reste aux clients (au compte de l'association)",
      claimed: "donné en trop, à réclamer aux clients (aucune liste ne reprend de valeur)",
    } satisfies Record<Fate, string>,
    none: "rien à compenser",
    posted: (correction: number, visits: number, rows: number) =>
      `écrit au livre : correction ${correction}, ${many(visits, "visite")}, ${many(rows, "écriture")}`,
    already: (visits: number) => `${many(visits, "visite")} corrigées auparavant : rien n'est écrit deux fois`,
    notPosted: "rien n'est écrit au livre ; --post écrit les compensations",
  },
  en: {
    title: (name: string, number: number, wrong: number, right: number, from: string, to: string) =>
      `${name} (${number}), version ${wrong} -> ${right}, ${from} to ${to}`,
    counts: (visits: number, cards: number, merchants: number, same: number) =>
      `replayed: ${many(visits, "visit")}, ${many(cards, "card")}, ${many(merchants, "merchant")}; without a difference: ${many(same, "card")}`,
    head: ["visits", "purse", "given", "right", "difference", "spent uncovered"],
    card: "Card",
    members: "By card",
    merchant: "merchant",
    merchants: "By merchant",
    total: "total",
    off: (given: string, right: string) =>
      `money off at once: ${given} given, ${right} by the right rule; nothing is written for it`,
    fates: {
      credit: "to be put on cards by the next list",
      owed: "owed to customers, with no room on the card",
      kept: "given too much, stays with customers (borne by the association)",
      claimed: "given too much, to be claimed from customers (no list takes value back)",
    } satisfies Record<Fate, string>,
    none: "nothing to compensate",
    posted: (correction: number, visits: number, rows: number) =>
      `written into the ledger: correction ${correction}, ${many(visits, "visit")}, ${many(rows, "row")}`,
    already: (visits: number) => `${many(visits, "visit")} corrected before: nothing is written twice`,
    notPosted: "nothing is written into the ledger; --post writes the compensation",
  },
};

const isChanged = ({ purses, off }: Differences): boolean =>
  off.given !== off.right || purses.some(({ difference, uncovered }) => difference !== 0 || uncovered !== 0);

/** Whether a card has a difference: what a letter is written for. */
export const hasDifference = ({ purses }: Differences): boolean => purses.some(({ difference }) => difference !== 0);

function purseRows(name: string, { visits, purses }: Differences, lang: Lang): string[][] {
  return purses.map(({ rule, unit, given, right, difference, uncovered }, i) => {
    const text = (value: number) => amountText(unit, value, lang);
    const head = i === 0 ? [name, String(visits)] : ["", ""];
    return [...head, rule, text(given), text(right), text(difference), uncovered === 0 ? "" : text(uncovered)];
  });
}

/** What becomes of the differences, one line for each fate and unit. */
function fateLines(settled: readonly Settled[], lang: Lang): string[] {
  const words = WORDS[lang];
  const sums = new Map<string, { fate: Fate; unit: Difference["unit"]; value: number; cards: Set<number> }>();
  for (const { card, purse, value, fate } of settled) {
    const unit = unitOf(purse);
    const key = `${fate} ${unit}`;
    const sum = sums.get(key) ?? { fate, unit, value: 0, cards: new Set<number>() };
    sums.set(key, sum);
    sum.value += Math.abs(value);
    sum.cards.add(card);
  }
  if (sums.size === 0) return [words.none];
  return [...sums.values()].map(
    ({ fate, unit, value, cards }) => `${words.fates[fate]}: ${amountText(unit, value, lang)} (${cards.size})`,
  );
}

/** What a correction comes to, for people: cards by their last digits. */
export function correctionLines(correction: Correction, settled: readonly Settled[], lang: Lang): string[] {
  const { wrong, right, period, members, merchants, total } = correction;
  const words = WORDS[lang];
  const changed = members.filter(isChanged);
  const memberRows = changed.flatMap((one) => purseRows(`${words.card} ${maskedCard(one.card)}`, one, lang));
  const merchantRows = merchants.flatMap((one) =>
    purseRows(`${one.merchant} ${right.merchants[one.merchant]?.name ?? ""}`.trim(), one, lang),
  );
  const { off } = total;
  const days = [dayText(period.from), dayText(period.to)] as const;
  return [
    words.title(right.name, right.number, wrong.version, right.version, ...days),
    words.counts(total.visits, members.length, merchants.length, members.length - changed.length),
    ...(memberRows.length === 0
      ? []
      : tableLines({ title: words.members, head: ["", ...words.head], rows: memberRows, words: 1 })),
    ...tableLines({
      title: words.merchants,
      head: [words.merchant, ...words.head],
      rows: [...merchantRows, ...purseRows(words.total, total, lang)],
      words: 1,
    }),
    "",
    ...(off.given === off.right
      ? []
      : [words.off(amountText("cents", off.given, lang), amountText("cents", off.right, lang))]),
    ...fateLines(settled, lang),
  ];
}

export function postedLines(posted: Posted | null, lang: Lang): string[] {
  const words = WORDS[lang];
  if (posted === null) return [words.notPosted];
  const { correction, visits, rows, already } = posted;
  return [
    ...(correction === null ? [] : [words.posted(correction, visits, rows)]),
    ...(already === 0 ? [] : [words.already(already)]),
  ];
}

const SHOWN = 5;
const listed = (names: readonly string[]): string =>
  `${names.slice(0, SHOWN).join(", ")}${names.length > SHOWN ? ` and ${names.length - SHOWN} more` : ""}`;

/** What is not in the books, one line each. */
export function cautionLines({ inDoubt, waiting, quarantined, silent, unmoved }: Cautions): string[] {
  const lines = [
    ...(inDoubt.length === 0
      ? []
      : [`${many(inDoubt.length, "visit")} of the period in doubt and not replayed: ${listed(inDoubt)}`]),
    ...waiting.map(
      ({ name, terminal, gap: [first, last] }) =>
        `${name} waits: entries ${first} to ${last} of ${terminalName(terminal)} are missing; collect them and import`,
    ),
    ...quarantined.map(({ name, detail }) => `${name} is set aside and not replayed: ${detail}`),
    ...silent.map(
      ({ terminal, lastDay }) =>
        `${terminalName(terminal)} is imported ${lastDay === null ? "not at all" : `to ${dayText(lastDay)} only`}: collect and import before you post`,
    ),
    ...(unmoved.length === 0
      ? []
      : [`${many(unmoved.length, "sale")} moved nothing in this programme, not replayed: ${listed(unmoved)}`]),
  ];
  return lines.map((line) => `warning: ${line}`);
}

/** Cards that are set aside, one line each. */
export function apartLines({ apart }: Correction): string[] {
  return apart.map(
    ({ card, ticket, problem, reason }) => `set aside: card ${maskedCard(card)}, ${ticket}: ${problem} (${reason})`,
  );
}

const purseDocument = ({ purse, rule, unit, given, right, difference, spent, uncovered }: Difference) => ({
  ...{ purse, rule, unit, given, right, difference, spent, uncovered },
});

const sumsDocument = ({ visits, purses, off }: Differences) => ({
  visits,
  purses: purses.map(purseDocument),
  off_given_cents: off.given,
  off_right_cents: off.right,
});

const settledDocument = ({ card, purse, value, funder, fate }: Settled) => ({
  ...{ card, card_shown: maskedCard(card), purse, unit: unitOf(purse), value, funder, fate },
});

/** The same for programs, with card numbers in full. */
export function correctionDocument(correction: Correction, settled: readonly Settled[], cautions: Cautions) {
  const { wrong, right, period, members, merchants, total, apart } = correction;
  return {
    programme: right.number,
    name: right.name,
    wrong_version: wrong.version,
    right_version: right.version,
    from: dayText(period.from),
    to: dayText(period.to),
    members: members.map(({ card, ...sums }) => ({ card, card_shown: maskedCard(card), ...sumsDocument(sums) })),
    merchants: merchants.map(({ merchant, ...sums }) => ({
      merchant,
      name: right.merchants[merchant]?.name ?? null,
      ...sumsDocument(sums),
    })),
    total: sumsDocument(total),
    settled: settled.map(settledDocument),
    set_aside: apart.map(({ card, ...why }) => ({ card, card_shown: maskedCard(card), ...why })),
    in_doubt: cautions.inDoubt,
    waiting: cautions.waiting.map(({ name, terminal, gap }) => ({ name, terminal: terminalName(terminal), gap })),
    quarantined: cautions.quarantined,
    silent: cautions.silent.map(({ terminal, lastDay }) => ({
      terminal: terminalName(terminal),
      imported_to: lastDay === null ? null : dayText(lastDay),
    })),
    unmoved: cautions.unmoved,
  };
}

export const postedDocument = (posted: Posted | null) =>
  posted === null
    ? null
    : {
        ...{ correction: posted.correction, visits: posted.visits, already: posted.already, rows: posted.rows },
        settled: posted.settled.map(settledDocument),
      };
