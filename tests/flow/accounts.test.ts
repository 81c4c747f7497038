import type { VisitReport } from "@cachet/firmware/hal";
import { AccountVisit, decodeEntry, encodeCbor } from "@cachet/firmware/wire";
import { loadQuickJs, SimClock, type SimTerminal } from "@cachet/terminal-sim";
import { describe, expect, it } from "vitest";
import { KeyStore } from "../../firmware/src/supervisor/key-store.ts";
import { PhoneBook } from "../../firmware/src/supervisor/phone-book.ts";
import { testMerchantKey } from "../../host/src/keys/test-keys.ts";
import { phoneHash } from "../../host/src/office/lists/phones.ts";
import { AccountList, type Allowed, account, balanceBy, CAGNOTTE, GRID, saleBy } from "../fixtures/account-list.ts";
import { visitOf } from "../fixtures/account-shop.ts";
import { BAKERY, buy, card, fixtureFile, imageOf, lateSale, NOON, sale, TOWN, terminal } from "../fixtures/town.ts";

const HER = account(77);
const cagnotte = (ceiling: number, balance = ceiling) => ({
  ...{ account: HER, terminal: 1, programme: TOWN, purse: CAGNOTTE },
  ...{ balance, ceiling },
});
const stamps = (ceiling: number) => ({
  account: HER,
  terminal: 1,
  programme: BAKERY,
  purse: GRID,
  balance: ceiling,
  ceiling,
});
const shop = (...allowances: Allowed[]) => terminal(1, { lists: new AccountList(allowances) });
const told = (at: SimTerminal): string => JSON.stringify(at.till.receipts.at(-1));
const lastEntry = async (at: SimTerminal) => decodeEntry(await at.supervisor.books!.journal.entry(at.entryCount));

