import type { VisitReport } from "@cachet/firmware/hal";
import { type AccountVisit, decodeEntry, encodeCbor, AccountVisit as Visit } from "@cachet/firmware/wire";
import type { SimTerminal } from "@cachet/terminal-sim";
import { describe, expect, it } from "vitest";
import { AccountList, type Allowed, account, CAGNOTTE, GRID, saleBy } from "../fixtures/account-list.ts";
import { visitOf } from "../fixtures/account-shop.ts";
import { CounterDesk } from "../fixtures/counter.ts";
import { BAKERY, card, refund, TOWN, terminal } from "../fixtures/town.ts";

const HER = account(77);
const allowed = (programme: number, purse: number, ceiling: number): Allowed => ({
  ...{ account: HER, terminal: 1, programme, purse, balance: ceiling, ceiling },
});
const shop = (...allowances: Allowed[]) => terminal(1, { lists: new AccountList(allowances) });
const journalOf = (at: SimTerminal) => at.supervisor.books!.journal;
const spendable = async (at: SimTerminal, programme = TOWN) =>
  (await journalOf(at).account(HER, 0)).purses.find((purse) => purse.programme === programme)?.spendable;
const lastEntry = async (at: SimTerminal) => decodeEntry(await journalOf(at).entry(at.entryCount));
const served = async (at: SimTerminal, request: Parameters<SimTerminal["serve"]>[0]) =>
  (await at.serve(request)) as VisitReport;
const paper = (at: SimTerminal): string => JSON.stringify(at.till.receipts.at(-1));
const codeOn = (at: SimTerminal) =>
  at.till.receipts.at(-1)!.flatMap((line) => (line.line === "code" ? [line.text] : []))[0]!;
const two = (a: number, b: number, redeem?: number | "max") => ({
  ...saleBy(HER, 0, redeem),
  lines: [
    { amount: a, quantity: 1 },
    { amount: b, quantity: 1 },
  ],
});

