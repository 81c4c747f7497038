import { terminalName, ticketName } from "@cachet/firmware/wire";
import { stateName } from "../reconcile.ts";
import { type Ledger, type LedgerTables, selectAll } from "../schema.ts";
import { BATCH_TRAVELS, CLOCK_WAS_SET, CLOCKS_DIFFER, DAY_SECONDS, type Finding, type Limits } from "./finding.ts";

const WANTED = [
  ...(["card", "programme", "old_hash", "new_hash", "terminal", "number", "merchant", "utc", "outcome"] as const),
  ...(["old_terminal", "old_sequence", "sequence", "holds_cents", "moved_cents", "credits"] as const),
] as const;
export type Visit = Pick<LedgerTables["intent_area"], (typeof WANTED)[number]>;
type Gap = LedgerTables["gap"];

/** States of a card that known visits join, in the order of their sequences; what lies between two of these nobody told of. */
export interface Piece {
  readonly visits: readonly Visit[];
  readonly lowest: number;
  readonly highest: number;
  /** States that the known visits begin with. */
  readonly begins: ReadonlySet<string>;
}

const cardName = ({ card, programme }: Pick<Visit, "card" | "programme">) => `${card}/${programme}`;
const oldState = ({ card, programme, old_hash }: Gap | Visit) => stateName(card, programme, old_hash);
const newState = ({ card, programme, new_hash }: Visit) => stateName(card, programme, new_hash);

/** The visits of some cards, by card and programme. */
export async function visitsOf(
  ledger: Ledger,
  cards: readonly Pick<Visit, "card" | "programme">[],
): Promise<ReadonlyMap<string, readonly Visit[]>> {
  const keys = new Map(cards.map(({ card, programme }) => [cardName({ card, programme }), [card, programme]]));
  const visits = new Map<string, Visit[]>();
  for (const visit of await selectAll(ledger, "intent_area", ["card", "programme"], [...keys.values()], WANTED)) {
    const of = visits.get(cardName(visit));
    if (of === undefined) visits.set(cardName(visit), [visit]);
    else of.push(visit);
  }
  return visits;
}

/** The states of one card under one programme, joined by the visits that happened. */
export function piecesOf(visits: readonly Visit[]): readonly Piece[] {
  const joined = new Map<string, string>();
  const root = (state: string): string => {
    let at = state;
    for (let up = joined.get(at); up !== undefined; up = joined.get(at)) at = up;
    return at;
  };
  const happened = visits.filter(({ outcome }) => outcome === "committed");
  for (const visit of happened) {
    const [a, b] = [root(oldState(visit)), root(newState(visit))];
    if (a !== b) joined.set(a, b);
  }
  const pieces = new Map<string, { visits: Visit[]; lowest: number; highest: number; begins: Set<string> }>();
  for (const visit of visits) {
    const name = root(oldState(visit));
    const piece = pieces.get(name) ?? { visits: [], lowest: visit.old_sequence, highest: 0, begins: new Set() };
    pieces.set(name, piece);
    piece.visits.push(visit);
    piece.begins.add(oldState(visit));
    piece.lowest = Math.min(piece.lowest, visit.old_sequence);
    piece.highest = Math.max(piece.highest, visit.outcome === "committed" ? visit.sequence : visit.old_sequence);
  }
  return [...pieces.values()].sort((a, b) => a.lowest - b.lowest || a.highest - b.highest);
}

const wasSet = ({ utc }: Visit): boolean => utc >= CLOCK_WAS_SET;
const latest = ({ visits }: Piece): Visit | undefined => visits.filter(wasSet).sort((a, b) => b.utc - a.utc)[0];
const earliest = ({ visits }: Piece): Visit | undefined => visits.filter(wasSet).sort((a, b) => a.utc - b.utc)[0];
const ticket = ({ terminal, number }: Pick<Visit, "terminal" | "number">) => ticketName(terminal, number);

/**
 * Pieces of one card's history that cannot stand one behind the other. A late upload fits between them, and does not show: its sequences
 * are those that are missing. An old record that was put back begins again where others went on already.
 */
export function stepBacks(pieces: readonly Piece[]): readonly Finding[] {
  const found: Finding[] = [];
  let before: Piece | undefined;
  for (const piece of pieces) {
    const last = before === undefined ? undefined : latest(before);
    const first = earliest(piece) ?? piece.visits[0]!;
    const overlaps = before !== undefined && piece.lowest <= before.highest;
    const isLater = last !== undefined && wasSet(first) && last.utc > first.utc + CLOCKS_DIFFER;
    if (before !== undefined && (overlaps || isLater)) {
      const back = last ?? before.visits[0]!;
      const { card, programme, terminal, number, merchant, utc } = back;
      const why = overlaps
        ? `both went on from sequence ${piece.lowest}, and no visit leads from one to the other`
        : `the terminals' clocks say that the lower sequence came later`;
      found.push({
        ...{ kind: "step-back", card, programme, terminal, number, merchant, utc, bars: overlaps },
        cents: piece.visits.reduce((sum, visit) => sum + Math.max(0, -visit.moved_cents), 0),
        what: `${ticket(back)} (up to sequence ${before.highest}) and ${ticket(first)} (from ${piece.lowest}): ${why}; an old record was put back, or a clock is wrong`,
      });
    }
    if (before === undefined || piece.highest > before.highest) before = piece;
  }
  return found;
}

type Teller = Pick<
  LedgerTables["terminal"],
  "number" | "merchant" | "imported_to" | "state" | "ends" | "replaced_by"
> & {
  /** Time of its last imported entry by its clock; null where there is none, or that clock is ahead of the office's: it shows nothing then. */
  readonly lastUtc: number | null;
  /** When its last batch came, by the office's clock; null where none did. */
  readonly heardAt: number | null;
};

