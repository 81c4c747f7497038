import {
  CARD_RETURN_TIMEOUT_MS,
  type CardHistory,
  type CardRequest,
  type Hal,
  type RefundRequest,
  type VisitReport,
} from "../hal/index.ts";
import { ArithmeticFault } from "../rules/index.ts";
import type { IntentArea } from "../wire/index.ts";
import { soldToAccount } from "./account-refund.ts";
import { refundAccount, visitAccount } from "./account-visit.ts";
import { creditAreas, nullAreas, type ToDecide } from "./area-intents.ts";
import { type Asked, askedOf, isAskedBy } from "./asked.ts";
import { tellBalance } from "./balance.ts";
import { CardGone, type CardOnReader, CardRefused } from "./card.ts";
import { type CreditPlan, noteWaiting, refuseRevoked } from "./credits.ts";
import { Decided, decide } from "./deciding.ts";
import { areaOf, type KnownIntent, knownIntents, settleDoubts, wentBack } from "./doubts.ts";
import { noteFaults } from "./faults.ts";
import { type CardFound, plansOf } from "./found.ts";
import { readIdentity } from "./identity.ts";
import { intentOf, meantBy, NOTHING_ASKED } from "./meant.ts";
import {
  ASKS_ONLY,
  conclude,
  noCard,
  nothingGiven,
  nothingToDo,
  type Progress,
  refuse,
  tellCredits,
} from "./outcome.ts";
import { losesValue } from "./proposal.ts";
import { propose } from "./propose.ts";
import type { Questions } from "./questions.ts";
import { noteTornCounters, readAreas } from "./reading.ts";
import { rehearse } from "./rehearse.ts";
import { type Restoring, restoredArea, restoredSequence } from "./restoring.ts";
import type { Terminal } from "./terminal.ts";
import { canResume, store, writeAreas, writeRestored } from "./writing.ts";

/** How often a visit begins anew with a card that is lost in the middle, or with several cards in the field. */
const TRIES_MAX = 8;

/**
 * One visit: tap, read, decide, write, confirm, print. Whatever interrupts it, the card holds a valid old or new state, and
 * the journal holds what is needed to tell which. A card that leaves is asked for again; each try begins by reading it anew, and so
 * does each answer of `questions`: the card may have been anywhere meanwhile.
 */
export async function visit(
  terminal: Terminal,
  request: CardRequest,
  questions: Questions | null = null,
): Promise<VisitReport> {
  const { hal } = terminal;
  if ("by" in request && request.by !== undefined) return visitAccount(terminal, request, request.by, null, questions);
  const sold = request.kind === "refund" ? await soldToAccount(terminal, request) : null;
  if (sold !== null) return refundAccount(terminal, request as RefundRequest, sold, questions);
  if (questions === null) await hal.show({ says: "presentCard" });
  const uid = await firstCard(hal);
  const start = {
    request,
    moment: await hal.now(),
    card: null,
    intent: null,
    told: null,
    besides: [],
    waits: null,
    nothing: [],
    unprinted: null,
    questions,
  };
  if (uid === null) return noCard(terminal, { ...start, uid: new Uint8Array() });
  const progress: Progress = { ...start, uid };
  const { merchant, terminal: number } = terminal.facts;
  for (let tries = 1; ; tries += 1) {
    const asked = await askedOf(hal, merchant, number, progress.request);
    if (typeof asked === "string") return refuse(terminal, progress, asked);
    try {
      return await tryVisit(terminal, progress, asked);
    } catch (error) {
      if (error instanceof Decided) {
        progress.request = error.request;
        tries = 0;
        if (await cardReturns(hal, progress)) continue;
        return noCard(terminal, progress);
      }
      if (error instanceof CardRefused) {
        progress.card ??= error.card ?? null;
        return refuse(terminal, progress, error.reason, error.programme);
      }
      if (error instanceof ArithmeticFault) return refuse(terminal, progress, "BAD_AMOUNT");
      if (!(error instanceof CardGone)) throw error;
      const { intent } = progress;
      // A card that stays and cannot be read or written steadily would keep the terminal busy for ever.
      if (tries === TRIES_MAX && intent === null) return refuse(terminal, progress, "CARD_UNSTEADY");
      if (tries === TRIES_MAX || !(await cardReturns(hal, progress))) {
        return intent === null ? noCard(terminal, progress) : conclude(terminal, progress, intent);
      }
    }
  }
}

