import type { Key, SaleRequest } from "../../hal/index.ts";
import { AMOUNT_DIGITS, type Desk } from "./desk.ts";
import { print } from "./shop.ts";
import { keyedVisit, type Wish } from "./visit.ts";

/** A sale of one line. */
export const saleOf = (cents: number): Omit<SaleRequest, "visit"> => ({
  kind: "sale",
  lines: [{ amount: cents, quantity: 1 }],
  tip: 0,
});

/** A visit that the very same one soon after would be asked about. */
export async function keyedSale(desk: Desk, wish: Wish, cents: number, isHere = false): Promise<void> {
  const { result, card = 0 } = await keyedVisit(desk, wish, cents, isHere);
  if (result === "done") desk.lastSale = { card, cents, utc: (await desk.terminal.hal.now()).utc };
}

/** Amount, green, tap. CAGNOTTE before or after the amount asks the card to pay. The print key takes what was typed for a ticket's number. */
export async function sale(desk: Desk, first: Key): Promise<void> {
  const isAsked = first === "cagnotte";
  const { typed, end } = await desk.type(
    { says: "saleAmount" },
    { most: AMOUNT_DIGITS, ends: ["cagnotte", "print"], ...(isAsked ? {} : { first }) },
  );
  const cents = Number(typed);
  if (end === "print") return print(desk, cents);
  const redeem = isAsked || end === "cagnotte" ? { redeem: "max" as const } : {};
  const wish: Wish = { ...saleOf(cents), ...redeem };
  await keyedSale(desk, wish, cents);
}
