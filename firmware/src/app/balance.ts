import type { VisitReport } from "../hal/index.ts";
import { evaluate } from "../rules/index.ts";
import { type CardFound, factsOf, planFor, programmesFor } from "./found.ts";
import { historyReceipt } from "./history.ts";
import { type Progress, print, reportDone } from "./outcome.ts";
import { balanceReceipt } from "./receipt.ts";
import type { Terminal } from "./terminal.ts";

/** Prints what the card holds as a visit of today would find it, what has ended left out, and writes nothing. */
export async function tellBalance(terminal: Terminal, progress: Progress, found: CardFound): Promise<VisitReport> {
  const notes = programmesFor(terminal, found).flatMap((programme) => {
    const plan = planFor(found, programme);
    if (plan === null) return [];
    const facts = factsOf(terminal, found, programme);
    return [{ programme, notes: evaluate(programme, plan.purses, { kind: "look" }, facts).receipt }];
  });
  const { questions, request } = progress;
  const { number } = found.card;
  const isHistory = request.kind === "balance" && request.history === true;
  const all = notes.flatMap((one) => one.notes);
  if (isHistory || questions === null || (await questions.tell(number, all))) {
    const receipt = isHistory
      ? await historyReceipt(terminal, number, found.moment)
      : balanceReceipt(terminal, number, found.moment, notes);
    await print(terminal, progress, receipt);
    await terminal.hal.show({ says: "done" });
  }
  return reportDone(terminal, progress);
}
