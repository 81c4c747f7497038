import { cardNumber, purseHead, ticketNumber } from "@cachet/card-layout";
import type { AccountVisit } from "@cachet/firmware/wire";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CAGNOTTE, GRID } from "../../../tests/fixtures/account-list.ts";
import { AccountShop, PROGRAMME, refundOf, visitOf } from "../../../tests/fixtures/account-shop.ts";
import { HandJournal } from "../../../tests/fixtures/hand-journal.ts";
import { AT, faultOf, newLedger, ON_POSTGRES, rowsOf } from "../../../tests/fixtures/ledger.ts";
import { office } from "../../../tests/fixtures/lists.ts";
import { identities } from "./identities.ts";
import { importBatch } from "./import.ts";
import { changeBalance } from "./lists/ceilings.ts";
import { heldLists } from "./lists/held.ts";
import { type PreparedList, prepareList } from "./lists/night.ts";
import type { Ledger } from "./schema.ts";
import { enrolTerminal } from "./terminals.ts";

const [HER, CARD] = [cardNumber(1, 77), cardNumber(1, 5)];
const DAY = 9_667;
const PURSE = { account: HER, programme: PROGRAMME, purse: CAGNOTTE };
const UNITS = purseHead({ kind: "units", index: 0 });
const ASSOCIATION = { account: "pays", holder: 2 } as const;

let ledger: Ledger;
beforeEach(async () => {
  ledger = await newLedger();
});
afterEach(() => ledger.destroy());

const put = (value: number, of = PURSE, in_ = ledger) =>
  in_
    .transaction()
    .execute(async (one) => changeBalance(one, of, { value, from: ASSOCIATION, day: DAY }, await heldLists(one), AT));

const list = (of = ledger): Promise<PreparedList> => {
  const head = { issuer: 1, issued: AT, officeKey: office.publicKey, writeLayout: 2 };
  return prepareList(of, { ...head, revokedGenerations: [], revokedKeys: [] }, DAY);
};

/** Sums by account, holder and unit; those at nothing are left out. */
const books = async () =>
  Object.fromEntries(
    (
      await rowsOf(
        ledger,
        "select account, holder, unit, sum(amount) as sum from posting group by account, holder, unit having sum(amount) <> 0",
      )
    ).map(({ account, holder, unit, sum }) => [`${account} ${holder} ${unit}`, Number(sum)]),
  );
const balances = async () =>
  (await rowsOf(ledger, "select account, purse, balance from account_balance order by account, purse")).map(
    ({ account, purse, balance }) => [Number(account), Number(purse), Number(balance)],
  );

/** A terminal's journal by hand, with visits of accounts. */
class Counter extends HandJournal {
  visitBy(body: AccountVisit): void {
    this.append({ kind: "account", body });
  }

  async send(first = 1): Promise<{ readonly status: string; readonly reason?: string }> {
    return importBatch(ledger, { name: `${this.terminal}-${first}-${this.length}`, file: this.batch(first) }, AT);
  }
}

async function counter(number: number): Promise<Counter> {
  const made = new Counter(number);
  await enrolTerminal(ledger, number, number, made.signer.publicKey, AT);
  return made;
}

