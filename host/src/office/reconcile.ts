import { type IntentAreaRow, RESTORED } from "./intents.ts";
import { deleteAll, insertAll, type LedgerTables, type LedgerTransaction, selectAll, selectEach } from "./schema.ts";

type Area = Pick<IntentAreaRow, (typeof WANTED)[number]>;
type AlertRow = LedgerTables["alert"];
type GapRow = LedgerTables["gap"];

const WANTED = [
  "card",
  "programme",
  "old_hash",
  "new_hash",
  "terminal",
  "number",
  "utc",
  "outcome",
  "old_terminal",
  "holds_cents",
  "moved_cents",
  "last_credit",
  "credits",
] as const;

/** One state of a card under one programme, by name. */
export const stateName = (card: number, programme: number, hash: Uint8Array): string =>
  `${card}/${programme}/${String.fromCharCode.apply(null, hash as unknown as number[])}`;
const continued = ({ card, programme, old_hash }: Area) => stateName(card, programme, old_hash);
const reached = ({ card, programme, new_hash }: Area) => stateName(card, programme, new_hash);

/** What a record holds that a visit led to. */
type Held = Pick<Area, "holds_cents" | "last_credit">;
const BY_NEW = ["card", "programme", "new_hash"] as const;
const LEADING = ["outcome", "holds_cents", "last_credit"] as const;

type Problem = Pick<AlertRow, "kind" | "detail">;

/** What an area says that its record before does not bear out. To restore moves no money, and sets the last credit anew. */
function problems(before: Held, area: Area): readonly Problem[] {
  const found: Problem[] = [];
  const credit = before.last_credit + area.credits;
  if (area.credits !== RESTORED && area.last_credit !== credit) {
    found.push({
      kind: "credits",
      detail: `the record applies credits up to ${area.last_credit}; those before it and its own are ${credit}`,
    });
  }
  const cents = before.holds_cents + area.moved_cents;
  if (area.holds_cents !== cents) {
    found.push({
      kind: "balance",
      detail: `the record holds ${area.holds_cents} cents; those before it and what its effects moved are ${cents}`,
    });
  }
  return found;
}

/** What an area begins with that a visit opens. A restored one names no terminal either, and goes on from what the books say. */
const OPENED = { holds_cents: 0, last_credit: 0 };
const opens = ({ old_terminal, credits }: Area): boolean => old_terminal === 0 && credits !== RESTORED;

/** Whether an area may have led to its new state: its terminal does not say that it did not happen. */
const isLive = ({ outcome }: Pick<Area, "outcome">): boolean => outcome !== "aborted";

/**
 * Looks at each area that came in beside the visits before it and after it, known or to come: the same alerts and gaps stand in the
 * ledger at the end, whatever the order of the batches. `settled` are areas of earlier batches that got their outcome.
 */
export async function reconcile(
  ledger: LedgerTransaction,
  areas: readonly Area[],
  settled: readonly Area[],
): Promise<void> {
  const found = areas.map((area) => ({ area, at: continued(area) }));
  // Several visits can lead to one state: equal steps of one day. What it holds is the same by each of them.
  const leading = new Map<string, Held>();
  const live = areas.filter(isLive);
  for (const area of live) leading.set(reached(area), area);
  const elsewhere = found.filter(({ area, at }) => !opens(area) && !leading.has(at));
  const keys = elsewhere.map(({ area }) => from(area));
  for (const [i, before] of (await selectEach(ledger, "intent_area", BY_NEW, keys, LEADING)).entries()) {
    for (const area of before) if (isLive(area)) leading.set(elsewhere[i]!.at, area);
  }
  const alerts: AlertRow[] = [];
  const look = (before: Held, area: Area) => {
    const { terminal, number, card, programme, utc } = area;
    for (const problem of problems(before, area)) alerts.push({ ...problem, terminal, number, card, programme, utc });
  };
  const gaps = new Map<string, GapRow>();
  for (const { area, at } of found) {
    const before = opens(area) ? OPENED : leading.get(at);
    if (before !== undefined) look(before, area);
    else {
      const { card, programme, old_hash, old_terminal } = area;
      gaps.set(at, { card, programme, old_hash, old_terminal });
    }
  }
  const closed = await gapsAt(ledger, live.map(to));
  for (const area of await areasBy(ledger, "old_hash", closed.map(from))) look(leading.get(continued(area))!, area);
  for (const gap of await denied(ledger, settled)) gaps.set(gapName(gap), gap);
  await addAlerts(ledger, alerts);
  await deleteAll(ledger, "gap", GAP_KEY, closed.map(from));
  await openGaps(ledger, [...gaps.values()]);
}

/** The gaps that are known at some states. Most nights there are few: all of them are fewer than the states then. */
async function gapsAt(ledger: LedgerTransaction, keys: readonly (readonly unknown[])[]): Promise<readonly State[]> {
  const some = await ledger.selectFrom("gap").select(GAP_KEY).limit(1).execute();
  return some.length === 0 ? [] : selectAll(ledger, "gap", GAP_KEY, keys, GAP_KEY);
}

/** States that cards were found in, and that only visits lead to of which their terminal says by now that they did not happen. */
async function denied(ledger: LedgerTransaction, settled: readonly Area[]): Promise<readonly GapRow[]> {
  const aborted = settled.filter((area) => !isLive(area));
  const shown = new Set((await areasBy(ledger, "old_hash", aborted.map(to))).map(continued));
  const reaching = await areasBy(ledger, "new_hash", aborted.map(to));
  const explained = new Set(reaching.filter(isLive).map(reached));
  return aborted
    .filter((area) => shown.has(reached(area)) && !explained.has(reached(area)))
    .map(({ card, programme, new_hash, terminal }) => ({
      card,
      programme,
      old_hash: new_hash,
      old_terminal: terminal,
    }));
}

const GAP_KEY = ["card", "programme", "old_hash"] as const;
type State = Pick<GapRow, (typeof GAP_KEY)[number]>;
const gapName = ({ card, programme, old_hash }: State) => stateName(card, programme, old_hash);
const from = ({ card, programme, old_hash }: State) => [card, programme, old_hash];
const to = ({ card, programme, new_hash }: Area) => [card, programme, new_hash];

const areasBy = (ledger: LedgerTransaction, by: "old_hash" | "new_hash", keys: readonly (readonly unknown[])[]) =>
  selectAll(ledger, "intent_area", ["card", "programme", by], keys, WANTED);

export async function addAlerts(ledger: LedgerTransaction, alerts: readonly AlertRow[]): Promise<void> {
  for (const alert of alerts) {
    await ledger
      .insertInto("alert")
      .values(alert)
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }
}

async function openGaps(ledger: LedgerTransaction, gaps: readonly GapRow[]): Promise<void> {
  const known = await selectAll(ledger, "gap", GAP_KEY, gaps.map(from), GAP_KEY);
  const names = new Set(known.map(gapName));
  await insertAll(
    ledger,
    "gap",
    gaps.filter((gap) => !names.has(gapName(gap))),
  );
}
