import { type Day, type Purse, toHex, unpackState } from "@cachet/card-layout";
import { type Credit, type CreditAmount, decodeEntry, type StoredEffect, ticketName } from "@cachet/firmware/wire";
import { entryAt, intentAt } from "../entries.ts";
import type { Ledger, LedgerTransaction } from "../schema.ts";
import { putPromised } from "./ceilings.ts";
import { addCredit, type CreditRow, creditFrom, type Source } from "./credits.ts";
import { amountsOf, lastStates, lastStatesUnder } from "./last-state.ts";

type Funder = StoredEffect["funder"];
type Keeps = CreditAmount["purse"];

const KEEPS: Readonly<Partial<Record<string, Keeps>>> = {
  cents: "cagnotte",
  stamps: "stamps",
  points: "points",
  units: "units",
};

const LABELS = { correction: "Régularisation", promised: "Parrainage", transfer: "Transfert" } as const;

/** What corrections owe customers and no credit carries yet becomes credits: `credits` holds their value since they were posted. */
export async function creditCorrections(ledger: LedgerTransaction, day: Day, at: number): Promise<CreditRow[]> {
  const rows = await ledger
    .selectFrom("correction_amount")
    .innerJoin("correction", "correction.number", "correction_amount.correction")
    .selectAll("correction_amount")
    .select("correction.programme")
    .where("fate", "=", "credit")
    .where("value", ">", 0)
    .orderBy("correction_amount.correction")
    .orderBy("card")
    .orderBy("keeps")
    .orderBy("purse")
    .execute();
  const known = await ledger.selectFrom("credit").select("source").where("why", "=", "correction").execute();
  const done = new Set(known.map(({ source }) => source));
  const made: CreditRow[] = [];
  for (const { correction, card, keeps, purse: index, value, funder, programme } of rows) {
    const source = `correction ${correction}, card ${card}, ${keeps} ${index}`;
    if (done.has(source)) continue;
    const amounts = [{ purse: keeps as Keeps, index, value }];
    const credit: Credit = { kind: "add", label: LABELS.correction, amounts, funder: funder as Funder };
    made.push(await addCredit(ledger, { card, programme, credit, why: "correction", source, from: null }, day, at));
  }
  return made;
}

/** The purse of a kind that a card has, the first where there are several; the first of all where it has none. */
const purseOn = (purses: readonly Purse[], keeps: Keeps): number => {
  const held = amountsOf(purses).amounts.flatMap(({ purse, index }) => (purse === keeps ? [index] : []));
  return held.length === 0 ? 0 : Math.min(...held);
};

/** The purses of the card whose visit promised another one something last: it was promised what that card saves. */
async function promisers(ledger: Ledger, card: number, programme: number): Promise<readonly Purse[]> {
  const commit = await ledger
    .selectFrom("posting")
    .select(["terminal", "number"])
    .where("account", "=", "promised")
    .where("holder", "=", card)
    .where("programme", "=", programme)
    .where("terminal", ">", 0)
    .orderBy("day", "desc")
    .orderBy("terminal")
    .orderBy("number", "desc")
    .limit(1)
    .executeTakeFirst();
  if (commit === undefined) return [];
  const settling = await entryAt(ledger, commit.terminal, commit.number);
  if (settling?.kind !== "commit") return [];
  const intent = await intentAt(ledger, commit.terminal, settling.body.intent);
  const area = intent?.body.areas.find((one) => one.programme === programme);
  const state = area === undefined ? null : unpackState(area.record);
  return state?.ok ? state.value.purses : [];
}

/**
 * What visits of other cards promised a card (`promised`), and what it earned without being there, becomes credits, for the first purse of its
 * kind; of an account without a chip, its balance. Less than nothing waits, or comes off an account.
 */
export async function creditPromises(ledger: LedgerTransaction, day: Day, at: number): Promise<CreditRow[]> {
  const rows = await ledger
    .selectFrom("posting")
    .select(({ fn }) => ["holder", "programme", "unit", fn.sum<number>("amount").as("value")])
    .where("account", "=", "promised")
    .groupBy(["holder", "programme", "unit"])
    .having(({ fn }) => fn.sum<number>("amount"), "<>", 0)
    .orderBy("holder")
    .orderBy("programme")
    .orderBy("unit")
    .execute();
  const made: CreditRow[] = [];
  for (const { holder: card, programme, unit, value } of rows) {
    const keeps = KEEPS[unit];
    if (keeps === undefined) continue;
    if (await putPromised(ledger, { account: card, programme }, unit as StoredEffect["unit"], value, day, at)) continue;
    if (value < 0) continue;
    const purses = (await lastStates(ledger, card)).find((one) => one.programme === programme)?.state.purses;
    const hasSome = amountsOf(purses ?? []).amounts.some(({ purse }) => purse === keeps);
    const index = purseOn(hasSome ? purses! : await promisers(ledger, card, programme), keeps);
    const credit: Credit = { kind: "add", label: LABELS.promised, amounts: [{ purse: keeps, index, value }] };
    // Each time it is paid out, the account is at nothing: the time tells one from the next.
    const source = `promised to card ${card}, programme ${programme}, ${unit}, ${at}`;
    const from: Source = { account: "promised", holder: card };
    made.push(await addCredit(ledger, { card, programme, credit, why: "promised", source, from }, day, at));
  }
  return made;
}

