import { concat, sameBytes, splitSlot, unpackState } from "@cachet/card-layout";
import {
  CARD_RETURN_TIMEOUT_MS,
  type CardHistory,
  type DeviceFacts,
  type Hal,
  type Moment,
  type SaleRequest,
  type VisitReport,
} from "../hal/index.ts";
import { ArithmeticFault } from "../rules/index.ts";
import { encodeCbor, Intent, type IntentArea, Refusal, StoredSale, sumsOf } from "../wire/index.ts";
import {
  type AreaOnCard,
  CardGone,
  type CardOnReader,
  CardRefused,
  packFor,
  readAreaOnCard,
  readIdentity,
  writeRecord,
} from "./card.ts";
import { abortUnwritten, areaOf, type KnownIntent, knownIntents, settleDoubts, wentBack } from "./doubts.ts";
import { fr } from "./messages-fr.ts";
import { intentOf, type Proposal, propose } from "./proposal.ts";
import { receiptOf } from "./receipt.ts";
import type { Terminal } from "./terminal.ts";

/** How often a visit begins anew with a card that is lost in the middle. */
const TRIES_MAX = 8;

/** How far a visit has come; it outlives a card that leaves and comes back. */
interface Progress {
  moment: Moment;
  card: number | null;
  intent: KnownIntent | null;
}

/**
 * One visit: tap, read, decide, write, confirm, print. Whatever interrupts it, the card holds a valid old or new state, and
 * the journal holds what is needed to tell which. A card that leaves is asked for again; each try begins by reading it anew.
 */
export async function visit(terminal: Terminal, request: SaleRequest): Promise<VisitReport> {
  const { hal } = terminal;
  await hal.show(fr.presentCard);
  const tap = await hal.waitCard(0, null);
  if (tap === "none" || tap === "other") {
    await hal.show(fr.noCard);
    return emptyReport(request, "no-card");
  }
  const asked = saleBytes(request);
  if (asked === null)
    return refuse(terminal, request, tap.uid, { moment: await hal.now(), card: null, intent: null }, "BAD_AMOUNT");
  const progress: Progress = { moment: await hal.now(), card: null, intent: null };
  for (let tries = 1; ; tries += 1) {
    try {
      return await tryVisit(terminal, request, tap.uid, progress, asked);
    } catch (error) {
      if (error instanceof CardRefused) {
        progress.card ??= error.card ?? null;
        return refuse(terminal, request, tap.uid, progress, error.reason);
      }
      if (error instanceof ArithmeticFault) return refuse(terminal, request, tap.uid, progress, "BAD_AMOUNT");
      if (!(error instanceof CardGone)) throw error;
      // A card that stays and cannot be read or written steadily would keep the terminal busy for ever.
      if (tries === TRIES_MAX && progress.intent === null) {
        return refuse(terminal, request, tap.uid, progress, "CARD_UNSTEADY");
      }
      if (tries === TRIES_MAX || !(await cardReturns(hal, tap.uid)))
        return conclude(terminal, request, progress, false);
    }
  }
}

/** The sale as the journal would hold it, to compare and to check; null where it cannot be written down. */
function saleBytes({ visit, lines, tip, redeem }: SaleRequest): Uint8Array | null {
  if (!Number.isSafeInteger(visit) || visit < 0) return null;
  try {
    return encodeCbor(StoredSale.encode({ lines, tip, payable: 0, ...(redeem === undefined ? {} : { redeem }) }));
  } catch (error) {
    if (error instanceof RangeError || error instanceof TypeError) return null;
    throw error;
  }
}

/** Waits for the very same card; others are sent away. */
async function cardReturns(hal: Hal, uid: Uint8Array): Promise<boolean> {
  await hal.show(fr.presentAgain);
  for (;;) {
    const tap = await hal.waitCard(CARD_RETURN_TIMEOUT_MS, uid);
    if (tap === "none") return false;
    if (tap !== "other") return true;
    await hal.show(fr.otherCard);
  }
}

