import type { CardRequest } from "../hal/index.ts";
import { type CardOnReader, CardRefused } from "./card.ts";
import type { Progress } from "./outcome.ts";
import type { Proposal } from "./proposal.ts";

/** Something was decided; the card is read anew with it. */
export class Decided extends Error {
  readonly request: CardRequest;
  constructor(request: CardRequest) {
    super();
    this.request = request;
  }
}

/** Asks what the proposal leaves open. Throws `Decided` where something was answered, `CardRefused` where the visit is called off. */
export async function decide(
  { questions, request }: Progress,
  card: CardOnReader,
  proposal: Proposal | null,
): Promise<void> {
  if (questions === null || proposal === null) return;
  const decided = await questions.decide(card.number, request, proposal);
  if (decided === "stop") throw new CardRefused("CALLED_OFF", card.number);
  if (decided !== null) throw new Decided(decided);
}
