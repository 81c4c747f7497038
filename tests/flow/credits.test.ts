import { dayOf } from "@cachet/card-layout";
import type { VisitReport, WrittenReceipt } from "@cachet/firmware/hal";
import { type Credit, encodeCredit } from "@cachet/firmware/wire";
import type { SimTerminal, Type2Chip } from "@cachet/terminal-sim";
import { describe, expect, it } from "vitest";
import { testTerminalSigner } from "../../host/src/keys/test-keys.ts";
import { importBatch } from "../../host/src/office/import.ts";
import { outstanding } from "../../host/src/office/ledger.ts";
import type { Ledger } from "../../host/src/office/schema.ts";
import { enrolTerminal } from "../../host/src/office/terminals.ts";
import { centsOf, entriesOf, journalledAreas, shown, stampsOf } from "../fixtures/audit.ts";
import { type CreditOnList, cagnotte, HandList, numbered } from "../fixtures/credit-list.ts";
import { AT, newLedger, rowsOf } from "../fixtures/ledger.ts";
import { BAKERY, card, fixtureFile, imageOf, NOON, sale, settle, TOWN, terminal, topUp } from "../fixtures/town.ts";

/** What the office's credits do to a card at the counter, what is said of them, and where they stand in the books. */
const PURSE = 33;
const image = await imageOf([fixtureFile("purse")]);
const TODAY = dayOf(NOON, 120);

const shopWith = (list: HandList, number = 1) => terminal(number, { programmes: [PURSE], image, lists: list });
const purse = (credits: readonly Credit[]) => new HandList(numbered(PURSE, credits));
const stamps = (value: number): Credit => ({
  kind: "add",
  label: "Passages offerts",
  amounts: [{ purse: "stamps", index: 0, value }],
});
const prepaid = (value: number): Credit => ({
  kind: "add",
  label: "Remboursement",
  amounts: [{ purse: "prepaid", index: 0, value }],
});

const reasons = async (shop: SimTerminal) =>
  entriesOf(await shop.journalBytes()).flatMap((entry) =>
    entry.kind === "refusal" ? [[entry.body.reason, entry.body.programme]] : [],
  );
const creditOf = async (chip: Type2Chip, programme = PURSE) => {
  const { reading } = await shown(chip, programme);
  return reading.kind === "current" ? reading.state.credit : null;
};
const textOf = (lines: WrittenReceipt): string[] =>
  lines.map((line) => ("text" in line ? line.text : "left" in line ? `${line.left} | ${line.right}` : "-"));
const lastReceipt = (shop: SimTerminal) => textOf(shop.till.receipts.at(-1)!);

async function books(shop: SimTerminal): Promise<Ledger> {
  const ledger = await newLedger();
  await enrolTerminal(ledger, 1, 1, testTerminalSigner(1).publicKey, AT);
  const outcome = await importBatch(ledger, { name: "a", file: shop.collect().file }, AT);
  expect(outcome).toMatchObject({ status: "accepted" });
  return ledger;
}

