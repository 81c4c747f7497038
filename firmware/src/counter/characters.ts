import type { Page } from "./page.ts";

/** Sizes of character displays, columns by rows. */
export const DISPLAYS = { "4x20": { columns: 20, rows: 4 }, "8x21": { columns: 21, rows: 8 } } as const;
export type Display = keyof typeof DISPLAYS;

const NO_BREAK = "\u00a0";
/** A space inside an amount, and one before a sign that does not begin a row. */
const HELD_SPACE = /(?<=\d) (?=\d{3}\b|€)| (?=[?:·+]( |$))/g;

/** Words on as few rows as they take, amounts whole; a word longer than a row is cut into rows. */
function wrapped(said: string, columns: number): string[] {
  const text = said.replaceAll(HELD_SPACE, NO_BREAK);
  const rows: string[] = [];
  let row = "";
  for (const word of text.split(" ").flatMap((part) => part.match(new RegExp(`.{1,${columns}}`, "gu")) ?? [])) {
    const longer = row === "" ? word : `${row} ${word}`;
    if ([...longer].length <= columns) row = longer;
    else {
      rows.push(row);
      row = word;
    }
  }
  return (row === "" ? rows : [...rows, row]).map((one) => one.replaceAll(NO_BREAK, " "));
}

const padded = (text: string, columns: number): string => text + " ".repeat(Math.max(0, columns - [...text].length));
const cut = (text: string, columns: number): string => [...text].slice(0, columns).join("");

/** Choices side by side where they have one row's room, else those that fit, so that the marked one is among them. */
function shown({ choices, marked }: Page, rows: number, columns: number): string[] {
  const beside = choices.map((choice, i) => `${i === marked ? ">" : " "}${i + 1} ${choice}`).join(" ");
  if ([...beside].length <= columns) return [beside];
  const first = Math.min(Math.max(0, marked - rows + 1), Math.max(0, choices.length - rows));
  return choices
    .slice(first, first + rows)
    .map((choice, i) => `${first + i === marked ? ">" : " "}${first + i + 1} ${choice}`);
}

/**
 * A page on a character display: the title above, then the line, then as many choices as there is room for, the marked one always. Every
 * row is as wide as the display. `fits` is false where something of title, line or a choice was cut.
 */
export function onDisplay(page: Page, display: Display): { readonly rows: readonly string[]; readonly fits: boolean } {
  const { columns, rows: height } = DISPLAYS[display];
  const title = wrapped(page.title, columns);
  const line = wrapped(page.line, columns);
  const head = [...title.slice(0, 1), ...line];
  const room = height - head.length;
  const choices = page.choices.length === 0 ? [] : shown(page, Math.max(1, room), columns);
  const all = [...head.slice(0, height - (choices.length === 0 ? 0 : 1)), ...choices];
  const fits =
    title.length <= 1 &&
    head.length + (choices.length === 0 ? 0 : 1) <= height &&
    all.every((row) => [...row].length <= columns);
  return { rows: Array.from({ length: height }, (_, i) => padded(cut(all[i] ?? "", columns), columns)), fits };
}

const FRAME = {
  columns: 40,
  lights: { idle: " ", asks: "?", working: "~", done: "+", reward: "*", refused: "!" },
} as const;

/** A page on a tty: a frame with every choice, the light as a sign in the corner. */
export function onTty(page: Page): string[] {
  const { columns, lights } = FRAME;
  const choices = page.choices.map((choice, i) => `${i === page.marked ? ">" : " "} ${i + 1}  ${choice}`);
  const inside = [...wrapped(page.title, columns), ...wrapped(page.line, columns), ...choices];
  const edge = "-".repeat(columns);
  return [
    `+-${edge}[${lights[page.signal]}]+`,
    ...inside.map((row) => `| ${padded(row, columns)}   |`),
    `+-${edge}---+`,
  ];
}
