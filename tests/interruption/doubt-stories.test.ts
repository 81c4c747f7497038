import type { VisitReport } from "@cachet/firmware/hal";
import { type Mishap, Mishaps, type OperationKind, type SimTerminal, type Type2Chip } from "@cachet/terminal-sim";
import { describe, expect, it } from "vitest";
import { centsOf, journalledAreas, shown } from "../fixtures/audit.ts";
import { BAKERY, card, fixtureFile, imageOf, NOON, sale, TOWN, terminal, topUp } from "../fixtures/town.ts";

/** The operations that a visit would have, found out on copies of the terminal and the card. */
async function rehearse(shop: SimTerminal, chip: Type2Chip, amount = 1_000): Promise<OperationKind[]> {
  const { terminal: number, merchant } = shop.facts;
  const copy = await terminal(number, { merchant, journal: await shop.journalBytes() });
  const dump = chip.dump();
  copy.mishaps = new Mishaps();
  await copy.visit(sale(amount), chip);
  chip.restore(dump);
  return copy.mishaps.seen;
}

const plan = (shop: SimTerminal, operation: number, mishap: Mishap) => {
  shop.mishaps = new Mishaps().at(operation, mishap);
};
const calm = (shop: SimTerminal) => {
  shop.mishaps = new Mishaps();
};
const leaves = { what: "card", when: "before" } as const;
const powerGoes = { what: "power", when: "before" } as const;

async function townOutcomes(shop: SimTerminal): Promise<[number, string][]> {
  const journals = new Map([[shop.facts.terminal, await shop.journalBytes()]]);
  return journalledAreas(journals)
    .filter(({ programme }) => programme === TOWN)
    .map(({ body, outcome }) => [body.visit, outcome]);
}

const committedCents = async (shop: SimTerminal) =>
  journalledAreas(new Map([[shop.facts.terminal, await shop.journalBytes()]]))
    .filter(({ programme, outcome }) => programme === TOWN && outcome === "committed")
    .reduce((sum, { centsMoved }) => sum + centsMoved, 0);

describe("several intents of one card", () => {
  it("a torn visit, the same sale again, and a power cut before the torn one is aborted: the sale is counted once", async () => {
    const [shop, chip] = [await terminal(1), await card(1)];
    await shop.visit(sale(1_000), chip);
    plan(shop, (await rehearse(shop, chip)).indexOf("card-write"), leaves);
    expect(await shop.visit(sale(1_000), chip)).toMatchObject({ result: "in-doubt" });
    plan(shop, (await rehearse(shop, chip)).lastIndexOf("journal-append"), powerGoes);
    expect(await shop.visit(sale(1_000), chip)).toBe("power-cut");
    calm(shop);
    await shop.powerOn();
    await shop.visit(sale(100), chip);
    expect((await townOutcomes(shop)).map(([, outcome]) => outcome)).toEqual([
      "committed",
      "aborted",
      "committed",
      "committed",
    ]);
    expect(await committedCents(shop)).toBe(centsOf(await shown(chip, TOWN)));
  });

  it("two torn visits that mean the same, the older one tried again and cut: it is redeemed once", async () => {
    const [shop, chip] = [await terminal(1), await card(1)];
    await shop.visit(sale(20_000), chip);
    const [first, second] = [sale(1_000, 500), sale(1_000, 500)];
    for (const request of [first, second]) {
      plan(shop, (await rehearse(shop, chip)).indexOf("card-write"), leaves);
      expect(await shop.visit(request, chip)).toMatchObject({ result: "in-doubt" });
    }
    const operations = await rehearse(shop, chip);
    plan(shop, operations.indexOf("journal-append", operations.indexOf("card-write")), powerGoes);
    expect(await shop.visit(first, chip)).toBe("power-cut");
    calm(shop);
    await shop.powerOn();
    expect(await shop.visit(first, chip)).toMatchObject({ result: "done", spentCents: 500 });
    await shop.visit(sale(100), chip);
    const spent = (await townOutcomes(shop)).filter(
      ([visit, outcome]) => outcome === "committed" && visit === first.visit,
    );
    expect(spent).toHaveLength(1);
    expect(await committedCents(shop)).toBe(centsOf(await shown(chip, TOWN)));
  });

  it("an opening that tears in its last page, then another cut anywhere: the card is never lost", async () => {
    const probe = await rehearse(await terminal(1), await card(2));
    const lastWrite = probe.lastIndexOf("card-write");
    for (let operation = 0; operation < 22; operation += 1) {
      for (const what of ["card", "power"] as const) {
        const [shop, chip] = [await terminal(1), await card(2)];
        plan(shop, lastWrite, { what: "card", when: "inside", torn: { page: "mixed", part: 0 } });
        await shop.visit(sale(1_000), chip);
        plan(shop, operation, { what, when: "before" });
        if ((await shop.visit(sale(1_700), chip)) === "power-cut") await shop.powerOn();
        calm(shop);
        expect(await shop.visit(sale(900), chip), `${what} at ${operation}`).toMatchObject({ result: "done" });
        expect(await committedCents(shop)).toBe(centsOf(await shown(chip, TOWN)));
      }
    }
  });

  it("an opening whose area was taken elsewhere meanwhile: the same visit still goes through, once", async () => {
    const [shop, elsewhere, chip] = [await terminal(1), await terminal(3, { merchant: 2 }), await card(1)];
    plan(shop, (await rehearse(shop, chip)).indexOf("card-write"), leaves);
    const request = sale(1_000);
    expect(await shop.visit(request, chip)).toMatchObject({ result: "in-doubt" });
    calm(shop);
    expect(await elsewhere.visit(sale(500), chip)).toMatchObject({ result: "done" });
    expect(await shop.visit(request, chip)).toMatchObject({ result: "done", committed: [BAKERY, TOWN] });
    expect(await shop.visit(request, chip)).toMatchObject({ result: "already-done" });
  });
});

