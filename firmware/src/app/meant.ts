import type { Intent } from "../wire/index.ts";
import type { Asked } from "./asked.ts";
import type { CardOnReader } from "./card.ts";
import type { Progress } from "./outcome.ts";
import type { Proposal } from "./proposal.ts";
import type { Terminal } from "./terminal.ts";

/** What was asked, with what was found of it: the lines and the money of a refund, say. */
export type Meant = Pick<Intent, "sale" | "topUp" | "purchase" | "late" | "refund" | "transfer" | "closing" | "paper">;

export function meantBy({ sale, topUp, purchase, late, paper }: Asked, proposal: Proposal | null): Meant {
  return {
    sale,
    ...(topUp === undefined ? {} : { topUp }),
    ...(purchase === undefined ? {} : { purchase }),
    ...(late === undefined ? {} : { late }),
    ...(paper === undefined ? {} : { paper }),
    ...proposal?.found,
  };
}

/** A null visit asks for nothing. */
export const NOTHING_ASKED: Meant = { sale: { lines: [], tip: 0, payable: 0 } };

/** An intent's body for the journal. */
export function intentOf(
  { facts }: Terminal,
  { request, moment }: Progress,
  card: CardOnReader,
  { sale, ...meant }: Meant,
  areas: Intent["areas"],
  payable: number,
): Intent {
  return {
    card: card.number,
    uid: card.uid,
    visit: request.visit,
    merchant: facts.merchant,
    sale: { ...sale, payable },
    areas,
    ...meant,
    ...(moment.suspect ? { clockSuspect: true as const } : {}),
  };
}
