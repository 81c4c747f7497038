import { type Credit, LIST_LIMITS } from "@cachet/firmware/wire";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  credited,
  earned,
  freshCard,
  HandJournal,
  type HandState,
  spent,
} from "../../../../tests/fixtures/hand-journal.ts";
import { AT, faultOf, newLedger, rowsOf } from "../../../../tests/fixtures/ledger.ts";
import { office } from "../../../../tests/fixtures/lists.ts";
import { importBatch } from "../import.ts";
import { insertAll, type Ledger } from "../schema.ts";
import { enrolTerminal } from "../terminals.ts";
import { setBlock } from "./blocked.ts";
import { type ListHead, makeList } from "./build.ts";
import { addCredit, CreditedBefore, creditsToCome, type NewCredit, settleCredits, voidCredit } from "./credits.ts";
import { prepareList } from "./night.ts";
import { awaited, beginReplacement, finishReplacement, NoReplacement, repairCard, replacementOf } from "./replace.ts";
import { adoptRevoked } from "./sources.ts";

const PROGRAMME = 20;
const [CARD, OTHER] = [2_800_010_000_017, 2_800_010_000_024];
const DAY = 9_667;

let ledger: Ledger;
let journal: HandJournal;
beforeEach(async () => {
  ledger = await newLedger();
  journal = new HandJournal(1);
  await enrolTerminal(ledger, 1, 1, journal.signer.publicKey, AT);
});
afterEach(() => ledger.destroy());

const cents = (value: number, over: Partial<Credit & { kind: "add" }> = {}): Credit => ({
  kind: "add",
  label: "Crédit",
  amounts: [{ purse: "cagnotte", index: 0, value }],
  ...over,
});

const add = (card: number, credit: Credit, source: string, over: Partial<NewCredit> = {}) =>
  ledger.transaction().execute((transaction) =>
    addCredit(
      transaction,
      {
        ...{ card, programme: PROGRAMME, credit, why: "top-up", source },
        from: { account: "merchant", holder: 3 },
        ...over,
      },
      DAY,
      AT,
    ),
  );

async function send(): Promise<void> {
  const outcome = await importBatch(ledger, { name: `${journal.length}`, file: journal.batch() }, AT);
  expect(outcome).toMatchObject({ status: "accepted" });
}

const head = (over: Partial<ListHead> = {}): ListHead => ({
  ...{ issuer: 1, issued: AT, officeKey: office.publicKey, writeLayout: 2 },
  ...{ revokedGenerations: [], revokedKeys: [] },
  ...over,
});
const list = (over: Partial<ListHead> = {}) => ledger.transaction().execute((one) => makeList(one, head(over)));
const rows = <T>({ count, at }: { readonly count: number; at(i: number): T }, of: { at(i: number): T }): T[] =>
  Array.from({ length: count }, (_, i) => at.call(of, i));
async function onList(): Promise<readonly (readonly [card: number, number: number])[]> {
  const { credits } = (await list()).contents.sections;
  return rows(credits, credits).map(({ card, number }) => [card, number]);
}

/** What accounts hold: account, holder, unit, sum; those at nothing are left out. */
const balances = async () =>
  (
    await rowsOf(
      ledger,
      "select account, holder, unit, sum(amount) as sum from posting group by account, holder, unit having sum(amount) <> 0 order by account, holder, unit",
    )
  ).map(({ account, holder, unit, sum }) => [account, holder, unit, Number(sum)]);

/** The card after a visit that applied credits. */
const apply = (from: HandState, ...effects: Parameters<HandJournal["visit"]>[1][]): HandState =>
  journal.visit(from, ...effects).state;