describe("the till's number of a visit", () => {
  it("is done once, however many visits came between", async () => {
    const [shop, chip] = [await terminal(1), await card(1)];
    const request = sale(1_000);
    await shop.visit(request, chip);
    for (const amount of [500, 600]) await shop.visit(sale(amount), chip);
    expect(await shop.visit(request, chip)).toMatchObject({ result: "already-done", earnedCents: 50 });
  });

  it("is another visit on the next day: tills begin their numbers anew", async () => {
    const [shop, chip] = [await terminal(1), await card(1)];
    const request = sale(1_000);
    await shop.visit(request, chip);
    shop.clock.utc += 86_400;
    expect(await shop.visit(request, chip)).toMatchObject({ result: "done" });
    expect(centsOf(await shown(chip, TOWN))).toBe(100);
  });

  it("is not done on a second card, nor for another sale", async () => {
    const [shop, chip] = [await terminal(1), await card(1)];
    const request = sale(1_000, 30);
    await shop.visit(sale(2_000), chip);
    await shop.visit(request, chip);
    const used = { result: "refused", reason: "ALREADY_USED" };
    expect(await shop.visit(request, await card(2))).toMatchObject(used);
    expect(await shop.visit({ ...request, lines: [{ amount: 300, quantity: 1 }] }, chip)).toMatchObject({
      ...used,
      payable: 300,
    });
  });
});

describe("a visit of two areas", () => {
  it("writes first what loses value: a redemption before the stamp it comes with", async () => {
    const [shop, chip] = [await terminal(1), await card(1)];
    expect(await shop.visit(sale(20_000), chip)).toMatchObject({ committed: [BAKERY, TOWN] });
    expect(await shop.visit(sale(1_000, 300), chip)).toMatchObject({ committed: [TOWN, BAKERY] });
  });
});

describe("a visit whose card has moved on", () => {
  it.each(["NTAG215", "MF0UL21"] as const)("is not written over what came after it: %s", async (kind) => {
    const options = { programmes: [33], image: await imageOf([fixtureFile("purse")]) };
    const [shop, other] = [await terminal(1, options), await terminal(2, options)];
    const chip = await card(1, { chip: kind });
    await shop.visit(topUp(5_000), chip);
    const request = sale(1_000);
    const dry = await terminal(1, { ...options, journal: await shop.journalBytes() });
    dry.mishaps = new Mishaps();
    await dry.visit(request, chip.copy());
    plan(shop, dry.mishaps.seen.indexOf("card-write"), { what: "card", when: "before" });
    expect(await shop.visit(request, chip)).toMatchObject({ result: "in-doubt" });
    calm(shop);
    for (const amount of [500, 600]) await other.visit(sale(amount), chip);
    const before = chip.dump();
    expect(await shop.visit(request, chip)).toMatchObject({ result: "in-doubt", spentCents: 0 });
    expect(chip.dump()).toEqual(before);
  });
});

