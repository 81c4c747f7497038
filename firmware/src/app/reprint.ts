import { toHex } from "@cachet/card-layout";
import type { Moment, ReprintRequest, VisitReport } from "../hal/index.ts";
import { decodeEntry, entryMessage } from "../wire/index.ts";
import { type KnownIntent, newIntent } from "./doubts.ts";
import { receiptOf, type Ticket } from "./receipt.ts";
import { receiptCodeOf } from "./receipt-code.ts";
import { emptyReport } from "./report.ts";
import type { Terminal } from "./terminal.ts";

/** Digits of an entry's hash on its ticket. */
const SEAL_DIGITS = 8;

/** What the journal alone says of a visit. */
export async function ticketOf({ hal }: Terminal, intent: KnownIntent, moment: Moment): Promise<Ticket> {
  const hash = await hal.hash(entryMessage(await hal.entry(intent.number)));
  const seal = toHex(hash).slice(0, SEAL_DIGITS);
  return { intent, moment, due: [], waits: false, code: null, seal, nothing: [], mark: null };
}

/** A visit of this terminal's journal that wrote something on a card, with its own time; null where there is none. */
async function storedTicket(terminal: Terminal, { ticket, visit }: ReprintRequest): Promise<Ticket | null> {
  const { hal } = terminal;
  const number = ticket === "last" ? await hal.lastTicket() : ticket;
  const found = number === null ? null : await hal.ticket(number, visit);
  if (number === null || found === null || !found.outcomes.some(({ outcome }) => outcome === "committed")) return null;
  const entry = decodeEntry(await hal.entry(number));
  if (entry.kind !== "intent") return null;
  const { utc, offset, body } = entry;
  const outcomes: KnownIntent["outcomes"] = new Map(found.outcomes.map((one) => [one.programme, one.outcome]));
  const intent = { ...newIntent(number, utc, body), outcomes };
  const printed = await ticketOf(terminal, intent, { utc, offset, suspect: body.clockSuspect ?? false });
  return { ...printed, code: await receiptCodeOf(terminal, intent), mark: "duplicate" };
}

/** Prints a ticket once more. What the journal does not tell, such as why a programme gave nothing, is not on it. */
export async function reprint(terminal: Terminal, request: ReprintRequest): Promise<VisitReport> {
  const stored = await storedTicket(terminal, request);
  if (stored === null) return { ...emptyReport(request, "refused"), reason: "TICKET_UNKNOWN" };
  const receipt = receiptOf(terminal, stored);
  const { number, body } = stored.intent;
  const done = { ...emptyReport(request, "done"), card: body.card, ticket: number };
  if ((await terminal.hal.print(receipt)) === "printed") return done;
  return { ...done, unprinted: stored.code === null ? {} : { code: stored.code } };
}
