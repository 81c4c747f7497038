import type { VisitReport, VisitRequest } from "../hal/index.ts";

/** What the customer asked to pay for. */
function totalOf(request: VisitRequest): number {
  return (request.kind === "sale" && request.late === undefined) || request.kind === "without-card"
    ? request.lines.reduce((sum, { amount }) => sum + amount, request.tip)
    : 0;
}

/** What is told of a visit where nothing came of it. */
export function emptyReport(request: VisitRequest, result: VisitReport["result"]): VisitReport {
  return {
    visit: request.visit,
    result,
    committed: [],
    earnedCents: 0,
    spentCents: 0,
    discountCents: 0,
    toppedUpCents: 0,
    creditedCents: 0,
    creditedStamps: 0,
    giveBackCents: 0,
    payable: totalOf(request),
  };
}
