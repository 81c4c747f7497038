import { CompiledQuery } from "kysely";
import { describe, expect, it } from "vitest";
import { faultOf, newLedger } from "../../../tests/fixtures/ledger.ts";
import { importTown, officeTown } from "../../../tests/fixtures/office-town.ts";
import { closeTo, firstOpenDay } from "./closings.ts";
import { decideDoubts } from "./decisions.ts";
import type { Ledger } from "./schema.ts";

const AT = Date.UTC(2026, 5, 20) / 1_000;
const TOWN = officeTown(3, { terminals: 4, cards: 12, visits: 150, batches: 20 });

/** What the terminals sent by noon, and all of it. */
const NOON = TOWN.journals.map((journal) => ({ name: "noon", file: journal.batch(1, Math.floor(journal.length / 2)) }));
/** A town's books: a part of it imported, doubts decided, closed; then the rest, decided and closed once more. */
async function books(): Promise<Ledger> {
  const ledger = await newLedger();
  await importTown(ledger, TOWN, NOON, AT);
  await decideDoubts(ledger, AT);
  await closeTo(ledger, (await firstOpenDay(ledger))!, AT);
  await importTown(ledger, TOWN, TOWN.files, AT + 60);
  await decideDoubts(ledger, AT + 60);
  await closeTo(ledger, (await firstOpenDay(ledger))! + 30, AT + 60);
  return ledger;
}

describe("office check", () => {
  it("finds nothing in honest books, with doubts that were decided among them", async () => {
    const ledger = await books();
    expect(await faultOf(ledger)).toBeNull();
    await ledger.destroy();
  });

  const EDITS: readonly (readonly [what: string, sql: string, words: RegExp])[] = [
    [
      "an amount",
      "update posting set amount = amount + 1 where terminal = 2 and number = (select max(number) from posting where terminal = 2)",
      /^posting day \d+, terminal 2, number \d+, line \d: amount is/,
    ],
    [
      "both lines of an amount",
      "update posting set amount = 2 * amount where terminal = 1 and number = (select min(number) from posting where terminal = 1)",
      /^posting .*terminal 1, number \d+, line 1: amount is/,
    ],
    [
      "a posting that is gone",
      "delete from posting where terminal = 3 and number = (select min(number) from posting where terminal = 3) and line = 2",
      /^posting .*terminal 3, number \d+, line 2 is missing/,
    ],
    [
      "a posting of nobody",
      "insert into posting values (9000, 1, 999999, 1, 'card', 5, null, 20, 'cents', 100)",
      /number 999999, line 1 should not be there/,
    ],
    [
      "an outcome",
      "update intent_area set outcome = 'committed' where terminal = 2 and number = (select min(number) from intent_area where terminal = 2 and outcome = 'aborted')",
      /^intent_area .*outcome is committed, and should be aborted/,
    ],
    ["an entry that is gone", "delete from entry where terminal = 1 and number = 7", /T-0001: entry 7 is missing/],
    [
      "the last entry that is gone",
      "delete from entry where terminal = 4 and number = (select max(number) from entry where terminal = 4)",
      /T-0004: entry \d+ is missing/,
    ],
    [
      "the time of an entry beside its bytes",
      "update entry set utc = utc + 1 where terminal = 1 and number = 5",
      /^entry terminal 1, number 5, day \d+: utc is/,
    ],
    [
      "bytes of an entry",
      "update entry set stored = (select stored from entry where terminal = 1 and number = 3) where terminal = 1 and number = 5",
      /T-0001: entry 3 does not follow/,
    ],
    [
      "a fork that is hidden",
      "delete from fork where card = (select min(card) from fork)",
      /^fork card \d+.* is missing/,
    ],
    [
      "an alert that is hidden",
      "insert into alert values ('balance', 1, 1, 5, 20, 0, 'x')",
      /^alert .* should not be there/,
    ],
    [
      "a terminal's end",
      "update terminal set imported_to = imported_to - 1 where number = 3",
      /^terminal number 3: imported_to is/,
    ],
    [
      "a terminal's merchant",
      "update terminal set merchant = 9 where number = 3",
      /^terminal number 3: merchant is 9, and should be 3/,
    ],
    [
      "a closing's total",
      "update closing set perpetual = '{}' where kind = 'day' and day = (select min(day) from closing)",
      /^closing kind day.*perpetual is \{\}/,
    ],
    [
      "how far a closing went",
      "update closing_end set number = number - 1 where terminal = 1",
      /^closing_end terminal 1/,
    ],
    [
      "a decision",
      "update decision set outcome = 'aborted' where outcome = 'committed'",
      /^decision .*outcome is aborted/,
    ],
    [
      "a row of the chain",
      "update audit set content = (select content from audit where number = 6) where number = 7",
      /audit 7 \(\w+\) is not what was written/,
    ],
    ["a row of the chain that is gone", "delete from audit where number = 5", /audit 5 is missing/],
  ];
  it.each(EDITS)("names %s that somebody edited", async (_, edit, words) => {
    const ledger = await books();
    const { numAffectedRows } = await ledger.executeQuery(CompiledQuery.raw(edit));
    expect(Number(numAffectedRows)).toBeGreaterThan(0);
    expect(await faultOf(ledger)).toMatch(words);
    await ledger.destroy();
  });
});