describe("an account without a chip, in the office", () => {
  it("gets what it earned with the next list, and its ceilings with it; what it spends goes to the merchant", async () => {
    await put(0);
    const shop = await counter(1);
    shop.visitBy(visitOf(HER, 1, 1, 50, 0));
    shop.visitBy(visitOf(HER, 2, 1, 40, 0));
    expect(await shop.send()).toMatchObject({ status: "accepted" });
    expect(await shop.send()).toMatchObject({ status: "already-imported" });
    expect(await books()).toEqual({ [`promised ${HER} cents`]: 90, "merchant 1 cents": -90 });
    const first = await list();
    expect(first.credits).toEqual([]);
    expect(await balances()).toEqual([[HER, CAGNOTTE, 90]]);
    expect(await books()).toEqual({ [`account ${HER} cents`]: 90, "merchant 1 cents": -90 });
    expect(first.contents.sections.ceilings.of({ account: HER })).toMatchObject([{ terminal: 1, ceiling: 90 }]);
    shop.listChange(first.contents.version);
    shop.visitBy(visitOf(HER, 3, 1, 0, 60));
    expect(await shop.send()).toMatchObject({ status: "accepted" });
    expect(await books()).toEqual({ [`account ${HER} cents`]: 30, "merchant 1 cents": -30 });
    // Sixty spent, thirty left: the ceiling is all that it ever lets go.
    expect((await list()).contents.sections.ceilings.of({ account: HER })).toMatchObject([{ ceiling: 90 }]);
    await put(100);
    expect((await list()).contents.sections.ceilings.of({ account: HER })).toMatchObject([{ ceiling: 190 }]);
    expect((await list()).contents.sections.balances.of({ account: HER })).toMatchObject([{ balance: 130 }]);
    expect(await rowsOf(ledger, "select * from alert")).toEqual([]);
    expect(await faultOf(ledger)).toBeNull();
  });

  it("has its stamps in one place, where it was last, since a grid is worth something only whole", async () => {
    const [one, two] = [await counter(1), await counter(2)];
    await put(0, { ...PURSE, purse: GRID });
    const stamp = (visit: number, merchant: number): AccountVisit => ({
      ...visitOf(HER, visit, merchant, 0, 0),
      areas: [
        {
          ...{ programme: PROGRAMME, version: 1, purses: [{ purse: GRID, added: 4, taken: 0 }] },
          effects: [{ type: "stamp", rule: "grille", unit: "stamps", value: 4, funder: "merchant" }],
        },
      ],
    });
    one.visitBy(stamp(1, 1));
    two.at(Date.UTC(2026, 5, 17) / 1_000).visitBy(stamp(1, 2));
    for (const each of [one, two]) expect(await each.send()).toMatchObject({ status: "accepted" });
    const { sections } = (await list()).contents;
    expect(sections.ceilings.of({ account: HER })).toMatchObject([{ terminal: 2, ceiling: 8 }]);
    expect(await faultOf(ledger)).toBeNull();
  });

  it("is nobody's account before it is opened: what a card that was forgotten earned becomes its credit", async () => {
    const shop = await counter(1);
    shop.visitBy(visitOf(CARD, 1, 1, 62, 0));
    await shop.send();
    const { credits } = await list();
    expect(credits).toMatchObject([{ card: CARD, number: 1, why: "promised" }]);
    expect(await balances()).toEqual([]);
    expect(await faultOf(ledger)).toBeNull();
  });

  it("holds what the books say, in the office's check too", async () => {
    await put(500);
    const [accounts] = (await identities(ledger)).identities.filter(({ name }) => name === "accounts");
    expect(accounts).toMatchObject({ unit: "cents", difference: 0, left: { amount: 500 } });
    await ledger.updateTable("account_balance").set({ balance: 501 }).execute();
    expect(await faultOf(ledger)).toMatch(/account_balance .*balance is 501, and should be 500/);
  });

  it("is opened by itself for a receipt that carries points, in the purse that its visits name", async () => {
    const [receipt, second] = [ticketNumber(1, 12), purseHead({ kind: "cagnotte", index: 1 })];
    const shop = await counter(1);
    const paid = visitOf(receipt, 1, 1, 50, 0);
    const area = { ...paid.areas[0]!, purses: [{ purse: second, added: 50, taken: 0 }] };
    shop.visitBy({ ...paid, areas: [area], holds: [{ programme: PROGRAMME, purse: second, value: 50 }] });
    expect(await shop.send()).toMatchObject({ status: "accepted" });
    const made = await list();
    expect(made.credits).toEqual([]);
    expect(await balances()).toEqual([[receipt, second, 50]]);
    expect(made.contents.sections.ceilings.of({ account: receipt })).toMatchObject([{ terminal: 1, ceiling: 50 }]);
    expect(await books()).toEqual({ [`account ${receipt} cents`]: 50, "merchant 1 cents": -50 });
    expect(await faultOf(ledger)).toBeNull();
  });

  it("keeps money that was paid in apart from money that visits earn", async () => {
    const prepaid = purseHead({ kind: "prepaid", index: 0 });
    await put(2_000, { ...PURSE, purse: prepaid });
    await put(0);
    const shop = await counter(1);
    const paid = visitOf(HER, 1, 1, 50, 1_000);
    const [area] = paid.areas;
    shop.visitBy({
      ...paid,
      areas: [
        {
          ...area!,
          purses: [
            { purse: CAGNOTTE, added: 50, taken: 0 },
            { purse: prepaid, added: 0, taken: 1_000 },
          ],
        },
      ],
    });
    expect(await shop.send()).toMatchObject({ status: "accepted" });
    await list();
    expect(await balances()).toEqual([
      [HER, CAGNOTTE, 50],
      [HER, prepaid, 1_000],
    ]);
    expect(await faultOf(ledger)).toBeNull();
  });

  it("cannot be emptied below what terminals may still let go, nor hold a purse that it cannot have", async () => {
    await counter(1);
    await put(500);
    await list();
    await expect(put(-1)).rejects.toThrow(`account ${HER} holds 500, and terminals may still let 500 of it go`);
    await expect(put(1, { ...PURSE, purse: UNITS })).rejects.toThrow(`no account has a purse ${UNITS}`);
  });

  it("has back what a refunded visit spent, and owes what it earned until it can be taken off", async () => {
    await put(100);
    const [shop, other] = [await counter(1), await counter(2)];
    const first = await list();
    for (const one of [shop, other]) one.listChange(first.contents.version);
    const sold = visitOf(HER, 1, 1, 40, 30);
    shop.visitBy(sold);
    for (const one of [shop, other]) await one.send();
    const second = await list();
    expect(await balances()).toEqual([[HER, CAGNOTTE, 110]]);
    shop.visitBy(refundOf(sold, 2, shop.length));
    expect(await shop.send(2)).toMatchObject({ status: "accepted" });
    // Seventy left, forty earned, thirty back; what it earned is owed now.
    expect(await balances()).toEqual([[HER, CAGNOTTE, 140]]);
    expect(await books()).toEqual({
      [`account ${HER} cents`]: 140,
      [`promised ${HER} cents`]: -40,
      "pays 2 cents": -100,
    });
    const ceilingsIn = (prepared: PreparedList) =>
      prepared.contents.sections.ceilings.of({ account: HER }).map(({ terminal, ceiling }) => [terminal, ceiling]);
    // Both may hold the list before: none of it can be taken off, but no ceiling has it any more.
    const third = await list();
    expect(ceilingsIn(second)).toEqual([
      [1, 85],
      [2, 55],
    ]);
    expect(ceilingsIn(third)).toEqual([
      [1, 50],
      [2, 50],
    ]);
    expect(await balances()).toEqual([[HER, CAGNOTTE, 140]]);
    for (const one of [shop, other]) {
      one.listChange(third.contents.version);
      await one.send();
    }
    await list();
    expect(await balances()).toEqual([[HER, CAGNOTTE, 100]]);
    expect(await books()).toEqual({ [`account ${HER} cents`]: 100, "pays 2 cents": -100 });
    expect(await rowsOf(ledger, "select * from alert")).toEqual([]);
    expect(await faultOf(ledger)).toBeNull();
  });

  it("spent beyond every ceiling shows, and stays in the books", async () => {
    const shop = await counter(1);
    shop.visitBy(visitOf(HER, 1, 1, 0, 60));
    expect(await shop.send()).toMatchObject({ status: "accepted" });
    expect(await rowsOf(ledger, "select kind, terminal, number, detail from alert")).toMatchObject([
      { kind: "balance", terminal: 1, number: 1, detail: expect.stringContaining("beyond every ceiling") },
    ]);
    expect(await balances()).toEqual([[HER, CAGNOTTE, -60]]);
    expect(await faultOf(ledger)).toBeNull();
  });

  const right = visitOf(HER, 1, 1, 50, 0);
  const area = right.areas[0]!;
  it.each<[string, AccountVisit]>([
    ["another merchant", { ...right, merchant: 2 }],
    [
      "takes more than its effects",
      { ...right, areas: [{ ...area, purses: [{ purse: CAGNOTTE, added: 50, taken: 1 }] }] },
    ],
    [
      "takes less than its effects",
      { ...visitOf(HER, 1, 1, 0, 60), areas: [{ ...visitOf(HER, 1, 1, 0, 60).areas[0]!, purses: [] }] },
    ],
    [
      "takes of a purse of another unit",
      { ...right, areas: [{ ...visitOf(HER, 1, 1, 0, 60).areas[0]!, purses: [{ purse: GRID, added: 0, taken: 60 }] }] },
    ],
    [
      "a purse that no account has",
      { ...right, areas: [{ ...area, purses: [{ purse: UNITS, added: 50, taken: 0 }] }] },
    ],
    [
      "takes back more than its effects",
      (() => {
        const back = refundOf(right, 2, 1);
        return { ...back, areas: [{ ...back.areas[0]!, purses: [{ purse: CAGNOTTE, added: -50, taken: -1 }] }] };
      })(),
    ],
    ["earns in a refund", { ...right, refund: { ticket: 1, lines: [0], cents: 0 } }],
    [
      "an effect that needs a card",
      { ...right, areas: [{ ...area, effects: [{ ...area.effects[0]!, type: "topup" }] }] },
    ],
  ])("sets a file aside where a visit %s", async (_, body) => {
    const shop = await counter(1);
    shop.visitBy(body);
    expect(await shop.send()).toMatchObject({ status: "quarantined", reason: "bad-intent" });
    expect(await books()).toEqual({});
  });
});

