import type { Key } from "../hal/index.ts";

/** What a keyboard has for the keys of a terminal, by what it sends. */
const TYPED: Readonly<Record<string, Key>> = {
  "\r": "ok",
  "\n": "ok",
  "\x7f": "correct",
  "\b": "correct",
  "\x1b": "cancel",
  "\x1b[A": "up",
  "\x1b[B": "down",
  z: "00",
  m: "menu",
  c: "cagnotte",
  t: "top-up",
  r: "refund",
  n: "no-card",
  l: "cancel-last",
  p: "print",
  v: "history",
  h: "help",
};

/** The key of a terminal that a keyboard's key stands for; null for none. */
export const keyOfTyped = (typed: string): Key | null => (/^\d$/.test(typed) ? (typed as Key) : (TYPED[typed] ?? null));

/** What people press, in one line. */
export const TYPED_LEGEND: readonly string[] = [
  "0-9 z(00)  Enter ok  Backspace correct  Esc cancel  arrows  m menu  c CAGNOTTE  t RECHARGE  r REMBOURSER",
  "n SANS CARTE  l ANNULER DERNIERE  p IMPRIMER  v PASSAGES  h AIDE",
];
