import type { Moment, VisitReport, VisitRequest } from "../hal/index.ts";
import { encodeCbor, Refusal, sumsOf } from "../wire/index.ts";
import type { KnownIntent, Settled } from "./doubts.ts";
import { fr } from "./messages-fr.ts";
import type { Proposal } from "./proposal.ts";
import { giveBackReceipt, receiptOf } from "./receipt.ts";
import type { Terminal } from "./terminal.ts";

/** How far a visit has come; it outlives a card that leaves and comes back. */
export interface Progress {
  readonly request: VisitRequest;
  readonly uid: Uint8Array;
  moment: Moment;
  card: number | null;
  intent: KnownIntent | null;
  /** Whether this very visit had been committed, and so told, before it began this time; null until a card was read. */
  told: boolean | null;
  /** What this visit found out about earlier ones. */
  readonly settled: Settled[];
}

/** What the customer asked to pay for. */
function totalOf(request: VisitRequest): number {
  return request.kind === "sale" ? request.lines.reduce((sum, { amount }) => sum + amount, request.tip) : 0;
}

export function emptyReport(request: VisitRequest, result: VisitReport["result"]): VisitReport {
  return {
    visit: request.visit,
    result,
    committed: [],
    earnedCents: 0,
    spentCents: 0,
    discountCents: 0,
    toppedUpCents: 0,
    giveBackCents: 0,
    payable: totalOf(request),
  };
}

/** Earlier top-ups that this card has shown not to have happened: their cash can be handed back. */
export function cashDue({ settled, request }: Progress): readonly Settled[] {
  return settled.filter(
    ({ outcome, intent: { topUp, visit } }) => outcome === "aborted" && topUp !== undefined && visit !== request.visit,
  );
}

const centsDue = (progress: Progress): number =>
  cashDue(progress).reduce((sum, { intent }) => sum + (intent.topUp ?? 0), 0);

/** Sums over what is committed: nothing else counts as discount or tender. */
function reportOf(progress: Progress, result: VisitReport["result"]): VisitReport {
  const { card, intent, request } = progress;
  const done = intent?.body.areas.filter(({ programme }) => intent.outcomes.get(programme) === "committed") ?? [];
  const { earnedCents, spentCents, discountCents, toppedUpCents } = sumsOf(done.flatMap(({ effects }) => effects));
  const empty = emptyReport(request, result);
  const declined = intent?.body.areas.flatMap(({ effects }) => effects).find(({ type }) => type === "decline")?.reason;
  return {
    ...empty,
    ...(card === null ? {} : { card }),
    ...(intent === null ? {} : { ticket: intent.number }),
    ...(declined === undefined ? {} : { reason: declined }),
    committed: done.map(({ programme }) => programme),
    earnedCents,
    spentCents,
    discountCents,
    toppedUpCents,
    giveBackCents: centsDue(progress),
    payable: empty.payable - spentCents - discountCents,
  };
}

/** Cash of this visit's own top-up, where no record of it was ever signed: it goes back at once. */
async function cashOf({ hal }: Terminal, { request, card }: Progress): Promise<number> {
  if (request.kind !== "top-up" || !(request.amount > 0)) return 0;
  const { cardOfVisit } = await hal.lookup(card ?? 0, request.visit);
  return cardOfVisit === null ? request.amount : 0;
}

async function withCash(terminal: Terminal, progress: Progress, report: VisitReport): Promise<VisitReport> {
  const cash = progress.intent === null ? await cashOf(terminal, progress) : 0;
  return { ...report, giveBackCents: report.giveBackCents + cash };
}

/** Prints what is due to the customer for earlier visits, where the visit itself prints nothing. */
async function printCashDue(terminal: Terminal, progress: Progress): Promise<void> {
  const due = cashDue(progress);
  if (due.length > 0) await terminal.hal.print(giveBackReceipt(terminal, due, progress.moment));
}

/** Refusals that concern our own cards are journalled; a stranger's card leaves no trace. */
export async function refuse(terminal: Terminal, progress: Progress, reason: string): Promise<VisitReport> {
  const { hal } = terminal;
  const { card, uid, intent } = progress;
  await hal.show(fr.refused(reason));
  if (reason !== "NOT_OURS" && reason !== "NOT_PERSONALISED") {
    await hal.refuse(encodeCbor(Refusal.encode({ reason, uid, ...(card === null ? {} : { card }) })));
  }
  await printCashDue(terminal, progress);
  const report = reportOf(progress, "refused");
  if (intent === null) return withCash(terminal, progress, { ...report, reason });
  // Refused in the middle of writing: what is not committed stays in doubt.
  return { ...report, result: report.committed.length > 0 ? "partly-done" : "in-doubt", reason };
}

/** No card came, or none that could be asked. */
export async function noCard(terminal: Terminal, progress: Progress): Promise<VisitReport> {
  await terminal.hal.show(fr.noCard);
  return withCash(terminal, progress, reportOf(progress, "no-card"));
}

function reasonOf({ evaluations }: Proposal): string | undefined {
  return evaluations.flatMap(({ evaluation }) => [
    ...evaluation.effects.flatMap((effect) => effect.reason ?? []),
    ...evaluation.skipped.map((skipped) => skipped.reason),
  ])[0];
}

/** The rules change nothing on the card. A top-up that changes nothing was declined. */
export async function nothingToDo(
  terminal: Terminal,
  progress: Progress,
  proposal: Proposal | null,
): Promise<VisitReport> {
  const reason = proposal === null ? undefined : reasonOf(proposal);
  if (progress.request.kind === "top-up") return refuse(terminal, progress, reason ?? "NO_PREPAID");
  await terminal.hal.show(fr.nothingToDo);
  await printCashDue(terminal, progress);
  const report = { ...reportOf(progress, "nothing-to-do"), payable: proposal?.payable ?? 0 };
  return reason === undefined ? report : { ...report, reason };
}

/** The end of a visit that has an intent. */
export async function conclude(terminal: Terminal, progress: Progress, intent: KnownIntent): Promise<VisitReport> {
  const { hal } = terminal;
  const outcomes = [...intent.outcomes.values()];
  const committed = outcomes.filter((outcome) => outcome === "committed").length;
  if (committed === 0) {
    await hal.show(progress.request.kind === "top-up" ? fr.topUpInDoubt : fr.inDoubt);
    await printCashDue(terminal, progress);
    return reportOf(progress, "in-doubt");
  }
  await hal.print(receiptOf(terminal, intent, progress.moment, cashDue(progress)));
  const result = committed < outcomes.length ? "partly-done" : progress.told === true ? "already-done" : "done";
  await hal.show({ "partly-done": fr.inDoubt, "already-done": fr.alreadyDone, done: fr.done }[result]);
  return reportOf(progress, result);
}
