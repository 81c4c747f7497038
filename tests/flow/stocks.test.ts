import { receiptText } from "@cachet/firmware/counter";
import { Mishaps, type SimTerminal, type Type2Chip } from "@cachet/terminal-sim";
import { describe, expect, it } from "vitest";
import { done } from "../fixtures/at-the-till.ts";
import { entriesOf } from "../fixtures/audit.ts";
import { buy, card, fixtureFile, imageOf, refund, sale, settle, terminal } from "../fixtures/town.ts";

const PROGRAMME = 36;
const options = { programmes: [PROGRAMME], image: await imageOf([fixtureFile("stocks")]) };
const HOUR = 3_600;
const paper = (shop: SimTerminal) => receiptText(shop.till.receipts.at(-1)!).join("\n");
const SEAT = /OBJECTIF ATTEINT - SOIRÉE PRIVÉE[\s\S]*Jeudi à 20 h/;

/** A card with one stamp of two: its next visit is worth the seat. */
async function nearly(shop: SimTerminal, serial: number, chip?: "NTAG215" | "MF0UL21"): Promise<Type2Chip> {
  const made = await card(serial, chip === undefined ? {} : { chip });
  await done(shop, sale(1_000), made);
  return made;
}

describe("a flash sale of 20 units, for members, from 17:00 to 19:00", () => {
  async function member(shop: SimTerminal, serial: number) {
    const chip = await card(serial);
    await done(shop, buy(2_000, PROGRAMME, "club"), chip);
    return chip;
  }
  const give = (off: number) => ({ discountCents: off, payable: 2_000 - off });
  const gone = { ...give(0), reason: "EPUISE" };

  it("gives it twenty times; the 21st pays the full price and the visit goes on; a refund gives one back", async () => {
    const shop = await terminal(1, options);
    const cards = [];
    for (let serial = 1; serial <= 21; serial += 1) cards.push(await member(shop, serial));
    const [first, second] = cards as [Type2Chip, Type2Chip];
    // The clock of the terminals of these tests stands at noon.
    expect(await done(shop, sale(2_000), first), "before the hour").toMatchObject(give(0));
    shop.clock.utc += 5 * HOUR;
    expect(await done(shop, sale(2_000), await card(50)), "no member").toMatchObject(give(0));
    const reports = [];
    for (const chip of cards) reports.push(await done(shop, sale(2_000), chip));
    expect(reports.map(({ discountCents }) => discountCents)).toEqual([...Array(20).fill(500), 0]);
    expect(reports.map(({ reason }) => reason)).toEqual([...Array(20).fill(undefined), "EPUISE"]);
    expect(paper(shop)).toMatch(/Remise +épuisé/);
    shop.powerOff();
    await shop.powerOn();
    expect(await done(shop, sale(2_000), second), "after a start").toMatchObject(gone);
    await done(shop, refund(reports[4]!.ticket!), cards[4]!);
    expect(await done(shop, sale(2_000), second)).toMatchObject(give(500));
    expect(await done(shop, sale(2_000), second)).toMatchObject(gone);
    shop.clock.utc += 2 * HOUR;
    await done(shop, refund(reports[5]!.ticket!), cards[5]!);
    expect(await done(shop, sale(2_000), second), "after the hour").toMatchObject(give(0));
  });
});