describe("credits at the counter", () => {
  it("are applied with the sale, in one write, and the sale spends them", async () => {
    const [shop, chip] = [await shopWith(purse([cagnotte(500), stamps(2), prepaid(300)])), await card(1)];
    const report = await shop.visit(sale(1_000, 400), chip);
    expect(report).toMatchObject({ result: "done", spentCents: 700, creditedCents: 800, creditedStamps: 2 });
    const areas = journalledAreas(new Map([[1, await shop.journalBytes()]]));
    expect(areas.map(({ outcome, credits }) => [outcome, credits])).toEqual([["committed", [1, 2, 3]]]);
    expect([await creditOf(chip), stampsOf(await shown(chip, PURSE))]).toEqual([3, 3]);
    expect(lastReceipt(shop)).toEqual(
      expect.arrayContaining(["Geste commercial | +5,00 €", "Passages offerts | +2 passages"]),
    );
    expect(await shop.visit(sale(1_000), chip)).toMatchObject({ creditedCents: 0, creditedStamps: 0 });
  });

  it("are applied by a tap that only asks, which finds nothing to do the next time", async () => {
    const [shop, chip] = [await shopWith(purse([cagnotte(500)])), await card(1)];
    expect(await shop.visit(settle(), chip)).toMatchObject({ result: "done", creditedCents: 500 });
    expect(lastReceipt(shop)).toContain("Geste commercial | +5,00 €");
    expect(await shop.visit(settle(), chip)).toMatchObject({ result: "nothing-to-do" });
    expect(await creditOf(chip)).toBe(1);
  });

  it("are applied although the top-up beside them is declined, whose cash goes back", async () => {
    const [shop, chip] = [await shopWith(purse([cagnotte(500)])), await card(1)];
    const report = await shop.visit(topUp(99), chip);
    expect(report).toMatchObject({ result: "refused", reason: "BELOW_MINIMUM", giveBackCents: 99, creditedCents: 500 });
    expect(centsOf(await shown(chip, PURSE))).toBe(500);
    await books(shop);
  });

  it("of two programmes are applied in one visit, whichever of them the sale changes", async () => {
    const list = new HandList([
      ...numbered(BAKERY, [{ kind: "add", label: "Passage", amounts: [{ purse: "stamps", index: 0, value: 4 }] }]),
      ...numbered(TOWN, [cagnotte(700)]),
    ]);
    const [shop, chip] = [await terminal(1, { lists: list }), await card(1)];
    // Below the bakery's minimum, if it has one: its area is written for the credit alone.
    expect(await shop.visit(sale(10), chip)).toMatchObject({ result: "done", creditedCents: 700, creditedStamps: 4 });
    expect([await creditOf(chip, BAKERY), await creditOf(chip, TOWN)]).toEqual([1, 1]);
    const ledger = await books(shop);
    expect(await outstanding(ledger, "cents")).toBe(centsOf(await shown(chip, TOWN)));
    expect(await outstanding(ledger, "stamps")).toBe(stampsOf(await shown(chip, BAKERY)));
  });

  it("stand in the books by who pays for them", async () => {
    const list = purse([cagnotte(500), cagnotte(200, { funder: "sponsor" }), stamps(3)]);
    const [shop, chip] = [await shopWith(list), await card(1)];
    await shop.visit(settle(), chip);
    const ledger = await books(shop);
    const rows = await rowsOf(
      ledger,
      "select account, holder, programme, unit, sum(amount) as sum from posting where account = 'credits' group by 1, 2, 3, 4 order by 2, 4",
    );
    const [association, sponsor] = [2, 3].map((holder) => ({ account: "credits", holder, programme: PURSE }));
    expect(rows).toEqual([
      { ...association, unit: "cents", sum: -500 },
      { ...association, unit: "stamps", sum: -3 },
      { ...sponsor, unit: "cents", sum: -200 },
    ]);
    expect(await outstanding(ledger, "cents")).toBe(700);
  });

  it("are as many as an intent has room for; the rest comes at the next tap", async () => {
    const [shop, chip] = [await shopWith(purse(Array.from({ length: 60 }, () => cagnotte(1)))), await card(1)];
    const taken: number[] = [];
    for (let tap = 0; tap < 4; tap += 1) {
      taken.push(((await shop.visit(settle(), chip)) as VisitReport).creditedCents);
    }
    expect(taken).toEqual([24, 24, 12, 0]);
    expect(await creditOf(chip)).toBe(60);
  });
});

