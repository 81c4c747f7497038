import type { VisitReport } from "../hal/index.ts";
import type { Asked } from "./asked.ts";
import { tellBalance } from "./balance.ts";
import { decide } from "./deciding.ts";
import { newIntent } from "./doubts.ts";
import type { CardFound } from "./found.ts";
import { intentOf, meantBy } from "./meant.ts";
import { type Progress, printTraining } from "./outcome.ts";
import { propose } from "./propose.ts";
import { emptyReport } from "./report.ts";
import type { Terminal } from "./terminal.ts";

/** A visit of somebody who learns: everything is asked, the card is not written, and the journal has no visit. */
export async function rehearse(
  terminal: Terminal,
  progress: Progress,
  asked: Asked,
  found: CardFound,
): Promise<VisitReport> {
  const { request } = progress;
  const proposal = await propose(terminal, found, request, asked);
  await decide(progress, found.card, proposal);
  if (proposal === null) return tellBalance(terminal, progress, found);
  const { payable, areas } = proposal;
  const body = intentOf(terminal, progress, found.card, meantBy(asked, proposal), areas, payable);
  await printTraining(terminal, progress, newIntent(0, progress.moment.utc, body));
  await terminal.hal.show({ says: "trained", payable });
  return { ...emptyReport(request, "nothing-to-do"), card: found.card.number, payable };
}