describe("what runs out", () => {
  it("a gift of a catalogue is declined when there is none left, and the points stay", async () => {
    const shop = await terminal(1, options);
    const [first, second] = [await nearly(shop, 1), await nearly(shop, 2)];
    const taken = await done(shop, { ...sale(1_000), gift: "lampe" }, first);
    expect(taken.reason).toBeUndefined();
    expect(await done(shop, { ...sale(1_000), gift: "lampe" }, second)).toMatchObject({ reason: "EPUISE" });
    await done(shop, refund(taken.ticket!), first);
    const again = await done(shop, { ...sale(1_000), gift: "lampe" }, second);
    expect(again.reason).toBeUndefined();
  });

  it("is counted by each terminal for itself", async () => {
    const [here, there] = [await terminal(1, options), await terminal(2, options)];
    await done(here, sale(1_000), await nearly(here, 1));
    expect(paper(here)).toMatch(SEAT);
    await done(there, sale(1_000), await nearly(there, 2));
    expect(paper(there)).toMatch(SEAT);
  });

  it("a seat is said with its text, and a refund gives it and the stamps back", async () => {
    const shop = await terminal(1, options);
    const [first, second] = [await nearly(shop, 1), await nearly(shop, 2)];
    const won = await done(shop, sale(1_000), first);
    expect(paper(shop)).toMatch(SEAT);
    expect(await done(shop, sale(1_000), second)).toMatchObject({ reason: "EPUISE" });
    expect(paper(shop)).not.toMatch(SEAT);
    expect(paper(shop)).toMatch(/Soirée privée +épuisé/);
    await done(shop, refund(won.ticket!), first);
    await done(shop, sale(1_000), second);
    expect(paper(shop)).toMatch(SEAT);
    await done(shop, sale(1_000), first);
    expect(paper(shop)).not.toMatch(SEAT);
  });
});

/** Every operation of the visit that takes the last piece, cut; then the same visit again, or another one, or another card. */
describe.each(["NTAG215", "MF0UL21"] as const)("the visit that takes the last seat, cut, on an %s", (kind) => {
  function cut(shop: SimTerminal, at: number, what: "card" | "power"): () => boolean {
    const mishaps = new Mishaps();
    const next = mishaps.next.bind(mishaps);
    let seen = 0;
    mishaps.next = (operation) => {
      next(operation);
      seen += 1;
      return seen - 1 === at ? { what, when: "after" } : null;
    };
    shop.mishaps = mishaps;
    return () => seen > at;
  }
  /** Rewards that the journal says are on a card. */
  async function seats(shop: SimTerminal): Promise<number> {
    const entries = entriesOf(await shop.journalBytes());
    const committed = new Set(entries.flatMap(({ kind: of, body }) => (of === "commit" ? [body.intent] : [])));
    return entries.flatMap((entry) =>
      entry.kind !== "intent" || !committed.has(entry.number)
        ? []
        : entry.body.areas.flatMap(({ effects }) => effects.filter(({ type }) => type === "reward")),
    ).length;
  }

  async function inDoubt(shop: SimTerminal): Promise<number> {
    const kinds = entriesOf(await shop.journalBytes()).map((entry) => entry.kind);
    const count = (wanted: string) => kinds.filter((one) => one === wanted).length;
    return count("intent") - count("commit") - count("abort");
  }

  it.each(["card", "power"] as const)("by the %s: it is given once in the end, never twice", async (what) => {
    for (let at = 0, more = true; more; at += 1) {
      for (const afterwards of ["same visit", "another visit", "settle", "other card first"] as const) {
        const shop = await terminal(1, options);
        const [first, second] = [await nearly(shop, 1, kind), await nearly(shop, 2, kind)];
        const wish = sale(1_000);
        const happened = cut(shop, at, what);
        const report = await shop.visit(wish, first);
        more = happened();
        shop.mishaps = new Mishaps();
        if (report === "power-cut") await shop.powerOn();
        const name = `${what} at ${at}, then ${afterwards}`;
        const before = await seats(shop);
        const open = await inDoubt(shop);
        if (afterwards === "other card first") {
          await done(shop, sale(1_000), second);
          // What is in doubt is for no other card.
          if (open > 0) expect(await seats(shop), name).toBe(before);
        }
        const next = afterwards === "settle" ? settle() : afterwards === "another visit" ? sale(1_000) : wish;
        await shop.visit(next, first);
        // Nothing is lost: whoever may have it has it, at once where it is the same card.
        if (afterwards === "another visit") expect(await seats(shop), name).toBe(1);
        for (const chip of [first, second, second]) await done(shop, sale(1_000), chip);
        expect(await seats(shop), name).toBe(1);
      }
    }
  });
});
