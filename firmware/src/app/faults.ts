import { encodeCbor, Refusal } from "../wire/index.ts";
import type { CardOnReader } from "./card.ts";
import type { Proposal } from "./proposal.ts";
import type { Terminal } from "./terminal.ts";

/** Journals what a visit showed to be wrong with a programme. The visit goes on: its evaluation left the faulty part out. */
export async function noteFaults(
  { hal }: Terminal,
  { uid, number: card }: CardOnReader,
  proposal: Proposal | null,
): Promise<void> {
  for (const { evaluation } of proposal?.evaluations ?? []) {
    const { programme, version, faults } = evaluation;
    for (const { rule, reason } of faults) {
      const named = rule === "" ? {} : { rule };
      await hal.refuse(encodeCbor(Refusal.encode({ reason, uid, card, programme, version, ...named })));
    }
  }
}