const SHOPS = [1, 2, 3];
const RUNS = ON_POSTGRES ? 2 : 40;
const shopNumber = fc.constantFrom(...SHOPS);
const step = fc.oneof(
  { weight: 1, arbitrary: fc.record({ what: fc.constant("put" as const), value: fc.integer({ min: 1, max: 500 }) }) },
  { weight: 2, arbitrary: fc.record({ what: fc.constant("list" as const) }) },
  { weight: 3, arbitrary: fc.record({ what: fc.constant("bring" as const), shop: shopNumber, back: fc.nat(2) }) },
  { weight: 2, arbitrary: fc.record({ what: fc.constant("report" as const), shop: shopNumber }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant("restart" as const), shop: shopNumber }) },
  {
    weight: 6,
    arbitrary: fc.record({
      what: fc.constant("visit" as const),
      shop: shopNumber,
      earned: fc.nat(50),
      spent: fc.nat(300),
    }),
  },
  { weight: 2, arbitrary: fc.record({ what: fc.constant("refund" as const), shop: shopNumber, which: fc.nat(20) }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant("replay" as const), shop: shopNumber, which: fc.nat(20) }) },
);

/** What the thief did in one story. */
interface Story {
  given: number;
  /** Earned, taken back or not, and what of it refunds took back. */
  earned: number;
  clawedBack: number;
  /** Spent and not given back. */
  spent: number;
}

