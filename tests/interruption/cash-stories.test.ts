import type { VisitReport, VisitRequest } from "@cachet/firmware/hal";
import { Mishaps, type SimTerminal, type Type2Chip } from "@cachet/terminal-sim";
import { describe, expect, it } from "vitest";
import { centsOf, entriesOf, journalledAreas, shown } from "../fixtures/audit.ts";
import { card, fixtureFile, imageOf, sale, settle, terminal, topUp } from "../fixtures/town.ts";

/** Cash of top-ups: whatever happens, it is on the card, or goes back once, and the journal says which. */
const PURSE = 33;
const options = { programmes: [PURSE], image: await imageOf([fixtureFile("purse")]) };
const CHIPS = ["NTAG215", "MF0UL21"] as const;
const balance = async (chip: Type2Chip) => centsOf(await shown(chip, PURSE));

/** Tears the next visit before its n-th write or count of a kind. */
function tear(shop: SimTerminal, n: number, kind: "card-write" | "card-count" = "card-write"): void {
  interrupt(shop, (operation, seen) => operation === kind && seen === n, { what: "card", when: "before" });
}

function interrupt(
  shop: SimTerminal,
  at: (operation: string, seen: number) => boolean,
  mishap: { what: "card" | "power"; when: "before" | "after" },
): void {
  const mishaps = new Mishaps();
  const next = mishaps.next.bind(mishaps);
  const seen = new Map<string, number>();
  let done = false;
  mishaps.next = (operation) => {
    next(operation);
    const count = seen.get(operation) ?? 0;
    seen.set(operation, count + 1);
    if (done || !at(operation, count)) return null;
    done = true;
    return mishap;
  };
  shop.mishaps = mishaps;
}

const calm = (shop: SimTerminal) => {
  shop.mishaps = new Mishaps();
};

/** What came back over some taps. */
async function givenBack(shop: SimTerminal, chip: Type2Chip, ...requests: readonly VisitRequest[]): Promise<number> {
  let cents = 0;
  for (const request of requests) cents += ((await shop.visit(request, chip)) as VisitReport).giveBackCents;
  return cents;
}

describe.each(CHIPS)("cash of a torn top-up on an %s", (kind) => {
  async function torn() {
    const shop = await terminal(1, options);
    const chip = await card(1, { chip: kind });
    await shop.visit(topUp(5_000), chip);
    const request = topUp(2_000);
    tear(shop, 0);
    expect(await shop.visit(request, chip)).toMatchObject({ result: "in-doubt", giveBackCents: 0 });
    calm(shop);
    return { shop, chip, request };
  }

  it("goes back once; the same visit asked for again afterwards is over", async () => {
    const { shop, chip, request } = await torn();
    expect(await givenBack(shop, chip, settle())).toBe(2_000);
    const again = await shop.visit(request, chip);
    expect(again).toMatchObject({ result: "refused", reason: "ALREADY_USED", giveBackCents: 0, toppedUpCents: 0 });
    tear(shop, 0);
    expect(await givenBack(shop, chip, request, settle(), sale(100))).toBe(0);
    expect(await balance(chip)).toBeLessThanOrEqual(5_000);
    const backs = entriesOf(await shop.journalBytes()).filter((entry) => entry.kind === "cash-back");
    expect(backs.map(({ body }) => body)).toMatchObject([{ cents: 2_000 }]);
  });

  it("goes back although the power went between the entries, at any of them", async () => {
    for (let append = 0; append < 4; append += 1) {
      const { shop, chip } = await torn();
      interrupt(shop, (operation, seen) => operation === "journal-append" && seen === append, {
        what: "power",
        when: "before",
      });
      const first = await shop.visit(settle(), chip);
      calm(shop);
      if (first === "power-cut") await shop.powerOn();
      const told = first === "power-cut" ? 0 : first.giveBackCents;
      expect(told + (await givenBack(shop, chip, settle(), sale(100))), `append ${append}`).toBe(2_000);
    }
  });

  it("is used by another try of the same visit, and then not due", async () => {
    const { shop, chip, request } = await torn();
    expect(await shop.visit(request, chip)).toMatchObject({ result: "done", toppedUpCents: 2_000, giveBackCents: 0 });
    expect(await givenBack(shop, chip, settle(), sale(100))).toBe(0);
  });

  it("of the first top-up of a card goes back by a tap that only asks", async () => {
    const shop = await terminal(1, options);
    const chip = await card(2, { chip: kind });
    tear(shop, 0);
    await shop.visit(topUp(2_000), chip);
    calm(shop);
    expect(await givenBack(shop, chip, settle())).toBe(2_000);
    expect(await balance(chip)).toBe(0);
  });

  it("is kept and told as in doubt where the card leaves before it is read again", async () => {
    const { shop, chip, request } = await torn();
    interrupt(shop, () => true, { what: "card", when: "before" });
    expect(await shop.visit(request, chip)).toMatchObject({ result: "in-doubt", giveBackCents: 0 });
  });

  it("goes back when the same number comes after more than a day, for it is another visit", async () => {
    const { shop, chip, request } = await torn();
    shop.clock.utc += 90_000;
    expect(await shop.visit(request, chip)).toMatchObject({
      result: "done",
      toppedUpCents: 2_000,
      giveBackCents: 2_000,
    });
    const other = await card(5, { chip: kind });
    expect(await shop.visit({ ...request, visit: request.visit + 700_000 }, other)).toMatchObject({ result: "done" });
  });

  it("is not taken twice where the clock falls back to 1970", async () => {
    const shop = await terminal(1, options);
    const chip = await card(1, { chip: kind });
    const request = topUp(2_000);
    await shop.visit(request, chip);
    shop.clock.utc = 1_000;
    shop.clock.suspect = true;
    expect(await shop.visit(request, chip)).toMatchObject({ result: "already-done", giveBackCents: 0 });
    expect(await balance(chip)).toBe(2_000);
  });
});

