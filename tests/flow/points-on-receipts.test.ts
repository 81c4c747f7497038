import { isTicketNumber, purseHead } from "@cachet/card-layout";
import { receiptText } from "@cachet/firmware/counter";
import type { CardLists, VisitReport } from "@cachet/firmware/hal";
import { decodeEntry } from "@cachet/firmware/wire";
import type { SimTerminal } from "@cachet/terminal-sim";
import { describe, expect, it } from "vitest";
import { AccountList } from "../fixtures/account-list.ts";
import { entriesOf } from "../fixtures/audit.ts";
import { CounterDesk } from "../fixtures/counter.ts";
import { fixtureFile, imageOf, NOON, refund, sale, terminal } from "../fixtures/town.ts";

const SCANNED = 39;
const PREPAID = purseHead({ kind: "prepaid", index: 0 });
const NONE = new AccountList();
const options = async (lists: CardLists = NONE) => ({
  lists,
  merchant: 1,
  programmes: [SCANNED],
  image: await imageOf([fixtureFile("scan")]),
});
const shop = async (number = 1, lists?: CardLists) => terminal(number, await options(lists));

/** A sale to whoever brings a receipt; the first one where there is none. */
const saleWith = (ticket: string, amount: number, redeem?: "max") => ({ ...sale(amount, redeem), by: { ticket } });
const codeOn = (at: SimTerminal): string =>
  at.till.receipts.at(-1)!.flatMap((line) => (line.line === "code" ? [line.text] : []))[0]!;
const textOf = (at: SimTerminal): string => receiptText(at.till.receipts.at(-1)!).join("\n");
const bought = async (at: SimTerminal, ticket: string, amount: number) => {
  expect(await at.serve(saleWith(ticket, amount))).toMatchObject({ result: "done" });
  return codeOn(at);
};
const refused = async (at: SimTerminal, ticket: string, reason: string) => {
  const entries = at.entryCount;
  expect(await at.serve(saleWith(ticket, 1_000))).toMatchObject({ result: "refused", reason, committed: [] });
  expect(at.entryCount).toBe(entries);
};
const lastBody = async (at: SimTerminal) => {
  const entry = decodeEntry(await at.supervisor.books!.journal.entry(at.entryCount));
  return entry.kind === "account" ? entry.body : null;
};

