import { receiptText } from "@cachet/firmware/counter";
import type { VisitReport } from "@cachet/firmware/hal";
import { loadQuickJs, Mishaps, type SimTerminal } from "@cachet/terminal-sim";
import { describe, expect, it } from "vitest";
import { shown } from "../fixtures/audit.ts";
import {
  BAKERY,
  card,
  fixtureFile,
  imageOf,
  programmeFile,
  refund,
  sale,
  TOWN,
  terminal,
  topUp,
} from "../fixtures/town.ts";

const SPEEDS = 35;
const speeds = async () => terminal(1, { programmes: [SPEEDS], image: await imageOf([fixtureFile("speeds")]) });
const two = (a: number, b: number, redeem?: number | "max") => ({
  ...sale(0, redeem),
  lines: [
    { amount: a, quantity: 1 },
    { amount: b, quantity: 1 },
  ],
});

async function ticketOf(report: Promise<VisitReport | "power-cut">): Promise<number> {
  const done = await report;
  expect(done).toMatchObject({ result: "done" });
  return (done as VisitReport).ticket!;
}

/** Purses without those that hold nothing; a cap that has seen nothing is the same on any day. */
async function purses(chip: Awaited<ReturnType<typeof card>>, programme: number) {
  const { purses: all } = await shown(chip, programme);
  return all.filter((purse) => {
    if (purse.kind === "used") return purse.value > 0;
    const { kind: _kind, index: _index, ...values } = purse;
    return Object.values(values).some((value) => (Array.isArray(value) ? value.length > 0 : value !== 0));
  });
}

const paper = (shop: SimTerminal) => receiptText(shop.till.receipts.at(-1)!).join("\n");

