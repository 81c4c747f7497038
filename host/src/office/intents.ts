import {
  type CardState,
  centsIn,
  PREDECESSOR_BYTES,
  sameBytes,
  stateHashMessage,
  unpackState,
} from "@cachet/card-layout";
import {
  areasFault,
  cashTaken,
  centsMoved,
  creditNumbers,
  type Entry,
  type Intent,
  type IntentArea,
  type Sums,
  sumsOf,
  visitKind,
} from "@cachet/firmware/wire";
import { sha256 } from "../ports/crypto.ts";
import { dayOfEntry } from "./ledger.ts";
import { Quarantine } from "./quarantine.ts";
import type { LedgerTables } from "./schema.ts";

export type IntentAreaRow = LedgerTables["intent_area"];
export type IntentEntry = Entry & { readonly kind: "intent" };

/** `credits` of an area that was restored: its last credit is whatever the credit of the office says. */
export const RESTORED = -1;

/** The record of an area, read. Throws `Quarantine` when it is not what the intent says of it. */
function recordOf(terminal: number, number: number, card: number, area: IntentArea): CardState {
  const { record, oldHash, newHash, oldSequence, programme } = area;
  const state = unpackState(record);
  const isSo =
    state.ok &&
    state.value.terminal === terminal &&
    sameBytes(state.value.predecessor, oldHash.subarray(0, PREDECESSOR_BYTES)) &&
    state.value.sequence > oldSequence &&
    sameBytes(sha256(stateHashMessage(card, record)), newHash);
  if (isSo) return state.value;
  throw new Quarantine("bad-intent", `the record of programme ${programme} is not what the intent says of it`, number);
}

/** What is wrong with an intent that its terminal sealed all the same, as far as it can be told from itself; null when nothing is. */
function intentFault({ areas, merchant, topUp = 0 }: Intent, enrolled: number): string | null {
  if (merchant !== enrolled) return `merchant ${merchant}, the terminal is enrolled for ${enrolled}`;
  const fault = areasFault(areas);
  if (fault !== null) return fault;
  const taken = areas.reduce((sum, { effects }) => sum + cashTaken(effects), 0);
  return taken === topUp ? null : `its effects take ${taken} cents of cash, and ${topUp} were paid`;
}

/**
 * The rows of an intent, one for each area, open. Throws `Quarantine` when it is not what an honest terminal seals. What its records
 * say is held against the records before them once those are known (`reconcile.ts`).
 */
export function rowsOfIntent(terminal: number, enrolled: number, entry: IntentEntry): IntentAreaRow[] {
  const { number, utc, offset, body } = entry;
  const fault = intentFault(body, enrolled);
  if (fault !== null) throw new Quarantine("bad-intent", fault, number);
  const [kind, day] = [visitKind(body), dayOfEntry(entry)];
  return body.areas.map((area): IntentAreaRow => {
    const { effects, programme } = area;
    const sums = sumsOf(effects);
    const record = recordOf(terminal, number, body.card, area);
    return {
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
      outcome: "open",
      decided: 0,
      holds_cents: centsIn(record.purses),
      moved_cents: centsMoved(effects),
      last_credit: record.credit,
      credits: effects.some(({ type }) => type === "restore") ? RESTORED : (creditNumbers(effects)?.length ?? 0),
      // A refund counts against what was earned and spent.
      earned_cents: sums.earnedCents - sums.takenBackCents,
      spent_cents: sums.spentCents - sums.returnedCents,
      topped_up_cents: sums.toppedUpCents,
      stamps: sums.stampsAdded + sums.creditedStamps - sums.stampsTaken,
      rewards: effects.reduce((rewards, { type, times = 0 }) => (type === "reward" ? rewards + times : rewards), 0),
      rewards_cents: sums.rewardCents,
      discount_cents: sums.discountCents,
    };
  });
}

export function sameSums(a: Sums, b: Sums): boolean {
  return (Object.keys(a) as (keyof Sums)[]).every((field) => a[field] === b[field]);
}