describe("a receipt that carries points, without any card", () => {
  it("moves them on from 123 to 223, and is refused from then on", async () => {
    const bakery = await shop();
    const first = await bought(bakery, "", 1_230);
    expect(first).toMatch(/^[A-Z2-7]+$/);
    expect(textOf(bakery)).toMatch(/Solde points? +123/i);
    const { account } = (await lastBody(bakery))!;
    expect(isTicketNumber(account)).toBe(true);
    const second = await bought(bakery, first, 1_000);
    expect(textOf(bakery)).toMatch(/Solde points? +223/i);
    expect(textOf(bakery)).toContain("Gardez ce ticket");
    expect((await lastBody(bakery))!.account).toBe(account);
    await refused(bakery, first, "ALREADY_USED");
    await bought(bakery, second, 10);
    await refused(bakery, second, "ALREADY_USED");
  });

  it("is somebody else's where it was begun anew, and stays known over a restart and a drop", async () => {
    const lists = NONE;
    let bakery = await terminal(1, { ...(await options(lists)), journalCapacity: 80 });
    const [mine, hers] = [await bought(bakery, "", 1_230), await bought(bakery, "", 500)];
    const now = await bought(bakery, mine, 1_000);
    for (let i = 0; i < 30; i += 1) {
      await bakery.serve(saleWith("", 100));
      const { last, head } = bakery.supervisor.books!.journal.status();
      await bakery.supervisor.books!.journal.markCollected(1, last, head);
      await bakery.supervisor.books!.journal.release(last, head);
    }
    expect(bakery.supervisor.books!.journal.status().first).toBeGreaterThan(5);
    const files = { journal: await bakery.journalBytes() };
    bakery.powerOff();
    bakery = await terminal(1, { ...(await options(lists)), journalCapacity: 80, files });
    await refused(bakery, mine, "ALREADY_USED");
    await bought(bakery, now, 10);
    expect(textOf(bakery)).toMatch(/Solde points? +224/i);
    await bought(bakery, hers, 10);
    expect(textOf(bakery)).toMatch(/Solde points? +51/i);
  });

  it("is told once: the same visit again prints the same, under its number nothing else is done", async () => {
    const bakery = await shop();
    const first = await bought(bakery, "", 1_230);
    const visit = saleWith(first, 1_000);
    expect(await bakery.serve(visit)).toMatchObject({ result: "done" });
    const code = codeOn(bakery);
    expect(await bakery.serve(visit)).toMatchObject({ result: "already-done" });
    expect(codeOn(bakery)).toBe(code);
    expect(await bakery.serve({ ...visit, lines: [{ amount: 9_000, quantity: 1 }] })).toMatchObject({
      reason: "ALREADY_USED",
    });
  });

  it("is refused where it is altered, another merchant's, blocked, or a receipt of something else", async () => {
    const bakery = await shop();
    const first = await bought(bakery, "", 1_230);
    const altered = `${first.slice(0, 20)}${first[20] === "A" ? "B" : "A"}${first.slice(21)}`;
    for (const text of [altered, "GARBAGE", "A".repeat(200)]) await refused(bakery, text, "BAD_CODE");
    const other = await terminal(9, { ...(await options()), merchant: 2 });
    await refused(other, first, "WRONG_MERCHANT");
    const { account } = (await lastBody(bakery))!;
    await refused(await shop(3, new AccountList([], [account])), first, "BLOCKED");
    const plain = await shop();
    await plain.serve({ ...sale(1_000), by: { account: 2_800_010_000_773 } });
    await refused(plain, codeOn(plain), "BAD_CODE");
  });

  it("goes back with its sale, and the receipt of that carries what is left", async () => {
    const bakery = await shop();
    const first = await bought(bakery, "", 1_230);
    await bought(bakery, first, 1_000);
    const { ticket } = (await bakery.serve(saleWith(codeOn(bakery), 500))) as VisitReport;
    expect(textOf(bakery)).toMatch(/Solde points? +273/i);
    expect(await bakery.serve(refund(ticket!))).toMatchObject({ result: "done", payOutCents: 500 });
    expect(textOf(bakery)).toMatch(/Solde points? +223/i);
    await bought(bakery, codeOn(bakery), 100);
    expect(textOf(bakery)).toMatch(/Solde points? +233/i);
  });

  it("goes on at another terminal of the shop, and back again", async () => {
    const [one, two] = [await shop(1), await shop(2)];
    let code = await bought(one, "", 1_230);
    for (const [minute, at, points] of [
      [1, two, 133],
      [2, one, 143],
      [3, one, 153],
      [4, two, 163],
    ] as const) {
      for (const each of [one, two]) each.clock.set(NOON + 60 * minute);
      const before = code;
      code = await bought(at, before, 100);
      expect(textOf(at)).toMatch(new RegExp(`Solde points? +${points}`, "i"));
      await refused(at, before, "ALREADY_USED");
    }
  });

  it("that a thief copied is worth no more than its ceilings, at however many terminals", async () => {
    const [one, two] = [await shop(1), await shop(2)];
    const first = await bought(one, "", 1_230);
    // Both copies earn, each on its own: nobody can tell them apart here.
    const [here, there] = [await bought(one, first, 1_000), await bought(two, first, 1_000)];
    for (const at of [one, two]) await refused(at, first, "ALREADY_USED");
    // Neither takes a point that no list gave, a whole gift's worth of them neither.
    for (const [at, code] of [
      [one, here],
      [two, there],
    ] as const) {
      expect(await at.serve(saleWith(code, 100_000, "max"))).toMatchObject({ result: "done" });
      expect((await lastBody(at))!.areas.flatMap(({ purses }) => purses).every(({ taken }) => taken === 0)).toBe(true);
    }
    // With lists that give each terminal its part, both together take that and nothing more.
    const { account } = (await lastBody(one))!;
    const allowed = [1, 2].map((number) => ({
      ...{ account, terminal: number, programme: SCANNED, purse: PREPAID, balance: 500, ceiling: 250 },
    }));
    const lists = new AccountList(allowed);
    let spent = 0;
    for (const [number, at] of [
      [1, one],
      [2, two],
    ] as const) {
      const code = codeOn(at);
      const files = { journal: await at.journalBytes() };
      at.powerOff();
      const again = await terminal(number, { ...(await options(lists)), files });
      again.clock.set(NOON + 3_600);
      for (let i = 0, copy = code; i < 3; i += 1, copy = codeOn(again)) {
        spent += ((await again.serve(saleWith(copy, 1_000))) as VisitReport).spentCents;
        await refused(again, code, "ALREADY_USED");
      }
    }
    expect(spent).toBe(500);
  });
});

describe("at the counter", () => {
  it("is three keys beside the digits for the first one, and a scan, the amount and green from then on", async () => {
    const desk = await CounterDesk.open(await options());
    await desk.press("no-card", "ok");
    expect(desk.screen).toMatchObject({ says: "saleAmount" });
    await desk.type(1_230);
    await desk.press("ok");
    const code = desk.terminal.counter.receipts
      .at(-1)!
      .flatMap((line) => (line.line === "code" ? [line.text] : []))[0]!;
    await desk.scan(code);
    expect(desk.screen).toMatchObject({ says: "saleAmount" });
    await desk.type(1_000);
    await desk.press("ok");
    expect(desk.reports).toMatchObject([{ result: "done" }, { result: "done" }]);
    expect(receiptText(desk.terminal.counter.receipts.at(-1)!).join("\n")).toMatch(/Solde points? +223/i);
    await desk.scan(code);
    await desk.type(1_000);
    await desk.press("ok");
    expect(desk.screen).toMatchObject({ says: "refused", reason: "ALREADY_USED" });
    const bodies = entriesOf(await desk.storage.file("journal").read()).filter(({ kind }) => kind === "account");
    expect(bodies).toHaveLength(2);
  });
});