describe("a refund at the terminal that sold", () => {
  it("takes everything back, in every area, and says what goes back to the customer", async () => {
    const shop = await terminal(1);
    const chip = await card(1);
    await ticketOf(shop.visit(sale(20_000), chip));
    const before = [await purses(chip, BAKERY), await purses(chip, TOWN)];
    const ticket = await ticketOf(shop.visit(sale(1_800, 700), chip));
    expect(await shop.visit(refund(ticket), chip)).toMatchObject({
      result: "done",
      payOutCents: 1_100,
      committed: expect.arrayContaining([BAKERY, TOWN]),
    });
    expect([await purses(chip, BAKERY), await purses(chip, TOWN)]).toEqual(before);
    expect(paper(shop)).toMatch(new RegExp(`REMBOURSEMENT[\\s\\S]*Ticket T-0001-${ticket}[\\s\\S]*11,00`));
  });

  it("takes lines back one after the other, without a cent too much", async () => {
    const shop = await terminal(1);
    const chip = await card(2);
    await ticketOf(shop.visit(sale(20_000), chip));
    const before = await purses(chip, TOWN);
    const ticket = await ticketOf(shop.visit(two(3_333, 1_666, 500), chip));
    const first = (await shop.visit(refund(ticket, [1]), chip)) as VisitReport;
    expect(await shop.visit(refund(ticket, [1]), chip)).toMatchObject({
      result: "refused",
      reason: "ALREADY_USED",
      payOutCents: 0,
    });
    const second = (await shop.visit(refund(ticket), chip)) as VisitReport;
    expect(first.payOutCents! + second.payOutCents!).toBe(4_499);
    expect(await purses(chip, TOWN)).toEqual(before);
    expect(await shop.visit(refund(ticket), chip)).toMatchObject({ result: "refused", reason: "ALREADY_USED" });
  });

  it("takes back lots, points, a level and prepaid money at several speeds", async () => {
    const shop = await speeds();
    const chip = await card(3, { chip: "NTAG216" });
    await ticketOf(shop.visit(topUp(3_000), chip));
    await ticketOf(shop.visit({ ...sale(4_321), prepaid: "none" }, chip));
    const before = await purses(chip, SPEEDS);
    expect(before.map(({ kind }) => kind)).toEqual([
      "cagnotte",
      "cagnotte-lots-2",
      "carrying-points",
      "prepaid",
      "stamps",
      "used",
      "year-tier",
    ]);
    const ticket = await ticketOf(shop.visit(sale(9_999, 150), chip));
    await ticketOf(shop.visit(refund(ticket), chip));
    // A level that was reached stays until its review.
    const after = (await purses(chip, SPEEDS)).map((purse) =>
      purse.kind === "year-tier" ? { ...purse, level: 0 } : purse,
    );
    expect(after).toEqual(before);
  });

  it("takes back what counted towards a level of the shop, when the town's money paid a part", async () => {
    const image = await imageOf([fixtureFile("speeds"), programmeFile("ville")]);
    const shop = await terminal(1, { programmes: [SPEEDS, TOWN], image });
    const chip = await card(9, { chip: "NTAG216", areas: 2 });
    const townOnly = { lines: [{ amount: 20_000, quantity: 1, category: "tobacco" }] };
    await ticketOf(shop.visit({ ...sale(0), ...townOnly }, chip));
    await ticketOf(shop.visit(sale(20_000), chip));
    const before = [await purses(chip, SPEEDS), await purses(chip, TOWN)];
    // The shop's cagnotte holds more than it is asked for, so that it pays; then the town's has to.
    const ticket = await ticketOf(shop.visit({ ...two(3_000, 1_000, "max"), prepaid: "none" }, chip));
    expect(await shop.visit(refund(ticket), chip)).toMatchObject({ result: "done" });
    expect([await purses(chip, SPEEDS), await purses(chip, TOWN)]).toEqual(before);
  });

  it("is refused of another card, of no ticket, of lines that are none, and of another terminal's ticket", async () => {
    const shop = await terminal(1);
    const [chip, other] = [await card(4), await card(5)];
    const ticket = await ticketOf(shop.visit(sale(1_000), chip));
    const refused = async (where: SimTerminal, request: ReturnType<typeof refund>, of: typeof chip, reason: string) =>
      expect(await where.visit(request, of)).toMatchObject({ result: "refused", reason, payOutCents: 0 });
    await refused(shop, refund(ticket), other, "OTHER_CARD");
    await refused(shop, refund(9_999), chip, "TICKET_UNKNOWN");
    await refused(shop, refund(1), chip, "TICKET_UNKNOWN");
    await refused(shop, refund(ticket, [1]), chip, "BAD_LINES");
    await refused(shop, refund(ticket, [0, 0]), chip, "BAD_LINES");
    await refused(await terminal(2), refund(ticket), chip, "TICKET_UNKNOWN");
  });

  it("hands nothing out while the card is in doubt, and once it is back, once", async () => {
    const shop = await terminal(1);
    const chip = await card(6);
    const ticket = await ticketOf(shop.visit(sale(10_000), chip));
    const request = refund(ticket);
    const whole = await terminal(1, { journal: await shop.journalBytes() });
    whole.mishaps = new Mishaps();
    await whole.visit(request, chip.copy());
    const firstWrite = whole.mishaps.seen.indexOf("card-write");
    whole.powerOff();
    shop.mishaps = new Mishaps().at(firstWrite, { what: "card", when: "before" });
    expect(await shop.visit(request, chip)).toMatchObject({ result: "in-doubt", payOutCents: 0 });
    shop.mishaps = new Mishaps();
    expect(await shop.visit(request, chip)).toMatchObject({ result: "done", payOutCents: 10_000 });
    expect(await shop.visit(refund(ticket), chip)).toMatchObject({ result: "refused", reason: "ALREADY_USED" });
  });

  it("is known after a power cut and a start", async () => {
    const shop = await terminal(1);
    const chip = await card(7);
    const ticket = await ticketOf(shop.visit(sale(10_000), chip));
    await ticketOf(shop.visit(refund(ticket), chip));
    shop.powerOff();
    await shop.powerOn();
    expect(await shop.visit(refund(ticket), chip)).toMatchObject({ result: "refused", reason: "ALREADY_USED" });
  });

  it("is the same in QuickJS", async () => {
    const run = async (newSandbox?: Awaited<ReturnType<typeof loadQuickJs>>) => {
      const shop = await terminal(1, newSandbox === undefined ? {} : { newSandbox });
      const chip = await card(8);
      const ticket = (await shop.visit({ ...two(700, 300), visit: 900_001 }, chip)) as VisitReport;
      await shop.visit({ ...refund(ticket.ticket!, [0]), visit: 900_002 }, chip);
      return [await shop.journalBytes(), chip.dump()];
    };
    expect(await run(await loadQuickJs())).toEqual(await run());
  });
});
