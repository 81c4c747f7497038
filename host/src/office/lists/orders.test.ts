import { Chance } from "@cachet/terminal-sim";
import { expect, it } from "vitest";
import { credited, earned, freshCard, HandJournal, type HandState } from "../../../../tests/fixtures/hand-journal.ts";
import { AT, newLedger, rowsOf } from "../../../../tests/fixtures/ledger.ts";
import { office } from "../../../../tests/fixtures/lists.ts";
import { shuffled } from "../../../../tests/fixtures/office-town.ts";
import { importBatch } from "../import.ts";
import { enrolTerminal } from "../terminals.ts";
import { addCredit } from "./credits.ts";
import { prepareList } from "./night.ts";

const [PROGRAMME, CARDS, DAY] = [20, 12, 9_667];
const ORDERS = process.env.LEDGER_ENGINE === "postgres" ? 2 : 25;

/** Two credits for each card; some are applied at one terminal or another, some too late, some wait. */
function story() {
  const chance = new Chance(5);
  const journals = [1, 2, 3].map((number) => new HandJournal(number));
  const any = () => journals[chance.below(journals.length)]!;
  for (let i = 0; i < CARDS; i += 1) {
    let held: HandState = any().visit(freshCard(100 + i, PROGRAMME), earned(10)).state;
    for (let number = 1; number <= chance.below(3); number += 1) {
      const value = chance.below(4) === 0 ? 0 : 100 * number;
      held = any().visit(held, { ...credited(number, value), funder: "association" }).state;
    }
    any().visit(held, earned(5));
  }
  const files = journals.flatMap((journal) => {
    const middle = Math.floor(journal.length / 2);
    return [journal.batch(1, middle), journal.batch(middle + 1), journal.batch()].map((file) => ({ journal, file }));
  });
  return { journals, files };
}

async function nightAfter({ journals }: ReturnType<typeof story>, files: ReturnType<typeof story>["files"]) {
  const ledger = await newLedger();
  for (const { terminal, merchant, signer } of journals)
    await enrolTerminal(ledger, terminal, merchant, signer.publicKey, AT);
  for (let card = 100; card < 100 + CARDS; card += 1) {
    for (const number of [1, 2]) {
      const amounts = [{ purse: "cagnotte", index: 0, value: 100 * number }] as const;
      const credit = { kind: "add", label: "x", amounts: [...amounts] } as const;
      const one = { card, programme: PROGRAMME, credit, why: "gift", source: `${card} ${number}` } as const;
      await ledger
        .transaction()
        .execute((transaction) => addCredit(transaction, { ...one, from: { account: "pays", holder: 2 } }, DAY, AT));
    }
  }
  for (const [i, { file }] of files.entries()) await importBatch(ledger, { name: `${i}`, file }, AT);
  const head = { issuer: 1, issued: AT, officeKey: office.publicKey, writeLayout: 2 };
  const made = await prepareList(ledger, { ...head, revokedGenerations: [], revokedKeys: [] }, DAY);
  const books = {
    passed: made.passed.map(({ card, number }) => [card, number]),
    list: await rowsOf(ledger, "select version, hash from list"),
    credits: await rowsOf(ledger, "select card, number, state, passed, listed from credit order by card, number"),
    alerts: await rowsOf(ledger, "select * from alert order by terminal, number, kind, card"),
    balances: await rowsOf(
      ledger,
      "select account, holder, unit, sum(amount) as sum from posting group by account, holder, unit order by account, holder, unit",
    ),
  };
  await ledger.destroy();
  return books;
}

it("the credits that leave a night's list, and what they leave in the books, do not depend on the order of the files", async () => {
  const town = story();
  const first = await nightAfter(town, town.files);
  expect(first.passed.length).toBeGreaterThan(5);
  expect(first.passed.length).toBeLessThan(2 * CARDS);
  expect(first.balances.find(({ account }) => account === "breakage")).toBeDefined();
  const chance = new Chance(7);
  for (let i = 0; i < ORDERS; i += 1) expect(await nightAfter(town, shuffled(town.files, chance))).toEqual(first);
});
