import { receiptText } from "@cachet/firmware/counter";
import { evaluate } from "@cachet/firmware/rules";
import { Mishaps, type SimTerminal, type Type2Chip } from "@cachet/terminal-sim";
import { beforeEach, describe, expect, it } from "vitest";
import florist from "../fixtures/programmes/florist.programme.ts";
import { balance, card, fixtureFile, imageOf, NOON, sale, terminal } from "../fixtures/town.ts";

const FLORIST = 39;
const DAY = 86_400;
let shop: SimTerminal;
let chip: Type2Chip;

const paper = () => receiptText(shop.till.receipts.at(-1)!).join(" ").replaceAll(/\s+/g, " ");

beforeEach(async () => {
  shop = await terminal(1, { programmes: [FLORIST], image: await imageOf([fixtureFile("florist")]) });
  chip = await card(1, { chip: "NTAG216", areas: 1 });
});

describe("what a ticket says is near", () => {
  it("is what the engine gives: what is available can be had, what is missing is exactly so much", async () => {
    const facts = { merchant: 1, at: NOON - 946_684_800, clockSuspect: false };
    for (const cents of [9_900, 100, 29_900, 100]) {
      await shop.visit(sale(cents), chip);
      const points = Number(/Solde points (\d+)/.exec(paper())![1]);
      const gifts = florist.rules.flatMap((rule) => (rule.kind === "points" ? rule.gifts : []));
      const next = gifts.find((gift) => gift.points > points);
      for (const gift of gifts) {
        const purses = [{ kind: "points", index: 1, count: points }] as const;
        const asked = { lines: [{ amount: 100, quantity: 1 }], tip: 0, gift: gift.id };
        const dry = evaluate(florist, purses, asked, facts);
        const isGiven = dry.effects.some(({ type, value }) => type === "reward" && value === gift.value);
        expect(paper().includes(`Disponible : ${gift.label}`), `${gift.id} with ${points}`).toBe(isGiven);
      }
      if (next !== undefined)
        expect(paper()).toMatch(new RegExp(`${next.label} encore ${next.points - points} points? `));
    }
  });

  it("warns from fourteen days before value ends, and not earlier", async () => {
    await shop.visit(sale(10_000), chip);
    expect(paper()).toContain("à utiliser jusqu'au 15/06/2027 5,00 €");
    const end = NOON + 365 * DAY;
    for (const [days, isNear] of [
      [15, false],
      [14, true],
      [0, true],
    ] as const) {
      shop.supervisor.clock.set(end - days * DAY);
      await shop.visit(balance(), chip);
      expect(paper().includes("5,00 € expirent le 15/06/2027"), `${days} days before`).toBe(isNear);
    }
  });

  it("says what expired and when, and the last visits say so once more", async () => {
    await shop.visit(sale(10_000), chip);
    shop.supervisor.clock.set(NOON + 366 * DAY);
    await shop.visit(sale(1_000), chip);
    expect(paper()).toContain("5,00 € expirés le 15/06/2027");
    await shop.visit({ ...balance(), history: true }, chip);
    expect(paper()).toMatch(
      /16\/06\/2027 12:00 T-0001-\d+ Total 10,00 € .*5,00 € expirés le 15\/06\/2027.* 15\/06\/2026 12:00 T-0001-\d+ Total 100,00 €/,
    );
    expect(paper()).toContain("cagnotte +5,00 €");
  });

  it("says why something that was asked for was not given", async () => {
    await shop.visit({ ...sale(1_000), gift: "vase" }, chip);
    expect(paper()).toContain("Vase en grès pas assez sur la carte");
  });
});

describe("the last visits of a card", () => {
  const times = () =>
    paper()
      .match(/\d\d\/\d\d\/\d{4} \d\d:\d\d/g)!
      .slice(1);

  it("are ten at most, the newest first, of this card alone, and nothing is written for them", async () => {
    const other = await card(2, { chip: "NTAG216", areas: 1 });
    await shop.visit(sale(5_000), other);
    for (let visits = 1; visits <= 12; visits += 1) {
      shop.supervisor.clock.set(NOON + visits * 60);
      await shop.visit(sale(1_000 + visits), chip);
    }
    const entries = shop.entryCount;
    const before = chip.dump();
    expect(await shop.visit({ ...balance(), history: true }, chip)).toMatchObject({ result: "done" });
    expect(shop.entryCount).toBe(entries);
    expect(chip.dump()).toEqual(before);
    expect(times()).toEqual(Array.from({ length: 10 }, (_, i) => `15/06/2026 12:${12 - i}`.replace(/:(\d)$/, ":0$1")));
    expect(paper()).toContain("Total 10,12 € cagnotte +0,50 € +10 points +1 passage");
    expect(paper()).not.toContain("50,00");
  });

  it("leave out what was never written, and say where there is none", async () => {
    await shop.visit({ ...balance(), history: true }, chip);
    expect(paper()).toContain("Aucun passage connu ici");
    await shop.visit({ ...sale(1_000), gift: "vase" }, chip);
    shop.mishaps = new Mishaps().at(12, { what: "card", when: "before" });
    expect(await shop.visit(sale(7_700), chip)).not.toMatchObject({ result: "done" });
    shop.mishaps = new Mishaps();
    await shop.visit({ ...balance(), history: true }, chip);
    expect(times()).toHaveLength(1);
  });
});

describe("a ticket that was told before", () => {
  it("is a duplicate, with the same seal", async () => {
    const visit = sale(2_000);
    await shop.visit(visit, chip);
    const first = paper();
    expect(first).not.toContain("DUPLICATA");
    expect(await shop.visit(visit, chip)).toMatchObject({ result: "already-done" });
    expect(paper()).toBe(first.replace("Émilie", "Émilie DUPLICATA"));
  });
});

describe("a customer without a card", () => {
  it("is told what a new card gets, and nothing is stored", async () => {
    const entries = shop.entryCount;
    const lines = [{ amount: 6_200, quantity: 1 }];
    const report = await shop.visit({ kind: "without-card", visit: 7_000_001, lines, tip: 0 }, chip);
    expect(report).toMatchObject({ result: "done", payable: 6_200, committed: [] });
    expect(shop.entryCount).toBe(entries);
    expect(paper()).toContain("Avec la carte : 3,10 €, 62 points et 1 passage sur ce ticket");
    await shop.visit(sale(6_200), chip);
    for (const part of ["Cagnotte gagnée +3,10 €", "Points gagnés +62", "1/10 - plus que 9"])
      expect(paper()).toContain(part);
  });

  it("is told nothing where a card would get nothing, and a bad amount is refused", async () => {
    const without = (amount: number) =>
      ({ kind: "without-card", visit: 7_000_002, lines: [{ amount, quantity: 1 }], tip: 0 }) as const;
    expect(await shop.visit(without(1), chip)).toMatchObject({ result: "nothing-to-do" });
    expect(shop.till.receipts).toEqual([]);
    expect(await shop.visit(without(-5), chip)).toMatchObject({ result: "refused", reason: "BAD_AMOUNT" });
    expect(await shop.visit(without(1.5), chip)).toMatchObject({ result: "refused", reason: "BAD_AMOUNT" });
  });
});
