import { type Day, dayText, maskedCard } from "@cachet/card-layout";
import { divide } from "@cachet/firmware/rules";
import { terminalName } from "@cachet/firmware/wire";
import { toCallBack } from "../office/report/clients.ts";
import type { Issuer } from "../office/report/matrix.ts";
import type { Report } from "../office/report/report.ts";
import type { Trade } from "../office/report/visits.ts";
import type { Table } from "../workbench/simulate-tables.ts";
import { money } from "./money.ts";
import { REPORT_WORDS, type ReportWords } from "./office-report-words.ts";
import { owedLines } from "./statement-text.ts";
import { tableLines } from "./table.ts";

type Lang = "fr" | "en";

/** How a report is written: the names of merchants, and when a card is called back. */
export interface ReportWriting {
  readonly lang: Lang;
  readonly names: ReadonlyMap<number, string>;
  readonly silentDays: number;
  /** A card is called back after so many days before this one. */
  readonly callBack: { readonly at: Day; readonly days: number };
}

interface Pen extends ReportWriting {
  readonly words: ReportWords;
  readonly cents: (amount: number) => string;
}

/** A matrix of more columns than fit on a screen is for a spreadsheet. */
const COLUMNS_SHOWN = 8;
const ROWS_SHOWN = 10;

/** Cents per one of something, rounded half up; 0 of none. */
export const average = (cents: number, count: number): number => (count > 0 ? divide(cents, count, "half-up") : 0);
/** A share in basis points, rounded half up; 0 of none. */
export const share = (part: number, whole: number): number => (whole > 0 ? divide(10_000 * part, whole, "half-up") : 0);

const dateOf = (utc: number): string => new Date(utc * 1_000).toISOString().slice(0, 10);

function percentText(basisPoints: number, lang: Lang): string {
  const tenths = divide(basisPoints, 10, "half-up");
  return `${Math.floor(tenths / 10)}${lang === "fr" ? "," : "."}${tenths % 10}${lang === "fr" ? " " : ""}%`;
}

const merchantName = ({ names }: ReportWriting, merchant: number): string => names.get(merchant) ?? String(merchant);
const issuerName = (pen: Pen, issuer: Issuer): string =>
  typeof issuer === "number" ? merchantName(pen, issuer) : pen.words[issuer];

function tradeTable(all: Report, pen: Pen): Table {
  const { words, cents, lang } = pen;
  const row = (name: string, one: Trade) => [
    name,
    String(one.visits),
    String(one.members),
    percentText(share(one.returning, one.members), lang),
    cents(average(one.soldCents, one.visits)),
    cents(average(one.soldCents, one.members)),
    cents(one.earnedCents),
    cents(one.spentCents),
    cents(one.toppedUpCents),
    String(one.redemptions),
    String(one.rewards),
  ];
  return {
    title: words.trade,
    head: [
      words.merchant,
      ...[words.visits, words.members, words.returning, words.perVisit, words.perMember],
      ...[words.earned, words.spent, words.toppedUp, words.redemptions, words.rewards],
    ],
    rows: [...all.merchants.map((one) => row(merchantName(pen, one.merchant), one)), row(words.total, all)],
    words: 1,
  };
}

/** Where a merchant's cards come from, what it issued and where that went. */
function exchangeTable({ merchants, matrix }: Report, pen: Pen): Table {
  const { words, cents } = pen;
  return {
    title: words.cards,
    head: [
      words.merchant,
      ...[words.newMembers, words.guests, words.guestsCents],
      ...[words.issued, words.elsewhere, words.left, words.paid, words.fromOthers],
    ],
    rows: merchants.map(({ merchant, newMembers, guests, guestsCents }) => {
      const row = matrix.rows.find(({ issuer }) => issuer === merchant);
      const column = matrix.columns.find((one) => one.merchant === merchant);
      return [
        merchantName(pen, merchant),
        ...[String(newMembers), String(guests), cents(guestsCents)],
        ...[row?.issuedCents, row?.elsewhereCents, row?.leftCents].map((amount) => cents(amount ?? 0)),
        ...[column?.paidCents, column?.fromOthersCents].map((amount) => cents(amount ?? 0)),
      ];
    }),
    words: 1,
  };
}

function matrixTable({ matrix: { cells, rows, columns, totalCents } }: Report, pen: Pen): Table {
  const { words, cents } = pen;
  const cell = (issuer: Issuer, merchant: number) =>
    cents(cells.find((one) => one.issuer === issuer && one.merchant === merchant)?.cents ?? 0);
  return {
    title: words.matrix,
    head: ["", ...columns.map(({ merchant }) => merchantName(pen, merchant)), words.total],
    rows: [
      ...rows
        .filter(({ spentCents, elsewhereCents }) => spentCents !== 0 || elsewhereCents !== 0)
        .map(({ issuer, spentCents }) => [
          issuerName(pen, issuer),
          ...columns.map(({ merchant }) => cell(issuer, merchant)),
          cents(spentCents),
        ]),
      [words.total, ...columns.map(({ paidCents }) => cents(paidCents)), cents(totalCents)],
    ],
    words: 1,
  };
}

