import type { VisitReport } from "@cachet/firmware/hal";
import { Mishaps, type SimTerminal } from "@cachet/terminal-sim";
import { describe, expect, it } from "vitest";
import { AccountList, account, CAGNOTTE, saleBy } from "../fixtures/account-list.ts";
import { refund, TOWN, terminal } from "../fixtures/town.ts";
import { mishapsFor } from "./cuts.ts";

const HER = account(77);
const CEILING = 300;
const lists = new AccountList([
  { account: HER, terminal: 1, programme: TOWN, purse: CAGNOTTE, balance: CEILING, ceiling: CEILING },
]);

/** The terminal after its power came back: nothing but its flash is left. */
async function again(cut: SimTerminal): Promise<SimTerminal> {
  const files = { journal: await cut.journalBytes() };
  cut.powerOff();
  return terminal(1, { lists, files });
}

const spend = async (at: SimTerminal, visit = saleBy(HER, 1_000, "max")) => (await at.serve(visit)) as VisitReport;

/** What the journal says was spent and earned, over all visits. */
async function inJournal(at: SimTerminal): Promise<{ readonly taken: number; readonly added: number }> {
  const [cagnotte] = at.supervisor.books!.journal.movedIn(HER).filter(({ programme }) => programme === TOWN);
  return { taken: cagnotte?.taken ?? 0, added: cagnotte?.added ?? 0 };
}

describe("the visit of an account, its power cut at every write", () => {
  it("happened whole or not at all, once, and never spends more than its ceiling", async () => {
    const shop = () => terminal(1, { lists });
    const whole = await shop();
    whole.mishaps = new Mishaps();
    const visit = saleBy(HER, 1_000, 200);
    expect(await spend(whole, visit)).toMatchObject({ result: "done", spentCents: 200 });
    const operations = whole.mishaps.seen;
    expect(operations).toEqual(["journal-append"]);
    let stories = 0;
    for (const [operation, kind] of operations.entries()) {
      for (const mishap of mishapsFor(kind)) {
        for (const afterwards of ["same visit again", "another visit"] as const) {
          const name = `${JSON.stringify(mishap)} at ${operation}, ${afterwards}`;
          const cut = await shop();
          cut.mishaps = new Mishaps().at(operation, mishap);
          expect(await cut.serve(visit), name).toBe("power-cut");
          // The flash keeps what the cut left; a second start finds the same.
          const back = await again(await again(cut));
          const happened = mishap.when === "after";
          expect(await inJournal(back), name).toEqual(happened ? { taken: 200, added: 40 } : { taken: 0, added: 0 });
          if (afterwards === "same visit again") {
            const result = happened ? "already-done" : "done";
            expect(await spend(back, visit), name).toMatchObject({ result, spentCents: 200, earnedCents: 40 });
            expect(await inJournal(back), name).toEqual({ taken: 200, added: 40 });
          }
          let left = CEILING - (await inJournal(back)).taken;
          for (let i = 0; i < 2; i += 1, left = 0) expect((await spend(back)).spentCents, name).toBe(left);
          expect((await inJournal(back)).taken, name).toBe(CEILING);
          back.powerOff();
          stories += 1;
        }
      }
    }
    expect(stories).toBe(14);
  });

  it("is taken back whole or not at all, once, and never frees more than it spent", async () => {
    const sold = async () => {
      const shop = await terminal(1, { lists });
      const { ticket } = await spend(shop, saleBy(HER, 1_000, 200));
      return { shop, ticket: ticket! };
    };
    let stories = 0;
    for (const mishap of mishapsFor("journal-append")) {
      for (const afterwards of ["same refund again", "another refund", "the thief goes on buying"] as const) {
        const name = `${JSON.stringify(mishap)}, ${afterwards}`;
        const { shop, ticket } = await sold();
        shop.mishaps = new Mishaps().at(0, mishap);
        const back = refund(ticket);
        expect(await shop.serve(back), name).toBe("power-cut");
        const now = await again(await again(shop));
        const happened = mishap.when === "after";
        expect(await inJournal(now), name).toEqual(happened ? { taken: 0, added: 0 } : { taken: 200, added: 40 });
        const asked = afterwards === "same refund again" ? back : refund(ticket);
        if (afterwards !== "the thief goes on buying") {
          const already = afterwards === "same refund again" ? { result: "already-done" } : { reason: "ALREADY_USED" };
          expect(await now.serve(asked), name).toMatchObject(happened ? already : { result: "done", payOutCents: 800 });
          expect(await inJournal(now), name).toEqual({ taken: 0, added: 0 });
        }
        let left = CEILING - (await inJournal(now)).taken;
        for (let i = 0; i < 2; i += 1, left = 0) expect((await spend(now)).spentCents, name).toBe(left);
        // The money went back to the customer once at most, and what it had spent too.
        expect(await now.serve(refund(ticket)), name).toMatchObject(
          happened || afterwards !== "the thief goes on buying" ? { reason: "ALREADY_USED" } : { payOutCents: 800 },
        );
        for (let i = 0; i < 2; i += 1) await spend(now);
        expect((await inJournal(now)).taken, name).toBe(CEILING);
        now.powerOff();
        stories += 1;
      }
    }
    expect(stories).toBe(3 * mishapsFor("journal-append").length);
  });
});
