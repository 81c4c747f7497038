import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { freeOf, type SharedAccount, spendShared, synchronise } from "./index.ts";

const FAMILY: SharedAccount = {
  balance: 5_500,
  allowanceMax: 2_000,
  allowances: { mum: 2_000, son: 2_000 },
  reached: [],
};

describe("an account that several cards share", () => {
  it("lets a card spend its own part offline, and what is free too when it is online", () => {
    expect(spendShared(FAMILY, "son", 2_001, false)).toEqual({ declined: "ALLOWANCE_EXCEEDED", mostAccepted: 2_000 });
    expect(spendShared(FAMILY, "son", 3_500, true)).toMatchObject({
      account: { balance: 2_000, allowances: { son: 0 } },
    });
    expect(spendShared(FAMILY, "son", 3_501, true)).toEqual({ declined: "ALLOWANCE_EXCEEDED", mostAccepted: 3_500 });
    expect(spendShared(FAMILY, "stranger", 1, false)).toEqual({ declined: "ALLOWANCE_EXCEEDED", mostAccepted: 0 });
  });

  it("never promises more than it holds, and loses no cent", () => {
    const steps = fc.array(
      fc.record({
        card: fc.constantFrom("mum", "son"),
        amount: fc.nat(2_500),
        online: fc.boolean(),
        sync: fc.boolean(),
      }),
    );
    fc.assert(
      fc.property(steps, (list) => {
        let [account, spent] = [FAMILY, 0];
        for (const { card, amount, online, sync } of list) {
          const done = spendShared(account, card, amount, online);
          if ("account" in done) {
            account = done.account;
            spent += amount;
          }
          if (sync) account = synchronise(account);
          expect(freeOf(account)).toBeGreaterThanOrEqual(0);
          for (const part of Object.values(account.allowances)) expect(part).toBeGreaterThanOrEqual(0);
        }
        expect(account.balance + spent).toBe(FAMILY.balance);
      }),
    );
  });
});
