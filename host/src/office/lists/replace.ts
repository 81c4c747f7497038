import type { Day } from "@cachet/card-layout";
import { type Credit, terminalName } from "@cachet/firmware/wire";
import { appendAudit, queueByArrival } from "../audit.ts";
import { insertAll, type Ledger, type LedgerTables, type LedgerTransaction } from "../schema.ts";
import { blockOf, setBlock } from "./blocked.ts";
import { nextVersion } from "./build.ts";
import { addCredit, type CreditRow, creditOf, creditsToCome, promisedBy, type Source, voidCredit } from "./credits.ts";
import { type HeldList, heldLists } from "./held.ts";
import { amountsOf, creditsFor, lastStates, packed } from "./last-state.ts";

export type ReplacementRow = LedgerTables["replacement"];

const LABEL = "Carte remplacée";

/** Why a card cannot take another one's place, or be repaired. */
export class NoReplacement extends Error {}

export const replacementOf = (ledger: Ledger, oldCard: number): Promise<ReplacementRow | undefined> =>
  ledger.selectFrom("replacement").selectAll().where("old_card", "=", oldCard).executeTakeFirst();

/** Open credits that would put value on a card. */
const open = (rows: readonly CreditRow[]): CreditRow[] =>
  rows.filter((row) => row.state === "open" && promisedBy(creditOf(row)).size > 0);

async function hasVisits(ledger: Ledger, card: number): Promise<boolean> {
  const visit = await ledger
    .selectFrom("intent_area")
    .select("card")
    .where("card", "=", card)
    .limit(1)
    .executeTakeFirst();
  return visit !== undefined;
}

/** Writes a replacement down as it stands. Its audit row makes the books again together with those of its block, voids and credits. */
export async function putReplacement(ledger: LedgerTransaction, row: ReplacementRow, at: number): Promise<void> {
  const { old_card, new_card, version, moved_at } = row;
  await ledger.deleteFrom("replacement").where("old_card", "=", old_card).execute();
  await insertAll(ledger, "replacement", [row]);
  if (moved_at > 0) {
    await ledger
      .updateTable("credit")
      .set({ state: "moved" })
      .where("card", "=", old_card)
      .where("state", "=", "moving")
      .where("passed", "=", 0)
      .execute();
  }
  await appendAudit(ledger, { kind: "replace", at, content: [old_card, new_card, row.at, version, moved_at] });
}

/**
 * Begins to put a new card in the place of an old one: from the next list on the old one is blocked and its open credits are void. Their
 * value and that of the card move later (`finishReplacement`). `isInUse`: the customer uses the new one already. Throws `NoReplacement`.
 * `at` in UTC seconds.
 */
export async function beginReplacement(
  ledger: LedgerTransaction,
  oldCard: number,
  newCard: number,
  day: Day,
  at: number,
  isInUse = false,
): Promise<ReplacementRow> {
  await queueByArrival(ledger);
  if (oldCard === newCard) throw new NoReplacement(`card ${oldCard} cannot take its own place`);
  if (!isInUse && (await hasVisits(ledger, newCard)))
    throw new NoReplacement(
      `card ${newCard} is in use: the books know visits of it; where they are the same customer's, say --in-use`,
    );
  if ((await replacementOf(ledger, newCard)) !== undefined)
    throw new NoReplacement(`card ${newCard} was itself replaced`);
  const version = await nextVersion(ledger);
  await setBlock(ledger, oldCard, "replaced", at);
  for (const row of open(await creditsToCome(ledger, oldCard))) await voidCredit(ledger, row, true, day, at);
  const row = { old_card: oldCard, new_card: newCard, at, version, moved_at: 0 };
  await putReplacement(ledger, row, at);
  return row;
}

/**
 * The terminals that may still take the old card, or apply its credits: their journals do not show the list that says otherwise. One that was
 * revoked or replaced is not waited for once all is imported of it that counts: it never reports any more.
 */
export async function awaited(ledger: Ledger, { version }: ReplacementRow): Promise<readonly HeldList[]> {
  const rows = await ledger
    .selectFrom("terminal")
    .select("number")
    .where("state", "<>", "active")
    .whereRef("imported_to", ">=", "ends")
    .execute();
  const ended = new Set(rows.map(({ number }) => number));
  return (await heldLists(ledger)).filter((held) => held.version < version && !ended.has(held.terminal));
}

/** What moves to a new card. */
export interface Moving {
  readonly programme: number;
  readonly credits: readonly Credit[];
  /** What no credit carries: a level, a membership. */
  readonly left: readonly string[];
}

/** What the old card holds by the books, as credits. */
export async function movingFrom(ledger: Ledger, oldCard: number): Promise<readonly Moving[]> {
  return (await lastStates(ledger, oldCard)).map(({ programme, state }) => {
    const { amounts, left } = amountsOf(state.purses);
    return { programme, credits: creditsFor(amounts, LABEL), left };
  });
}

