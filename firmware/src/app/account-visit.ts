import { CARD_EPOCH_SECONDS, dayOf, isCardNumber, isTicketNumber } from "@cachet/card-layout";
import type {
  AccountHistory,
  BalanceRequest,
  ByAccount,
  Moment,
  Receipt,
  RefundRequest,
  SaleRequest,
  VisitReport,
} from "../hal/index.ts";
import {
  ArithmeticFault,
  type Evaluation,
  evaluate,
  type Facts,
  movesOf,
  type Programme,
  pursesToSpend,
  type Sale,
  withoutCard,
} from "../rules/index.ts";
import { type AccountArea, AccountVisit, decodeVisit, encodeCbor, sumsOfAccount } from "../wire/index.ts";
import { accountReceipt } from "./account-receipt.ts";
import { proposeRefund, type SoldToAccount } from "./account-refund.ts";
import { holdsAfter, holdsBefore, isOld, whoseVisit } from "./account-ticket.ts";
import { askedOf, isAskedBy } from "./asked.ts";
import { CardRefused } from "./card.ts";
import { within } from "./found.ts";
import type { Proposal } from "./proposal.ts";
import type { Questions } from "./questions.ts";
import { emptyReport } from "./report.ts";
import { accountTicketOf } from "./reprint.ts";
import { andBefore, nothingBefore } from "./sale.ts";
import type { Terminal } from "./terminal.ts";

type AccountRequest = SaleRequest | BalanceRequest | RefundRequest;

/** What an account without a chip cannot have: what lies on a card, or is somebody else's. */
const needsCard = (request: AccountRequest): boolean =>
  request.kind === "sale" &&
  (request.late !== undefined ||
    request.gift !== undefined ||
    request.use !== undefined ||
    request.referredBy !== undefined);

/**
 * The visit of an account without a chip, or of a card that is not there. It earns always, and spends what the list lets this terminal
 * let go; nothing is written but one entry, and it has happened once that is stored. `sold`: what a refund takes back.
 * Each answer of `questions` reads the account anew.
 */
export async function visitAccount(
  terminal: Terminal,
  request: AccountRequest,
  by: ByAccount,
  sold: SoldToAccount | null,
  questions: Questions | null,
): Promise<VisitReport> {
  const { hal, facts } = terminal;
  const moment = await hal.now();
  const whose = await whoseVisit(terminal, by);
  if (typeof whose === "string") return refusedVisit(terminal, request, whose);
  const { account, brought } = whose;
  const refuse = (reason: string) => refusedVisit(terminal, request, reason, account);
  const isOurs =
    isTicketNumber(account) ||
    (isCardNumber(account) && (account >= 1e13 || Math.floor(account / 1e7) % 1e4 === facts.issuer));
  if (!isOurs) return refuse("NOT_OURS");
  if (needsCard(request)) return refuse("CARD_NEEDED");
  const asked = await askedOf(hal, facts.merchant, facts.terminal, request);
  if (typeof asked === "string") return refuse(asked);
  const history = await hal.account(account, request.visit);
  if (history.blocked !== null) return refuse("BLOCKED");
  if (request.kind === "balance") {
    const unprinted = await print(terminal, accountReceipt(terminal, account, history.purses, null, moment));
    await hal.show({ says: "done" });
    return { ...emptyReport(request, "done"), card: account, ...unprinted };
  }
  if (typeof history.visit === "number") {
    const entry = decodeVisit(await hal.entry(history.visit));
    if (entry?.kind !== "account" || !isAskedBy(entry.body, asked)) return refuse("ALREADY_USED");
    return told(terminal, request, history, entry.body, entry.number, moment, "already-done");
  }
  if (history.visit === "used" || isOld(facts, brought, history.last)) return refuse("ALREADY_USED");
  try {
    const facts = factsOf(terminal, account, moment);
    const meant =
      request.kind === "sale"
        ? proposeTo(terminal, history, request, facts)
        : { ...proposeRefund(terminal, sold!, asked.refund!, facts), payable: 0 };
    const { payable, evaluations, ...parts } = meant;
    const decided = await questions?.decide(account, request, { evaluations, areas: [], payable });
    if (decided === "stop") return refuse("CALLED_OFF");
    if (decided) return visitAccount(terminal, decided as AccountRequest, by, sold, questions);
    if (parts.areas.length === 0) {
      await hal.show({ says: "nothingToDo" });
      return { ...emptyReport(request, "nothing-to-do"), card: account };
    }
    if (terminal.training === true) {
      await hal.show({ says: "trained", payable });
      return { ...emptyReport(request, "nothing-to-do"), card: account, payable };
    }
    const body: AccountVisit = {
      account,
      visit: request.visit,
      merchant: facts.merchant,
      sale: { ...asked.sale, payable },
      ...parts,
      ...(isTicketNumber(account) && { holds: holdsAfter(await holdsBefore(hal, brought, history), parts.areas) }),
      ...(moment.suspect ? { clockSuspect: true as const } : {}),
    };
    const number = await hal.enter(encodeCbor(AccountVisit.encode(body)));
    if (number === "full") return refuse("JOURNAL_FULL");
    if (number === "over") return refuse("INSUFFICIENT");
    if (typeof number === "string") return refuse(number === "used" ? "ALREADY_USED" : "BAD_AMOUNT");
    return told(terminal, request, history, body, number, moment, "done");
  } catch (error) {
    if (error instanceof CardRefused) return refuse(error.reason);
    if (error instanceof ArithmeticFault || error instanceof RangeError) return refuse("BAD_AMOUNT");
    throw error;
  }
}

