import type { SaleRequest } from "@cachet/firmware/hal";
import type { Programme } from "@cachet/firmware/rules";
import type { SimTerminal } from "@cachet/terminal-sim";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { AccountList, account, CAGNOTTE, saleBy } from "../../../../tests/fixtures/account-list.ts";
import { AT, faultOf, newLedger, rowsOf } from "../../../../tests/fixtures/ledger.ts";
import { office } from "../../../../tests/fixtures/lists.ts";
import remembering from "../../../../tests/fixtures/programmes/remembering.programme.ts";
import { fixtureFile, imageOf, NOON, refund, TOWN, terminal } from "../../../../tests/fixtures/town.ts";
import { testTerminalSigner } from "../../keys/test-keys.ts";
import { identities } from "../identities.ts";
import { importBatch } from "../import.ts";
import { changeBalance } from "../lists/ceilings.ts";
import { heldLists } from "../lists/held.ts";
import { prepareList } from "../lists/night.ts";
import type { Ledger } from "../schema.ts";
import { enrolTerminal } from "../terminals.ts";
import { type Counting, countAccounts } from "./post.ts";

const HER = account(77);
const DAY = 9_667;
const WEEK = 7 * 86_400;

let ledger: Ledger;
beforeEach(async () => {
  ledger = await newLedger();
  await open(HER);
});
afterEach(() => ledger.destroy());

const open = (number: number) =>
  ledger.transaction().execute(async (one) => {
    const of = { account: number, programme: TOWN, purse: CAGNOTTE };
    const nothing = { value: 0, from: { account: "pays", holder: 2 }, day: DAY } as const;
    return changeBalance(one, of, nothing, await heldLists(one), AT);
  });

/** A terminal of merchant 1 or 2, which the office knows. */
async function shop(number: number, ceiling = 0): Promise<SimTerminal> {
  await enrolTerminal(ledger, number, number, testTerminalSigner(number).publicKey, AT);
  const allowance = { account: HER, terminal: number, programme: TOWN, purse: CAGNOTTE, balance: ceiling, ceiling };
  const image = await imageOf([fixtureFile("remembering")]);
  return terminal(number, { merchant: number, programmes: [TOWN], image, lists: new AccountList([allowance]) });
}

async function buy(at: SimTerminal, weeks: number, request: SaleRequest): Promise<number> {
  at.clock.utc = NOON + weeks * WEEK;
  const report = await at.serve(request);
  if (report === "power-cut" || report.result !== "done") throw new Error(JSON.stringify(report));
  return report.ticket!;
}

async function bring(at: SimTerminal): Promise<void> {
  expect(await importBatch(ledger, at.collect(), AT)).toMatchObject({ status: "accepted" });
}

const count = (posts = true, ...versions: readonly Programme[]): Promise<Counting> =>
  countAccounts(ledger, [versions[0] ?? remembering, ...versions.slice(1)], posts, DAY, AT);

/** What the account is promised beside what its terminals said, by who gives. */
const given = async () =>
  Object.fromEntries(
    (
      await rowsOf(
        ledger,
        "select account, holder, sum(amount) as sum from posting where terminal = 0 group by account, holder having sum(amount) <> 0",
      )
    ).map(({ account: kind, holder, sum }) => [`${kind} ${holder}`, Number(sum)]),
  );

const holds = async () => {
  expect(await faultOf(ledger)).toBeNull();
  expect((await identities(ledger)).identities.filter(({ difference }) => difference !== 0)).toEqual([]);
};