/**
 * Somebody with copies of an account's stripe at three terminals: buys, takes back what he bought, again and again, brings lists late, or none, switches
 * terminals off, and asks for what was stored to be stored once more.
 */
async function thiefStory(steps: readonly (typeof step extends fc.Arbitrary<infer Step> ? Step : never)[]) {
  const own = await newLedger();
  const shops = new Map<number, AccountShop>();
  for (const number of SHOPS) {
    const shop = await AccountShop.open(number);
    shops.set(number, shop);
    await enrolTerminal(own, number, number, shop.signer.publicKey, AT);
  }
  const lists: PreparedList["contents"][] = [];
  await put(200, PURSE, own);
  lists.push((await list(own)).contents);
  for (const shop of shops.values()) await shop.take(lists[0]!);
  const story: Story = { given: 200, earned: 0, clawedBack: 0, spent: 0 };
  const back = new Set<string>();
  for (const one of steps) {
    if (one.what === "put") {
      await put(one.value, PURSE, own);
      story.given += one.value;
    } else if (one.what === "list") lists.push((await list(own)).contents);
    else await atShop(shops.get(one.shop)!, one, lists, own, story, back);
    let worst = story.spent;
    for (const shop of shops.values()) worst += await shop.spendable(HER);
    expect(worst).toBeLessThanOrEqual(story.given + story.earned);
  }
  return { own, shops, story };
}