describe("a credit", () => {
  it("goes from who owed it to the card, and leaves the list once a commit shows its number", async () => {
    await add(CARD, cents(500), "order 1");
    await add(CARD, cents(200), "order 2");
    expect(await balances()).toEqual([
      ["credits", 2, "cents", 700],
      ["merchant", 3, "cents", -700],
    ]);
    expect(await onList()).toEqual([
      [CARD, 1],
      [CARD, 2],
    ]);
    apply(freshCard(CARD, PROGRAMME), { ...credited(1, 500), funder: "association" });
    await send();
    expect((await settleCredits(ledger, DAY, AT)).map(({ number }) => number)).toEqual([1]);
    expect(await onList()).toEqual([[CARD, 2]]);
    expect(await balances()).toEqual([
      ["card", CARD, "cents", 500],
      ["credits", 2, "cents", 200],
      ["merchant", 3, "cents", -700],
    ]);
    expect(await settleCredits(ledger, DAY, AT)).toEqual([]);
    expect(await faultOf(ledger)).toBeNull();
  });

  it("is made once for one thing", async () => {
    await add(CARD, cents(500), "order 1");
    await expect(add(OTHER, cents(500), "order 1")).rejects.toThrow(CreditedBefore);
    expect(await balances()).toEqual([
      ["credits", 2, "cents", 500],
      ["merchant", 3, "cents", -500],
    ]);
  });

  it("goes on behind the number that the card is known to show", async () => {
    apply(freshCard(CARD, PROGRAMME), credited(1, 5), credited(2, 5));
    await send();
    expect((await add(CARD, cents(1), "order 1")).number).toBe(3);
  });

  it("that came too late lapses, with what nobody owes for being given back", async () => {
    const amounts = [
      { purse: "cagnotte", index: 0, value: 500 },
      { purse: "stamps", index: 0, value: 2 },
    ] as const;
    await add(CARD, cents(1, { amounts: [...amounts], lastDay: 9_000 }), "order 1");
    apply(freshCard(CARD, PROGRAMME), { ...credited(1, 0), funder: "association", reason: "EXPIRED" });
    await send();
    await settleCredits(ledger, DAY, AT);
    expect(await balances()).toEqual([
      ["breakage", 0, "cents", 500],
      ["merchant", 3, "cents", -500],
    ]);
    expect(await faultOf(ledger)).toBeNull();
  });

  it("that is withdrawn goes back, and stays a number on the list; applied all the same it is borne, and told", async () => {
    const row = await add(CARD, cents(500), "order 1");
    await ledger.transaction().execute((transaction) => voidCredit(transaction, row, false, DAY, AT));
    expect(await balances()).toEqual([]);
    const { credits } = (await list()).contents.sections;
    expect(rows(credits, credits)).toMatchObject([{ card: CARD, number: 1, body: Uint8Array.of(0xa2, 1, 1, 2, 1) }]);
    apply(freshCard(CARD, PROGRAMME), { ...credited(1, 500), funder: "association" });
    await send();
    await settleCredits(ledger, DAY, AT);
    expect(await balances()).toEqual([
      ["card", CARD, "cents", 500],
      ["corrections", 0, "cents", -500],
    ]);
    expect(await rowsOf(ledger, "select kind, terminal, number, detail from alert")).toEqual([
      { kind: "credit-twice", terminal: 1, number: 1, detail: "credit 1 was applied after it was withdrawn" },
    ]);
    expect(await onList()).toEqual([]);
    expect(await faultOf(ledger)).toBeNull();
  });

  it.each([
    ["a credit's body", "update credit set body = (select hash from list limit 1)", /^(credit|audit) /],
    ["a credit's state", "update credit set passed = 1", /^credit card \d+.*passed is 1/],
    ["a block", "delete from blocked_card", /^blocked_card card \d+ is missing/],
    ["a list", "update list set hash = contents", /^list version 1: hash is/],
  ])("%s that somebody edited is found", async (_, edit, words) => {
    await add(CARD, cents(500), "order 1");
    await ledger.transaction().execute((transaction) => setBlock(transaction, OTHER, "lost", AT));
    await list();
    expect(await faultOf(ledger)).toBeNull();
    await rowsOf(ledger, edit);
    expect(await faultOf(ledger)).toMatch(words);
  });
});

