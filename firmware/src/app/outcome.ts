import type { CardRequest, CashDue, Moment, Receipt, VisitReport } from "../hal/index.ts";
import { encodeCbor, Refusal, sumsOf } from "../wire/index.ts";
import type { CreditWait } from "./credits.ts";
import type { KnownIntent } from "./doubts.ts";
import type { Proposal } from "./proposal.ts";
import type { Questions } from "./questions.ts";
import { giveBackReceipt, lateReceipt, type NothingGiven, receiptOf, type Ticket } from "./receipt.ts";
import { receiptCodeOf } from "./receipt-code.ts";
import { emptyReport } from "./report.ts";
import { ticketOf } from "./reprint.ts";
import type { Terminal } from "./terminal.ts";

/** How far a visit has come; it outlives a card that leaves and comes back. */
export interface Progress {
  request: CardRequest;
  readonly uid: Uint8Array;
  moment: Moment;
  card: number | null;
  intent: KnownIntent | null;
  /** Whether this very visit had been committed, and so told, before it began this time; null until a card was read. */
  told: boolean | null;
  /** Intents of this tap that applied credits and were committed, beside the visit's own. */
  readonly besides: KnownIntent[];
  /** Why credits of the card wait; null until it was looked at. */
  waits: readonly CreditWait[] | null;
  /** Programmes that gave nothing for a sale that is added afterwards. */
  nothing: readonly NothingGiven[];
  /** What could not be printed for want of paper; null where nothing was left unprinted. */
  unprinted: NonNullable<VisitReport["unprinted"]> | null;
  /** Who is asked before anything is written; null where the till has said everything. */
  readonly questions: Questions | null;
}

/** Requests that ask, and are no visit. */
export const ASKS_ONLY: readonly CardRequest["kind"][] = ["settle", "balance"];

/** What there is to say of cash at the end of a visit, and of the visit's own number. */
interface Cash {
  readonly due: readonly CashDue[];
  /** Of this visit's own top-up, where no record of it was ever signed. */
  readonly own: number;
  /** The visit happened on a card, or may still have. */
  readonly isOpen: boolean;
}

/** Cash that goes back now. What the journal knows to be due is stored as handed back before anybody is told. */
async function handBack({ hal }: Terminal, { card, request }: Progress): Promise<Cash> {
  const { due, visit, cardOfVisit } = await hal.lookup(card ?? 0, request.visit);
  for (const { intent } of due) await hal.giveBack(intent);
  const isOwn = request.kind === "top-up" && visit === "unknown" && request.amount > 0;
  return { due, own: isOwn ? request.amount : 0, isOpen: !ASKS_ONLY.includes(request.kind) && cardOfVisit !== null };
}

const centsOf = ({ due, own }: Cash): number => due.reduce((sum, { cents }) => sum + cents, own);

const doneOf = ({ body, outcomes }: KnownIntent) =>
  body.areas.filter(({ programme }) => outcomes.get(programme) === "committed");

const waitsForSomething = ({ waits }: Progress): boolean => waits !== null && waits.length > 0;

/** An intent that applied credits beside the visit: the customer is told by a slip of its own. */
export async function tellCredits(terminal: Terminal, progress: Progress, intent: KnownIntent): Promise<void> {
  if (intent.body.areas.every(({ effects }) => effects.length === 0)) return;
  progress.besides.push(intent);
  const ticket = await ticketOf(terminal, intent, progress.moment);
  await print(terminal, progress, receiptOf(terminal, { ...ticket, waits: waitsForSomething(progress) }));
}

/** Prints a receipt, and keeps what its code says where there is no paper. */
export async function print({ hal }: Terminal, progress: Progress, receipt: Receipt): Promise<void> {
  if ((await hal.print(receipt)) === "printed") return;
  const code = receipt.find((one) => one.line === "code")?.text;
  progress.unprinted = code === undefined ? (progress.unprinted ?? {}) : { code };
}

