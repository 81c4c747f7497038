import { type SharedAccount, spendShared, synchronise } from "@cachet/firmware/rules";
import { Type2Chip } from "@cachet/terminal-sim";
import { describe, expect, it } from "vitest";
import { card, sale, settle, terminal } from "../fixtures/town.ts";
import { type Case, type Json, readCases, subjectOf, Words } from "./written-case.ts";

const casesOf = (subject: ReturnType<typeof subjectOf>) => readCases().filter((one) => subjectOf(one) === subject);

interface Seen {
  readonly counter: number;
  readonly balance: number;
}

/**
 * What a chip of each number of a case holds: visits count it up, at the terminal that remembers the card as far as it has seen
 * it, at another one beyond that.
 */
async function statesOf(counters: readonly number[], seen: number | undefined, serial: number) {
  const [shop, other] = [await terminal(1), await terminal(2)];
  const chip = await card(serial);
  const states = new Map<number, Type2Chip>();
  for (const counter of counters) {
    const at = seen !== undefined && counter <= seen ? shop : other;
    expect(await at.visit(sale(1_000), chip)).toMatchObject({ result: "done" });
    states.set(counter, chip.copy());
  }
  return { shop, states };
}

/** The same bytes on another chip: their signature is of another one. */
function forged(chip: Type2Chip): Type2Chip {
  const other = new Type2Chip("NTAG215", Uint8Array.of(4, 0xa1, 0xb2, 0xc3, 0xd4, 0xff, 0xfe));
  other.restore(chip.dump());
  return other;
}

function presentation(worked: Case, step: number) {
  const given = new Words(`${worked.id} event ${step + 1}`, worked.when[step]!);
  given.always("type", "present");
  const isForged = given.oneOf("signature", { valid: false, invalid: true }, "valid");
  const made = {
    card: given.take("card", ""),
    counter: given.take("counter", 0),
    balance: given.take("balance", 0),
    isForged,
  };
  given.end();
  return made;
}

/** Cards that go back in time, at a terminal that remembers them: no programme's affair. */
describe.each(casesOf("memory").map((worked) => ({ worked, name: `${worked.id}: ${worked.title}` })))(
  "$name",
  ({ worked }) => {
    const presented = worked.when.map((_, step) => presentation(worked, step));
    const { last_seen } = worked.given.terminal as { readonly last_seen: Readonly<Record<string, Seen>> };

    it.each(presented.map((one, step) => ({ ...one, step, of: step + 1 })))(
      "event $of: counter $counter",
      async ({ card: name, counter, balance, isForged, step }) => {
        const seen = last_seen[name];
        // Two states of one number are a fork: the import finds those.
        expect(seen?.counter !== counter || seen.balance === balance).toBe(true);
        const own = presented.filter((one) => one.card === name).map((one) => one.counter);
        const counters = [...new Set([...own, ...(seen === undefined ? [] : [seen.counter])])].sort((a, b) => a - b);
        const { shop, states } = await statesOf(counters, seen?.counter, 100 + step);
        const chip = states.get(counter)!;
        const { result, reason } = (await shop.visit(settle(), isForged ? forged(chip) : chip)) as {
          readonly result: string;
          readonly reason?: string;
        };
        const { accepted, declined, log, ...others } = worked.then[step]!;
        expect(others).toEqual({});
        expect(log).toBe(declined === undefined ? undefined : "security");
        if (accepted === true) expect({ result, reason }).toEqual({ result: "nothing-to-do", reason: undefined });
        else expect([{ reason }]).toEqual(declined);
      },
    );
  },
);

interface Answer {
  readonly declined?: unknown;
  readonly max_acceptable?: number;
  readonly prepaid_debit?: number;
  readonly account?: number;
  readonly allowances?: Readonly<Record<string, number>>;
  readonly card_state?: Readonly<Record<string, { readonly allowance: number }>>;
}

/** What a case says of an account as it stands. */
function holds(account: SharedAccount, { account: balance, allowances, card_state = {} }: Answer): void {
  if (balance !== undefined) expect(account.balance).toBe(balance);
  if (allowances !== undefined) expect(account.allowances).toMatchObject(allowances);
  for (const [name, { allowance }] of Object.entries(card_state)) expect(account.allowances[name]).toBe(allowance);
}

function openAccount({ id, programme, given }: Case): SharedAccount {
  const rules = new Words(`${id} account`, programme.shared_account as Json);
  rules.always("mode", "allowance");
  rules.always("top_up", "online_only");
  const allowanceMax = rules.take("allowance_per_card", 0);
  rules.end();
  const { account, cards } = given as {
    readonly account: { readonly prepaid: number };
    readonly cards: Readonly<Record<string, { readonly allowance: number }>>;
  };
  const allowances = Object.fromEntries(Object.entries(cards).map(([name, { allowance }]) => [name, allowance]));
  return { balance: account.prepaid, allowanceMax, allowances, reached: [] };
}

/** Cards of a family on one account: not one card's affair. */
describe("accounts that cards share", () => {
  it.each(casesOf("family").map((worked) => [worked.id, worked.title, worked] as const))(
    "%s: %s",
    (_id, _title, worked) => {
      let account = openAccount(worked);
      for (const [i, event] of worked.when.entries()) {
        const expected = worked.then[i] as Answer;
        const given = new Words(`${worked.id} event ${i + 1}`, event);
        if (given.oneOf("type", { sync: true, purchase: false }, "purchase")) {
          account = synchronise(account);
          holds(account, expected);
          given.end();
          continue;
        }
        const amount = given.list("lines").reduce((all, line) => all + line.take("amount", 0), 0);
        const [isOnline, isOffline] = [given.take("online", false), given.take("offline", false)];
        expect(isOnline).not.toBe(isOffline);
        const done = spendShared(account, given.take("card", ""), amount, isOnline);
        given.end();
        if ("declined" in done) {
          expect([{ reason: done.declined }]).toEqual(expected.declined);
          if (expected.max_acceptable !== undefined) expect(done.mostAccepted).toBe(expected.max_acceptable);
        } else {
          expect(expected.declined ?? []).toEqual([]);
          expect(account.balance - done.account.balance).toBe(expected.prepaid_debit);
          account = done.account;
        }
        holds(account, expected);
      }
      holds(account, worked.final);
    },
  );
});
