import { AMOUNT_DIGITS, type Desk } from "./desk.ts";
import { saleOf } from "./sale.ts";
import { keyedVisit } from "./visit.ts";

const PHONE_DIGITS = { least: 9, most: 15 };
const TICKET_DIGITS = 12;

/** A forgotten card: the telephone number names it. */
export async function withoutCard(desk: Desk): Promise<void> {
  await desk.type({ says: "phone" }, PHONE_DIGITS);
  await desk.show({ says: "phoneUnknown" });
}

/** A sale of today that was paid without the card: amount, the till's ticket, tap. */
export async function lateSale(desk: Desk): Promise<void> {
  const { typed } = await desk.type({ says: "lateAmount" }, { most: AMOUNT_DIGITS });
  const { typed: ticket } = await desk.type({ says: "lateTicket" }, { most: TICKET_DIGITS });
  const { utc: paidAt } = await desk.terminal.hal.now();
  const cents = Number(typed);
  await keyedVisit(desk, { ...saleOf(cents), late: { ticket, paidAt } }, cents);
}
