import { type CardState, centsIn, PREDECESSOR_BYTES, sameBytes, stateHashMessage } from "@cachet/card-layout";
import {
  cashTaken,
  centsMoved,
  creditNumbers,
  type Intent,
  type IntentArea,
  NO_SUMS,
  recordsOf,
  type Sums,
  sumsOf,
  visitKind,
} from "@cachet/firmware/wire";
import { sha256 } from "../ports/crypto.ts";
import type { IntentEntry } from "./entries.ts";
import { dayOfEntry } from "./ledger.ts";
import { Quarantine } from "./quarantine.ts";
import type { LedgerTables } from "./schema.ts";

export type IntentAreaRow = LedgerTables["intent_area"];

/** `credits` of an area that was restored: its last credit is whatever the credit of the office says. */
export const RESTORED = -1;

/** Throws `Quarantine` where a record is not what the intent says of it. */
function checkRecord(terminal: number, number: number, card: number, area: IntentArea, state: CardState): void {
  const { record, oldHash, newHash, oldSequence, programme } = area;
  const isSo =
    state.terminal === terminal &&
    sameBytes(state.predecessor, oldHash.subarray(0, PREDECESSOR_BYTES)) &&
    state.sequence > oldSequence &&
    sameBytes(sha256(stateHashMessage(card, record)), newHash);
  if (isSo) return;
  throw new Quarantine("bad-intent", `the record of programme ${programme} is not what the intent says of it`, number);
}

/** The records of an intent. Throws `Quarantine` with what is wrong with an intent that its terminal sealed all the same, as far as it can be told from itself. */
function checkedRecords(terminal: number, number: number, intent: Intent, enrolled: number): readonly CardState[] {
  const { areas, merchant, card, topUp = 0 } = intent;
  const wrong = (fault: string): never => {
    throw new Quarantine("bad-intent", fault, number);
  };
  if (merchant !== enrolled) return wrong(`merchant ${merchant}, the terminal is enrolled for ${enrolled}`);
  const records = recordsOf(areas);
  if (typeof records === "string") return wrong(records);
  const taken = areas.reduce((sum, { effects }) => sum + cashTaken(effects), 0);
  if (taken !== topUp) return wrong(`its effects take ${taken} cents of cash, and ${topUp} were paid`);
  for (const [i, area] of areas.entries()) checkRecord(terminal, number, card, area, records[i]!);
  return records;
}

/** One area of an intent, as it stands in the ledger and as it was journalled. */
export interface AreaOfIntent {
  readonly row: IntentAreaRow;
  readonly area: IntentArea;
  readonly sums: Sums;
}

/** Cents of what a visit sold, tips left out; below zero, what a refund paid out. */
const soldBy = ({ sale, refund }: Intent): number =>
  refund === undefined ? sale.lines.reduce((sum, { amount }) => sum + amount, 0) : -refund.cents;

/** Money on the card that paid, less what refunds put back. What points took off a ticket was never money on the card. */
const paidBy = ({ effects }: IntentArea): number =>
  effects.reduce((sum, { type, unit, value }) => {
    if (unit !== "cents") return sum;
    return type === "redeem" ? sum + value : type === "return" ? sum - value : sum;
  }, 0);

/**
 * The areas of an intent, open. Throws `Quarantine` when it is not what an honest terminal seals. What its records
 * say is held against the records before them once those are known (`reconcile.ts`).
 */
export function areasOfIntent(terminal: number, enrolled: number, entry: IntentEntry): AreaOfIntent[] {
  const { number, utc, offset, body } = entry;
  const records = checkedRecords(terminal, number, body, enrolled);
  const [kind, day, sold] = [visitKind(body), dayOfEntry(entry), soldBy(body)];
  return body.areas.map((area, i): AreaOfIntent => {
    const { effects, programme } = area;
    const sums = sumsOf(effects);
    const record = records[i]!;
    const row: IntentAreaRow = {
      card: body.card,
      programme,
      old_hash: area.oldHash,
      terminal,
      number,
      day,
      merchant: body.merchant,
      kind,
      utc,
      utc_offset: offset,
      new_hash: area.newHash,
      old_terminal: area.oldTerminal,
      old_sequence: area.oldSequence,
      sequence: record.sequence,
      generation: record.generation,
      outcome: "open",
      decided: 0,
      holds_cents: centsIn(record.purses),
      moved_cents: centsMoved(effects),
      last_credit: record.credit,
      credits: effects.some(({ type }) => type === "restore") ? RESTORED : (creditNumbers(effects)?.length ?? 0),
      // A refund counts against what was earned and spent.
      earned_cents: sums.earnedCents - sums.takenBackCents,
      spent_cents: sums.spentCents - sums.returnedCents,
      paid_cents: paidBy(area),
      topped_up_cents: sums.toppedUpCents,
      stamps: sums.stampsAdded + sums.creditedStamps - sums.stampsTaken,
      rewards: effects.reduce((rewards, { type, times = 0 }) => (type === "reward" ? rewards + times : rewards), 0),
      rewards_cents: sums.rewardCents,
      discount_cents: sums.discountCents,
      sale_cents: sold,
    };
    return { row, area, sums };
  });
}

const SUM_NAMES = Object.keys(NO_SUMS) as (keyof Sums)[];

export function sameSums(a: Sums, b: Sums): boolean {
  for (const name of SUM_NAMES) if (a[name] !== b[name]) return false;
  return true;
}
