import { sql } from "kysely";
import type { Ledger } from "../schema.ts";
import type { Finding } from "./finding.ts";
import { type Visit, visitsOf } from "./histories.ts";

const ticketOf = ({ terminal, number }: Visit) => `${terminal}-${number}`;

/** More torn visits than these, and more than two in ten, make somebody look. */
const TORN_FEW = 2;

/** Cards of which more than two visits in ten were prepared and never committed: pulled away often, or on purpose. */
async function tornCards(ledger: Ledger): Promise<readonly Finding[]> {
  const often = await ledger
    .selectFrom("intent_area")
    .select(({ fn }) => ["card", fn.countAll<number>().as("torn")])
    .where(sql<boolean>`outcome <> 'committed'`)
    .groupBy("card")
    .having(({ fn }) => fn.countAll<number>(), ">", TORN_FEW)
    .orderBy("card")
    .execute();
  const found: Finding[] = [];
  for (const { card } of often) {
    const visits = await ledger
      .selectFrom("intent_area")
      .select(["terminal", "number", "outcome"])
      .where("card", "=", card)
      .execute();
    const taps = new Map<string, boolean>();
    for (const visit of visits) {
      const name = ticketOf(visit as Visit);
      taps.set(name, (taps.get(name) ?? true) && visit.outcome !== "committed");
    }
    const torn = [...taps.values()].filter(Boolean).length;
    if (torn <= TORN_FEW || torn * 10 <= taps.size * 2) continue;
    const what = `${torn} of ${taps.size} visits were prepared and not committed; more than two in ten are few honest hands`;
    found.push({ kind: "torn", card, what });
  }
  return found;
}

/** A write on a chip without a counter takes one sequence; on one with a counter two, and two more for each that was cut. */
const [STEP, COUNTED_STEP] = [1, 2];

/** How far the sequences of a card went on without a visit that anybody told of. */
export function surplus(visits: readonly Visit[]): number {
  const happened = visits.filter(({ outcome, old_terminal }) => outcome === "committed" && old_terminal !== 0);
  const step = happened.some(({ sequence, old_sequence }) => sequence - old_sequence === STEP) ? STEP : COUNTED_STEP;
  return happened.reduce((sum, visit) => {
    const cut = visits.filter(
      (other) =>
        other.outcome !== "committed" &&
        other.programme === visit.programme &&
        other.old_sequence === visit.old_sequence,
    ).length;
    return sum + Math.max(0, visit.sequence - visit.old_sequence - step - COUNTED_STEP * cut);
  }, 0);
}

/** Cards whose counter was moved by others. Chips without a counter of commits do not show it. */
async function countedCards(ledger: Ledger): Promise<readonly Finding[]> {
  const jumped = await ledger
    .selectFrom("intent_area")
    .select(["card", "programme"])
    .distinct()
    .where(sql<boolean>`sequence > old_sequence + 2 and old_terminal <> 0`)
    .orderBy("card")
    .orderBy("programme")
    .execute();
  const visits = await visitsOf(ledger, jumped);
  return jumped.flatMap(({ card, programme }): Finding[] => {
    const by = surplus(visits.get(`${card}/${programme}`) ?? []);
    const what = `its sequences went on by ${by} that no visit tells of: somebody counted, or wrote and took back`;
    return by === 0 ? [] : [{ kind: "counter", card, programme, what }];
  });
}

/**
 * Cards from which more money left than journals ever gave. Only those with something wrong in their history can be; while a visit is
 * missing, nobody knows what it gave (histories.ts).
 */
async function overdrawnCards(ledger: Ledger): Promise<readonly Finding[]> {
  const suspects = new Map<string, { card: number; programme: number }>();
  const cardsOf = (table: "fork" | "alert" | "gap") =>
    ledger.selectFrom(table).select(["card", "programme"]).distinct().execute();
  for (const card of [...(await cardsOf("fork")), ...(await cardsOf("alert"))])
    suspects.set(`${card.card}/${card.programme}`, card);
  for (const { card, programme } of await cardsOf("gap")) suspects.delete(`${card}/${programme}`);
  const visits = await visitsOf(ledger, [...suspects.values()]);
  return [...suspects].flatMap(([name, { card, programme }]): Finding[] => {
    const happened = (visits.get(name) ?? []).filter(({ outcome }) => outcome === "committed");
    const sum = happened.reduce((all, { moved_cents }) => all + moved_cents, 0);
    if (sum >= 0) return [];
    return [
      { kind: "overdrawn", card, programme, cents: -sum, what: `${-sum} cents more left it than any journal gave it` },
    ];
  });
}

/** What the sums and counts of cards say. */
export async function scoreFindings(ledger: Ledger): Promise<readonly Finding[]> {
  return [...(await overdrawnCards(ledger)), ...(await tornCards(ledger)), ...(await countedCards(ledger))];
}
