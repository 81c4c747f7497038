import type { Moment, Receipt } from "../hal/index.ts";
import { headOf } from "./receipt.ts";
import { SEPARATOR, strong } from "./receipt-lines.ts";
import type { Terminal } from "./terminal.ts";

/** The page for the shop's staff: what the keys do, then the rules of each programme. The port words both. */
export const sheetOf = (terminal: Terminal, moment: Moment): Receipt => [
  ...headOf(terminal, moment),
  SEPARATOR,
  { line: "keys" },
  ...terminal.programmes.flatMap(
    ({ name, rules }): Receipt => [
      SEPARATOR,
      strong(name),
      ...rules.map((rule) => ({ line: "rule", rule: { ...rule } }) as const),
    ],
  ),
];
