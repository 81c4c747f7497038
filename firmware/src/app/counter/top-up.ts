import { AMOUNT_DIGITS, type Desk, Left } from "./desk.ts";
import { collect } from "./payment.ts";
import { keyedVisit } from "./visit.ts";

/** Amount, payment, tap: the money is there before the card is written. */
export async function topUp(desk: Desk): Promise<void> {
  const { typed } = await desk.type({ says: "topUpAmount" }, { most: AMOUNT_DIGITS });
  const amount = Number(typed);
  if (!(await collect(desk, amount))) return desk.show({ says: "notPaid", due: 0 });
  desk.holdsMoney = true;
  try {
    await keyedVisit(desk, { kind: "top-up", amount }, amount);
  } catch (error) {
    if (!(error instanceof Left)) throw error;
    // Nobody tapped: the money goes back.
    await desk.show({ says: "giveBack", cents: amount });
  } finally {
    desk.holdsMoney = false;
  }
}
