import type { VisitReport } from "@cachet/firmware/hal";
import { Mishaps, type SimTerminal } from "@cachet/terminal-sim";
import { describe, expect, it } from "vitest";
import { AccountList, account, CAGNOTTE, saleBy } from "../fixtures/account-list.ts";
import { TOWN, terminal } from "../fixtures/town.ts";
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
});
