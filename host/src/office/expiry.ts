import { type Purse, unpackState } from "@cachet/card-layout";
import type { IntentArea } from "@cachet/firmware/wire";
import { appendAudit, queueByArrival } from "./audit.ts";
import { nextAct } from "./decisions.ts";
import { intentAt } from "./entries.ts";
import { breakageAccount, cardAccount, postings } from "./ledger.ts";
import { stateName } from "./reconcile.ts";
import { insertAll, type Ledger, type LedgerTables, type LedgerTransaction } from "./schema.ts";

type ExpiryUnit = "cents" | "points";
type Visit = Pick<LedgerTables["intent_area"], "terminal" | "number" | "day" | "old_hash" | "new_hash">;

/** By unit, last day and day of issue: how value that ends is told apart. */
type Lots = Map<string, number>;
const add = (lots: Lots, name: string, value: number) => lots.set(name, (lots.get(name) ?? 0) + value);
const lotName = (unit: ExpiryUnit, lot: { readonly expires: number; readonly issued: number }) =>
  `${unit} ${lot.expires} ${lot.issued}`;

function lotsOf(purses: readonly Purse[]): Lots {
  const lots: Lots = new Map();
  for (const purse of purses) {
    if (!("lots" in purse)) continue;
    const unit = purse.kind.startsWith("points") ? "points" : "cents";
    for (const lot of purse.lots) add(lots, lotName(unit, lot), lot.value);
  }
  return lots;
}

async function areaAt(ledger: Ledger, { terminal, number }: Visit, programme: number): Promise<IntentArea | null> {
  const intent = await intentAt(ledger, terminal, number);
  return intent?.body.areas.find((area) => area.programme === programme) ?? null;
}

/** What came twice into being where a card's history parts, by lot: what it held there, for each further visit that went on. */
async function doubledLots(
  ledger: Ledger,
  card: number,
  programme: number,
  visits: readonly Visit[],
): Promise<{ readonly lots: Lots; readonly after: readonly Visit[] }> {
  const name = (hash: Uint8Array) => stateName(card, programme, hash);
  const from = new Map<string, Visit[]>();
  for (const visit of visits) from.set(name(visit.old_hash), [...(from.get(name(visit.old_hash)) ?? []), visit]);
  const leading = new Map(visits.map((visit) => [name(visit.new_hash), visit]));
  const lots: Lots = new Map();
  const after = new Map<string, Visit>();
  const open: Visit[] = [];
  for (const [state, sides] of from) {
    if (sides.length < 2) continue;
    open.push(...sides);
    const before = leading.get(state);
    const area = before === undefined ? null : await areaAt(ledger, before, programme);
    const record = area === null ? null : unpackState(area.record);
    if (record?.ok !== true) continue;
    for (const [lot, value] of lotsOf(record.value.purses)) add(lots, lot, value * (sides.length - 1));
  }
  for (let visit = open.pop(); visit !== undefined; visit = open.pop()) {
    const key = `${visit.terminal}-${visit.number}`;
    if (after.has(key)) continue;
    after.set(key, visit);
    open.push(...(from.get(name(visit.new_hash)) ?? []));
  }
  return { lots, after: [...after.values()] };
}

/**
 * What expired of a card with two histories though it was there once, by unit: lots that both sides held, and that one or both of them let
 * expire. One of the two was value that did not exist, or that the other side had spent while it was good.
 */
async function wronglyExpired(ledger: Ledger, card: number, programme: number) {
  const visits = await ledger
    .selectFrom("intent_area")
    .select(["terminal", "number", "day", "old_hash", "new_hash"])
    .where("card", "=", card)
    .where("programme", "=", programme)
    .where("outcome", "=", "committed")
    .orderBy("terminal")
    .orderBy("number")
    .execute();
  const { lots: doubled, after } = await doubledLots(ledger, card, programme, visits);
  const expired: Lots = new Map();
  let day = 0;
  for (const visit of doubled.size === 0 ? [] : after) {
    const area = await areaAt(ledger, visit, programme);
    for (const { type, unit, lots = [] } of area?.effects ?? []) {
      if (type !== "expire" || (unit !== "cents" && unit !== "points")) continue;
      for (const lot of lots) add(expired, lotName(unit, lot), lot.value);
      day = Math.max(day, visit.day);
    }
  }
  const back: Record<ExpiryUnit, number> = { cents: 0, points: 0 };
  for (const [lot, value] of expired) {
    back[lot.startsWith("points") ? "points" : "cents"] += Math.min(value, doubled.get(lot) ?? 0);
  }
  return { back, day };
}

async function post(
  ledger: LedgerTransaction,
  row: Omit<LedgerTables["expiry_back"], "number">,
  unit: ExpiryUnit,
): Promise<void> {
  const number = await nextAct(ledger);
  const { card, programme, amount, day, at } = row;
  await ledger
    .insertInto("expiry_back")
    .values({ ...row, number })
    .execute();
  const move = { from: breakageAccount(programme), to: cardAccount(card, programme), unit, amount };
  await insertAll(ledger, "posting", postings([move], { day, terminal: 0, number }));
  await appendAudit(ledger, { kind: "expiry", at, content: [number, card, programme, unit, amount] });
}

/** What was put right of one card under one programme. */
export interface ExpiryBack {
  readonly card: number;
  readonly programme: number;
  readonly unit: ExpiryUnit;
  /** Below zero where an earlier night had put too much right. */
  readonly amount: number;
}

/**
 * Puts right what expired twice. Terminals expire value, from the lots of the record that they find: along one history of a card a late
 * record changes nothing, since the ones behind it were made from what it left. Only where a history parts do the books hear of
 * one lot twice. Once all batches of a night are in; `at` in UTC seconds.
 */
export function replayExpiry(ledger: Ledger, at: number): Promise<readonly ExpiryBack[]> {
  return ledger.transaction().execute(async (transaction) => {
    await queueByArrival(transaction);
    const posted = await transaction
      .selectFrom("expiry_back")
      .select(({ fn }) => ["card", "programme", "unit", fn.sum<number>("amount").as("amount"), fn.max("day").as("day")])
      .groupBy(["card", "programme", "unit"])
      .execute();
    const forked = await transaction.selectFrom("fork").select(["card", "programme"]).distinct().execute();
    const all = new Map(
      [...posted, ...forked].map(({ card, programme }) => [`${card}/${programme}`, { card, programme }]),
    );
    const ordered = [...all.values()].sort((a, b) => a.card - b.card || a.programme - b.programme);
    const done: ExpiryBack[] = [];
    for (const { card, programme } of ordered) {
      const { back, day } = await wronglyExpired(transaction, card, programme);
      for (const unit of ["cents", "points"] as const) {
        const before = posted.find((row) => row.card === card && row.programme === programme && row.unit === unit);
        const amount = back[unit] - (before?.amount ?? 0);
        if (amount === 0) continue;
        const one = { card, programme, unit, amount };
        await post(transaction, { ...one, day: Math.max(day, before?.day ?? 0), at }, unit);
        done.push(one);
      }
    }
    return done;
  });
}
