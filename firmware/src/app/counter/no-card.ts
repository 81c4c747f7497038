import type { Swipe } from "../../hal/index.ts";
import { AMOUNT_DIGITS, type Desk } from "./desk.ts";
import { saleOf } from "./sale.ts";
import { keyedVisit } from "./visit.ts";

const PHONE_DIGITS = { least: 9, most: 15 };
const TICKET_DIGITS = 12;

/** A sale for somebody who is known without a tap: who, how much. */
async function saleBy(desk: Desk, account: number): Promise<void> {
  if (!(await desk.confirm({ says: "phoneCard", card: account }))) return desk.ready();
  const { typed } = await desk.type({ says: "saleAmount" }, { most: AMOUNT_DIGITS });
  const cents = Number(typed);
  await keyedVisit(desk, { ...saleOf(cents), by: { account } }, cents, true);
}

/** A forgotten card: the telephone number names it. */
export async function withoutCard(desk: Desk): Promise<void> {
  const { typed } = await desk.type({ says: "phone" }, PHONE_DIGITS);
  const found = await desk.accountOf(typed);
  return found === null ? desk.show({ says: "phoneUnknown" }) : saleBy(desk, found);
}

/** A stripe: an account of ours is served, of any other card nothing is kept. */
export async function swiped(desk: Desk, swipe: Swipe): Promise<void> {
  if (swipe.kind === "account") return saleBy(desk, swipe.number);
  return desk.show({ says: swipe.kind === "bank-card" ? "bankCard" : "unreadable" });
}

/** A sale of today that was paid without the card: amount, the till's ticket, tap. */
export async function lateSale(desk: Desk): Promise<void> {
  const { typed } = await desk.type({ says: "lateAmount" }, { most: AMOUNT_DIGITS });
  const { typed: ticket } = await desk.type({ says: "lateTicket" }, { most: TICKET_DIGITS });
  const { utc: paidAt } = await desk.terminal.hal.now();
  const cents = Number(typed);
  await keyedVisit(desk, { ...saleOf(cents), late: { ticket, paidAt } }, cents);
}