describe("a terminal in trouble", () => {
  it("does not believe a slot that reads differently a second time", async () => {
    const [shop, chip] = [await terminal(1), await card(1)];
    await shop.visit(sale(1_000), chip);
    const operations = await rehearse(shop, chip);
    plan(shop, operations.indexOf("card-write") + 3, {
      what: "card",
      when: "inside",
      torn: { page: "mixed", part: 0 },
    });
    await shop.visit(sale(1_000), chip);
    calm(shop);
    // The torn cells read differently every other time; the terminal goes by the other slot and writes all of these again.
    const execute = chip.execute.bind(chip);
    let readings = 0;
    chip.execute = (command) => {
      const answer = execute(command);
      if (command[0] !== 0x3a || command[1] !== 0x18 || typeof answer === "string") return answer;
      readings += 1;
      return readings % 2 === 0 && readings < 4 ? answer.map((byte, at) => (at === 40 ? byte ^ 1 : byte)) : answer;
    };
    let asked = 0;
    const report = await shop.visit(sale(1_000), chip, () => {
      asked += 1;
      return chip;
    });
    expect(report).toMatchObject({ result: "done" });
    expect(readings).toBe(2);
    expect(asked).toBe(0);
  });

  it("remembers what it found on a card, not only what it wrote: an older dump is refused", async () => {
    const [shop, other, chip] = [await terminal(1), await terminal(2), await card(1)];
    await shop.visit(sale(20_000), chip);
    const rich = chip.dump();
    await other.visit(sale(1_000, "max"), chip);
    plan(shop, (await rehearse(shop, chip)).indexOf("card-write"), leaves);
    expect(await shop.visit(sale(1_000), chip)).toMatchObject({ result: "in-doubt" });
    calm(shop);
    chip.restore(rich);
    expect(await shop.visit(sale(2_000, "max"), chip)).toMatchObject({ result: "refused", reason: "COUNTER_ROLLBACK" });
  });

  it("gives up on a card that stays and never reads back what was written", async () => {
    const [shop, chip] = [await terminal(1), await card(1)];
    await shop.visit(sale(1_000), chip);
    const execute = chip.execute.bind(chip);
    let writes = 0;
    chip.execute = (command) => {
      if (command[0] !== 0xa2) return execute(command);
      writes += 1;
      return command[1] === 0x26 ? Uint8Array.of(0x0a) : execute(command);
    };
    const report = (await shop.visit(sale(1_000), chip, () => chip)) as VisitReport;
    expect(["in-doubt", "partly-done"]).toContain(report.result);
    expect(writes).toBeLessThan(200);
  });

  it("goes on with a clock that fell back to 1970, marks the entries, and gives no dated advantage", async () => {
    const [shop, chip] = [await terminal(1), await card(1)];
    shop.clock.utc = 1_000;
    shop.clock.suspect = true;
    expect(await shop.visit(sale(1_000), chip)).toMatchObject({ result: "done" });
    const marked = journalledAreas(new Map([[1, await shop.journalBytes()]])).map(({ body }) => body.clockSuspect);
    expect(new Set(marked)).toEqual(new Set([true]));
    shop.clock.utc = NOON;
    shop.clock.suspect = false;
    expect(await shop.visit(sale(1_000), chip)).toMatchObject({ result: "done" });
  });

  it("refuses amounts that cannot be, and goes on", async () => {
    const [shop, chip] = [await terminal(1), await card(1)];
    const good = sale(1_000);
    const strange = [
      { ...good, redeem: 2_000_000_000 },
      { ...good, redeem: Number.NaN },
      { ...good, visit: -1 },
      { ...good, visit: 1.5 },
      { ...good, tip: -1 },
      { ...good, lines: [] },
      { ...good, lines: [{ amount: 90_000_001, quantity: 1 }] },
      { ...good, lines: [{ amount: 1, quantity: 0 }] },
      { ...good, lines: [{ amount: 1, quantity: 1, category: "\ud800" }] },
      { ...good, lines: [{ amount: 1, quantity: 1, category: "x".repeat(41) }] },
      { ...good, lines: Array.from({ length: 101 }, () => ({ amount: 1, quantity: 1 })) },
    ];
    for (const request of strange) {
      expect(await shop.visit(request, chip), JSON.stringify(request)).toMatchObject({
        result: "refused",
        reason: "BAD_AMOUNT",
      });
    }
    expect(await shop.visit(good, chip)).toMatchObject({ result: "done" });
  });

  it("whose journal is nearly full takes no visit that it could not finish, and says so", async () => {
    const shop = await terminal(1, { journalCapacity: 64 + 11 });
    const results: string[] = [];
    for (let serial = 1; serial <= 5; serial += 1) {
      const report = (await shop.visit(sale(1_000), await card(serial))) as VisitReport;
      results.push(report.reason ?? report.result);
    }
    expect(results).toEqual(["done", "done", "done", "JOURNAL_FULL", "JOURNAL_FULL"]);
    // Power-up, three visits of three entries each, and the first refusal: it fits, the second does not.
    expect(shop.entryCount).toBe(11);
  });

  it("that no longer holds a programme takes cards it remembers with it", async () => {
    const [shop, chip] = [await terminal(1), await card(1)];
    await shop.visit(sale(1_000), chip);
    const later = await terminal(1, { programmes: [TOWN], journal: await shop.journalBytes() });
    expect(await later.visit(sale(1_000), chip)).toMatchObject({ result: "done", committed: [TOWN] });
  });
});