describe("a list", () => {
  it("has all credits of a card or none, the cards that wait longest first", async () => {
    const body = new Uint8Array();
    const credit = (card: number, number: number, act: number) => ({
      ...{ card, programme: PROGRAMME, number, act, at: AT, why: "gift", source: `${card} ${number}`, body },
      ...{ state: "open", passed: 0, listed: 0, from_account: null, from_holder: null },
    });
    const most = LIST_LIMITS.credits;
    const many = Array.from({ length: most - 1 }, (_, i) => credit(1_000 + i, 1, 10 + i));
    await insertAll(ledger, "credit", [...many, credit(7, 1, most + 10), credit(7, 2, most + 11), credit(9, 1, 1)]);
    const { contents, waitingCards } = await list();
    expect([contents.sections.credits.count, waitingCards]).toEqual([most, 1]);
    expect(contents.sections.credits.of({ card: 7 })).toEqual([]);
    expect(contents.sections.credits.of({ card: 9 })).toHaveLength(1);
  });

  it("never takes back what is revoked, nor lowers the layout", async () => {
    const revoked = { role: "area", number: PROGRAMME, generation: 1 } as const;
    await list({ revokedGenerations: [revoked], revokedKeys: [new Uint8Array(32).fill(7)] });
    const { contents } = await list({ writeLayout: 1 });
    expect(contents).toMatchObject({ version: 2, writeLayout: 2 });
    expect([contents.sections.revokedGenerations.count, contents.sections.revokedKeys.count]).toEqual([1, 1]);
    expect(await faultOf(ledger)).toBeNull();
  });

  it("carries what corrections and the visits of other cards owe, once", async () => {
    const correction = {
      number: 1,
      programme: PROGRAMME,
      wrong_version: 1,
      right_version: 2,
      right_hash: new Uint8Array(32),
    };
    await insertAll(ledger, "correction", [{ ...correction, first_day: 1, last_day: 2, takes_back: 0 }]);
    await insertAll(ledger, "correction_amount", [
      { correction: 1, card: CARD, keeps: "cagnotte", purse: 0, value: 120, funder: "merchant", fate: "credit" },
      { correction: 1, card: OTHER, keeps: "cagnotte", purse: 0, value: -5, funder: "merchant", fate: "kept" },
    ]);
    journal.visit(freshCard(CARD, PROGRAMME), earned(50), {
      ...{ type: "owe", rule: "parrain", unit: "cents", value: 300, funder: "merchant", toCard: OTHER },
    });
    await send();
    const made = async () =>
      (await prepareList(ledger, head(), DAY)).credits.map(({ card, number, why }) => [card, number, why]);
    expect(await made()).toEqual([
      [CARD, 1, "correction"],
      [OTHER, 1, "promised"],
    ]);
    expect(await made()).toEqual([]);
    expect(await balances()).toContainEqual(["credits", 2, "cents", 300]);
    expect((await balances()).some(([account]) => account === "promised")).toBe(false);
  });

  it("adopts records of a generation that is revoked, once each", async () => {
    const { state } = journal.visit(freshCard(CARD, PROGRAMME), earned(50));
    await send();
    const adopt = () =>
      ledger
        .transaction()
        .execute((transaction) => adoptRevoked(transaction, [{ programme: PROGRAMME, generation: 1 }], DAY, AT));
    expect((await adopt()).map(({ card, why }) => [card, why])).toEqual([[CARD, "adopt"]]);
    expect(await adopt()).toEqual([]);
    journal.visit(state, earned(50));
    await importBatch(ledger, { name: "more", file: journal.batch(3) }, AT);
    expect((await adopt()).map(({ number }) => number)).toEqual([2]);
    expect(await faultOf(ledger)).toBeNull();
  });
});