async function atShop(
  shop: AccountShop,
  one: Extract<typeof step extends fc.Arbitrary<infer Step> ? Step : never, { shop: number }>,
  lists: readonly PreparedList["contents"][],
  own: Ledger,
  story: Story,
  back: Set<string>,
): Promise<void> {
  const tickets = [...shop.sold];
  switch (one.what) {
    case "bring":
      return shop.take(lists[Math.max(0, lists.length - 1 - one.back)]!);
    case "restart":
      return shop.restart();
    case "report":
      return shop.report(own);
    case "visit": {
      if (one.earned + one.spent === 0) return;
      const may = await shop.spendable(HER);
      const isStored = await shop.visits(HER, one.earned, one.spent);
      expect(isStored).toBe(one.spent <= may);
      if (isStored) [story.earned, story.spent] = [story.earned + one.earned, story.spent + one.spent];
      return;
    }
    case "replay": {
      const [ticket] = tickets[one.which % Math.max(1, tickets.length)] ?? [];
      if (ticket !== undefined) expect(await shop.replays(ticket)).toBe("used");
      return;
    }
    case "refund": {
      const [ticket, body] = tickets[one.which % Math.max(1, tickets.length)] ?? [];
      if (ticket === undefined || body === undefined) return;
      const name = `${shop.number} ${ticket}`;
      const isStored = await shop.refunds(ticket);
      expect(isStored).toBe(!back.has(name));
      if (!isStored) return;
      back.add(name);
      const { added, taken } = body.areas[0]!.purses[0]!;
      story.clawedBack += added;
      story.spent -= taken;
    }
  }
}

describe("three terminals, an office, and somebody with copies of an account", () => {
  it("lets nobody spend more than was put there and earned, whatever lists they hold, and loses no cent", async () => {
    let [spentInAll, clawedBack] = [0, 0];
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 60 }), async (steps) => {
        const { own, shops, story } = await thiefStory(steps);
        const due = story.given + story.earned - story.clawedBack - story.spent;
        let last = (await list(own)).contents;
        for (let round = 0; round < 2; round += 1) {
          for (const shop of shops.values()) {
            await shop.report(own);
            await shop.take(last);
            await shop.report(own);
          }
          last = (await list(own)).contents;
        }
        const [{ balance } = { balance: Number.NaN }] = await rowsOf(own, "select balance from account_balance");
        const [{ owed } = { owed: 0 }] = await rowsOf(
          own,
          "select coalesce(sum(amount), 0) as owed from posting where account = 'promised'",
        );
        // Each cent: what is there, less what could not be taken off, because it was spent before it was taken back.
        expect(Number(balance) + Number(owed)).toBe(due);
        expect(Number(owed)).toBe(Math.min(0, due));
        // Once everybody has told what he holds, all of it can be spent again, and nothing else.
        const took = await rowsOf(own, "select terminal, spent from account_spent");
        expect(took.reduce((sum, row) => sum + Number(row.spent), 0)).toBe(story.spent);
        const open = last.sections.ceilings.of({ account: HER }).reduce((sum, { terminal, ceiling }) => {
          const known = took.find((row) => Number(row.terminal) === terminal);
          return sum + ceiling - Number(known?.spent ?? 0);
        }, 0);
        expect(open).toBe(Math.max(0, due));
        if (!ON_POSTGRES) {
          expect(await rowsOf(own, "select * from alert")).toEqual([]);
          expect(await faultOf(own)).toBeNull();
        }
        spentInAll += story.spent;
        clawedBack += story.clawedBack;
        await own.destroy();
      }),
      { numRuns: RUNS },
    );
    if (!ON_POSTGRES) expect(Math.min(spentInAll, clawedBack)).toBeGreaterThan(200);
  });
});