/** Takes back a visit without a card. */
export async function refundAccount(
  terminal: Terminal,
  request: RefundRequest,
  sold: SoldToAccount | "elsewhere",
  questions: Questions | null,
): Promise<VisitReport> {
  if (sold === "elsewhere") return refusedVisit(terminal, request, "TICKET_UNKNOWN");
  return visitAccount(terminal, request, sold.body, sold, questions);
}

async function refusedVisit(
  { hal }: Terminal,
  request: AccountRequest,
  reason: string,
  card?: number,
): Promise<VisitReport> {
  await hal.show({ says: "refused", reason });
  return { ...emptyReport(request, "refused"), reason, ...(card === undefined ? {} : { card }) };
}

/** Prints; a receipt that found no paper loses nothing. */
const print = async (
  { hal }: Terminal,
  receipt: Receipt,
  code: string | null = null,
): Promise<Pick<VisitReport, "unprinted">> =>
  (await hal.print(receipt)) === "printed" ? {} : { unprinted: code === null ? {} : { code } };

/** Ends a visit that is stored. */
async function told(
  terminal: Terminal,
  request: AccountRequest,
  history: AccountHistory,
  body: AccountVisit,
  number: number,
  moment: Moment,
  result: "done" | "already-done",
): Promise<VisitReport> {
  const { hal } = terminal;
  const ticket = await accountTicketOf(terminal, number, moment.utc, body);
  const unprinted = await print(
    terminal,
    accountReceipt(terminal, body.account, history.purses, ticket, moment),
    ticket.code,
  );
  await hal.show({ says: result === "done" ? "done" : "alreadyDone" });
  const { earnedCents, spentCents, discountCents } = sumsOfAccount(body);
  const reason = body.areas.flatMap(({ effects }) => effects).find(({ type }) => type === "decline")?.reason;
  return {
    ...emptyReport(request, result),
    card: body.account,
    ticket: number,
    ...(reason === undefined ? {} : { reason }),
    committed: body.areas.map(({ programme }) => programme),
    ...{ earnedCents, spentCents, discountCents },
    payable: body.sale.payable,
    ...(body.refund && { payOutCents: body.refund.cents }),
    ...unprinted,
  };
}

/** What the rules may know of a visit without a card: nobody knows whether it is the first one, or how long ago the last one was. */
function factsOf(
  { facts: { merchant } }: Terminal,
  card: number,
  { utc, offset, suspect }: Moment,
): Omit<Facts, "before"> & { readonly lastDay: number } {
  const at = within(utc - CARD_EPOCH_SECONDS, 0xffff_ffff);
  return { card, merchant, at, clockSuspect: suspect, lastDay: within(dayOf(utc, offset), 0xffff) };
}

/** What each programme makes of the sale. */
function proposeTo(
  { programmes }: Terminal,
  { purses }: AccountHistory,
  request: SaleRequest,
  known: ReturnType<typeof factsOf>,
): { readonly areas: readonly AccountArea[]; readonly payable: number } & Pick<Proposal, "evaluations"> {
  const areas: AccountArea[] = [];
  const evaluations: Proposal["evaluations"][number][] = [];
  let before = nothingBefore(request);
  let payable = request.lines.reduce((sum, { amount }) => sum + amount, request.tip);
  for (const whole of programmes) {
    const programme = withoutCard(whole);
    const facts: Facts = { ...known, before };
    const spendable = (purse: number) =>
      purses.find((one) => one.programme === programme.number && one.purse === purse)?.spendable ?? 0;
    const { evaluation, moves } = spentWithin(programme, spendable, request, facts, known.lastDay);
    before = andBefore(before, evaluation);
    payable = evaluation.payable;
    evaluations.push({ programme, evaluation });
    const kept = evaluation.effects.filter(({ type }) => type !== "tier");
    const isSomething = moves.length > 0 || kept.some(({ type, value }) => type !== "decline" && value > 0);
    if (isSomething)
      areas.push({ programme: programme.number, version: programme.version, effects: kept, purses: moves });
  }
  return { areas, payable, evaluations };
}

/** What comes in this visit is not spent in it: where a reward would take it, rewards wait for the office's next list. */
function spentWithin(
  programme: Programme,
  spendable: (purse: number) => number,
  sale: Sale,
  facts: Facts,
  today: number,
): { readonly evaluation: Evaluation; readonly moves: AccountArea["purses"] } {
  const purses = pursesToSpend(programme, spendable, today);
  const evaluated = (request: Sale) => {
    const evaluation = evaluate(programme, purses, request, facts);
    return { evaluation, moves: movesOf(programme, purses, evaluation.newPurses, evaluation.effects) };
  };
  const first = evaluated(sale);
  const isWithin = first.moves.every(({ purse, taken }) => taken <= spendable(purse));
  return isWithin ? first : evaluated({ ...sale, rewards: "later" });
}
