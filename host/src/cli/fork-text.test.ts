import { describe, expect, it } from "vitest";
import { newLedger, plantArea } from "../../../tests/fixtures/ledger.ts";
import { recordForks } from "../office/forks.ts";
import type { Ledger } from "../office/schema.ts";
import { forkLines } from "./fork-text.ts";

const CARD = 2_800_010_000_007;
const state = (name: number) => new Uint8Array(32).fill(name);

function visit(ledger: Ledger, terminal: number, number: number, from: number, to: number, cents: readonly number[]) {
  const [earned = 0, spent = 0, toppedUp = 0, stamps = 0, rewards = 0] = cents;
  const utc = terminal === 9 ? Number.MAX_SAFE_INTEGER : 1_781_517_600 + number;
  const moved = { earned_cents: earned, spent_cents: spent, topped_up_cents: toppedUp, stamps, rewards };
  const link = { card: CARD, programme: 20, old_hash: state(from), new_hash: state(to) };
  return plantArea(ledger, { ...link, ...moved, terminal, number, merchant: 3, utc, utc_offset: -90 });
}

async function forkOf(ledger: Ledger) {
  const link = { card: CARD, programme: 20, oldHash: state(1) };
  const [fork] = await ledger.transaction().execute((transaction) => recordForks(transaction, [link]));
  return fork!;
}

describe("a fork in words", () => {
  it("says what each side moved, in units that it moved, and masks the card", async () => {
    const ledger = await newLedger();
    await visit(ledger, 1, 1, 1, 2, [0, 0, 2_000, 0, 0]);
    await visit(ledger, 2, 2, 1, 3, [5, 0, 0, -10, 1]);
    await visit(ledger, 2, 3, 3, 4, [0, 0, 0, 2, 0]);
    const lines = await forkLines(ledger, await forkOf(ledger));
    expect(lines.slice(0, 3)).toEqual([
      "FORK  card …0007, programme 20: one card, two histories",
      "  T-0001-1  2026-06-15 08:30  merchant 3  topped up €20.00",
      "  T-0002-2  2026-06-15 08:30  merchant 3  earned €0.05, stamps -10, rewards 1; then T-0002-3: in all earned €0.05, stamps -8, rewards 1",
    ]);
    expect(lines.join()).not.toContain(String(CARD));
  });

  it("names the first five visits of a long side and counts the others", async () => {
    const ledger = await newLedger();
    await visit(ledger, 1, 1, 1, 2, []);
    await visit(ledger, 2, 2, 1, 3, []);
    for (let number = 3; number < 10; number += 1) await visit(ledger, 2, number, number, number + 1, []);
    const [, first, other] = await forkLines(ledger, await forkOf(ledger));
    expect(first).toMatch(/moved nothing$/);
    expect(other).toContain("; then T-0002-3, T-0002-4, T-0002-5, T-0002-6, T-0002-7 and 2 more: in all moved nothing");
  });

  it("bears a clock that shows no year of ours", async () => {
    const ledger = await newLedger();
    await visit(ledger, 1, 1, 1, 2, []);
    await visit(ledger, 9, 2, 1, 3, []);
    expect((await forkLines(ledger, await forkOf(ledger)))[2]).toContain("9999-12-31 23:59");
  });
});
