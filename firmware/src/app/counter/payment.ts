import type { PaymentPort } from "../../hal/index.ts";
import { encodeCbor, Refusal } from "../../wire/index.ts";
import { type Desk, Left } from "./desk.ts";

/** Payment that staff collect by any means and confirm by key: green is the bank card. */
export const keyedPayment = (desk: Desk, taken: number): PaymentPort => ({
  async pay(cents) {
    try {
      const answer = await desk.choose(
        taken === 0 ? { says: "collect", cents } : { says: "collectAnew", cents, taken },
        ["by-card", "cash", "not-paid", "unsure"],
      );
      return answer === "unsure" ? "unknown" : answer;
    } catch (error) {
      if (error instanceof Left) return "not-paid";
      throw error;
    }
  },
});

/** Collects what is due. Where nobody can say what became of it, staff are asked, and the answer is journalled. */
export async function collect(
  desk: Desk,
  cents: number,
  taken = 0,
  card?: number,
  port = keyedPayment(desk, taken),
): Promise<boolean> {
  const paid = await port.pay(cents);
  if (paid !== "unknown") return paid !== "not-paid";
  const isPaid = await desk.confirm({ says: "paymentUnsure", cents });
  if (desk.training) return isPaid;
  const reason = isPaid ? "UNSURE_PAID" : "UNSURE_UNPAID";
  const of = card === undefined ? {} : { card };
  await desk.terminal.hal.refuse(encodeCbor(Refusal.encode({ reason, uid: new Uint8Array(), cents, ...of })));
  return isPaid;
}
