import { CARD_EPOCH_SECONDS } from "@cachet/card-layout";
import type { Said, VisitReport, WithoutCardRequest } from "../hal/index.ts";
import { ArithmeticFault, type Effect, evaluate, type Programme } from "../rules/index.ts";
import { sumsOf } from "../wire/index.ts";
import { within } from "./found.ts";
import { withCardReceipt } from "./receipt.ts";
import { say } from "./receipt-lines.ts";
import { emptyReport } from "./report.ts";
import { andBefore, nothingBefore } from "./sale.ts";
import type { Terminal } from "./terminal.ts";

/** What one programme would have put on a new card. */
function broughtBy({ rules }: Programme, effects: readonly Effect[]): Said[] {
  return effects.flatMap(({ type, rule: id, unit, value }) => {
    if (value === 0 || (type !== "earn" && type !== "stamp")) return [];
    // Money of every programme is one sum.
    if (unit === "cents") return [];
    const rule = rules.find((one) => one.id === id);
    const saved = rule?.kind === "bonus" ? rules.find((one) => one.id === rule.of) : rule;
    return [saved?.kind === "points" ? say("counted", value, saved.unitName) : say("passages", value)];
  });
}

/** Prints what a sale would have brought with a new card; nothing where that is nothing. Stores nothing. */
export async function tellWithoutCard(terminal: Terminal, request: WithoutCardRequest): Promise<VisitReport> {
  const { hal, facts, programmes } = terminal;
  const moment = await hal.now();
  const sale = { ...request, kind: "sale", rewards: "later" } as const;
  const brought: Said[] = [];
  let cents = 0;
  let before = nothingBefore(request);
  try {
    for (const programme of programmes) {
      const at = within(moment.utc - CARD_EPOCH_SECONDS, 0xffff_ffff);
      const visit = { merchant: facts.merchant, at, clockSuspect: moment.suspect, before };
      const evaluation = evaluate(programme, [], sale, visit);
      const { discountCents, earnedCents } = sumsOf(evaluation.effects);
      cents += earnedCents;
      if (discountCents > 0) brought.push(say("off", say("money", discountCents)));
      brought.push(...broughtBy(programme, evaluation.effects));
      before = andBefore(before, evaluation);
    }
  } catch (error) {
    if (error instanceof ArithmeticFault) return { ...emptyReport(request, "refused"), reason: "BAD_AMOUNT" };
    throw error;
  }
  const all = cents > 0 ? [say("money", cents), ...brought] : brought;
  const last = all.pop();
  if (last === undefined) return emptyReport(request, "nothing-to-do");
  const said =
    all.length === 0
      ? last
      : say(
          "and",
          all.reduce((one, other) => say("list", one, other)),
          last,
        );
  const printed = await hal.print(withCardReceipt(terminal, moment, said));
  return { ...emptyReport(request, "done"), ...(printed === "printed" ? {} : { unprinted: {} }) };
}