describe("an account without a chip", () => {
  it("earns with no list at all, by one entry, and spends nothing", async () => {
    const bakery = await terminal(1);
    const before = bakery.entryCount;
    const report = await bakery.serve(saleBy(HER, 1_000, "max"));
    expect(report).toMatchObject({ result: "done", card: HER, earnedCents: 50, spentCents: 0, payable: 1_000 });
    expect(bakery.entryCount).toBe(before + 1);
    expect(await lastEntry(bakery)).toMatchObject({
      kind: "account",
      body: {
        account: HER,
        areas: [
          { programme: BAKERY, purses: [{ purse: GRID, added: 1, taken: 0 }] },
          { programme: TOWN, purses: [{ purse: CAGNOTTE, added: 50, taken: 0 }] },
        ],
      },
    });
    expect(told(bakery)).toContain("+0,50");
  });

  it("spends up to the ceiling less what it ever spent there, and not what it has just earned", async () => {
    const bakery = await shop(cagnotte(300));
    expect(await bakery.serve(saleBy(HER, 1_000, 200))).toMatchObject({ spentCents: 200, payable: 800 });
    expect(await bakery.serve(saleBy(HER, 1_000, 200))).toMatchObject({ spentCents: 0, reason: "INSUFFICIENT" });
    expect(await bakery.serve(saleBy(HER, 1_000, "max"))).toMatchObject({ spentCents: 100, payable: 900 });
    expect(await bakery.serve(saleBy(HER, 1_000, "max"))).toMatchObject({ spentCents: 0, payable: 1_000 });
  });

  it("gets a reward of a grid where the ceiling has a whole one, and never for the stamp of this very visit", async () => {
    const bakery = await shop(stamps(9));
    expect(await bakery.serve(saleBy(HER, 500))).toMatchObject({ result: "done" });
    expect(await lastEntry(bakery)).toMatchObject({ body: { areas: [{ purses: [{ added: 1, taken: 0 }] }, {}] } });
    const full = await shop(stamps(10));
    expect(await full.serve(saleBy(HER, 500))).toMatchObject({ result: "done" });
    expect(await lastEntry(full)).toMatchObject({ body: { areas: [{ purses: [{ added: 1, taken: 10 }] }, {}] } });
    expect(told(full)).toContain("ASSORTIMENT OFFERT");
    expect(await full.serve(saleBy(HER, 500))).toMatchObject({ result: "done" });
    expect(await lastEntry(full)).toMatchObject({ body: { areas: [{ purses: [{ added: 1, taken: 0 }] }, {}] } });
  });

  it("is told once: a retry of the same visit changes nothing, another one under its number is refused", async () => {
    const bakery = await shop(cagnotte(300));
    const visit = saleBy(HER, 1_000, 200);
    expect(await bakery.serve(visit)).toMatchObject({ result: "done", spentCents: 200 });
    const entries = bakery.entryCount;
    expect(await bakery.serve(visit)).toMatchObject({ result: "already-done", spentCents: 200, payable: 800 });
    const others = [
      { ...visit, lines: [{ amount: 999, quantity: 1 }] },
      { ...visit, by: { account: account(78) } },
    ];
    for (const other of others)
      expect(await bakery.serve(other)).toMatchObject({ result: "refused", reason: "ALREADY_USED" });
    const { by: _by, ...onCard } = visit;
    const chip = await card(5);
    expect(await bakery.visit(onCard, chip)).toMatchObject({ result: "refused", reason: "ALREADY_USED" });
    // The card of the very account, too.
    expect(await bakery.visit(onCard, await card(77))).toMatchObject({ result: "refused", reason: "ALREADY_USED" });
    const first = sale(700);
    expect(await bakery.visit(first, chip)).toMatchObject({ result: "done" });
    expect(await bakery.serve({ ...first, by: { account: HER } })).toMatchObject({ reason: "ALREADY_USED" });
    // The refusals of cards are entries; the accounts' are none.
    expect(bakery.entryCount - entries).toBe(2 + 3);
  });

  it("counts on after a restart, and after its entries were dropped", async () => {
    const lists = new AccountList([cagnotte(300)]);
    let bakery = await terminal(1, { lists, journalCapacity: 80 });
    await bakery.serve(saleBy(HER, 1_000, 200));
    const spentHere = async () => {
      const report = (await bakery.serve(saleBy(HER, 1_000, "max"))) as VisitReport;
      return report.spentCents;
    };
    // Released and written over: the checkpoint carries what was spent.
    for (let i = 0; i < 30; i += 1) {
      await bakery.serve(saleBy(account(100 + i), 500));
      const { last, head } = bakery.supervisor.books!.journal.status();
      await bakery.supervisor.books!.journal.markCollected(1, last, head);
      await bakery.supervisor.books!.journal.release(last, head);
    }
    expect(bakery.supervisor.books!.journal.status().first).toBeGreaterThan(3);
    const files = { journal: await bakery.journalBytes() };
    bakery.powerOff();
    bakery = await terminal(1, { lists, journalCapacity: 80, files });
    expect(await spentHere()).toBe(100);
    expect(await spentHere()).toBe(0);
  });

  it("is refused where it is blocked, of somebody else, no number at all, or asks for what needs a card", async () => {
    const bakery = await terminal(1, { lists: new AccountList([], [HER]) });
    const refusals = [
      [saleBy(HER, 500), "BLOCKED"],
      [saleBy(2_899_990_000_017, 500), "NOT_OURS"],
      [saleBy(12, 500), "NOT_OURS"],
      [saleBy(-1, 500), "NOT_OURS"],
      [saleBy(1.5, 500), "NOT_OURS"],
      [saleBy(account(78), -5), "BAD_AMOUNT"],
      [saleBy(account(78), 1.5), "BAD_AMOUNT"],
      [{ ...lateSale(500, "K-1"), by: { account: account(78) } }, "CARD_NEEDED"],
      [{ ...saleBy(account(78), 500), use: 1 }, "CARD_NEEDED"],
      [{ ...saleBy(account(78), 500), gift: "mug" }, "CARD_NEEDED"],
    ] as const;
    const entries = bakery.entryCount;
    for (const [request, reason] of refusals)
      expect(await bakery.serve(request), reason).toMatchObject({ result: "refused", reason, committed: [] });
    expect(bakery.entryCount).toBe(entries);
    expect(await bakery.serve(balanceBy(account(78)))).toMatchObject({ result: "done" });
  });

  it("is served by every preset, in QuickJS as on V8, and leaves out what needs a card", async () => {
    const image = await imageOf([fixtureFile("everything")]);
    const entries: unknown[] = [];
    for (const newSandbox of [undefined, await loadQuickJs()]) {
      const one = await terminal(1, { programmes: [38], image, ...(newSandbox === undefined ? {} : { newSandbox }) });
      expect(await one.visit(buy(3_000, 38, "club"), await card(1, { chip: "NTAG216", areas: 2 }))).toMatchObject({
        result: "done",
      });
      expect(await one.serve({ ...saleBy(HER, 5_000), visit: 900 })).toMatchObject({ result: "done" });
      const { body } = (await lastEntry(one)) as {
        readonly body: { readonly areas: readonly { effects: readonly { type: string }[] }[] };
      };
      expect(body.areas.length).toBe(1);
      for (const { type } of body.areas[0]!.effects) expect(["earn", "stamp", "discount", "reward"]).toContain(type);
      entries.push(body);
    }
    expect(entries[0]).toEqual(entries[1]);
  });

  it("is held to its ceiling by the terminal, whatever an app asks to be stored", async () => {
    const { journal } = (await shop(cagnotte(300))).supervisor.books!;
    const enter = (visit: number, spent: number) =>
      journal.enter(encodeCbor(AccountVisit.encode(visitOf(HER, visit, 1, 0, spent))));
    expect(await enter(1, 301)).toBe("over");
    expect(await enter(1, 300)).toBe(journal.count);
    expect(await enter(1, 300)).toBe("used");
    expect(await enter(2, 1)).toBe("over");
    const twice = visitOf(HER, 3, 1, 0, 0);
    const body = { ...twice, areas: [...twice.areas, ...twice.areas] };
    await expect(journal.enter(encodeCbor(AccountVisit.encode(body)))).rejects.toThrow("each programme once");
  });

  it("has no chance to take more than there is room for", async () => {
    const bakery = await terminal(1, { lists: new AccountList([cagnotte(300)]), journalCapacity: 70 });
    const results = new Set<string>();
    for (let i = 0; i < 12; i += 1) {
      const report = (await bakery.serve(saleBy(HER, 500, 100))) as VisitReport;
      results.add(report.reason ?? report.result);
    }
    expect([...results]).toEqual(["done", "INSUFFICIENT", "JOURNAL_FULL"]);
  });
});

