import { centsIn, PREDECESSOR_BYTES, sameBytes, stateHashMessage, unpackState } from "@cachet/card-layout";
import {
  areasFault,
  type BatchEntry,
  cashTaken,
  centsMoved,
  creditNumbers,
  decodeEntry,
  type Entry,
  type Intent,
  type IntentArea,
  type Sums,
  sumsOf,
  visitKind,
} from "@cachet/firmware/wire";
import { sha256 } from "../ports/crypto.ts";
import type { Database } from "../ports/database.ts";
import type { CardLink } from "./forks.ts";
import { postCommit } from "./ledger.ts";
import { Quarantine } from "./quarantine.ts";

function intentAt(database: Database, terminal: number, number: number): Intent {
  const row = database.get("select stored from entry where terminal = ? and number = ?", terminal, number);
  const entry = row === null ? null : decodeEntry(row.stored as Uint8Array);
  if (entry?.kind !== "intent") throw new Quarantine("no-intent", `entry ${number} is no intent`, number);
  return entry.body;
}

function sameSums(a: Sums, b: Sums): boolean {
  return (Object.keys(a) as (keyof Sums)[]).every((field) => a[field] === b[field]);
}

/** What is wrong with an intent that its terminal sealed all the same; null when nothing is. */
function intentFault(database: Database, terminal: number, { areas, merchant, card }: Intent): string | null {
  const enrolled = database.get("select merchant from terminal where number = ?", terminal)?.merchant;
  if (merchant !== enrolled) return `merchant ${merchant}, the terminal is enrolled for ${enrolled}`;
  const fault = areasFault(areas);
  if (fault !== null) return fault;
  const wrong = areas.find(({ record, oldHash, newHash, oldSequence }) => {
    const state = unpackState(record);
    if (!state.ok || state.value.terminal !== terminal) return true;
    const follows = sameBytes(state.value.predecessor, oldHash.subarray(0, PREDECESSOR_BYTES));
    if (!follows || state.value.sequence <= oldSequence) return true;
    return !sameBytes(sha256(stateHashMessage(card, record)), newHash);
  });
  return wrong === undefined ? null : `the record of programme ${wrong.programme} is not what the intent says of it`;
}

/** The record that an area of an intent replaces, where the visit that wrote it is known. */
function recordBefore(database: Database, card: number, { programme, oldHash }: IntentArea): Uint8Array | null {
  const row = database.get(
    "select terminal, number from intent_area where card = ? and programme = ? and new_hash = ? limit 1",
    card,
    programme,
    oldHash,
  );
  if (row === null) return null;
  const { areas } = intentAt(database, Number(row.terminal), Number(row.number));
  return areas.find((area) => area.programme === programme)?.record ?? null;
}

/**
 * What is wrong with the credits of an area whose old record's last credit is known; null when nothing is. Its own go on from
 * there; a restored record leaps to the number of its credit.
 */
function creditFault({ programme, record, effects }: IntentArea, before: number): string | null {
  if (effects.some(({ type }) => type === "restore")) return null;
  const now = unpackState(record);
  const [first] = creditNumbers(effects) ?? [];
  if (now.ok && (first === undefined ? now.value.credit === before : first === before + 1)) return null;
  return `programme ${programme}: its credits do not go on from ${before}, the last one of the record before it`;
}

/** What is wrong with the money and the credits that an intent says it moves; null when they are what the records say. */
function moneyFault(database: Database, { areas, card, topUp = 0 }: Intent): string | null {
  const taken = areas.reduce((sum, { effects }) => sum + cashTaken(effects), 0);
  if (taken !== topUp) return `its effects take ${taken} cents of cash, and ${topUp} were paid`;
  for (const area of areas) {
    const before = recordBefore(database, card, area);
    const [old, now] = [before === null ? null : unpackState(before), unpackState(area.record)];
    const lastCredit = area.oldSequence === 0 ? 0 : old?.ok === true ? old.value.credit : null;
    const fault = lastCredit === null ? null : creditFault(area, lastCredit);
    if (fault !== null) return fault;
    if (old?.ok !== true || !now.ok) continue;
    const moved = centsIn(now.value.purses) - centsIn(old.value.purses);
    const said = centsMoved(area.effects);
    if (moved !== said) return `programme ${area.programme}: the record moves ${moved} cents, its effects ${said}`;
  }
  return null;
}

/** Keeps an intent, open. Throws `Quarantine` when it is not what an honest terminal seals. */
export function addIntent(database: Database, terminal: number, entry: Entry & { readonly kind: "intent" }): void {
  const { number, utc, offset, body } = entry;
  const fault = intentFault(database, terminal, body) ?? moneyFault(database, body);
  if (fault !== null) throw new Quarantine("bad-intent", fault, number);
  const kind = visitKind(body);
  for (const area of body.areas) {
    const sums = sumsOf(area.effects);
    database.run(
      "insert into intent_area values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'open', ?, ?, ?, ?, ?, ?, ?)",
      terminal,
      number,
      area.programme,
      body.card,
      body.merchant,
      kind,
      utc,
      offset,
      area.oldHash,
      area.newHash,
      // A refund counts against what was earned and spent.
      sums.earnedCents - sums.takenBackCents,
      sums.spentCents - sums.returnedCents,
      sums.toppedUpCents,
      sums.stampsAdded + sums.creditedStamps - sums.stampsTaken,
      area.effects.reduce((rewards, { type, times = 0 }) => (type === "reward" ? rewards + times : rewards), 0),
      sums.rewardCents,
      sums.discountCents,
    );
  }
}

/**
 * Settles the area that a COMMIT or ABORT names, and posts what a COMMIT moved. Gives the link that a COMMIT adds to its
 * card's history, null for any other entry. Throws `Quarantine` when the area is not open or the sums differ.
 */
export function settle(database: Database, terminal: number, { entry }: BatchEntry): CardLink | null {
  if (entry.kind !== "commit" && entry.kind !== "abort") return null;
  const { intent: number, programme } = entry.body;
  const intent = intentAt(database, terminal, number);
  const area = intent.areas.find((candidate) => candidate.programme === programme);
  const key = [terminal, number, programme] as const;
  const open = database.get(
    "select outcome from intent_area where terminal = ? and number = ? and programme = ?",
    ...key,
  );
  if (area === undefined || open?.outcome !== "open") {
    throw new Quarantine("not-open", `intent ${number}, programme ${programme} is not open`, entry.number);
  }
  const outcome = entry.kind === "commit" ? "committed" : "aborted";
  database.run(
    "update intent_area set outcome = ? where terminal = ? and number = ? and programme = ?",
    outcome,
    ...key,
  );
  if (entry.kind !== "commit") return null;
  if (!sameSums(entry.body.sums, sumsOf(area.effects))) {
    throw new Quarantine("wrong-sums", `commit does not repeat the sums of intent ${number}`, entry.number);
  }
  postCommit(database, terminal, entry.number, intent, area);
  return { card: intent.card, programme, oldHash: area.oldHash };
}