/** Moves the value of the old card, as the books know it, and of the credits that it did not get, to the new one. Gives the credits. */
export async function finishReplacement(
  ledger: LedgerTransaction,
  row: ReplacementRow,
  day: Day,
  at: number,
): Promise<readonly CreditRow[]> {
  await queueByArrival(ledger);
  const { old_card: old, new_card: card } = row;
  const made: CreditRow[] = [];
  const add = async (programme: number, credit: Credit, source: string, from: Source | null, isPosted: boolean) => {
    const one = { card, programme, credit, why: "replacement", source, from, isPosted } as const;
    made.push(await addCredit(ledger, one, day, at));
  };
  for (const { programme, credits } of await movingFrom(ledger, old)) {
    for (const [i, credit] of credits.entries()) {
      await add(
        programme,
        credit,
        `card ${old}, programme ${programme}, part ${i + 1}`,
        { account: "card", holder: old },
        false,
      );
    }
  }
  for (const moving of (await creditsToCome(ledger, old)).filter(({ state }) => state === "moving")) {
    await add(moving.programme, creditOf(moving), nameOf(moving), whose(moving), true);
  }
  await putReplacement(ledger, { ...row, moved_at: at }, at);
  return made;
}

const nameOf = ({ card, programme, number }: CreditRow) => `credit ${number} of card ${card}, programme ${programme}`;
const whose = ({ from_account, from_holder }: CreditRow): Source | null =>
  from_account === null ? null : { account: from_account as Source["account"], holder: from_holder! };

/** Finishes every replacement whose terminals have all reported. */
export async function finishReplacements(
  ledger: LedgerTransaction,
  day: Day,
  at: number,
): Promise<readonly CreditRow[]> {
  const rows = await ledger
    .selectFrom("replacement")
    .selectAll()
    .where("moved_at", "=", 0)
    .orderBy("old_card")
    .execute();
  const made: CreditRow[] = [];
  for (const row of rows) {
    if ((await awaited(ledger, row)).length === 0) made.push(...(await finishReplacement(ledger, row, day, at)));
  }
  return made;
}

/** Where a card is repaired, and what was seen there. */
export interface RepairPlace {
  readonly card: number;
  readonly programme: number;
  readonly terminal: number;
  /** What the chip's commit counter stood at; null on chips without one. */
  readonly counter: number | null;
}

/**
 * A card whose area shows no record gets the last one of the books again, at one terminal, once. Credits that it did not get yet come
 * behind it. Throws `NoReplacement` where the books know no record or no such terminal, where the card is blocked, or where the very same
 * repair is under way.
 */
export async function repairCard(
  ledger: LedgerTransaction,
  { card, programme, terminal, counter }: RepairPlace,
  day: Day,
  at: number,
): Promise<readonly CreditRow[]> {
  await queueByArrival(ledger);
  const known = await ledger.selectFrom("terminal").select("state").where("number", "=", terminal).executeTakeFirst();
  if (known?.state !== "active") throw new NoReplacement(`${terminalName(terminal)} is no terminal in use`);
  const reason = await blockOf(ledger, card);
  if (reason !== null) throw new NoReplacement(`card ${card} is blocked (${reason}): no terminal takes it`);
  for (const row of await creditsToCome(ledger, card)) {
    const credit = creditOf(row);
    if (row.state !== "open" || row.programme !== programme || credit.kind !== "restore") continue;
    if (credit.terminal === terminal && (credit.counter ?? null) === counter)
      throw new NoReplacement(`credit ${row.number} repairs card ${card} at ${terminalName(terminal)} already`);
  }
  const last = (await lastStates(ledger, card)).find((one) => one.programme === programme);
  if (last === undefined)
    throw new NoReplacement(`the books know no record of card ${card} under programme ${programme}`);
  const waiting = open((await creditsToCome(ledger, card)).filter((row) => row.programme === programme));
  for (const row of waiting) await voidCredit(ledger, row, true, day, at);
  const credit: Credit = {
    kind: "restore",
    terminal,
    area: last.area.area,
    state: last.area.newHash,
    sequence: last.state.sequence,
    purses: packed(last.state.purses),
    ...(counter === null ? {} : { counter }),
  };
  const source = `repair of card ${card}, programme ${programme}, ${at}`;
  const made = [await addCredit(ledger, { card, programme, credit, why: "restore", source, from: null }, day, at)];
  for (const row of waiting) {
    const again = {
      card,
      programme,
      credit: creditOf(row),
      why: "replacement",
      from: whose(row),
      isPosted: true,
    } as const;
    made.push(await addCredit(ledger, { ...again, source: nameOf(row) }, day, at));
  }
  await putMoved(ledger, waiting, at);
  return made;
}

/** Credits that were voided to come again under another number have come again. */
export async function putMoved(
  ledger: LedgerTransaction,
  rows: readonly Pick<CreditRow, "card" | "programme" | "number">[],
  at: number,
): Promise<void> {
  if (rows.length === 0) return;
  for (const { card, programme, number } of rows) {
    await ledger
      .updateTable("credit")
      .set({ state: "moved" })
      .where("card", "=", card)
      .where("programme", "=", programme)
      .where("number", "=", number)
      .execute();
  }
  const [{ card, programme }] = rows as [(typeof rows)[number]];
  await appendAudit(ledger, { kind: "moved", at, content: [card, programme, ...rows.map(({ number }) => number)] });
}
