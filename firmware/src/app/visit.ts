import {
  CARD_RETURN_TIMEOUT_MS,
  type CardHistory,
  type Hal,
  type VisitReport,
  type VisitRequest,
} from "../hal/index.ts";
import { ArithmeticFault } from "../rules/index.ts";
import { encodeCbor, type Intent, Refusal } from "../wire/index.ts";
import { type AreaOnCard, readAreaOnCard } from "./areas.ts";
import { type Asked, askedOf, isAskedBy } from "./asked.ts";
import { CardGone, type CardOnReader, CardRefused } from "./card.ts";
import { type KnownIntent, knownIntents, settleDoubts, wentBack } from "./doubts.ts";
import { readIdentity } from "./identity.ts";
import { fr } from "./messages-fr.ts";
import { conclude, noCard, nothingToDo, type Progress, refuse } from "./outcome.ts";
import { type CardFound, nullAreas, type Proposal, proposeSale, proposeTopUp } from "./proposal.ts";
import type { Terminal } from "./terminal.ts";
import { canResume, openingsOf, store, writeAreas } from "./writing.ts";

/** How often a visit begins anew with a card that is lost in the middle, or with several cards in the field. */
const TRIES_MAX = 8;

/**
 * One visit: tap, read, decide, write, confirm, print. Whatever interrupts it, the card holds a valid old or new state, and
 * the journal holds what is needed to tell which. A card that leaves is asked for again; each try begins by reading it anew.
 */
