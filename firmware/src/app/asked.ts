import { concat } from "@cachet/card-layout";
import type { CardRequest, Hal, RefundRequest } from "../hal/index.ts";
import { encodeCbor, type Intent, type ReceiptCode, StoredSale } from "../wire/index.ts";
import { type CardRefusal, CardRefused } from "./card.ts";
import { openReceiptCode } from "./receipt-code.ts";

/** A ticket that is taken back. */
export interface AskedRefund {
  /** Its entry in the journal of the terminal that sold; `last`: the card's last one here. */
  readonly ticket: number | "last";
  readonly lines: readonly number[] | "all";
  /** What the code of its receipt says, where it is another terminal's. */
  readonly code: ReceiptCode | null;
}

/** What the till asks for, as the journal would hold it. */
export interface Asked extends Pick<Intent, "sale" | "topUp" | "purchase" | "late" | "paper"> {
  readonly refund?: AskedRefund;
  /** Value that leaves this card for another one. */
  readonly give?: { readonly programme: number; readonly rule: string; readonly value: number };
  /** Ticket of the visit that took the value off a card. */
  readonly receive?: number;
  /** The programme that the card leaves. */
  readonly closing?: number;
}

export const NO_SALE: StoredSale = { lines: [], tip: 0, payable: 0 };

async function askedRefund(hal: Hal, merchant: number, terminal: number, request: RefundRequest): Promise<AskedRefund> {
  const { ticket, lines } = request;
  if (typeof ticket !== "object") return { ticket, lines, code: null };
  const code = await openReceiptCode(hal, merchant, ticket.code);
  // The seller goes by its own journal.
  return { ticket: code.ticket, lines, code: code.terminal === terminal ? null : code };
}

async function askedParts(hal: Hal, merchant: number, terminal: number, request: CardRequest): Promise<Asked> {
  const nothing = { sale: NO_SALE };
  switch (request.kind) {
    case "sale": {
      const { kind: _kind, visit: _visit, by: _by, late, ...sale } = request;
      return { sale: { ...sale, payable: 0 }, ...(late === undefined ? {} : { late }) };
    }
    case "top-up": {
      const { amount, purchase } = request;
      return { ...nothing, topUp: amount, ...(purchase === undefined ? {} : { purchase }) };
    }
    case "refund":
      return { ...nothing, refund: await askedRefund(hal, merchant, terminal, request) };
    case "give": {
      const { programme, rule, value } = request;
      return { ...nothing, give: { programme, rule, value } };
    }
    case "receive":
      return { ...nothing, receive: request.ticket };
    case "close":
      return { ...nothing, closing: request.programme };
    case "paper": {
      const { programme, rule, stamps } = request;
      return { ...nothing, paper: { programme, rule, stamps } };
    }
    case "settle":
    case "balance":
      return nothing;
  }
}

/** What a request asks for, or why it cannot be asked. */
export async function askedOf(
  hal: Hal,
  merchant: number,
  terminal: number,
  request: CardRequest,
): Promise<Asked | CardRefusal | "BAD_AMOUNT"> {
  if (!Number.isSafeInteger(request.visit) || request.visit < 0) return "BAD_AMOUNT";
  try {
    const asked = await askedParts(hal, merchant, terminal, request);
    saleBytes(asked);
    return asked;
  } catch (error) {
    if (error instanceof CardRefused) return error.reason;
    if (error instanceof RangeError || error instanceof TypeError) return "BAD_AMOUNT";
    throw error;
  }
}

/** One byte string for what was to be paid, whatever the rules made of it. Throws `RangeError` where it cannot be written. */
function saleBytes({ sale, topUp }: Pick<Asked, "sale" | "topUp">): Uint8Array {
  return concat(encodeCbor(StoredSale.encode({ ...sale, payable: 0 })), encodeCbor(topUp ?? null));
}

function isRefundAskedBy({ refund }: Partial<Omit<Intent, "areas">>, asked: AskedRefund | undefined): boolean {
  if (refund === undefined || asked === undefined) return refund === asked;
  const isTicket = asked.ticket === "last" || asked.ticket === refund.ticket;
  if (!isTicket || asked.code?.terminal !== refund.terminal) return false;
  return asked.lines === "all" || asked.lines.join() === refund.lines.join();
}

function isTransferAskedBy({ transfer }: Partial<Omit<Intent, "areas">>, { give, receive }: Asked): boolean {
  if (transfer?.from !== receive) return false;
  if (receive !== undefined) return true;
  const { programme, rule, value } = give ?? {};
  return transfer?.programme === programme && transfer?.rule === rule && transfer?.value === value;
}

function isPaperAskedBy({ paper }: Partial<Omit<Intent, "areas">>, asked: Asked): boolean {
  const { programme, rule, stamps } = asked.paper ?? {};
  return paper?.programme === programme && paper?.rule === rule && paper?.stamps === stamps;
}

/** Whether the till asks for the very thing that an intent is about. */
export function isAskedBy(intent: Pick<Intent, "sale"> & Partial<Omit<Intent, "areas">>, asked: Asked): boolean {
  const { sale, topUp, purchase, late, closing } = intent;
  if (!isRefundAskedBy(intent, asked.refund) || !isTransferAskedBy(intent, asked)) return false;
  if (closing?.programme !== asked.closing || !isPaperAskedBy(intent, asked)) return false;
  if (late?.ticket !== asked.late?.ticket || late?.paidAt !== asked.late?.paidAt) return false;
  const { programme, rule, pack } = asked.purchase ?? {};
  if (purchase?.programme !== programme || purchase?.rule !== rule || purchase?.pack !== pack) return false;
  const [a, b] = [saleBytes({ sale, ...(topUp === undefined ? {} : { topUp }) }), saleBytes(asked)];
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