/** The one card in the field; null where none comes, or several stay. */
async function firstCard(hal: Hal): Promise<Uint8Array | null> {
  for (let tries = 1; tries <= TRIES_MAX; tries += 1) {
    const tap = await hal.waitCard(0, null);
    if (tap === "none" || tap === "other") return null;
    if (tap !== "several") return tap.uid;
    await hal.show({ says: "oneCard" });
  }
  return null;
}

/** Waits for the very same card; others are sent away. As long as nothing of the visit is stored, staff say when to give it up. */
async function cardReturns(hal: Hal, { uid, intent, questions }: Progress): Promise<boolean> {
  for (let tap: unknown = "none"; ; ) {
    await hal.show({ says: tap === "none" ? "presentAgain" : tap === "other" ? "otherCard" : "oneCard" });
    tap = await hal.waitCard(CARD_RETURN_TIMEOUT_MS, uid);
    if (tap === "none") {
      if (intent !== null || questions === null || (await questions.leaves())) return false;
    } else if (tap !== "other" && tap !== "several") return true;
  }
}

async function tryVisit(terminal: Terminal, progress: Progress, asked: Asked): Promise<VisitReport> {
  const { hal, facts } = terminal;
  const { request, uid, moment } = progress;
  await hal.show({ says: "keepCard" });
  const card = await readIdentity(hal, facts, uid);
  progress.card = card.number;
  const history = await hal.lookup(card.number, request.visit);
  if (history.blocked !== null) throw new CardRefused("BLOCKED", card.number);
  // A tap that only asks is no visit, whatever number it carries.
  const asksOnly = ASKS_ONLY.includes(request.kind);
  const elsewhere = history.cardOfVisit !== null && history.cardOfVisit !== card.number;
  if (!asksOnly && (elsewhere || history.visit === "over")) throw new CardRefused("ALREADY_USED", card.number);
  const intents = await knownIntents(hal, history);
  const mine = asksOnly ? undefined : intents.findLast(({ ofThisVisit }) => ofThisVisit);
  const isMine = mine !== undefined && !isVoid(mine) && isAskedBy(mine.body, asked);
  progress.intent = isMine ? mine : null;
  const { areas, restoring } = await readAreas(terminal, card, history, intents);
  const restored = restoring.map(({ programme }) => programme.number);
  if (wentBack(facts, areas, history, restored)) throw new CardRefused("COUNTER_ROLLBACK", card.number);
  await noteTornCounters(terminal, card, areas);
  const found: CardFound = { card, areas, spentToday: history.spentToday, moment, lists: history, voided: [] };
  const plans = plansOf(terminal, found);
  refuseRevoked(terminal, card, areas, history.revoked, plans);
  if (terminal.training === true) return rehearse(terminal, progress, asked, found);
  const [first] = restoring;
  if (first !== undefined) return restoreFirst(terminal, progress, asked, found, first);
  await lookAtWaiting(terminal, progress, card, plans);

  progress.told ??= !asksOnly && alreadyTold(history);
  await settleDoubts(hal, card, areas, intents);
  const waiting = intents.filter(({ afterWrite }) => afterWrite.size > 0);
  if (waiting.length > DOUBTS_MAX && !asksOnly) {
    const ended = await decideFirst(
      terminal,
      progress,
      asked,
      found,
      intents,
      toDecideOf(waiting, () => true),
    );
    if (ended !== null) return ended;
  }
  if (mine !== undefined && !isVoid(mine)) {
    if (!isAskedBy(mine.body, asked)) throw new CardRefused("ALREADY_USED", card.number);
    const ended = await goOn(terminal, progress, asked, found, intents, mine);
    if (ended !== null) return ended;
  }
  progress.intent = null;
  const proposal = await propose(terminal, { ...found, voided: voidedBy(intents) }, request, asked);
  await noteFaults(terminal, card, proposal);
  await decide(progress, card, proposal);
  const isLate = request.kind === "sale" && request.late !== undefined;
  progress.nothing = isLate && proposal !== null ? nothingGiven(proposal) : [];
  const areasOfSale = proposal?.areas ?? [];
  const changed = [...areasOfSale, ...(await creditAreas(terminal, found, areasOfSale))];
  const nulls = await nullAreas(
    terminal,
    found,
    toDecideOf(
      intents,
      (programme, outcome) =>
        (asksOnly || outcome === "committed") && changed.every((area) => area.programme !== programme),
    ),
  );
  const written = [...changed, ...nulls];
  if (request.kind === "balance" && written.length === 0) return tellBalance(terminal, progress, found);
  if (written.length === 0) return nothingToDo(terminal, progress, proposal);
  const changes = areasOfSale.length > 0;
  const meant = changes ? meantBy(asked, proposal) : NOTHING_ASKED;
  const body = intentOf(terminal, progress, card, meant, written, proposal?.payable ?? 0);
  const intent = await store(terminal, card, moment.utc, body);
  if (intent === "full") return refuse(terminal, progress, "JOURNAL_FULL");
  if (intent === "too-long") return refuse(terminal, progress, "BAD_AMOUNT");
  // A null visit is not the visit that the till asked for: where it is cut, nothing of that one is in doubt.
  if (changes || asksOnly) progress.intent = intent;
  await writeAreas(terminal, card, areas, intents, intent);
  if (request.kind === "balance") {
    await tellCredits(terminal, progress, intent);
    progress.intent = null;
    return tryVisit(terminal, progress, asked);
  }
  if (changes || asksOnly) return conclude(terminal, progress, intent);
  await tellCredits(terminal, progress, intent);
  return nothingToDo(terminal, progress, proposal);
}

