import type { WrittenReceipt } from "@cachet/firmware/hal";
import { Failure } from "./failure.ts";
import { money } from "./money.ts";
import { reasonTold } from "./reasons.ts";

/** What a till is told at the end of a visit, as far as it is looked at here. */
interface Report {
  readonly result: string;
  readonly reason?: string;
  readonly ticket?: number;
  readonly giveBackCents: number;
}

/** What a simulator answers to a line of words. */
export interface SimAnswer {
  readonly ok?: boolean;
  readonly refused?: string;
  readonly said?: string;
  readonly lines?: readonly string[];
  /** Of a visit: how it ended, or why the terminal stopped in the middle of it. */
  readonly report?: Report;
  readonly stopped?: string;
  /** Each slip of a visit, in lines, and the code for a refund elsewhere that stands on the last one. */
  readonly slips?: readonly (readonly string[])[];
  readonly code?: string;
  /** The same slips as data, each line with what it is. */
  readonly receipts?: readonly WrittenReceipt[];
}

const AGAIN = 'tap the same card again, with the same words and "again" behind them: nothing is done twice';

/** What else was said of a visit that did not go through, and the cash that it leaves behind. */
function stateOf(state: string, { giveBackCents }: Report): string {
  return giveBackCents === 0 ? state : `${state}; ${money(giveBackCents, "en")} of cash go back to the customer`;
}

/** The failure of a visit that a terminal refused, or that was cut: C-SIM-09, -10 or -11. Null where it went through, or is no visit. */
export function visitFailure(answer: SimAnswer): Failure | null {
  const { report, stopped } = answer;
  const lines = answer.lines?.join("; ") ?? "";
  const result = { ...answer };
  if (stopped !== undefined) {
    const next = ["switch the terminal on where it is off: cachet sim do power on", AGAIN];
    return new Failure("C-SIM-10", lines, "the visit may be on the card, whole or in part", next, result);
  }
  switch (report?.result) {
    case "refused": {
      const { reason = "" } = report;
      const told = reasonTold(reason);
      const what = told === null ? lines : `${lines}: ${told.meaning}`;
      const next = told === null ? [`cachet explain ${reason}`] : [told.staff, `cachet explain ${reason} says more`];
      return new Failure("C-SIM-09", what, stateOf("nothing was written on the card", report), next, result);
    }
    case "in-doubt":
    case "partly-done": {
      const state = stateOf("what is not committed may be on the card or not; hand nothing over for it", report);
      return new Failure("C-SIM-10", lines, state, [AGAIN], result);
    }
    case "no-card": {
      const state = stateOf("nothing was written on the card", report);
      return new Failure("C-SIM-11", lines, state, ["tap the card again"], result);
    }
    default:
      return null;
  }
}