/** Why a ticket's value cannot go to another card. */
export class NoTransfer extends Error {}

/** The ticket by which value left a card, as a source of credits. */
export const transferSource = (terminal: number, number: number): string => `ticket ${ticketName(terminal, number)}`;

/** Whether a terminal put the value of one of its tickets on a card, or meant to, as far as it is imported. */
async function receivedAt(ledger: Ledger, terminal: number, ticket: number): Promise<number | null> {
  const rows = await ledger
    .selectFrom("intent_area")
    .innerJoin("entry", (join) =>
      join
        .onRef("entry.terminal", "=", "intent_area.terminal")
        .onRef("entry.number", "=", "intent_area.number")
        .onRef("entry.day", "=", "intent_area.day"),
    )
    .select(["entry.number", "entry.stored"])
    .where("intent_area.terminal", "=", terminal)
    .where("intent_area.number", ">", ticket)
    .where("intent_area.kind", "=", "transfer")
    .where("intent_area.outcome", "<>", "aborted")
    .execute();
  for (const { number, stored } of rows) {
    const entry = decodeEntry(stored);
    if (entry.kind === "intent" && entry.body.transfer?.from === ticket) return number;
  }
  return null;
}

/**
 * Puts value that left a card at one terminal on a card anywhere, with the days that it had. Throws `NoTransfer` where the ticket is
 * none of value that left, or where its terminal put it on a card already, and `CreditedBefore`.
 */
export async function creditTicket(
  ledger: LedgerTransaction,
  { terminal, number, card }: { readonly terminal: number; readonly number: number; readonly card: number },
  day: Day,
  at: number,
): Promise<CreditRow[]> {
  const name = ticketName(terminal, number);
  const entry = await intentAt(ledger, terminal, number);
  if (entry === null) throw new NoTransfer(`${name} is no imported ticket`);
  const areas = await ledger
    .selectFrom("intent_area")
    .select(["programme", "outcome"])
    .where("terminal", "=", terminal)
    .where("number", "=", number)
    .execute();
  const received = await receivedAt(ledger, terminal, number);
  if (received !== null) throw new NoTransfer(`${name} went to a card with ${ticketName(terminal, received)}`);
  const made: CreditRow[] = [];
  for (const { programme, effects } of entry.body.areas) {
    const given = effects.filter(({ type }) => type === "give");
    const isCommitted = areas.some((area) => area.programme === programme && area.outcome === "committed");
    if (given.length === 0) continue;
    if (!isCommitted) throw new NoTransfer(`${name} is not known to have happened`);
    const state = (await lastStates(ledger, entry.body.card)).find((one) => one.programme === programme)?.state;
    const amounts = given.map(({ unit, value, lots }): CreditAmount => {
      const keeps = KEEPS[unit]!;
      const kept = lots === undefined || lots.length === 0 ? {} : { lots };
      return { purse: keeps, index: purseOn(state?.purses ?? [], keeps), value, ...kept };
    });
    const credit: Credit = { kind: "add", label: LABELS.transfer, amounts, funder: given[0]!.funder };
    const source = transferSource(terminal, number);
    const from: Source = { account: "merchant", holder: entry.body.merchant };
    made.push(await addCredit(ledger, { card, programme, credit, why: "transfer", source, from }, day, at));
  }
  if (made.length === 0) throw new NoTransfer(`no value left a card with ${name}`);
  return made;
}

/**
 * Cards whose last record is of a generation that is revoked, and genuine by the books, may go on: a credit adopts that very record. A
 * card that was used since gets one for its newer record.
 */
export async function adoptRevoked(
  ledger: LedgerTransaction,
  revoked: readonly { readonly programme: number; readonly generation: number }[],
  day: Day,
  at: number,
): Promise<CreditRow[]> {
  const made: CreditRow[] = [];
  for (const { programme, generation } of revoked) {
    for (const { card, area, state } of await lastStatesUnder(ledger, programme)) {
      if (state.generation !== generation) continue;
      const source = `record ${toHex(area.newHash.subarray(0, 8))} of card ${card}, programme ${programme}`;
      if ((await creditFrom(ledger, source)) !== undefined) continue;
      const credit: Credit = { kind: "adopt", state: area.newHash, sequence: state.sequence };
      made.push(await addCredit(ledger, { card, programme, credit, why: "adopt", source, from: null }, day, at));
    }
  }
  return made;
}