/** Terminals with how far their journals are here. */
async function tellersIn(ledger: Ledger): Promise<ReadonlyMap<number, Teller>> {
  const arrivals = await ledger
    .selectFrom("audit")
    .select(({ fn }) => ["terminal", fn.max("at").as("at")])
    .where("kind", "=", "batch")
    .groupBy("terminal")
    .execute();
  const arrived = new Map(arrivals.map(({ terminal, at }) => [terminal, at]));
  const terminals = await ledger
    .selectFrom("terminal")
    .leftJoin("entry", (join) =>
      join.onRef("entry.terminal", "=", "terminal.number").onRef("entry.number", "=", "terminal.imported_to"),
    )
    .select(["terminal.number", "merchant", "imported_to", "state", "ends", "replaced_by", "entry.utc"])
    .execute();
  return new Map(
    terminals.map(({ utc, ...teller }) => {
      const isAhead = utc !== null && utc > (arrived.get(teller.number) ?? utc) + CLOCKS_DIFFER;
      const heardAt = arrived.get(teller.number) ?? null;
      return [teller.number, { ...teller, lastUtc: isAhead ? null : utc, heardAt }];
    }),
  );
}

/** The latest time that a terminal's journal says up to an entry: its clock may have fallen back before it. */
async function latestUpTo(ledger: Ledger, { terminal, number, utc }: Visit): Promise<number> {
  const row = await ledger
    .selectFrom("entry")
    .select(({ fn }) => fn.max<number | null>("utc").as("utc"))
    .where("terminal", "=", terminal)
    .where("number", "<=", number)
    .executeTakeFirst();
  return Math.max(utc, row?.utc ?? utc);
}

/** What the record of a gap held that no known visit gave, in cents; null where it was restored, or the card never seen before. */
function missingCents(pieces: readonly Piece[], found: Visit): number | null {
  const below = pieces.filter(({ highest }) => highest <= found.old_sequence && highest > 0);
  const tip = below
    .flatMap(({ visits }) => visits)
    .filter(({ outcome }) => outcome === "committed")
    .sort((a, b) => b.sequence - a.sequence)[0];
  const held = found.holds_cents - found.moved_cents;
  return found.credits < 0 ? null : held - (tip?.holds_cents ?? 0);
}

async function judged(
  ledger: Ledger,
  gap: Gap,
  found: Visit,
  pieces: readonly Piece[],
  teller: Teller | undefined,
  at: number,
  { gapDays }: Limits,
): Promise<Finding | null> {
  const { card, programme, old_terminal: terminal } = gap;
  const { utc } = found;
  const missing = missingCents(pieces, found);
  const shown = { card, programme, terminal, utc, cents: Math.max(0, missing ?? 0) };
  const seen = `${ticket(found)} found a record of ${terminalName(terminal)}`;
  if (terminal === 0)
    return { ...shown, kind: "gap", what: `${ticket(found)} was restored from a state that no visit led to` };
  if (teller === undefined)
    return {
      ...shown,
      kind: "no-journal",
      bars: true,
      what: `${seen}, which the office does not know: it is forged, or another town's`,
    };
  const { merchant, lastUtc, heardAt, state, ends, imported_to } = teller;
  if (state !== "active" && imported_to >= (ends ?? 0)) {
    const what = `${seen}, which is ${state}: nothing more of it counts, so nobody will tell`;
    return { ...shown, kind: "ended", merchant, bars: state === "revoked", what };
  }
  const isBeyond = (time: number) => lastUtc !== null && lastUtc > time + CLOCKS_DIFFER;
  if (utc >= CLOCK_WAS_SET && isBeyond(utc) && isBeyond(await latestUpTo(ledger, found))) {
    // A clock that was ahead for a day says so, too. What came this late was collected behind that visit, whatever clocks say.
    if (heardAt === null || heardAt <= utc + BATCH_TRAVELS) {
      const what = `${seen}, whose journal is here beyond that time and does not tell of it yet: its next batch shows whether a clock is wrong`;
      return { ...shown, kind: "gap", merchant, what };
    }
    const what = `${seen}, whose journal is here beyond that time and does not tell of it: the record is forged, or a clock is wrong`;
    return { ...shown, kind: "no-journal", merchant, bars: true, what };
  }
  const days = Math.floor((at - utc) / DAY_SECONDS);
  if (days < gapDays) return null;
  return { ...shown, kind: "gap", merchant, what: `${seen}, which has still to tell of it, ${days} days later` };
}

/** What gaps in the histories of cards come to: overdue ones, records that nobody wrote, old ones that were put back. */
export async function historyFindings(ledger: Ledger, at: number, limits: Limits): Promise<readonly Finding[]> {
  const gaps = await ledger
    .selectFrom("gap")
    .selectAll()
    .orderBy("card")
    .orderBy("programme")
    .orderBy("old_hash")
    .execute();
  const visits = await visitsOf(ledger, gaps);
  const tellers = await tellersIn(ledger);
  const findings: Finding[] = [];
  const done = new Set<string>();
  for (const gap of gaps) {
    const of = visits.get(cardName(gap))!;
    const pieces = piecesOf(of);
    if (!done.has(cardName(gap))) findings.push(...stepBacks(pieces));
    done.add(cardName(gap));
    const finding = of.filter((visit) => oldState(visit) === oldState(gap)).sort((a, b) => a.utc - b.utc)[0]!;
    const one = await judged(ledger, gap, finding, pieces, tellers.get(gap.old_terminal), at, limits);
    if (one !== null) findings.push(one);
  }
  return findings;
}
