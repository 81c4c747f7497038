import type { Chart } from "./bars.ts";
import type { Table } from "./simulate-tables.ts";

const STYLE = `
:root { color-scheme: light; }
body { font: 15px/1.45 system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; color: #222; background: #fff;
  max-width: 960px; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; line-height: 1.25; overflow-wrap: anywhere; }
h2 { font-size: 1.1rem; margin: 2.2rem 0 .6rem; }
ul { padding-left: 1.2rem; color: #444; }
figure { margin: 2rem 0; break-inside: avoid; }
figcaption { font-weight: 600; margin-bottom: .4rem; }
svg { width: 100%; min-width: 680px; height: auto; display: block; }
.legend { margin: 0; font-size: .87rem; }
.key { font-size: 1.1rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: .87rem; }
th, td { padding: .22rem .7rem; border-bottom: 1px solid #e2e2e2; text-align: right; white-space: nowrap;
  font-variant-numeric: tabular-nums; }
th { border-bottom: 2px solid #999; vertical-align: bottom; white-space: normal; max-width: 11rem; overflow-wrap: break-word; }
.word { text-align: left; }
tbody tr:nth-child(even) { background: #f6f8fa; }
@media print { body { margin: 0; max-width: none; } tr { break-inside: avoid; } }
`;

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
const escaped = (text: string): string => text.replaceAll(/[&<>"]/g, (sign) => ENTITIES[sign]!);

function rowOf(cells: readonly string[], tag: "th" | "td", words: number): string {
  const each = cells.map((cell, i) => `<${tag}${i < words ? ' class="word"' : ""}>${escaped(cell)}</${tag}>`);
  return `<tr>${each.join("")}</tr>`;
}

/** A table with its title. */
export function tableOf({ title, head, rows, words }: Table): string {
  return [
    `<h2>${escaped(title)}</h2>`,
    '<div class="wide"><table>',
    `<thead>${rowOf(head, "th", words)}</thead>`,
    `<tbody>${rows.map((row) => rowOf(row, "td", words)).join("\n")}</tbody>`,
    "</table></div>",
  ].join("\n");
}

/** A drawing with its title and what its colours stand for. */
export function figureOf({ title, svg, keys }: Chart): string {
  const legend = keys.map(({ name, colour }) => `<span class="key" style="color:${colour}">■</span> ${escaped(name)}`);
  return [
    `<figure><figcaption>${escaped(title)}</figcaption>`,
    ...(legend.length === 0 ? [] : [`<p class="legend">${legend.join(" &emsp; ")}</p>`]),
    `<div class="wide">${svg.replace("<svg ", `<svg role="img" aria-label="${escaped(title)}" `)}</div></figure>`,
  ].join("\n");
}

/** One page that needs nothing else: no script, no address of another file. `parts`: drawings and tables, as HTML. */
export const pageOf = (lang: "fr" | "en", title: string, intro: readonly string[], parts: readonly string[]): string =>
  [
    "<!doctype html>",
    `<html lang="${lang}">`,
    '<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">',
    `<title>${escaped(title)}</title>`,
    `<style>${STYLE}</style></head>`,
    "<body>",
    `<h1>${escaped(title)}</h1>`,
    `<ul>${intro.map((line) => `<li>${escaped(line)}</li>`).join("\n")}</ul>`,
    ...parts,
    "</body></html>",
    "",
  ].join("\n");
