import type { Choice, CounterEvent, Key, VisitReport, VisitRequest } from "../../hal/index.ts";
import { reprint } from "../reprint.ts";
import type { Terminal } from "../terminal.ts";
import { visit } from "../visit.ts";
import { tellWithoutCard } from "../without-card.ts";
import { Desk, Left } from "./desk.ts";
import { lateSale, scanned, swiped, withoutCard } from "./no-card.ts";
import { cancelLast, refund } from "./refund.ts";
import { sale } from "./sale.ts";
import { closeDay, endOfDay, help, history, print, settings, training } from "./shop.ts";
import { topUp } from "./top-up.ts";
import { keyedVisit } from "./visit.ts";

/** What the menu offers, and the keys that lead there at once. */
const FLOWS = {
  "top-up": topUp,
  refund: (desk: Desk) => refund(desk),
  "no-card": withoutCard,
  "cancel-last": cancelLast,
  "late-sale": lateSale,
  print: (desk: Desk) => print(desk),
  "end-of-day": endOfDay,
  training,
  settings,
  help,
  history,
} satisfies Partial<Record<Choice & string, (desk: Desk) => Promise<void>>>;
const MENU = Object.keys(FLOWS) as (keyof typeof FLOWS)[];

async function menu(desk: Desk): Promise<void> {
  await FLOWS[await desk.choose({ says: "menu" }, MENU)](desk);
}

function pressed(desk: Desk, key: Key): Promise<void> {
  if (/^\d/.test(key) || key === "cagnotte") return sale(desk, key);
  if (key === "menu") return menu(desk);
  const flow = Object.hasOwn(FLOWS, key) ? FLOWS[key as keyof typeof FLOWS] : undefined;
  return flow === undefined ? desk.ready() : flow(desk);
}

function serve(terminal: Terminal, request: VisitRequest): Promise<VisitReport> {
  if (request.kind === "reprint") return reprint(terminal, request);
  return request.kind === "without-card" ? tellWithoutCard(terminal, request) : visit(terminal, request);
}

async function begin(desk: Desk, event: CounterEvent): Promise<void> {
  const { plain } = desk;
  switch (event.kind) {
    case "request":
      return plain.hal.report(await serve(plain, event.request));
    case "key":
      return pressed(desk, event.key);
    case "card":
      await keyedVisit(desk, { kind: "balance" }, 0, true);
      return;
    case "scan":
      return scanned(desk, event.text);
    case "swipe":
      return swiped(desk, event.swipe);
    case "time":
      return closeDay(desk);
  }
}

/** The counter's life: one thing after the other. How it ended stays on the screen until the next one begins. */
export async function serveCounter(terminal: Terminal): Promise<never> {
  const desk = new Desk(terminal);
  for (;;) {
    const event = desk.waiting.shift() ?? (await terminal.hal.nextEvent(0, "new"));
    try {
      await begin(desk, event);
    } catch (error) {
      if (!(error instanceof Left)) throw error;
      await desk.ready();
    }
  }
}