async function tryVisit(
  terminal: Terminal,
  request: SaleRequest,
  uid: Uint8Array,
  progress: Progress,
  asked: Uint8Array,
): Promise<VisitReport> {
  const { hal, facts } = terminal;
  await hal.show(fr.keepCard);
  const card = await readIdentity(hal, facts, uid);
  progress.card = card.number;
  const history = await hal.lookup(card.number, request.visit);
  if (history.blocked !== null) throw new CardRefused("BLOCKED", card.number);
  if (history.cardOfVisit !== null && history.cardOfVisit !== card.number)
    throw new CardRefused("ALREADY_USED", card.number);
  const intents = await knownIntents(hal, history);
  const areas = await readAreas(terminal, card, intents);
  if (wentBack(facts, areas, history)) throw new CardRefused("COUNTER_ROLLBACK", card.number);

  const told = alreadyTold(history);
  await settleDoubts(hal, card, areas, intents, history);
  const mine = intents.findLast(({ ofThisVisit }) => ofThisVisit);
  progress.intent = null;
  if (mine !== undefined && !isVoid(mine)) {
    if (!isSaleOf(mine, asked)) throw new CardRefused("ALREADY_USED", card.number);
    const resumes = canResume(mine, areas, intents);
    // Where nothing of it is on the card, and it cannot be written as it was meant, the visit gets a new intent.
    if (resumes || !isUntouched(mine)) {
      progress.intent = mine;
      if (resumes) await writeAreas(terminal, card, areas, intents, mine);
      return conclude(terminal, request, progress, told);
    }
  }

  const proposal = await propose(hal, facts, terminal.programmes, card, areas, request, progress.moment);
  if (proposal.areas.length === 0) return nothingToDo(terminal, request, card, proposal);
  const body = intentOf(proposal, request, facts, card, progress.moment);
  const number = await hal.intend(encodeCbor(Intent.encode(body)));
  if (number === "full") return refuse(terminal, request, uid, progress, "JOURNAL_FULL");
  if (number === "too-long") return refuse(terminal, request, uid, progress, "BAD_AMOUNT");
  const programmes = body.areas.map(({ programme }) => programme);
  const intent: KnownIntent = {
    number,
    ofThisVisit: true,
    body,
    outcomes: new Map(programmes.map((programme) => [programme, "open"])),
    unwritten: new Set(programmes),
  };
  progress.intent = intent;
  await writeAreas(terminal, card, areas, intents, intent);
  return conclude(terminal, request, progress, false);
}

/** Areas in the card's order, until every programme of the terminal has shown its record; all of them where one has none. */
async function readAreas(
  terminal: Terminal,
  card: CardOnReader,
  intents: readonly KnownIntent[],
): Promise<AreaOnCard[]> {
  const { hal, facts } = terminal;
  const areas: AreaOnCard[] = [];
  const missing = new Set(facts.programmes.map(({ programme }) => programme));
  for (let index = 0; index < card.map.areas.length && missing.size > 0; index += 1) {
    const area = await readAreaOnCard(hal, facts, card, index, await openingsOf(terminal, card, intents, index));
    if (area.reading.kind === "damaged") throw new CardRefused("BAD_SIGNATURE", card.number);
    if (area.reading.kind === "conflict") throw new CardRefused("AREA_CONFLICT", card.number);
    if (area.reading.kind === "current") missing.delete(area.reading.state.programme);
    areas.push(area);
  }
  return areas;
}