describe("a card that is replaced", () => {
  const begin = (next = OTHER) =>
    ledger.transaction().execute((transaction) => beginReplacement(transaction, CARD, next, DAY, AT));
  const finish = async () => {
    const row = (await replacementOf(ledger, CARD))!;
    return ledger.transaction().execute((transaction) => finishReplacement(transaction, row, DAY, AT));
  };
  /** The terminal takes a list: its journal says so. */
  const take = (version: number) => journal.listChange(version);

  it("gives the new one its value and the credits that it did not get, once its terminals know", async () => {
    journal.visit(freshCard(CARD, PROGRAMME), earned(700));
    await send();
    await add(CARD, cents(500), "order 1");
    await list();
    const row = await begin();
    expect(row.version).toBe(2);
    expect((await awaited(ledger, row)).map(({ terminal }) => terminal)).toEqual([1]);
    const { contents } = await prepareList(ledger, head(), DAY);
    expect(contents.sections.blocked.of({ card: CARD })).toMatchObject([{ reason: "replaced" }]);
    take(2);
    await importBatch(ledger, { name: "b", file: journal.batch(3) }, AT);
    const done = await prepareList(ledger, head(), DAY);
    expect(done.credits.map(({ card, number, source }) => [card, number, source])).toEqual([
      [OTHER, 1, `card ${CARD}, programme 20, part 1`],
      [OTHER, 2, `credit 1 of card ${CARD}, programme 20`],
    ]);
    expect(await balances()).toEqual([
      ["credits", 2, "cents", 1_200],
      ["merchant", 1, "cents", -700],
      ["merchant", 3, "cents", -500],
    ]);
    // Applied on the new card, nothing is left over; and nothing is moved again.
    const both = [credited(1, 700), credited(2, 500)].map((one) => ({ ...one, funder: "association" }) as const);
    journal.visit(freshCard(OTHER, PROGRAMME), ...both);
    await importBatch(ledger, { name: "c", file: journal.batch(4) }, AT);
    const after = await prepareList(ledger, head(), DAY);
    expect(after.credits).toEqual([]);
    expect(await balances()).toEqual([
      ["card", OTHER, "cents", 1_200],
      ["merchant", 1, "cents", -700],
      ["merchant", 3, "cents", -500],
    ]);
    expect(await faultOf(ledger)).toBeNull();
  });

  it("that applied a credit before its terminal knew has it in its value, and it does not move again", async () => {
    await add(CARD, cents(500), "order 1");
    await list();
    await begin();
    await prepareList(ledger, head(), DAY);
    apply(freshCard(CARD, PROGRAMME), { ...credited(1, 500), funder: "association" });
    take(2);
    await send();
    expect((await prepareList(ledger, head(), DAY)).credits.map(({ source }) => source)).toEqual([
      `card ${CARD}, programme 20, part 1`,
    ]);
    expect(await balances()).toEqual([
      ["credits", 2, "cents", 500],
      ["merchant", 3, "cents", -500],
    ]);
    expect(await faultOf(ledger)).toBeNull();
  });

  it("shows what was moved too early, by the books of the old card", async () => {
    const { state } = journal.visit(freshCard(CARD, PROGRAMME), earned(700));
    await send();
    await begin();
    await finish();
    expect((await balances()).filter(([account]) => account === "card")).toEqual([]);
    journal.visit(state, spent(100));
    await importBatch(ledger, { name: "late", file: journal.batch(3) }, AT);
    expect((await balances()).filter(([account]) => account === "card")).toEqual([["card", CARD, "cents", -100]]);
    expect(await faultOf(ledger)).toBeNull();
  });

  it("is not replaced by itself, nor by one that was replaced", async () => {
    await expect(begin(CARD)).rejects.toThrow(NoReplacement);
    await begin();
    const back = ledger.transaction().execute((one) => beginReplacement(one, OTHER, CARD, DAY, AT));
    await expect(back).rejects.toThrow(/was itself replaced/);
  });

  it("is repaired with the last record of the books, credits that wait behind it", async () => {
    const { state } = journal.visit(freshCard(CARD, PROGRAMME), earned(700));
    await send();
    await add(CARD, cents(500), "order 1");
    const made = await ledger
      .transaction()
      .execute((one) => repairCard(one, { card: CARD, programme: PROGRAMME, terminal: 1, counter: 9 }, DAY, AT));
    expect(made.map(({ number, why }) => [number, why])).toEqual([
      [2, "restore"],
      [3, "replacement"],
    ]);
    expect((await creditsToCome(ledger, CARD)).map((row) => row.state)).toEqual(["moved", "open", "open"]);
    expect(await balances()).toContainEqual(["credits", 2, "cents", 500]);
    expect(state.sequence).toBe(1);
    expect(await faultOf(ledger)).toBeNull();
    const nobody = { card: OTHER, programme: PROGRAMME, terminal: 1, counter: null };
    await expect(ledger.transaction().execute((one) => repairCard(one, nobody, DAY, AT))).rejects.toThrow(/no record/);
  });
});