/** Says once in a visit why credits wait. */
async function lookAtWaiting(
  terminal: Terminal,
  progress: Progress,
  card: CardOnReader,
  plans: ReadonlyMap<number, CreditPlan>,
): Promise<void> {
  if (progress.waits === null) await noteWaiting(terminal, card, plans);
  progress.waits = [...plans.values()].flatMap(({ waits }) => waits ?? []);
}

/** Restores an area that shows no record, and begins anew: no doubt is settled on what cannot be read. */
async function restoreFirst(
  terminal: Terminal,
  progress: Progress,
  asked: Asked,
  { card, moment, lists }: CardFound,
  restoring: Restoring,
): Promise<VisitReport> {
  const { area, begun, credit } = restoring;
  const meant = begun === null ? [await restoredArea(terminal, card, moment, lists.writeLayout, restoring)] : [];
  const body = intentOf(terminal, progress, card, NOTHING_ASKED, meant, 0);
  const intent = begun ?? (await store(terminal, card, moment.utc, body));
  if (typeof intent === "string") return refuse(terminal, progress, "JOURNAL_FULL");
  await writeRestored(terminal, card, area, intent, restoredSequence(area, credit));
  await tellCredits(terminal, progress, intent);
  return tryVisit(terminal, progress, asked);
}

/** Most intents of one card that wait for a write before the next visit: they all have to be kept in memory. */
const DOUBTS_MAX = 16;

/** Programmes that wait for a write, of those that `wanted` says, each with the area where its record was to be opened. */
function toDecideOf(
  intents: readonly KnownIntent[],
  wanted: (programme: number, outcome: "committed" | "aborted") => boolean,
): ToDecide[] {
  const toDecide = new Map<number, ToDecide>();
  for (const { afterWrite, body } of intents) {
    for (const { programme, area } of body.areas) {
      const outcome = afterWrite.get(programme);
      if (outcome !== undefined && wanted(programme, outcome)) toDecide.set(programme, { programme, area });
    }
  }
  return [...toDecide.values()];
}