describe("a visit without a card that is taken back where it was sold", () => {
  it("gives back what it spent, to be spent there again, and takes back what it earned", async () => {
    const bakery = await shop(allowed(TOWN, CAGNOTTE, 300));
    const { ticket } = await served(bakery, saleBy(HER, 1_000, 200));
    expect(await spendable(bakery)).toBe(100);
    const back = refund(ticket!);
    expect(await served(bakery, back)).toMatchObject({ result: "done", card: HER, payOutCents: 800, payable: 0 });
    expect(await lastEntry(bakery)).toMatchObject({
      kind: "account",
      body: {
        account: HER,
        refund: { ticket, lines: [0], cents: 800 },
        areas: [
          { programme: BAKERY, purses: [{ purse: GRID, added: -1, taken: 0 }] },
          { programme: TOWN, purses: [{ purse: CAGNOTTE, added: -40, taken: -200 }] },
        ],
      },
    });
    expect(await spendable(bakery)).toBe(300);
    for (const said of ["REMBOURSEMENT", `T-0001-${ticket}`, "8,00", "-0,40", "+2,00"])
      expect(paper(bakery)).toContain(said);
    // A retry is told, another one under its number or of the same lines is refused.
    const entries = bakery.entryCount;
    expect(await served(bakery, back)).toMatchObject({ result: "already-done", payOutCents: 800 });
    expect(await served(bakery, { ...back, lines: [1] })).toMatchObject({ result: "refused", reason: "ALREADY_USED" });
    expect(await served(bakery, refund(ticket!))).toMatchObject({ result: "refused", reason: "ALREADY_USED" });
    // What took something back is not taken back itself.
    expect(await served(bakery, refund(entries))).toMatchObject({ result: "refused", reason: "TICKET_UNKNOWN" });
    expect(bakery.entryCount).toBe(entries);
  });

  it("goes back line by line, each once, and adds up to the whole", async () => {
    const bakery = await shop(allowed(TOWN, CAGNOTTE, 300));
    const { ticket } = await served(bakery, two(1_000, 500, 200));
    const before = journalOf(bakery).movedIn(HER);
    expect(before.find(({ programme }) => programme === TOWN)).toMatchObject({ taken: 200 });
    expect(await served(bakery, refund(ticket!, [2]))).toMatchObject({ reason: "BAD_LINES" });
    const parts = [await served(bakery, refund(ticket!, [1])), await served(bakery, refund(ticket!, [0]))];
    expect(await served(bakery, refund(ticket!, [1]))).toMatchObject({ reason: "ALREADY_USED" });
    expect(parts.reduce((sum, { payOutCents = 0 }) => sum + payOutCents, 0)).toBe(1_300);
    for (const { added, taken } of journalOf(bakery).movedIn(HER)) expect([added, taken]).toEqual([0, 0]);
    expect(await spendable(bakery)).toBe(300);
  });

  it("gives a grid its stamps back, with the reward that they were for", async () => {
    const bakery = await shop(allowed(BAKERY, GRID, 10));
    const { ticket } = await served(bakery, saleBy(HER, 500));
    expect(await spendable(bakery, BAKERY)).toBe(0);
    expect(await served(bakery, refund(ticket!))).toMatchObject({ result: "done" });
    expect(await lastEntry(bakery)).toMatchObject({
      body: { areas: [{ programme: BAKERY, purses: [{ purse: GRID, added: -1, taken: -10 }] }, {}] },
    });
    expect(await spendable(bakery, BAKERY)).toBe(10);
  });

  it("goes by the code of its ticket, which no other terminal takes back", async () => {
    const lists = new AccountList([]);
    const [bakery, other] = [await terminal(1, { lists }), await terminal(2, { lists, merchant: 1 })];
    const { ticket } = await served(bakery, saleBy(HER, 1_000));
    const code = codeOn(bakery);
    expect(await served(other, refund({ code }))).toMatchObject({ result: "refused", reason: "TICKET_UNKNOWN" });
    expect(await served(bakery, refund({ code }))).toMatchObject({ result: "done", payOutCents: 1_000 });
    expect(await served(bakery, refund(ticket!))).toMatchObject({ reason: "ALREADY_USED" });
  });

  it("is refused to an account that is blocked, and is not the card's last visit", async () => {
    const lists = new AccountList([]);
    const bakery = await terminal(1, { lists });
    const { ticket } = await served(bakery, saleBy(HER, 1_000));
    expect(await bakery.visit(refund("last"), await card(77))).toMatchObject({ reason: "NOTHING_TO_CANCEL" });
    const files = { journal: await bakery.journalBytes() };
    bakery.powerOff();
    const back = await terminal(1, { lists: new AccountList([], [HER]), files });
    expect(await served(back, refund(ticket!))).toMatchObject({ result: "refused", reason: "BLOCKED" });
  });

  it("is refunded after a restart, once", async () => {
    const bakery = await shop();
    const { ticket } = await served(bakery, two(1_000, 500));
    await served(bakery, refund(ticket!, [0]));
    const files = { journal: await bakery.journalBytes() };
    bakery.powerOff();
    const again = await terminal(1, { files, lists: new AccountList() });
    expect(await served(again, refund(ticket!, [0]))).toMatchObject({ reason: "ALREADY_USED" });
    expect(await served(again, refund(ticket!))).toMatchObject({ result: "done", payOutCents: 500 });
  });

  it("has its seal and its code on paper, and is printed again from the journal", async () => {
    const bakery = await shop();
    const { ticket } = await served(bakery, saleBy(HER, 1_000));
    const first = bakery.till.receipts.at(-1)!;
    expect(paper(bakery)).toMatch(/P\d+\.\d+ P\d+\.\d+","right":"[0-9a-f]{8}"/);
    for (const which of [ticket!, "last"] as const) {
      expect(await served(bakery, { kind: "reprint", visit: 0, ticket: which })).toMatchObject({
        result: "done",
        card: HER,
        ticket,
      });
      expect(paper(bakery)).toContain("DUPLICATA");
      expect(bakery.till.receipts.at(-1)!.filter((line) => !JSON.stringify(line).includes("DUPLICATA"))).toEqual(first);
    }
    expect(codeOn(bakery)).toMatch(/^[A-Z2-7]+$/);
  });
});

describe("an app that is not to be trusted", () => {
  const enter = async (at: SimTerminal, body: AccountVisit) =>
    journalOf(at).enter(encodeCbor(Visit.encode(body)) as Uint8Array);
  const undoing = (number: number, visit: number, ticket: number, added: number, taken: number): AccountVisit => {
    const body = visitOf(number, visit, 1, 0, 0);
    const areas = [{ ...body.areas[0]!, programme: TOWN, purses: [{ purse: CAGNOTTE, added, taken }] }];
    return { ...body, areas, refund: { ticket, lines: [0], cents: 0 } };
  };

  it("cannot take back more than was sold, twice, of somebody else, or without saying so", async () => {
    const bakery = await shop(allowed(TOWN, CAGNOTTE, 300));
    const { ticket } = await served(bakery, saleBy(HER, 1_000, 200));
    const { refund: _, ...silent } = undoing(HER, 1, ticket!, 0, -100);
    await expect(enter(bakery, silent)).rejects.toThrow("a refund takes back, and nothing else does");
    await expect(enter(bakery, undoing(HER, 1, ticket!, 0, 1))).rejects.toThrow("a refund takes back");
    expect(await enter(bakery, undoing(HER, 1, ticket!, 0, -201))).toBe("over");
    expect(await enter(bakery, undoing(HER, 1, ticket!, -41, -200))).toBe("over");
    expect(await enter(bakery, undoing(account(78), 1, ticket!, 0, -200))).toBe("over");
    expect(await enter(bakery, undoing(HER, 1, ticket! + 5, 0, -200))).toBe("over");
    expect(await enter(bakery, undoing(HER, 1, ticket!, -40, -200))).toBe(bakery.entryCount);
    expect(await enter(bakery, undoing(HER, 2, ticket!, 0, -200))).toBe("used");
    expect(await enter(bakery, undoing(HER, 2, bakery.entryCount, 0, -200))).toBe("over");
    expect(await spendable(bakery)).toBe(300);
  });
});

describe("at the counter", () => {
  it("a visit without a card is taken back by its number or its code, without a tap", async () => {
    const desk = await CounterDesk.open();
    desk.terminal.counter.swipe({ kind: "account", number: HER });
    await desk.settle();
    expect(desk.screen).toMatchObject({ says: "phoneCard", card: HER });
    await desk.press("ok");
    await desk.type(1_000);
    await desk.press("ok");
    const [{ ticket } = { ticket: 0 }] = desk.reports;
    await desk.press("refund");
    await desk.type(ticket!);
    await desk.press("ok");
    expect(desk.screen).toMatchObject({ says: "refundDone", cents: 1_000 });
    expect(desk.reports.at(-1)).toMatchObject({ result: "done", payOutCents: 1_000 });
    expect(desk.isIdle).toBe(true);
    // A card's visit is taken back with its card, as before.
    const chip = await card(1);
    await desk.type(500);
    await desk.press("ok");
    await desk.tap(chip);
    await desk.press("refund");
    await desk.type(desk.reports.at(-1)!.ticket!);
    await desk.press("ok");
    expect(desk.screen).toMatchObject({ says: "presentCard" });
  });
});
