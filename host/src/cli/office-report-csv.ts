import { dayText } from "@cachet/card-layout";
import { terminalName } from "@cachet/firmware/wire";
import type { Report } from "../office/report/report.ts";
import type { Trade } from "../office/report/visits.ts";

type Row = readonly (string | number | null)[];

const HEAD = "table,row,column,unit,value";
const quoted = (cell: string | number | null): string => {
  const text = cell === null ? "" : String(cell);
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

/** Names that end in Cents are amounts in cents; all others are counts. */
function fieldsOf(table: string, row: string | number, one: object): Row[] {
  return Object.entries(one).flatMap(([name, value]) => {
    if (typeof value !== "number") return [];
    const isCents = name.endsWith("Cents");
    return [[table, row, isCents ? name.slice(0, -"Cents".length) : name, isCents ? "cents" : "count", value]];
  });
}

/** The figures of a whole town, without the tables in it. */
const townOf = ({ merchants: _m, matrix: _x, onCards: _o, ...rest }: Report): Partial<Trade> => {
  const { from: _f, to: _t, ...figures } = rest;
  return figures;
};

/** A report as one CSV table: a line for each figure, to be turned into any table by a spreadsheet. Amounts in whole cents. */
export function reportCsv(all: Report): string {
  const { merchants, matrix, onCards, breakage, silent, owed, clients } = all;
  const rows: Row[] = [
    ...fieldsOf("town", "total", townOf(all)),
    ...merchants.flatMap(({ merchant, ...one }) => fieldsOf("merchant", merchant, one)),
    ...matrix.cells.map(({ issuer, merchant, cents }): Row => ["matrix", issuer, merchant, "cents", cents]),
    ...matrix.rows.flatMap(({ issuer, ...one }) => fieldsOf("issued", issuer, one)),
    ...matrix.columns.flatMap(({ merchant, ...one }) => fieldsOf("paid", merchant, one)),
    ...onCards.held.flatMap(({ programme, keeps, index, unit, amount, worthCents }): Row[] => [
      ["held", programme, `${keeps} ${index}`, unit, amount],
      ...(worthCents === null || unit === "cents"
        ? []
        : [["worth", programme, `${keeps} ${index}`, "cents", worthCents]]),
    ]),
    ...onCards.expiring.map(({ programme, unit, until, amount }): Row => ["expiring", programme, until, unit, amount]),
    ["advance", "paid", "", "cents", onCards.prepaidCents],
    ["advance", "bonus", "", "cents", onCards.bonusCents],
    ...breakage.flatMap(({ programme, unit, amount, expected }): Row[] => [
      ["breakage", programme, "so far", unit, amount],
      ["breakage", programme, "expected", unit, expected],
    ]),
    ...onCards.worn.map(({ card, because, writes }): Row => ["replace", card, because.join(" "), "writes", writes]),
    ...silent.map(
      ({ terminal, merchant, since, isNew }): Row => [
        ...["silent", terminalName(terminal), merchant, "utc", isNew ? null : since],
      ],
    ),
    ...owed.map(({ programme, to, month, unit, amount }): Row => [`owed ${month}`, to, programme, unit, amount]),
    ...(clients ?? []).flatMap(({ card, since, last, ...one }): Row[] => [
      ["client", card, "since", "day", dayText(since)],
      ["client", card, "last", "day", last === null ? null : dayText(last)],
      ...fieldsOf("client", card, one),
    ]),
  ];
  return `${[HEAD, ...rows.map((row) => row.map(quoted).join(","))].join("\n")}\n`;
}