/** Writes a null visit over what waits for one, and begins anew. Null where this terminal can write none of it. */
async function decideFirst(
  terminal: Terminal,
  progress: Progress,
  asked: Asked,
  found: CardFound,
  intents: readonly KnownIntent[],
  toDecide: readonly ToDecide[],
): Promise<VisitReport | null> {
  const nulls = await nullAreas(terminal, found, toDecide);
  if (nulls.length === 0) return null;
  const body = intentOf(terminal, progress, found.card, NOTHING_ASKED, nulls, 0);
  const intent = await store(terminal, found.card, found.moment.utc, body);
  if (typeof intent === "string") return refuse(terminal, progress, "JOURNAL_FULL");
  await writeAreas(terminal, found.card, found.areas, intents, intent);
  await tellCredits(terminal, progress, intent);
  return tryVisit(terminal, progress, asked);
}

/** Goes on with this very visit, tried before. Null where nothing of it is left: it gets a new intent. */
async function goOn(
  terminal: Terminal,
  progress: Progress,
  asked: Asked,
  found: CardFound,
  intents: readonly KnownIntent[],
  mine: KnownIntent,
): Promise<VisitReport | null> {
  const { card, areas } = found;
  // The card shows that it happened, or cannot have, or a count was cut meanwhile, after which nothing leaves the card until
  // the next commit: a write on top decides, and the card is read anew.
  const isTorn = (meant: IntentArea) =>
    losesValue(meant) && areaOf(areas, meant.programme, meant.area)?.counter?.torn === true;
  const undecided = mine.body.areas.filter(
    (area) => mine.afterWrite.has(area.programme) && (!mine.unwritten.has(area.programme) || isTorn(area)),
  );
  if (undecided.length > 0) {
    const ended = await decideFirst(terminal, progress, asked, found, intents, undecided);
    if (ended !== null) return ended;
  }
  const outcomes = [...mine.outcomes.values()];
  const isHalfGone = outcomes.includes("aborted") && !outcomes.includes("committed");
  const resumes = !isHalfGone && canResume(terminal, mine, areas, intents, found.lists.revoked);
  // Where nothing of it is on the card, and it cannot be written as it was meant, the visit gets a new intent.
  if (!resumes && isUntouched(mine)) return null;
  if (resumes) await writeAreas(terminal, card, areas, intents, mine);
  return conclude(terminal, progress, mine);
}

/** Areas that this visit makes void by writing there: the card still shows the old state, or a write on top is all they wait for. */
function voidedBy(intents: readonly KnownIntent[]): IntentArea[] {
  return intents.flatMap(({ body, outcomes, unwritten, afterWrite }) =>
    body.areas.filter(
      ({ programme }) =>
        outcomes.get(programme) === "open" &&
        (afterWrite.get(programme) ?? (unwritten.has(programme) ? "aborted" : "open")) === "aborted",
    ),
  );
}

/** Whether this very visit had been committed, and so told, before this tap. */
function alreadyTold({ intents }: CardHistory): boolean {
  const outcomes = intents.find(({ ofThisVisit }) => ofThisVisit)?.outcomes ?? [];
  return outcomes.length > 0 && outcomes.every(({ outcome }) => outcome === "committed");
}

/** Nothing of it happened, and nothing can any more. */
function isVoid({ outcomes }: KnownIntent): boolean {
  return [...outcomes.values()].every((outcome) => outcome === "aborted");
}

/** The card still shows the old state everywhere: nothing of it is committed, and nothing is unknown. */
function isUntouched({ outcomes, unwritten }: KnownIntent): boolean {
  return [...outcomes].every(([programme, outcome]) => outcome === "aborted" || unwritten.has(programme));
}