/** The whole records with which open intents of this terminal meant to open an area. */
async function openingsOf(
  { hal }: Terminal,
  card: CardOnReader,
  intents: readonly KnownIntent[],
  index: number,
): Promise<Uint8Array[]> {
  const openings: Uint8Array[] = [];
  for (const { body, outcomes } of intents) {
    for (const { area, oldSequence, programme, record } of body.areas) {
      if (area !== index || oldSequence !== 0 || outcomes.get(programme) !== "open") continue;
      const { generation } = splitSlot(record);
      const mac = await hal.seal({ role: "area", programme, generation }, card.uid, card.number, record);
      if (mac !== "no-key") openings.push(concat(record, mac));
    }
  }
  return openings;
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

/** Whether the till asks for the very sale that an intent is about. */
function isSaleOf({ body }: KnownIntent, asked: Uint8Array): boolean {
  return sameBytes(encodeCbor(StoredSale.encode({ ...body.sale, payable: 0 })), asked);
}

/**
 * Whether every area that is still open can be written as it was meant. Not when a newer intent names the same new state:
 * that state belongs to the newest (doubts.ts).
 */
function canResume(intent: KnownIntent, areas: readonly AreaOnCard[], intents: readonly KnownIntent[]): boolean {
  const open = intent.body.areas.filter(({ programme }) => intent.outcomes.get(programme) === "open");
  return open.every(({ programme, area, newHash }) => {
    const newer = intents.some(
      ({ number, body }) =>
        number > intent.number &&
        body.areas.some((other) => other.programme === programme && sameBytes(other.newHash, newHash)),
    );
    return !newer && intent.unwritten.has(programme) && areaOf(areas, programme, area) !== null;
  });
}

/** Writes the areas of an intent that are still open, in its order. Each is committed in the journal before the next is written. */
async function writeAreas(
  { hal, facts }: Terminal,
  card: CardOnReader,
  areas: readonly AreaOnCard[],
  intents: readonly KnownIntent[],
  intent: KnownIntent,
): Promise<void> {
  for (const meant of intent.body.areas) {
    if (intent.outcomes.get(meant.programme) !== "open") continue;
    const area = areaOf(areas, meant.programme, meant.area);
    if (area === null) throw new RangeError(`no area for programme ${meant.programme}`);
    const { sealed, generation } = recordFor(facts, card, area, meant);
    await writeRecord(hal, card, area, sealed, { role: "area", programme: meant.programme, generation });
    await hal.settle(intent.number, meant.programme, "committed");
    intent.outcomes.set(meant.programme, "committed");
    await abortUnwritten(hal, intents, intent.number, meant.programme);
  }
}

/** The record an intent names, under today's key generation and the sequence that follows the card's. Its state hash is the same. */
function recordFor(
  facts: DeviceFacts,
  card: CardOnReader,
  area: AreaOnCard,
  meant: IntentArea,
): { sealed: Uint8Array; generation: number } {
  const state = unpackState(meant.record);
  const generation = facts.programmes.find(({ programme }) => programme === meant.programme)?.generation;
  if (!state.ok || generation === undefined) throw new RangeError(`record of programme ${meant.programme}`);
  const sequence = area.reading.kind === "current" ? area.reading.state.sequence + 1 : 1;
  if (state.value.sequence === sequence && state.value.generation === generation)
    return { sealed: meant.record, generation };
  return { sealed: packFor(card, area, { ...state.value, generation, sequence }), generation };
}

function emptyReport(request: SaleRequest, result: VisitReport["result"]): VisitReport {
  return {
    visit: request.visit,
    result,
    committed: [],
    earnedCents: 0,
    spentCents: 0,
    discountCents: 0,
    payable: request.lines.reduce((sum, { amount }) => sum + amount, request.tip),
  };
}

/** Refusals that concern our own cards are journalled; a stranger's card leaves no trace. */
async function refuse(
  { hal }: Terminal,
  request: SaleRequest,
  uid: Uint8Array,
  progress: Progress,
  reason: string,
): Promise<VisitReport> {
  await hal.show(fr.refused(reason));
  const card = progress.card;
  if (reason !== "NOT_OURS") {
    await hal.refuse(encodeCbor(Refusal.encode({ reason, uid, ...(card === null ? {} : { card }) })));
  }
  const report = reportOf(request, progress, "refused");
  if (progress.intent === null) return { ...report, reason };
  // Refused in the middle of writing: what is not committed stays in doubt.
  return { ...report, result: report.committed.length > 0 ? "partly-done" : "in-doubt", reason };
}

async function nothingToDo(
  { hal }: Terminal,
  request: SaleRequest,
  card: CardOnReader,
  proposal: Proposal,
): Promise<VisitReport> {
  await hal.show(fr.nothingToDo);
  const reason = proposal.evaluations.flatMap(({ evaluation }) => [
    ...evaluation.effects.flatMap((effect) => effect.reason ?? []),
    ...evaluation.skipped.map((skipped) => skipped.reason),
  ])[0];
  const report = { ...emptyReport(request, "nothing-to-do"), card: card.number, payable: proposal.payable };
  return reason === undefined ? report : { ...report, reason };
}

/** Sums over what is committed: nothing else counts as discount or tender. */
function reportOf(request: SaleRequest, { card, intent }: Progress, result: VisitReport["result"]): VisitReport {
  const done = intent?.body.areas.filter(({ programme }) => intent.outcomes.get(programme) === "committed") ?? [];
  const { earnedCents, spentCents, discountCents } = sumsOf(done.flatMap(({ effects }) => effects));
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
    payable: empty.payable - spentCents - discountCents,
  };
}

/** The end of a visit that has an intent, or of one whose card left before it had one. */
async function conclude(
  terminal: Terminal,
  request: SaleRequest,
  progress: Progress,
  told: boolean,
): Promise<VisitReport> {
  const { hal } = terminal;
  const { intent } = progress;
  if (intent === null) {
    await hal.show(fr.noCard);
    return reportOf(request, progress, "no-card");
  }
  const outcomes = [...intent.outcomes.values()];
  const committed = outcomes.filter((outcome) => outcome === "committed").length;
  if (committed === 0) {
    await hal.show(fr.inDoubt);
    return reportOf(request, progress, "in-doubt");
  }
  await hal.print(receiptOf(terminal, intent, progress.moment));
  const result = committed < outcomes.length ? "partly-done" : told ? "already-done" : "done";
  await hal.show({ "partly-done": fr.inDoubt, "already-done": fr.alreadyDone, done: fr.done }[result]);
  return reportOf(request, progress, result);
}