describe("a customer's phone number", () => {
  it("finds the card by the shop's own list of keyed hashes, ten times in ten minutes", async () => {
    const hash = phoneHash(testMerchantKey("list", 1, 1), "+33612345678");
    const lists = new AccountList([], [], new Map([[`1/${Buffer.from(hash).toString("hex")}`, HER]]));
    const master = testMerchantKey("list", 1, 1);
    const keys = new KeyStore([{ key: { role: "list", merchant: 1, generation: 1 }, master, test: true }], false);
    const clock = new SimClock(NOON, () => 120);
    const book = new PhoneBook(1, keys, lists, clock, () => "FR");
    for (const keyed of ["0612345678", "06 12 34 56 78", "06.12.34.56.78", "+33612345678", "0033612345678"])
      expect(book.find(keyed), keyed).toBe(HER);
    // What is no number is no try.
    for (const keyed of ["", "12", "abc", "+0612345678", "0612345678901234567"])
      expect(book.find(keyed), keyed).toBe(null);
    for (let i = 0; i < 5; i += 1) expect(book.find(`06123456${10 + i}`)).toBe(null);
    expect(book.find("0612345678")).toBe("wait");
    clock.set(NOON + 599);
    expect(book.find("0612345678")).toBe("wait");
    clock.set(NOON + 600);
    expect(book.find("0612345678")).toBe(HER);
    expect(new PhoneBook(1, new KeyStore([], false), lists, clock, () => "FR").find("0612345678")).toBe("no-key");
  });
});