function onCardsLines({ onCards, breakage }: Report, pen: Pen): string[] {
  const { words, cents } = pen;
  const amount = (unit: string, value: number) =>
    unit === "cents" ? cents(value) : `${value} ${words.units[unit as keyof typeof words.units]}`;
  const tables: Table[] = [
    {
      title: words.onCards,
      head: [words.programme, words.holds, words.amount, words.worth],
      rows: onCards.held.map(({ programme, keeps, index, unit, amount: value, worthCents }) => [
        ...[String(programme), `${words.kept[keeps]} ${index}`, amount(unit, value)],
        worthCents === null ? "?" : cents(worthCents),
      ]),
      words: 2,
    },
    {
      title: words.expiring,
      head: [words.programme, "", words.amount],
      rows: onCards.expiring.map(({ programme, unit, until, amount: value }) => [
        ...[String(programme), until ?? words.lasts, amount(unit, value)],
      ]),
      words: 2,
    },
    {
      title: words.breakage,
      head: [words.programme, words.amount, words.expected],
      rows: breakage.map(({ programme, unit, amount: value, expected }) => [
        ...[String(programme), amount(unit, value), amount(unit, expected)],
      ]),
      words: 1,
    },
  ];
  const { prepaidCents, bonusCents } = onCards;
  const advance = `${words.advance}: ${cents(prepaidCents + bonusCents)}, ${words.bonus} ${cents(bonusCents)}`;
  return [
    ...tables.flatMap((table) => (table.rows.length === 0 ? [] : tableLines(table))),
    ...(prepaidCents + bonusCents === 0 ? [] : ["", advance]),
  ];
}

/** The first rows of a table, and how many more there are. */
function firstRows<T>(rows: readonly T[], table: (shown: readonly T[]) => Table, words: ReportWords): string[] {
  if (rows.length === 0) return [];
  const lines = tableLines(table(rows.slice(0, ROWS_SHOWN)));
  return rows.length > ROWS_SHOWN ? [...lines, `  ${words.more(rows.length - ROWS_SHOWN)}`] : lines;
}

function lookAtLines({ onCards: { worn }, silent }: Report, pen: Pen): string[] {
  const { words } = pen;
  return [
    ...firstRows(
      worn,
      (shown) => ({
        title: `${words.worn}: ${worn.length}`,
        head: ["", "", words.since, words.writes],
        rows: shown.map(({ card, because, firstUsed, writes }) => [
          ...[maskedCard(card), because.map((why) => words.because[why]).join(", ")],
          ...[firstUsed === 0 ? "?" : dateOf(firstUsed), String(writes)],
        ]),
        words: 3,
      }),
      words,
    ),
    ...firstRows(
      silent,
      (shown) => ({
        title: `${words.silent(pen.silentDays)}: ${silent.length}`,
        head: ["", words.merchant, words.since],
        rows: shown.map(({ terminal, merchant, since, isNew }) => [
          ...[terminalName(terminal), merchantName(pen, merchant)],
          isNew ? words.never : dateOf(since),
        ]),
        words: 3,
      }),
      words,
    ),
  ];
}

function clientLines({ clients }: Report, pen: Pen): string[] {
  if (clients === null) return [];
  const { words, cents, callBack } = pen;
  const rows = toCallBack(clients, callBack.at, callBack.days);
  return [
    "",
    `${words.clients}: ${clients.length}`,
    ...firstRows(
      rows,
      (shown) => ({
        title: `${words.callBack}: ${rows.length}`,
        head: ["", words.last, words.visits, words.total],
        rows: shown.map(({ card, last, allVisits, allSoldCents }) => [
          ...[maskedCard(card), last === null ? "" : dayText(last), String(allVisits), cents(allSoldCents)],
        ]),
        words: 2,
      }),
      words,
    ),
  ];
}

/** A report for people. */
export function reportLines(all: Report, writing: ReportWriting): string[] {
  const { lang } = writing;
  const pen: Pen = { ...writing, words: REPORT_WORDS[lang], cents: (amount) => money(amount, lang) };
  const { words, cents } = pen;
  const { matrix, owed, outstandingCents, outstandingStamps, inDoubt } = all;
  const isTown = all.clients === null;
  const days = all.from === null && all.to === null ? [] : [`${dayOr(all.from)} - ${dayOr(all.to)}`];
  return [
    ...days,
    ...tableLines(tradeTable(all, pen)),
    ...tableLines(exchangeTable(all, pen)),
    ...(isTown && matrix.columns.length > 0 && matrix.columns.length <= COLUMNS_SHOWN
      ? tableLines(matrixTable(all, pen))
      : []),
    ...clientLines(all, pen),
    ...onCardsLines(all, pen),
    ...lookAtLines(all, pen),
    "",
    `${isTown ? words.outstanding : words.outstandingOwn}: ${cents(outstandingCents)}, ${outstandingStamps} ${words.stamps}; ${words.inDoubt}: ${inDoubt}`,
    ...owedLines(owed, lang),
  ];
}

const dayOr = (day: Day | null): string => (day === null ? "..." : dayText(day));