describe("credits that wait", () => {
  /** The visit goes on without them; it is said, on paper and to the till, and journalled. */
  async function expectWaiting(list: HandList, reason: string, applied: number): Promise<void> {
    const [shop, chip] = [await shopWith(list), await card(1)];
    const report = await shop.visit(sale(1_000), chip);
    expect(report).toMatchObject({ result: "done", earnedCents: 50, creditsWait: reason });
    expect(await creditOf(chip)).toBe(applied);
    expect(await reasons(shop)).toEqual([[reason, PURSE]]);
    expect(lastReceipt(shop)).toContain("Des crédits attendent : voir le comptoir");
    expect(await outstanding(await books(shop), "cents")).toBe(centsOf(await shown(chip, PURSE)));
  }

  const three = [cagnotte(100), cagnotte(200), cagnotte(400)];

  it("behind a gap at the list's beginning", () => expectWaiting(purse(three).without(1), "CREDIT_GAP", 0));

  it("behind a gap in the list", () => {
    const [first, , third] = numbered(PURSE, three) as [CreditOnList, CreditOnList, CreditOnList];
    return expectWaiting(new HandList([first, third]), "CREDIT_GAP", 1);
  });

  it("above what a purse may hold, with all behind it", () =>
    expectWaiting(purse([cagnotte(100), prepaid(100_001), cagnotte(400)]), "CREDIT_NO_ROOM", 1));

  it("for a purse that the programme does not keep", () => {
    const elsewhere: Credit = { kind: "add", label: "x", amounts: [{ purse: "cagnotte", index: 3, value: 1 }] };
    return expectWaiting(purse([elsewhere]), "CREDIT_NO_ROOM", 0);
  });

  it("of a kind to come", async () => {
    class Newer extends HandList {
      override onCard() {
        const [first, ...others] = super.onCard().credits;
        const body = encodeCredit({ kind: "void" });
        // The kind's number, then the version's.
        return {
          ...super.onCard(),
          credits: [first!, ...others.map((credit) => ({ ...credit, body: Uint8Array.of(...body.slice(0, -1), 99) }))],
        };
      }
    }
    await expectWaiting(new Newer(numbered(PURSE, three)), "CREDIT_UNKNOWN", 1);
  });

  it("are applied whole once there is room, each in its turn", async () => {
    const list = purse([prepaid(99_000), prepaid(2_000), cagnotte(70)]);
    const [shop, chip] = [await shopWith(list), await card(1)];
    expect(await shop.visit(sale(1_500), chip)).toMatchObject({ spentCents: 1_500, creditsWait: "CREDIT_NO_ROOM" });
    expect(await creditOf(chip)).toBe(1);
    expect(await shop.visit(settle(), chip)).toMatchObject({ creditedCents: 2_070 });
    expect(await creditOf(chip)).toBe(3);
  });

  it("are applied where the gap is filled, or by a terminal whose list has none", async () => {
    const [old, chip] = [await shopWith(purse(three).without(1)), await card(1)];
    await old.visit(sale(1_000), chip);
    const other = await shopWith(purse(three), 2);
    expect(await other.visit(sale(1_000), chip)).toMatchObject({ creditedCents: 700 });
    expect(await old.visit(sale(1_000), chip)).toMatchObject({ creditedCents: 0 });
    expect(await creditOf(chip)).toBe(3);
  });
});

describe("a credit with a last day", () => {
  const dated = (lastDay: number) => purse([cagnotte(500, { lastDay }), cagnotte(30)]);

  it("is applied to the end of that day, and void from the next on, with the ones behind it", async () => {
    for (const [lastDay, cents] of [
      [TODAY, 530],
      [TODAY - 1, 30],
    ] as const) {
      const [shop, chip] = [await shopWith(dated(lastDay)), await card(1)];
      expect(await shop.visit(settle(), chip)).toMatchObject({ result: "done", creditedCents: cents });
      expect(await creditOf(chip)).toBe(2);
      if (cents === 30) expect(lastReceipt(shop)).toContain("Geste commercial | expiré");
    }
  });

  it("waits for a clock that can be trusted", async () => {
    const [shop, chip] = [await shopWith(dated(TODAY)), await card(1)];
    shop.clock.suspect = true;
    expect(await shop.visit(sale(1_000), chip)).toMatchObject({ creditedCents: 0, creditsWait: "CREDIT_UNDATED" });
    shop.clock.suspect = false;
    expect(await shop.visit(settle(), chip)).toMatchObject({ creditedCents: 530 });
  });
});

it("a card with short headers takes no credits, and nobody speaks of them", async () => {
  const short = await imageOf([fixtureFile("stamps-shop")]);
  const list = new HandList(numbered(31, [stamps(1)]));
  const shop = await terminal(1, { programmes: [31], image: short, lists: list });
  const chip = await card(1, { chip: "MF0UL11" });
  const report = await shop.visit(sale(1_000), chip);
  expect(report).toMatchObject({ result: "done", creditedStamps: 0 });
  expect(report).not.toHaveProperty("creditsWait");
  expect(stampsOf(await shown(chip, 31))).toBe(1);
});

it("a revoked record is refused with words for the counter", async () => {
  const [before, chip] = [await shopWith(purse([])), await card(1)];
  await before.visit(sale(1_000), chip);
  const lists = new HandList([], [{ programme: PURSE, generation: 1 }]);
  const shop = await terminal(2, { programmes: [PURSE], image, generation: 2, lists });
  expect(await shop.visit(sale(1_000), chip)).toMatchObject({ result: "refused", reason: "KEY_REVOKED" });
  expect(shop.till.screens.at(-1)).toBe("À mettre à jour au comptoir · V3");
  expect(await reasons(shop)).toEqual([["KEY_REVOKED", PURSE]]);
});