/** Visits after which money may go back to the customer. */
const PAYS_OUT: readonly CardRequest["kind"][] = ["refund", "close"];

/** Money of a refund or a closing goes out once nothing of it is in doubt. */
function payOutOf(intent: KnownIntent | null, done: number): number {
  const { areas = [], refund, closing } = intent?.body ?? {};
  return done === areas.length ? (refund?.cents ?? closing?.cents ?? 0) : 0;
}

/** Sums over what is committed: nothing else counts as discount or tender. */
function reportOf(progress: Progress, result: VisitReport["result"], cash: Cash): VisitReport {
  const { card, intent, request } = progress;
  const done = intent === null ? [] : doneOf(intent);
  const { earnedCents, spentCents, discountCents, toppedUpCents } = sumsOf(done.flatMap(({ effects }) => effects));
  const { creditedCents, creditedStamps } = sumsOf(
    [...done, ...progress.besides.flatMap(doneOf)].flatMap(({ effects }) => effects),
  );
  const [creditsWait] = progress.waits ?? [];
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
    creditedCents,
    creditedStamps,
    ...(creditsWait === undefined ? {} : { creditsWait }),
    giveBackCents: centsOf(cash),
    payable: empty.payable - spentCents - discountCents,
    ...(progress.unprinted === null ? {} : { unprinted: progress.unprinted }),
    ...(PAYS_OUT.includes(request.kind) ? { payOutCents: payOutOf(intent, done.length) } : {}),
  };
}

/** Prints what goes back to the customer for earlier visits, where the visit itself prints nothing. */
async function printCash(terminal: Terminal, progress: Progress, { due }: Cash): Promise<void> {
  const { card, moment } = progress;
  if (due.length > 0 && card !== null) await print(terminal, progress, giveBackReceipt(terminal, card, due, moment));
}

/** Refusals that concern our own cards are journalled; a stranger's card leaves no trace. */
export async function refuse(
  terminal: Terminal,
  progress: Progress,
  reason: string,
  programme?: number,
): Promise<VisitReport> {
  const { hal } = terminal;
  const { card, uid, intent } = progress;
  await hal.show({ says: "refused", reason });
  if (reason !== "NOT_OURS" && reason !== "NOT_PERSONALISED") {
    const of = { ...(card === null ? {} : { card }), ...(programme === undefined ? {} : { programme }) };
    await hal.refuse(encodeCbor(Refusal.encode({ reason, uid, ...of })));
  }
  const cash = await handBack(terminal, progress);
  await printCash(terminal, progress, cash);
  const report = { ...reportOf(progress, "refused", cash), reason };
  // What is not committed stays in doubt, whether it was refused in the middle of writing or before it was looked at again.
  if (intent === null) return cash.isOpen && reason !== "ALREADY_USED" ? { ...report, result: "in-doubt" } : report;
  return { ...report, result: report.committed.length > 0 ? "partly-done" : "in-doubt" };
}

/** No card came, or none that could be asked. */
export async function noCard(terminal: Terminal, progress: Progress): Promise<VisitReport> {
  const cash = await handBack(terminal, progress);
  await terminal.hal.show({ says: cash.isOpen ? "inDoubt" : "noCard" });
  await printCash(terminal, progress, cash);
  return reportOf(progress, cash.isOpen ? "in-doubt" : "no-card", cash);
}

function reasonOf({ evaluations }: Proposal): string | undefined {
  return evaluations.flatMap(({ evaluation }) => [
    ...evaluation.effects.flatMap((effect) => effect.reason ?? []),
    ...evaluation.skipped.map((skipped) => skipped.reason),
  ])[0];
}

/** Of each programme that writes nothing, why. */
export function nothingGiven({ evaluations, areas }: Proposal): readonly NothingGiven[] {
  return evaluations.flatMap(({ programme, evaluation: { skipped } }) => {
    const [first] = skipped;
    const isWritten = areas.some((area) => area.programme === programme.number);
    return isWritten || first === undefined ? [] : [{ programme, reason: first.reason }];
  });
}

