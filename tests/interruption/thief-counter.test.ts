import type { VisitReport, VisitRequest } from "@cachet/firmware/hal";
import { Mishaps, type SimTerminal, type Type2Chip } from "@cachet/terminal-sim";
import { beforeAll, describe, expect, it } from "vitest";
import { testTerminalSigner } from "../../host/src/keys/test-keys.ts";
import type { Fork } from "../../host/src/office/forks.ts";
import { importBatch } from "../../host/src/office/import.ts";
import { outstanding } from "../../host/src/office/ledger.ts";
import { enrolTerminal } from "../../host/src/office/terminals.ts";
import { centsOf, journalledAreas, shown } from "../fixtures/audit.ts";
import { AT, newLedger } from "../fixtures/ledger.ts";
import { card, fixtureFile, imageOf, sale, settle, type TerminalOptions, terminal, topUp } from "../fixtures/town.ts";

/** The same holder with the same patience: on a chip with a counter, and on one without, where import finds him. */
const PURSE = 33;
let options: TerminalOptions;
beforeAll(async () => {
  options = { programmes: [PURSE], image: await imageOf([fixtureFile("purse")]) };
});
const shop = (number: number) => terminal(number, options);
const balance = async (chip: Type2Chip) => centsOf(await shown(chip, PURSE));

/** A card with 50 euros on it. */
async function loaded(kind: "MF0UL21" | "NTAG215"): Promise<{ first: SimTerminal; chip: Type2Chip }> {
  const first = await shop(1);
  const chip = await card(3, { chip: kind });
  expect(await first.visit(topUp(5_000), chip)).toMatchObject({ result: "done", toppedUpCents: 5_000 });
  return { first, chip };
}

/** Index of the last operation of one kind in a whole visit, found on a copy. */
async function lastOf(
  kind: "card-count" | "card-write",
  chip: Type2Chip,
  visit: VisitRequest = topUp(2_000),
): Promise<number> {
  const dry = await shop(9);
  dry.mishaps = new Mishaps();
  await dry.visit(visit, chip.copy());
  return dry.mishaps.seen.lastIndexOf(kind);
}

/** Index of the append that stores the intent of a visit with this card here. */
async function whereIntent(one: SimTerminal, chip: Type2Chip): Promise<number> {
  const dry = await terminal(1, { ...options, journal: await one.journalBytes() });
  dry.mishaps = new Mishaps();
  await dry.visit(sale(100), chip.copy());
  dry.powerOff();
  return dry.mishaps.seen.indexOf("journal-append");
}

describe("an old dump put back after spending", () => {
  it("is refused by every terminal on a chip with a counter, whatever it has seen before", async () => {
    const { chip } = await loaded("MF0UL21");
    const dump = chip.dump();
    expect(await (await shop(2)).visit(sale(4_000), chip)).toMatchObject({ result: "done", spentCents: 4_000 });
    chip.restore(dump);
    for (const number of [1, 2, 3]) {
      const report = await (await shop(number)).visit(sale(4_000), chip);
      expect(report).toMatchObject({ result: "refused", reason: "COUNTER_ROLLBACK", spentCents: 0 });
    }
    expect(chip.dump()).toEqual(dump);
  });

  it("is refused whatever the holder counts, blank areas and the dump of a blank card too", async () => {
    const { chip } = await loaded("MF0UL21");
    const blank = (await card(3, { chip: "MF0UL21" })).dump();
    for (let counts = 0; counts < 4; counts += 1) {
      chip.select();
      if (counts > 0) chip.execute(Uint8Array.of(0xa5, 2, 1, 0, 0, 0));
      const opened = chip.copy();
      opened.restore(blank);
      const report = await (await shop(2)).visit(sale(100), opened);
      expect(report, `${counts} counts`).toMatchObject({ result: "refused", reason: "COUNTER_ROLLBACK" });
    }
  });

  it("on a chip without one works once, at a terminal that did not see it, and import finds the fork with both branches", async () => {
    const { first, chip } = await loaded("NTAG215");
    const second = await shop(2);
    const dump = chip.dump();
    const honest = (await first.visit(sale(4_000), chip)) as VisitReport;
    chip.restore(dump);
    expect(await first.visit(sale(4_000), chip)).toMatchObject({ result: "refused", reason: "COUNTER_ROLLBACK" });
    const twice = (await second.visit(sale(3_000), chip)) as VisitReport;
    expect([honest.spentCents, twice.spentCents]).toEqual([4_000, 3_000]);
    const ledger = await newLedger();
    const forks: Fork[] = [];
    for (const one of [first, second]) {
      const number = one.facts.terminal;
      await enrolTerminal(ledger, number, 1, testTerminalSigner(number).publicKey, AT);
      const batch = one.collect();
      const outcome = await importBatch(ledger, batch, AT);
      if (outcome.status === "accepted") forks.push(...outcome.forks);
    }
    expect(forks).toMatchObject([
      {
        programme: PURSE,
        first: { terminal: 1, number: honest.ticket, spentCents: 4_000 },
        other: { terminal: 2, number: twice.ticket, spentCents: 3_000 },
      },
    ]);
    expect(await outstanding(ledger, "cents"), "the books show what the card does not").not.toBe(await balance(chip));
    await ledger.destroy();
  });
});

