import { DISPLAYS, type Display, onDisplay, onTty } from "./characters.ts";
import type { Page } from "./page.ts";

/** How a screen is drawn where there is a tty: in a frame of its own, or as one of the displays would show it. */
export type Drawing = Display | "tty";
export const DRAWINGS: readonly Drawing[] = [...(Object.keys(DISPLAYS) as Display[]), "tty"];

/** A page as rows of text. */
export function drawn(page: Page, drawing: Drawing): readonly string[] {
  if (drawing === "tty") return onTty(page);
  const { rows } = onDisplay(page, drawing);
  const edge = "-".repeat(DISPLAYS[drawing].columns);
  return [`+${edge}+ [${page.signal}]`, ...rows.map((row) => `|${row}|`), `+${edge}+`];
}