/** A sale that was added afterwards for nothing has a slip that says why; of other visits, only what goes back is printed. */
async function printNothing(terminal: Terminal, progress: Progress, cash: Cash): Promise<void> {
  const { request, card, moment, nothing } = progress;
  if (request.kind !== "sale" || request.late === undefined || card === null || nothing.length === 0) {
    return printCash(terminal, progress, cash);
  }
  await print(terminal, progress, lateReceipt(terminal, card, request.late.ticket, nothing, cash.due, moment));
}

/** Visits that are done whole or declined: what they are asked for is money, or somebody else's. */
const WHOLE: readonly CardRequest["kind"][] = ["top-up", "give", "receive", "close", "paper"];

/** The rules change nothing on the card. A top-up that changes nothing was declined. */
export async function nothingToDo(
  terminal: Terminal,
  progress: Progress,
  proposal: Proposal | null,
): Promise<VisitReport> {
  const { kind } = progress.request;
  const reason = proposal === null ? undefined : reasonOf(proposal);
  if (kind === "top-up") return refuse(terminal, progress, reason ?? "NO_PREPAID");
  if (reason !== undefined && WHOLE.includes(kind)) return refuse(terminal, progress, reason);
  await terminal.hal.show({ says: "nothingToDo", ...(reason === undefined ? {} : { reason }) });
  const cash = await handBack(terminal, progress);
  await printNothing(terminal, progress, cash);
  const report = { ...reportOf(progress, "nothing-to-do", cash), payable: proposal?.payable ?? 0 };
  return reason === undefined ? report : { ...report, reason };
}

/** The end of a request that only asked. */
export async function reportDone(terminal: Terminal, progress: Progress): Promise<VisitReport> {
  const cash = await handBack(terminal, progress);
  await printCash(terminal, progress, cash);
  return reportOf(progress, "done", cash);
}

/** The ticket of a visit that only was to be learnt. */
export async function printTraining(terminal: Terminal, progress: Progress, intent: KnownIntent): Promise<void> {
  const outcomes: KnownIntent["outcomes"] = new Map(intent.body.areas.map(({ programme }) => [programme, "committed"]));
  const { moment, nothing } = progress;
  const ticket = { intent: { ...intent, outcomes }, moment, due: [], waits: false, code: null, seal: null, nothing };
  await print(terminal, progress, receiptOf(terminal, { ...ticket, mark: "training" }));
}

const SHOWN = { "partly-done": "inDoubt", "already-done": "alreadyDone", done: "done" } as const;

/** The end of a visit that has an intent. */
export async function conclude(terminal: Terminal, progress: Progress, intent: KnownIntent): Promise<VisitReport> {
  const { hal } = terminal;
  const outcomes = [...intent.outcomes.values()];
  const committed = outcomes.filter((outcome) => outcome === "committed").length;
  const cash = await handBack(terminal, progress);
  if (committed === 0) {
    await hal.show({ says: progress.request.kind === "top-up" && cash.isOpen ? "topUpInDoubt" : "inDoubt" });
    await printCash(terminal, progress, cash);
    const isVoid = outcomes.every((outcome) => outcome === "aborted");
    return reportOf(progress, isVoid ? "no-card" : "in-doubt", cash);
  }
  const ticket: Ticket = {
    ...(await ticketOf(terminal, intent, progress.moment)),
    due: cash.due,
    waits: waitsForSomething(progress),
    code: await receiptCodeOf(terminal, intent),
    nothing: progress.nothing,
    mark: progress.told === true ? "duplicate" : null,
  };
  await print(terminal, progress, receiptOf(terminal, ticket));
  const result = committed < outcomes.length ? "partly-done" : progress.told === true ? "already-done" : "done";
  await hal.show({ says: SHOWN[result] });
  return reportOf(progress, result, cash);
}