describe("a torn top-up on a chip with a counter", () => {
  /** Tears the top-up at the last count: `before` it happens, or `after`, when the answer is lost. */
  async function torn(when: "before" | "after") {
    const { first, chip } = await loaded("MF0UL21");
    const request = topUp(2_000);
    first.mishaps = new Mishaps().at(await lastOf("card-count", chip), { what: "card", when });
    expect(await first.visit(request, chip)).toMatchObject({ result: "in-doubt", giveBackCents: 0 });
    first.mishaps = new Mishaps();
    return { first, chip, request };
  }

  it("gives cash back only once a later write on the card has committed", async () => {
    const { first, chip } = await torn("before");
    const kept = chip.dump();
    expect(await first.visit(settle(), chip)).toMatchObject({ result: "done", giveBackCents: 2_000 });
    expect(await balance(chip)).toBe(5_000);
    // The signed record of the torn top-up does not come back.
    chip.restore(kept);
    expect(await first.visit(sale(100), chip)).toMatchObject({ result: "refused", reason: "COUNTER_ROLLBACK" });
    expect(await (await shop(2)).visit(sale(100), chip)).toMatchObject({ reason: "COUNTER_ROLLBACK" });
  });

  it("gives nothing back where the card has it, and says so once a write on top has committed", async () => {
    const { first, chip, request } = await torn("after");
    expect(await first.visit(request, chip)).toMatchObject({ result: "done", toppedUpCents: 2_000, giveBackCents: 0 });
    expect(await balance(chip)).toBe(7_000);
    expect(await first.visit(settle(), chip)).toMatchObject({ result: "nothing-to-do", giveBackCents: 0 });
  });

  it("gives nothing back while the holder shows one record here and keeps another for elsewhere", async () => {
    const { first, chip } = await torn("before");
    const kept = chip.dump();
    // Another terminal seals the old state again and is cut before its commit: both records now fit the counter.
    const other = await shop(2);
    other.mishaps = new Mishaps().at(await lastOf("card-count", chip), { what: "card", when: "before" });
    await other.visit(sale(1_000), chip);
    const resealed = chip.dump();
    chip.restore(kept);
    const report = (await first.visit(settle(), chip)) as VisitReport;
    // He showed the torn top-up: it is on the card now, and what he kept is burnt.
    expect(report).toMatchObject({ result: "done", giveBackCents: 0 });
    expect(await balance(chip)).toBe(7_000);
    chip.restore(resealed);
    expect(await (await shop(3)).visit(sale(1_000), chip)).toMatchObject({ reason: "COUNTER_ROLLBACK" });
  });

  it("keeps its cash while it is in doubt, whatever card is shown for it", async () => {
    const { first, request } = await torn("before");
    const other = await card(4, { chip: "MF0UL21" });
    expect(await first.visit(request, other)).toMatchObject({
      result: "refused",
      reason: "ALREADY_USED",
      giveBackCents: 0,
    });
  });

  it("is settled by a top-up that is declined, whose cash goes back and whose record says nothing of it", async () => {
    const { first, chip } = await torn("after");
    const declined = topUp(99);
    expect(await first.visit(declined, chip)).toMatchObject({ reason: "BELOW_MINIMUM", giveBackCents: 99 });
    expect(await balance(chip)).toBe(7_000);
    const written = journalledAreas(new Map([[1, await first.journalBytes()]])).filter(
      ({ body }) => body.visit === declined.visit,
    );
    expect(written.map(({ body, outcome }) => [body.topUp, outcome])).toEqual([[undefined, "committed"]]);
  });

  it("that was refused before anything was signed gives its cash back at once", async () => {
    const { first, chip } = await loaded("MF0UL21");
    expect(await first.visit(topUp(99), chip)).toMatchObject({
      result: "refused",
      reason: "BELOW_MINIMUM",
      giveBackCents: 99,
    });
    expect(await first.visit(topUp(50_001), chip)).toMatchObject({ reason: "ABOVE_MAXIMUM", giveBackCents: 50_001 });
    for (let i = 0; i < 2; i += 1) await first.visit(topUp(47_500), chip);
    expect(await first.visit(topUp(100), chip)).toMatchObject({ reason: "CAP_BALANCE", giveBackCents: 100 });
  });
});

