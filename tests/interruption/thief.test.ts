import { Mishaps } from "@cachet/terminal-sim";
import { describe, expect, it } from "vitest";
import { centsOf, entriesOf, journalledAreas, shown } from "../fixtures/audit.ts";
import { BAKERY, card, sale, TOWN, terminal } from "../fixtures/town.ts";

/** What a holder with a phone, a good ear for timing and patience can try on an NTAG, which has no counter to stop him. */
describe("the thief's moves", () => {
  const earned = async () => {
    const shop = await terminal(1);
    const chip = await card(3);
    await shop.visit(sale(20_000), chip);
    return { shop, chip };
  };
  const refusals = async (shop: Awaited<ReturnType<typeof terminal>>) =>
    entriesOf(await shop.journalBytes()).flatMap((entry) => (entry.kind === "refusal" ? [entry.body.reason] : []));

  it("puts an old dump back after spending: refused where the card was seen", async () => {
    const { shop, chip } = await earned();
    const dump = chip.dump();
    expect(await shop.visit(sale(1_000, "max"), chip)).toMatchObject({ result: "done", spentCents: 1_000 });
    chip.restore(dump);
    const before = chip.dump();
    expect(await shop.visit(sale(1_000, "max"), chip)).toMatchObject({ result: "refused", reason: "COUNTER_ROLLBACK" });
    expect(chip.dump()).toEqual(before);
    expect(await refusals(shop)).toEqual(["COUNTER_ROLLBACK"]);
  });

  it("puts the blank card back to open it anew: refused where the card was seen", async () => {
    const shop = await terminal(1);
    const chip = await card(3);
    const blank = chip.dump();
    await shop.visit(sale(20_000), chip);
    chip.restore(blank);
    expect(await shop.visit(sale(1_000), chip)).toMatchObject({ result: "refused", reason: "COUNTER_ROLLBACK" });
  });

  it("corrupts the newest record to fall back on the one before: refused where the card was seen", async () => {
    const { shop, chip } = await earned();
    await shop.visit(sale(5_000, "max"), chip);
    const dump = chip.dump();
    // The second write of an area goes to slot B; one bit of it in each of the first two areas.
    for (const page of [0x22, 0x32]) dump[page * 4] = dump[page * 4]! ^ 1;
    chip.restore(dump);
    expect(await shop.visit(sale(100), chip)).toMatchObject({ result: "refused", reason: "COUNTER_ROLLBACK" });
  });

  it("copies the records to another chip: no seal fits", async () => {
    const { shop, chip } = await earned();
    const copy = await card(4, { uidTail: 99 });
    copy.restore(chip.dump());
    expect(await shop.visit(sale(1_000, "max"), copy)).toMatchObject({ result: "refused", reason: "BAD_SIGNATURE" });
  });

  it("raises the balance in both slots: no seal fits, and nothing is written", async () => {
    const { shop, chip } = await earned();
    await shop.visit(sale(400), chip);
    const dump = chip.dump();
    // Every page but the first of each slot, so that the records still name their programme.
    for (let page = 0x18; page < 0x38; page += 1) if (page % 8 !== 0) dump[page * 4 + 2] = dump[page * 4 + 2]! ^ 0x40;
    chip.restore(dump);
    expect(await shop.visit(sale(1_000, "max"), chip)).toMatchObject({ result: "refused", reason: "BAD_SIGNATURE" });
    expect(chip.dump()).toEqual(dump);
  });

  it("keeps the torn record of a small purchase and puts it back after a big one: refused where the card was seen", async () => {
    const { shop, chip } = await earned();
    const dump = chip.dump();
    const whole = await terminal(1, { journal: await shop.journalBytes() });
    whole.mishaps = new Mishaps();
    await whole.visit(sale(100, 100), chip);
    const lastWrite = whole.mishaps.seen.lastIndexOf("card-write");
    chip.restore(dump);

    // The small purchase: its last page is written, the answer is not heard.
    shop.mishaps = new Mishaps().at(lastWrite, { what: "card", when: "after" });
    const small = await shop.visit(sale(100, 100), chip);
    expect(small).not.toMatchObject({ result: "done" });
    shop.mishaps = new Mishaps();
    const kept = chip.dump();

    // He shows the state before it, makes the big purchase, and puts the torn record back.
    chip.restore(dump);
    expect(await shop.visit(sale(1_000, "max"), chip)).toMatchObject({ result: "done", spentCents: 1_000 });
    chip.restore(kept);
    expect(await shop.visit(sale(1_000), chip)).toMatchObject({ result: "refused", reason: "COUNTER_ROLLBACK" });
    const town = journalledAreas(new Map([[1, await shop.journalBytes()]])).filter(
      ({ programme }) => programme === TOWN,
    );
    expect(town.map(({ outcome }) => outcome)).toEqual(["committed", "aborted", "committed"]);
  });

  it("tears before anything is written, again and again: nothing moves, nothing is lost", async () => {
    const { shop, chip } = await earned();
    const start = centsOf(await shown(chip, TOWN));
    // Four reads, the password, the intent, then the first write.
    for (const operation of [0, 1, 2, 3, 4, 6]) {
      shop.mishaps = new Mishaps().at(operation, { what: "card", when: "before" });
      expect(await shop.visit(sale(1_000, "max"), chip)).not.toMatchObject({ result: "done" });
    }
    shop.mishaps = new Mishaps();
    expect(centsOf(await shown(chip, TOWN))).toBe(start);
    const report = await shop.visit(sale(1_000, "max"), chip);
    expect(report).toMatchObject({ result: "done", spentCents: 1_000 });
    expect(centsOf(await shown(chip, TOWN))).toBe(start - 1_000);
  });

  it("cuts the power after the card has committed and claims that nothing happened: the next tap says it did", async () => {
    const { shop, chip } = await earned();
    const dry = await terminal(1, { journal: await shop.journalBytes() });
    const dump = chip.dump();
    const request = sale(1_000, 600);
    await dry.visit(request, chip);
    const commit = dry.mishaps.seen.indexOf("journal-append", dry.mishaps.seen.indexOf("card-write"));
    chip.restore(dump);

    shop.mishaps = new Mishaps().at(commit, { what: "power", when: "before" });
    expect(await shop.visit(request, chip)).toBe("power-cut");
    shop.mishaps = new Mishaps();
    await shop.powerOn();
    const report = await shop.visit(request, chip);
    expect(report).toMatchObject({ result: "done", spentCents: 600 });
    const town = journalledAreas(new Map([[1, await shop.journalBytes()]])).filter(
      ({ programme, body }) => programme === TOWN && body.visit === request.visit,
    );
    expect(town.map(({ outcome }) => outcome)).toEqual(["committed"]);
  });

  it("uses another terminal's records of a programme this terminal has no key for: they are left alone", async () => {
    const { chip } = await earned();
    const bookshop = await terminal(5, { merchant: 2 });
    const bakery = await shown(chip, BAKERY);
    expect(await bookshop.visit(sale(2_000, 500), chip)).toMatchObject({ result: "done", spentCents: 500 });
    expect(await shown(chip, BAKERY)).toEqual(bakery);
  });
});
