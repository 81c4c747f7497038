import { toHex } from "@cachet/card-layout";
import type { Moment, Receipt, ReprintRequest, VisitReport } from "../hal/index.ts";
import { type AccountVisit, decodeVisit } from "../wire/index.ts";
import { type AccountTicket, accountReceipt } from "./account-receipt.ts";
import { NO_SALE } from "./asked.ts";
import { type KnownIntent, newIntent } from "./doubts.ts";
import { receiptOf, type Ticket } from "./receipt.ts";
import { receiptCodeOf, sealedCode } from "./receipt-code.ts";
import { emptyReport } from "./report.ts";
import type { Terminal } from "./terminal.ts";

/** Digits of an entry's hash on its ticket. */
const SEAL_DIGITS = 8;

async function sealOf({ hal }: Terminal, number: number): Promise<string> {
  return toHex(await hal.entryHash(number)).slice(0, SEAL_DIGITS);
}

/** What the journal alone says of a visit. */
export async function ticketOf(terminal: Terminal, intent: KnownIntent, moment: Moment): Promise<Ticket> {
  const seal = await sealOf(terminal, intent.number);
  return { intent, moment, due: [], waits: false, code: null, seal, nothing: [], mark: null };
}

/** What the ticket of a visit without a card says beside the visit. */
export async function accountTicketOf(
  terminal: Terminal,
  number: number,
  utc: number,
  body: AccountVisit,
  isDuplicate = false,
): Promise<AccountTicket> {
  const { account: card, holds } = body;
  const seal = await sealOf(terminal, number);
  // The terminal's own journal says what it sold: nobody else takes it back.
  const of = { ticket: number, card, utc, sale: NO_SALE, areas: [], account: true } as const;
  const code = await sealedCode(terminal, holds === undefined ? of : { ...of, holds });
  return { number, body, seal, code, isDuplicate };
}

/** A ticket of the journal as it is printed once more. */
interface Stored {
  readonly number: number;
  readonly card: number;
  readonly receipt: Receipt;
  readonly code: string | null;
}

/** A visit of this terminal's journal that wrote something on a card or was one without a card, with its own time; null where there is none. */
async function storedTicket(terminal: Terminal, { ticket, visit }: ReprintRequest): Promise<Stored | null> {
  const { hal } = terminal;
  const number = ticket === "last" ? await hal.lastTicket() : ticket;
  const found = number === null ? null : await hal.ticket(number, visit);
  if (number === null || found === null || !found.outcomes.some(({ outcome }) => outcome === "committed")) return null;
  const entry = decodeVisit(await hal.entry(number));
  if (entry === null) return null;
  const { utc, offset } = entry;
  const momentOf = (suspect = false): Moment => ({ utc, offset, suspect });
  if (entry.kind === "account") {
    const { account: card, clockSuspect } = entry.body;
    const printed = await accountTicketOf(terminal, number, utc, entry.body, true);
    return { ...printed, card, receipt: accountReceipt(terminal, card, [], printed, momentOf(clockSuspect)) };
  }
  const { body } = entry;
  const outcomes: KnownIntent["outcomes"] = new Map(found.outcomes.map((one) => [one.programme, one.outcome]));
  const intent = { ...newIntent(number, utc, body), outcomes };
  const printed = await ticketOf(terminal, intent, momentOf(body.clockSuspect));
  const code = await receiptCodeOf(terminal, intent);
  return { number, card: body.card, receipt: receiptOf(terminal, { ...printed, code, mark: "duplicate" }), code };
}

/** Prints a ticket once more. What the journal does not tell, such as why a programme gave nothing, is not on it. */
export async function reprint(terminal: Terminal, request: ReprintRequest): Promise<VisitReport> {
  const stored = await storedTicket(terminal, request);
  if (stored === null) return { ...emptyReport(request, "refused"), reason: "TICKET_UNKNOWN" };
  const { number, card, receipt, code } = stored;
  const done = { ...emptyReport(request, "done"), card, ticket: number };
  if ((await terminal.hal.print(receipt)) === "printed") return done;
  return { ...done, unprinted: code === null ? {} : { code } };
}