it("cash of a top-up that another terminal's visit made void goes back, though the card leaves then", async () => {
  const [shop, other] = [await terminal(1, options), await terminal(2, options)];
  const chip = await card(1, { chip: "MF0UL21" });
  await shop.visit(topUp(5_000), chip);
  const request = topUp(2_000);
  tear(shop, 0);
  await shop.visit(request, chip);
  await other.visit(sale(100), chip);
  // The null write of the retry commits, and the card leaves before the new intent is written.
  tear(shop, 2, "card-count");
  const cut = (await shop.visit(request, chip)) as VisitReport;
  calm(shop);
  const later = await givenBack(shop, chip, settle(), sale(100));
  expect(cut.giveBackCents + later + (cut.toppedUpCents > 0 ? 2_000 : 0)).toBe(2_000);
});

it("cash of a declined top-up goes back although the write that settles an earlier doubt is cut", async () => {
  const shop = await terminal(1, options);
  const chip = await card(1, { chip: "MF0UL21" });
  await shop.visit(topUp(5_000), chip);
  interrupt(shop, (operation, seen) => operation === "card-count" && seen === 1, { what: "card", when: "after" });
  await shop.visit(sale(1_000), chip);
  tear(shop, 0);
  expect(await shop.visit(topUp(60_000), chip)).toMatchObject({ giveBackCents: 60_000 });
});

it("a card torn again and again does not wear the terminal down", async () => {
  const shop = await terminal(1, options);
  const chip = await card(1, { chip: "MF0UL21" });
  await shop.visit(topUp(5_000), chip);
  for (let visit = 0; visit < 40; visit += 1) {
    tear(shop, 0);
    await shop.visit(sale(100), chip);
  }
  calm(shop);
  const intents = entriesOf(await shop.journalBytes()).filter((entry) => entry.kind === "intent");
  const sales = intents.filter(({ body }) => "sale" in body && body.sale.lines.length > 0);
  expect(sales.length).toBeLessThanOrEqual(18);
  expect(await shop.visit(sale(1_000), chip)).toMatchObject({ result: "done", spentCents: 1_000 });
  expect(await balance(chip)).toBe(4_000);
});

describe.each(CHIPS)("two visits that mean the same new state, on an %s", (kind) => {
  it("are committed once, wherever the power goes between entries, then and at the tap after", async () => {
    for (let cut = 0; cut < 4; cut += 1) {
      for (let second = 0; second < 4; second += 1) {
        const shop = await terminal(1, options);
        const chip = await card(1, { chip: kind });
        await shop.visit(topUp(5_000), chip);
        tear(shop, 0);
        await shop.visit(sale(1_000), chip);
        const powerAt = (append: number) =>
          interrupt(shop, (operation, seen) => operation === "journal-append" && seen === append, {
            what: "power",
            when: "before",
          });
        for (const [request, append] of [
          [sale(1_000), cut],
          [settle(), second],
        ] as const) {
          powerAt(append);
          if ((await shop.visit(request, chip)) === "power-cut") await shop.powerOn();
          calm(shop);
        }
        await shop.visit(settle(), chip);
        await shop.visit(sale(100), chip);
        const moved = journalledAreas(new Map([[1, await shop.journalBytes()]]))
          .filter(({ outcome }) => outcome === "committed")
          .reduce((sum, { centsMoved }) => sum + centsMoved, 0);
        expect(moved, `cuts at ${cut} and ${second}`).toBe(await balance(chip));
      }
    }
  });
});
