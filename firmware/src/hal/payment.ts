/** What became of money that was to be collected. `unknown`: nobody can say; whoever stands at the counter is asked. */
export type Payment = "by-card" | "cash" | "not-paid" | "unknown";

/** Who collects what is due. */
export interface PaymentPort {
  /**
   * Collects so many cents, more than none, and says what became of them. Comes back in every case: an answer that is lost, or does not come
   * in the time that the means of payment gives it, is `unknown`, never an error, and never asked for twice by itself.
   */
  pay(cents: number): Promise<Payment>;
}
