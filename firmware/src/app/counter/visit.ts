import type { CardRequest, VisitReport } from "../../hal/index.ts";
import { visit } from "../visit.ts";
import { type Desk, Left } from "./desk.ts";
import { VisitQuestions } from "./sale-questions.ts";

/** A request without the number that the till gives. */
export type Wish = CardRequest extends infer Request
  ? Request extends CardRequest
    ? Omit<Request, "visit">
    : never
  : never;

/** One visit that was keyed in: card, questions, result. `cents`: what was typed. Throws `Left` where no card comes. */
export async function keyedVisit(desk: Desk, wish: Wish, cents = 0, isHere = false): Promise<VisitReport> {
  const { hal } = desk.terminal;
  if (!isHere) await desk.card(cents === 0 ? undefined : cents);
  const request = { ...wish, visit: await hal.newVisit() } as CardRequest;
  const questions = new VisitQuestions(desk, cents);
  for (;;) {
    const report = await visit(desk.terminal, questions.decided ?? request, questions);
    desk.holdsMoney = false;
    await hal.report(report);
    if (desk.training) return report;
    await tellResult(desk, request, report, questions);
    // The very same visit again: what of it is on the card already is not done twice.
    const isOpen = report.result === "in-doubt" || report.result === "partly-done";
    if (!isOpen || wish.kind === "balance" || !(await isAgain(desk))) return report;
    await desk.card();
  }
}

async function isAgain(desk: Desk): Promise<boolean> {
  try {
    return (await desk.choose({ says: "inDoubt" }, ["again", "leave"])) === "again";
  } catch (error) {
    if (error instanceof Left) return false;
    throw error;
  }
}

/** How a visit ended, on the screen. What is to be done with money stands before everything else. */
async function tellResult(
  desk: Desk,
  { kind }: CardRequest,
  report: VisitReport,
  { taken, held, reward, returned }: VisitQuestions,
): Promise<void> {
  const {
    result,
    giveBackCents,
    payOutCents = 0,
    card = 0,
    earnedCents: earned,
    spentCents: spent,
    payable,
    unprinted,
  } = report;
  const isDone = result === "done" || result === "already-done";
  if (isDone && kind !== "balance") {
    desk.tally.visits += 1;
    desk.tally.earned += earned;
    desk.tally.spent += spent;
  }
  if (giveBackCents > 0) await desk.show({ says: "giveBack", cents: giveBackCents });
  else if (kind === "refund" && isDone) await desk.show({ says: "refundDone", cents: payOutCents, onCard: returned });
  else if (report.reason === "CALLED_OFF" || (taken > 0 && !isDone)) {
    // What was collected was for less than the whole: nothing left the card for the rest.
    const isTaken = taken > 0 && result !== "in-doubt" && result !== "partly-done";
    if (result === "refused" || isTaken) await desk.show({ says: "notPaid", due: payable - taken });
  } else if (unprinted !== undefined) await desk.show({ says: "noPaper", ...unprinted });
  else if (kind === "sale" && isDone)
    await desk.show({ says: "saleDone", card, earned, spent, held, ...(reward === undefined ? {} : { reward }) });
  else if (kind === "top-up" && isDone) await desk.show({ says: "topUpDone", card, cents: report.toppedUpCents, held });
}
