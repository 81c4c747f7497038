import type { ByAccount, Swipe } from "../../hal/index.ts";
import { whoseVisit } from "../account-ticket.ts";
import { AMOUNT_DIGITS, type Desk } from "./desk.ts";
import { refund } from "./refund.ts";
import { keyedSale, saleOf } from "./sale.ts";
import { keyedVisit } from "./visit.ts";

const PHONE_DIGITS = { least: 6, most: 17, proposed: Infinity };
const TICKET_DIGITS = 12;

/** A sale for somebody who is known without a tap. Whoever only said a telephone number spends nothing: anybody may know it. */
async function saleBy(desk: Desk, by: ByAccount, isSaid = false): Promise<void> {
  if ("account" in by && !(await desk.confirm({ says: "phoneCard", card: by.account }))) return desk.ready();
  const most = { most: AMOUNT_DIGITS };
  const { typed, end } = await desk.type({ says: "saleAmount" }, isSaid ? most : { ...most, ends: ["cagnotte"] });
  const cents = Number(typed);
  const wish = { ...saleOf(cents), by };
  if (isSaid) await keyedSale(desk, { ...wish, rewards: "later", prepaid: "none" }, cents, true);
  else await keyedSale(desk, end === "cagnotte" ? { ...wish, redeem: "max" } : wish, cents, true);
}

/** A forgotten card: the telephone number names it. Nothing typed: the points go on a receipt. */
export async function withoutCard(desk: Desk): Promise<void> {
  const { typed } = await desk.type({ says: "phone" }, PHONE_DIGITS);
  if (typed === "") return saleBy(desk, { ticket: "" });
  const account = await desk.terminal.hal.phone(typed);
  if (typeof account === "number") return saleBy(desk, { account }, true);
  return desk.show({ says: account === "wait" ? "phoneWait" : "phoneUnknown" });
}

/** A code: of a receipt that carries points, which go on; of any other one, what it is about goes back. */
export async function scanned(desk: Desk, text: string): Promise<void> {
  const whose = await whoseVisit(desk.terminal, { ticket: text });
  return typeof whose === "string" ? refund(desk, text) : saleBy(desk, { ticket: text });
}

/** A stripe: an account of ours is served, of any other card nothing is kept. */
export async function swiped(desk: Desk, swipe: Swipe): Promise<void> {
  if (swipe.kind === "account") return saleBy(desk, { account: swipe.number });
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
