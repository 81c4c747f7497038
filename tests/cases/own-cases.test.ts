import { type SharedAccount, spendShared, synchronise } from "@cachet/firmware/rules";
import { Type2Chip } from "@cachet/terminal-sim";
import { describe, expect, it } from "vitest";
import { card, sale, terminal } from "../fixtures/town.ts";
import { readCases } from "./written-case.ts";

/** A card that goes back in time, at a terminal that remembers it: no programme's affair. */
describe("worked case C37", () => {
  const worked = readCases().find(({ id }) => id === "C37");

  it("is of three cards: an older state, the same state, a state with a wrong signature", () => {
    expect(
      worked?.then.map((answer) => answer.accepted ?? (answer.declined as { reason: string }[])[0]!.reason),
    ).toEqual(["COUNTER_ROLLBACK", true, "BAD_SIGNATURE"]);
  });

  it("an older state with a valid signature is refused where the card was seen", async () => {
    const shop = await terminal(1);
    const chip = await card(37);
    await shop.visit(sale(1_000), chip);
    const older = chip.copy();
    await shop.visit(sale(1_000), chip);
    expect(await shop.visit(sale(1_000), older)).toMatchObject({ result: "refused", reason: "COUNTER_ROLLBACK" });
    expect(await shop.visit(sale(1_000), chip)).toMatchObject({ result: "done" });
  });

  it("the same state with a wrong signature is refused", async () => {
    const shop = await terminal(1);
    const chip = await card(38);
    await shop.visit(sale(1_000), chip);
    const otherUid = new Type2Chip("NTAG215", Uint8Array.of(4, 0xa1, 0xb2, 0xc3, 0xd4, 0, 39));
    otherUid.restore(chip.dump());
    expect(await shop.visit(sale(1_000), otherUid)).toMatchObject({ result: "refused", reason: "BAD_SIGNATURE" });
  });
});

/** Cards of a family on one account: not one card's affair. */
describe("worked case C43", () => {
  interface Answer {
    readonly declined?: unknown;
    readonly max_acceptable?: number;
    readonly prepaid_debit?: number;
    readonly account?: number;
    readonly allowances?: Readonly<Record<string, number>>;
  }

  it("is a family on one prepaid account, two cards, one of them offline", () => {
    const worked = readCases().find(({ id }) => id === "C43")!;
    const { allowance_per_card } = worked.programme.shared_account as { readonly allowance_per_card: number };
    const { account: given, cards } = worked.given as {
      readonly account: { readonly prepaid: number };
      readonly cards: Readonly<Record<string, { readonly allowance: number }>>;
    };
    let account: SharedAccount = {
      balance: given.prepaid,
      allowanceMax: allowance_per_card,
      allowances: Object.fromEntries(Object.entries(cards).map(([name, { allowance }]) => [name, allowance])),
      reached: [],
    };
    for (const [i, event] of worked.when.entries()) {
      const expected = worked.then[i] as Answer;
      if (event.type === "sync") {
        account = synchronise(account);
        expect(account).toMatchObject({ balance: expected.account, allowances: expected.allowances });
        continue;
      }
      const amount = (event.lines as readonly { readonly amount: number }[]).reduce(
        (all, line) => all + line.amount,
        0,
      );
      const done = spendShared(account, String(event.card), amount, event.online === true);
      if ("declined" in done) {
        expect([{ reason: done.declined }]).toEqual(expected.declined);
        expect(done.mostAccepted).toBe(expected.max_acceptable);
        continue;
      }
      expect(account.balance - done.account.balance).toBe(expected.prepaid_debit);
      account = done.account;
    }
    expect(account.balance).toBe(worked.final.account);
  });
});
