import type { Table } from "../workbench/simulate-tables.ts";

/** A table for people: an empty line, its title, and columns that stand under each other; words to the left, numbers to the right. */
export function tableLines({ title, head, rows, words }: Table): string[] {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column]!.length)));
  const line = (row: readonly string[]): string =>
    row.map((cell, i) => (i < words ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join("  ");
  return ["", title, ...all.map((row) => `  ${line(row)}`.trimEnd())];
}
