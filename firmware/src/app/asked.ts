import { concat } from "@cachet/card-layout";
import type { VisitRequest } from "../hal/index.ts";
import { encodeCbor, type Intent, StoredSale } from "../wire/index.ts";

/** What the till asks for, as the journal would hold it. */
export interface Asked {
  readonly sale: StoredSale;
  readonly topUp?: number;
  readonly refund?: { readonly ticket: number; readonly lines: readonly number[] | "all" };
}

const NO_SALE: StoredSale = { lines: [], tip: 0, payable: 0 };

function storedSale(request: VisitRequest): StoredSale {
  if (request.kind !== "sale") return NO_SALE;
  const { kind: _kind, visit: _visit, ...sale } = request;
  return { ...sale, payable: 0 };
}

/** What a request asks for; null where it cannot be written down. */
export function askedOf(request: VisitRequest): Asked | null {
  if (!Number.isSafeInteger(request.visit) || request.visit < 0) return null;
  const asked: Asked = {
    sale: storedSale(request),
    ...(request.kind === "top-up" ? { topUp: request.amount } : {}),
    ...(request.kind === "refund" ? { refund: { ticket: request.ticket, lines: request.lines } } : {}),
  };
  try {
    askedBytes(asked);
    return asked;
  } catch (error) {
    if (error instanceof RangeError || error instanceof TypeError) return null;
    throw error;
  }
}

/** One byte string for all that was asked, whatever the rules made of it. Throws `RangeError` where it cannot be written. */
function askedBytes({ sale, topUp }: Asked): Uint8Array {
  return concat(encodeCbor(StoredSale.encode({ ...sale, payable: 0 })), encodeCbor(topUp ?? null));
}

/** Whether the till asks for the very thing that an intent is about. */
export function isAskedBy({ sale, topUp, refund }: Intent, asked: Asked): boolean {
  if (refund?.ticket !== asked.refund?.ticket) return false;
  const wanted = asked.refund?.lines ?? "all";
  if (wanted !== "all" && wanted.join() !== refund?.lines.join()) return false;
  const [a, b] = [askedBytes({ sale, ...(topUp === undefined ? {} : { topUp }) }), askedBytes(asked)];
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