export async function visit(terminal: Terminal, request: VisitRequest): Promise<VisitReport> {
  const { hal } = terminal;
  await hal.show(fr.presentCard);
  const uid = await firstCard(hal);
  const start = { request, moment: await hal.now(), card: null, intent: null, told: null, settled: [] };
  if (uid === null) return noCard(terminal, { ...start, uid: new Uint8Array() });
  const progress: Progress = { ...start, uid };
  const asked = askedOf(request);
  if (asked === null) return refuse(terminal, progress, "BAD_AMOUNT");
  for (let tries = 1; ; tries += 1) {
    try {
      return await tryVisit(terminal, progress, asked);
    } catch (error) {
      if (error instanceof CardRefused) {
        progress.card ??= error.card ?? null;
        return refuse(terminal, progress, error.reason);
      }
      if (error instanceof ArithmeticFault) return refuse(terminal, progress, "BAD_AMOUNT");
      if (!(error instanceof CardGone)) throw error;
      const { intent } = progress;
      // A card that stays and cannot be read or written steadily would keep the terminal busy for ever.
      if (tries === TRIES_MAX && intent === null) return refuse(terminal, progress, "CARD_UNSTEADY");
      if (tries === TRIES_MAX || !(await cardReturns(hal, uid))) {
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
    await hal.show(fr.oneCard);
  }
  return null;
}

/** Waits for the very same card; others are sent away. */
async function cardReturns(hal: Hal, uid: Uint8Array): Promise<boolean> {
  await hal.show(fr.presentAgain);
  for (;;) {
    const tap = await hal.waitCard(CARD_RETURN_TIMEOUT_MS, uid);
    if (tap === "none") return false;
    if (tap !== "other" && tap !== "several") return true;
    await hal.show(tap === "other" ? fr.otherCard : fr.oneCard);
  }
}

async function tryVisit(terminal: Terminal, progress: Progress, asked: Asked): Promise<VisitReport> {
  const { hal, facts } = terminal;
  const { request, uid, moment } = progress;
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
  await noteTornCounters(terminal, card, areas);

  progress.told ??= alreadyTold(history);
  await settleDoubts(hal, card, areas, intents, progress.settled);
  const found: CardFound = { card, areas, spentToday: history.spentToday, moment };
  const mine = intents.findLast(({ ofThisVisit }) => ofThisVisit);
  progress.intent = null;
  if (mine !== undefined && !isVoid(mine)) {
    if (!isAskedBy(mine.body, asked)) throw new CardRefused("ALREADY_USED", card.number);
    const ended = await goOn(terminal, progress, asked, found, intents, mine);
    if (ended !== null) return ended;
  }

  const proposal = await propose(terminal, found, request);
  const nulls = await nullAreas(terminal, found, programmesToDecide(intents, request, proposal));
  const written = [...(proposal?.areas ?? []), ...nulls];
  if (written.length === 0) return nothingToDo(terminal, progress, proposal);
  const changes = (proposal?.areas.length ?? 0) > 0;
  const body = intentOf(terminal, progress, card, changes ? asked : NOTHING_ASKED, written, proposal?.payable ?? 0);
  const intent = await store(terminal, card, body);
  if (intent === "full") return refuse(terminal, progress, "JOURNAL_FULL");
  if (intent === "too-long") return refuse(terminal, progress, "BAD_AMOUNT");
  progress.intent = intent;
  await writeAreas(terminal, card, areas, intents, intent, progress.settled);
  if (!changes && request.kind !== "settle") {
    progress.intent = null;
    return nothingToDo(terminal, progress, proposal);
  }
  return conclude(terminal, progress, intent);
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
  const undecided = [...mine.afterWrite.keys()].filter((programme) => !mine.unwritten.has(programme));
  if (undecided.length > 0) {
    // The card shows that it happened, or cannot have; a write on top makes that true, and the card is then read anew.
    const body = intentOf(terminal, progress, card, NOTHING_ASKED, await nullAreas(terminal, found, undecided), 0);
    const intent = await store(terminal, card, body);
    if (typeof intent === "string") return refuse(terminal, progress, "JOURNAL_FULL");
    progress.intent = mine;
    await writeAreas(terminal, card, areas, intents, intent, progress.settled);
    return tryVisit(terminal, progress, asked);
  }
  const resumes = canResume(mine, areas, intents);
  // Where nothing of it is on the card, and it cannot be written as it was meant, the visit gets a new intent.
  if (!resumes && isUntouched(mine)) return null;
  progress.intent = mine;
  if (resumes) await writeAreas(terminal, card, areas, intents, mine, progress.settled);
  return conclude(terminal, progress, mine);
}

function propose(terminal: Terminal, found: CardFound, request: VisitRequest): Promise<Proposal | null> {
  switch (request.kind) {
    case "sale":
      return proposeSale(terminal, found, request);
    case "top-up":
      return proposeTopUp(terminal, found, request);
    case "settle":
      return Promise.resolve(null);
  }
}

/** Programmes that are written again although nothing changes there: what they wait for is decided by a write. */
function programmesToDecide(
  intents: readonly KnownIntent[],
  { kind }: VisitRequest,
  proposal: Proposal | null,
): number[] {
  const waiting = new Set<number>();
  for (const { afterWrite } of intents) {
    for (const [programme, outcome] of afterWrite) {
      if (kind === "settle" || outcome === "committed") waiting.add(programme);
    }
  }
  return [...waiting].filter((number) => proposal?.areas.every(({ programme }) => programme !== number) ?? true);
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
    const openings = await openingsOf(terminal, card, intents, index);
    const area = await readAreaOnCard(hal, facts, card, index, openings, intents.length > 0);
    if (area.reading.kind === "damaged") throw new CardRefused("BAD_SIGNATURE", card.number);
    if (area.reading.kind === "conflict") throw new CardRefused("AREA_CONFLICT", card.number);
    if (area.reading.kind === "behind") throw new CardRefused("COUNTER_ROLLBACK", card.number);
    if (area.reading.kind === "current") missing.delete(area.reading.state.programme);
    areas.push(area);
  }
  return areas;
}

/** An increment of the counter was cut: the card goes on, earns only, and somebody will want to know. */
async function noteTornCounters({ hal }: Terminal, card: CardOnReader, areas: readonly AreaOnCard[]): Promise<void> {
  if (!areas.some(({ counter }) => counter?.torn === true)) return;
  const { uid, number } = card;
  await hal.refuse(encodeCbor(Refusal.encode({ reason: "COUNTER_TORN", uid, card: number })));
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

/** A null visit asks for nothing. */
const NOTHING_ASKED: Asked = { sale: { lines: [], tip: 0, payable: 0 } };

/** An intent's body for the journal. */
function intentOf(
  { facts }: Terminal,
  { request, moment }: Progress,
  card: CardOnReader,
  { sale, topUp }: Asked,
  areas: Intent["areas"],
  payable: number,
): Intent {
  return {
    card: card.number,
    uid: card.uid,
    visit: request.visit,
    merchant: facts.merchant,
    sale: { ...sale, payable },
    areas,
    ...(topUp === undefined ? {} : { topUp }),
    ...(moment.suspect ? { clockSuspect: true as const } : {}),
  };
}