describe("counting for accounts without a chip", () => {
  it("gives what a card would have remembered for: the level, the weekly bonus once, the challenge, each from who pays", async () => {
    const [one, two] = [await shop(1), await shop(2)];
    // 60 € and 60 € reach the level of 100 €; the third purchase earns twice its 5 %. The bonus is 50 cents once a week, and there are two weeks.
    await buy(one, 0, saleBy(HER, 6_000));
    await buy(one, 0, saleBy(HER, 6_000));
    await buy(two, 1, saleBy(HER, 2_000));
    await bring(one);
    await bring(two);
    const dry = await count(false);
    expect(dry.accounts).toMatchObject([
      { account: HER, visits: 3, level: "argent", given: {}, toGive: { cents: 100 + 50 + 50 + 100 } },
    ]);
    expect(await given()).toEqual({});
    expect(await count()).toEqual(dry);
    const books = { "merchant 1": -50, "merchant 2": -100 - 50, "pays 2": -100, [`promised ${HER}`]: 300 };
    expect(await given()).toEqual(books);
    expect((await count()).accounts).toMatchObject([{ given: { cents: 300 }, toGive: {} }]);
    expect(await given()).toEqual(books);
    await holds();
    const head = { issuer: 1, issued: AT, officeKey: office.publicKey, writeLayout: 2 };
    await prepareList(ledger, { ...head, revokedGenerations: [], revokedKeys: [] }, DAY);
    const [row] = await rowsOf(ledger, "select balance from account_balance");
    expect(Number(row!.balance)).toBe(300 + 300 + 100 + 300);
    await holds();
  });

  it("counts what comes late in its own place, and takes nothing back that was given", async () => {
    const [one, two] = [await shop(1), await shop(2)];
    await buy(two, 0, saleBy(HER, 9_000));
    await buy(one, 1, saleBy(HER, 2_000));
    await buy(one, 1, saleBy(HER, 2_000));
    await bring(one);
    await count();
    expect(await given()).toEqual({ "merchant 1": -50, [`promised ${HER}`]: 50 });
    // With the 90 € before them, the first of them reaches the level, the second has it; the first week has its bonus.
    await bring(two);
    await count();
    expect(await given()).toEqual({
      ...{ "merchant 1": -50 - 100, "merchant 2": -50, "pays 2": -100, [`promised ${HER}`]: 300 },
    });
    const ticket = await buy(one, 1, saleBy(HER, 2_000));
    expect(await one.serve(refund(ticket))).toMatchObject({ result: "done" });
    await bring(one);
    expect((await count()).accounts).toMatchObject([{ visits: 4, given: { cents: 300 }, toGive: {} }]);
    await holds();
  });

  it("leaves out what was taken back, whole and line by line", async () => {
    const one = await shop(1);
    await buy(one, 0, saleBy(HER, 10_000));
    const lines = [
      { amount: 2_000, quantity: 1 },
      { amount: 3_000, quantity: 1 },
    ];
    const part = await buy(one, 0, { ...saleBy(HER, 0), lines });
    const whole = await buy(one, 0, saleBy(HER, 7_000));
    expect(await one.serve(refund(part, [0]))).toMatchObject({ result: "done" });
    expect(await one.serve(refund(whole))).toMatchObject({ result: "done" });
    await bring(one);
    // The level doubles what the line that is left earns; the week's bonus.
    expect((await count()).accounts).toMatchObject([{ toGive: { cents: 150 + 50 } }]);
    await holds();
  });

  it("spends again exactly what was spent, of whatever is there", async () => {
    const one = await shop(1, 4_000);
    await buy(one, 0, saleBy(HER, 10_000));
    await buy(one, 0, saleBy(HER, 6_000, 2_000));
    await buy(one, 0, saleBy(HER, 6_000, "max"));
    await bring(one);
    // 5 % of 40 €, of 40 €, once more each; the bonus.
    expect((await count()).accounts).toMatchObject([{ toGive: { cents: 200 + 200 + 50 } }]);
    await holds();
  });

  it("sets an account aside where a file is not what its terminal ran, or its version was not named, and others go on", async () => {
    const one = await shop(1);
    await buy(one, 0, saleBy(HER, 10_000));
    await buy(one, 0, saleBy(account(78), 10_000));
    await bring(one);
    const [first, ...others] = remembering.rules;
    const wrong = { ...remembering, rules: [{ ...first, rate: 900 }, ...others] };
    expect((await count(true, wrong as Programme)).apart).toMatchObject([
      { account: HER, problem: "version 1 of the file does not come to what the terminal stored" },
    ]);
    const second = { ...remembering, version: 2 };
    expect((await count(true, second)).apart).toMatchObject([
      { account: HER, ticket: "T-0001-2", problem: "it was under version 1, whose file was not named" },
    ]);
    expect(await given()).toEqual({});
    expect((await count(true, second, remembering)).accounts).toMatchObject([{ account: HER, level: "argent" }]);
    expect(await given()).toEqual({ "merchant 1": -50, [`promised ${HER}`]: 50 });
  });
});
