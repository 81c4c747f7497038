import { type Decision, decideDoubts } from "./decisions.ts";
import { type ExpiryBack, replayExpiry } from "./expiry.ts";
import type { Fork } from "./forks.ts";
import type { Ledger } from "./schema.ts";
import { type BorneBy, chargeRefunds, type SecondRefund } from "./second-refunds.ts";

/** What the office itself did at a night's end. */
export interface Night {
  readonly decisions: readonly Decision[];
  /** Cards that show two histories by what was decided. */
  readonly forks: readonly Fork[];
  readonly refunds: readonly SecondRefund[];
  readonly expiries: readonly ExpiryBack[];
}

/**
 * What the office does once all batches of a night are in: it decides intents in doubt, charges second refunds, and puts right what expired
 * twice. Done again with nothing new, it does nothing. `at` in UTC seconds.
 */
export async function endNight(ledger: Ledger, policy: BorneBy, at: number): Promise<Night> {
  const { decisions, forks } = await decideDoubts(ledger, at);
  const refunds = await chargeRefunds(ledger, policy, at);
  const expiries = await replayExpiry(ledger, at);
  return { decisions, forks, refunds, expiries };
}