describe("what the exhaustive model found, told at the terminal", () => {
  it("a top-up whose answer was lost is not paid back after a visit that tore on top of it", async () => {
    const { first, chip } = await loaded("MF0UL21");
    first.mishaps = new Mishaps().at(await lastOf("card-count", chip), { what: "card", when: "after" });
    await first.visit(topUp(2_000), chip);
    first.mishaps = new Mishaps();
    const intent = await whereIntent(first, chip);
    first.mishaps = new Mishaps().at(intent + 1, { what: "card", when: "before" });
    await first.visit(sale(100), chip);
    first.mishaps = new Mishaps();
    expect(await first.visit(settle(), chip)).toMatchObject({ result: "done", giveBackCents: 0 });
    expect(await balance(chip)).toBe(7_000);
  });

  it("of two torn sales that mean the same state one is committed, wherever the power goes between the entries", async () => {
    for (let cut = 1; cut <= 4; cut += 1) {
      const { first, chip } = await loaded("MF0UL21");
      const intent = await whereIntent(first, chip);
      first.mishaps = new Mishaps().at(intent + 1, { what: "card", when: "before" });
      await first.visit(sale(3_000), chip);
      // The same sale once more; the power goes at one of the journal's appends.
      const mishaps = new Mishaps();
      const next = mishaps.next.bind(mishaps);
      let appends = 0;
      mishaps.next = (kind) => {
        const planned = next(kind);
        if (kind === "journal-append") appends += 1;
        return kind === "journal-append" && appends === cut ? { what: "power", when: "before" } : planned;
      };
      first.mishaps = mishaps;
      if ((await first.visit(sale(3_000), chip)) === "power-cut") await first.powerOn();
      first.mishaps = new Mishaps();
      await first.visit(settle(), chip);
      await first.visit(settle(), chip);
      const spent = journalledAreas(new Map([[1, await first.journalBytes()]]))
        .filter(({ outcome }) => outcome === "committed")
        .reduce((sum, { centsMoved }) => sum + centsMoved, 0);
      expect(spent, `cut at append ${cut}`).toBe(await balance(chip));
    }
  });
});

it("a small purchase torn before its commit does not undo a big one made later", async () => {
  const { first, chip } = await loaded("MF0UL21");
  first.mishaps = new Mishaps().at(await lastOf("card-count", chip, sale(100)), { what: "card", when: "before" });
  expect(await first.visit(sale(100), chip)).toMatchObject({ result: "in-doubt" });
  const small = chip.dump();
  expect(await (await shop(2)).visit(sale(4_500), chip)).toMatchObject({ result: "done", spentCents: 4_500 });
  chip.restore(small);
  for (const number of [1, 2, 3]) {
    expect(await (await shop(number)).visit(sale(1_000), chip)).toMatchObject({ reason: "COUNTER_ROLLBACK" });
  }
});
