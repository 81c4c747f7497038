import type { CardRequest } from "../hal/index.ts";
import type { Note } from "../rules/index.ts";
import type { Proposal } from "./proposal.ts";

/** Staff and customer, asked between the reading of a card and the first write of the visit. A till that says everything beforehand has none. */
export interface Questions {
  /**
   * Asks the next thing that this proposal leaves open, and gives the request as it is from now on: the card is read anew, for it may have been
   * anywhere meanwhile. Null where nothing is open: the proposal is written as it is. "stop" calls the visit off.
   */
  decide(card: number, request: CardRequest, proposal: Proposal): Promise<CardRequest | null | "stop">;
  /** The card does not come back, and nothing was stored: whether the visit is given up. Nobody's answer is yes. */
  leaves(): Promise<boolean>;
  /** Shows what a card holds; says whether it is to be printed. */
  tell(card: number, notes: readonly Note[]): Promise<boolean>;
}
