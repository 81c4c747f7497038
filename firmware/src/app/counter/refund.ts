import type { RefundRequest } from "../../hal/index.ts";
import { decodeVisit } from "../../wire/index.ts";
import { soldToAccount } from "../account-refund.ts";
import type { Desk } from "./desk.ts";
import { keyedVisit } from "./visit.ts";

const TICKET_DIGITS = 10;

/** Which lines go back: asked where this terminal sold several. Each is taken, or left again, by its choice. */
async function linesOf(desk: Desk, ticket: number): Promise<RefundRequest["lines"]> {
  const { hal } = desk.terminal;
  const known = await hal.ticket(ticket, 0);
  const entry = known === null ? null : decodeVisit(await hal.entry(ticket));
  const lines = entry?.kind === "intent" || entry?.kind === "account" ? entry.body.sale.lines : [];
  if (lines.length < 2) return "all";
  const left = lines.flatMap(({ amount }, i) => (known!.refunded.includes(i) ? [] : [{ line: i + 1, cents: amount }]));
  const picked = new Set<number>();
  for (;;) {
    const lines = left.map((one) => (picked.has(one.line) ? ({ ...one, chosen: true } as const) : one));
    const chosen = await desk.choose({ says: "refundLines", ticket }, [picked.size > 0 ? "these" : "whole", ...lines]);
    if (chosen === "whole") return "all";
    if (chosen === "these") return [...picked].sort((a, b) => a - b).map((line) => line - 1);
    if (!picked.delete(chosen.line)) picked.add(chosen.line);
  }
}

/** Ticket number or the code of a receipt, then the same card, where there was one. `code`: one that was scanned already. */
export async function refund(desk: Desk, code?: string): Promise<void> {
  const scanned = code ?? (await typedTicket(desk));
  const ticket = typeof scanned === "number" ? scanned : { code: scanned };
  const lines = typeof ticket === "number" ? await linesOf(desk, ticket) : "all";
  const isWithoutCard = (await soldToAccount(desk.terminal, { ticket, visit: 0 })) !== null;
  await keyedVisit(desk, { kind: "refund", ticket, lines }, 0, isWithoutCard);
}

async function typedTicket(desk: Desk): Promise<number | string> {
  const { typed, end } = await desk.type({ says: "refundTicket" }, { most: TICKET_DIGITS, scans: true });
  return end === "scan" ? typed : Number(typed);
}

/** The card's last visit here, whole. */
export async function cancelLast(desk: Desk): Promise<void> {
  if (await desk.confirm({ says: "cancelLast" }))
    await keyedVisit(desk, { kind: "refund", ticket: "last", lines: "all" });
  else await desk.ready();
}
