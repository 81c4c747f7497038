import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AT, newLedger, rowsOf } from "../../../../tests/fixtures/ledger.ts";
import { insertAll, type Ledger } from "../schema.ts";
import { changeBalance, makeCeilings, nextCeilings } from "./ceilings.ts";
import { phoneHash, setPhone } from "./phones.ts";

const OF = { account: 2 ** 48 + 7, programme: 20, purse: 24 };
const TERMINALS = [1, 2, 3];
/** Each makes a database. */
const RUNS = process.env.LEDGER_ENGINE === "postgres" ? 3 : 200;

const amount = fc.integer({ min: 1, max: 1_000 });
const terminal = fc.constantFrom(...TERMINALS);
const put = fc.record({ what: fc.constant("put" as const), value: amount });
const list = fc.record({ what: fc.constant("list" as const) });
const bring = fc.record({ what: fc.constant("bring" as const), terminal, back: fc.integer({ min: 0, max: 2 }) });

/** What happens to an account in some months; at first everybody has a list with some money on it. */
const steps = fc
  .tuple(
    fc.tuple(put, list, bring, bring, bring),
    fc.array(
      fc.oneof(
        { weight: 1, arbitrary: put },
        { weight: 3, arbitrary: fc.record({ what: fc.constant("take" as const), value: amount }) },
        { weight: 4, arbitrary: list },
        { weight: 4, arbitrary: bring },
        { weight: 3, arbitrary: fc.record({ what: fc.constant("import" as const), terminal }) },
        { weight: 5, arbitrary: fc.record({ what: fc.constant("spend" as const), terminal, value: amount }) },
      ),
      { minLength: 10, maxLength: 40 },
    ),
  )
  .map(([first, rest]) => [...first, ...rest]);

/** A terminal with a list of its own age, as it is and as the office knows it. */
interface Terminal {
  holds: number;
  spent: number;
  ceiling: number;
  knownHolds: number;
  knownSpent: number;
}

async function spentIs(ledger: Ledger, terminal: number, spent: number): Promise<void> {
  await ledger.deleteFrom("account_spent").where("terminal", "=", terminal).execute();
  await insertAll(ledger, "account_spent", [{ ...OF, terminal, spent }]);
}

describe("ceilings of an account without a chip", () => {
  it("let terminals with lists of any age spend, together, never more than was put there", async () => {
    let spentSomething = 0;
    await fc.assert(
      fc.asyncProperty(steps, async (all) => {
        const ledger = await newLedger();
        const terminals = new Map(
          TERMINALS.map((number): [number, Terminal] => [
            number,
            { holds: 0, spent: 0, ceiling: 0, knownHolds: 0, knownSpent: 0 },
          ]),
        );
        const held = () =>
          TERMINALS.map((number) => ({ terminal: number, version: terminals.get(number)!.knownHolds }));
        const ceilingOf = new Map<string, number>();
        let [version, given] = [0, 0];
        const change = (value: number) =>
          ledger
            .transaction()
            .execute((transaction) =>
              changeBalance(transaction, OF, { value, from: { account: "pays", holder: 2 }, day: 0 }, held(), AT),
            );
        for (const step of all) {
          if (step.what === "put") {
            await change(step.value);
            given += step.value;
          } else if (step.what === "take") {
            try {
              await change(-step.value);
              given -= step.value;
            } catch (error) {
              expect(error).toBeInstanceOf(RangeError);
            }
          } else if (step.what === "list") {
            version += 1;
            const made = await ledger
              .transaction()
              .execute((transaction) => makeCeilings(transaction, version, held()));
            for (const one of made.ceilings) ceilingOf.set(`${version}/${one.terminal}`, one.ceiling);
          } else {
            const one = terminals.get(step.terminal)!;
            if (step.what === "bring") {
              // Some older list may come, but never one older than what it holds.
              one.holds = Math.max(one.holds, version - step.back);
              one.ceiling = ceilingOf.get(`${one.holds}/${step.terminal}`) ?? 0;
            } else if (step.what === "spend") {
              const value = Math.min(step.value, Math.max(0, one.ceiling - one.spent));
              one.spent += value;
              spentSomething += value;
            } else {
              const [{ balance } = { balance: 0 }] = await rowsOf(ledger, "select balance from account_balance");
              const fresh = one.spent - one.knownSpent;
              await ledger
                .updateTable("account_balance")
                .set({ balance: Number(balance) - fresh })
                .execute();
              [one.knownHolds, one.knownSpent] = [one.holds, one.spent];
              await spentIs(ledger, step.terminal, one.spent);
            }
          }
          // Whatever list each of them gets next, and spends all that it may.
          const worst = [...terminals].reduce((sum, [number, one]) => {
            const versions = Array.from({ length: version - one.holds + 1 }, (_, i) => one.holds + i);
            const most = Math.max(...versions.map((at) => ceilingOf.get(`${at}/${number}`) ?? 0));
            return sum + Math.max(most, one.spent);
          }, 0);
          expect(worst).toBeLessThanOrEqual(given);
        }
        await ledger.destroy();
      }),
      { numRuns: RUNS },
    );
    if (RUNS > 100) expect(spentSomething).toBeGreaterThan(10_000);
  });

  it("share the balance out to the last cent, and take back only what a terminal is known to have given up", () => {
    const fresh = TERMINALS.map((terminal) => ({ terminal, spent: 0, ceiling: 0 }));
    expect([...nextCeilings(100, fresh)]).toEqual([
      [1, 34],
      [2, 33],
      [3, 33],
    ]);
    // Terminal 1 may have 80 on an old list: the others get the 20 that are free, and it is told to keep to 34.
    const uneven = fresh.map((one) => (one.terminal === 1 ? { ...one, ceiling: 80 } : one));
    expect([...nextCeilings(100, uneven)]).toEqual([
      [1, 34],
      [2, 20],
      [3, 0],
    ]);
    expect([...nextCeilings(0, uneven)]).toEqual([
      [1, 0],
      [2, 0],
      [3, 0],
    ]);
  });
});

it("a phone number is a keyed hash for each merchant, and no number is kept", async () => {
  const ledger = await newLedger();
  const hash = phoneHash(new Uint8Array(32).fill(1), "+33612345678");
  expect(hash).toHaveLength(16);
  expect(hash).not.toEqual(phoneHash(new Uint8Array(32).fill(2), "+33612345678"));
  expect(() => phoneHash(new Uint8Array(32), "0612345678")).toThrow(RangeError);
  const set = (card: number | null) =>
    ledger.transaction().execute((transaction) => setPhone(transaction, 3, hash, card, AT));
  await set(7);
  await set(8);
  expect(await rowsOf(ledger, "select merchant, card from phone")).toEqual([{ merchant: 3, card: 8 }]);
  await set(null);
  expect(await rowsOf(ledger, "select merchant, card from phone")).toEqual([]);
  await ledger.destroy();
});
