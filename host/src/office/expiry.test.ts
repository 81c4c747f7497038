import { dayOf, type Purse } from "@cachet/card-layout";
import type { StoredEffect } from "@cachet/firmware/wire";
import { describe, expect, it } from "vitest";
import { earned, freshCard, type HandState, spent } from "../../../tests/fixtures/hand-journal.ts";
import { rowsOf } from "../../../tests/fixtures/ledger.ts";
import { NOON, OfficeNights } from "../../../tests/fixtures/office-nights.ts";
import { outstanding } from "./ledger.ts";

const CARD = freshCard(77, 20);
const ISSUED = dayOf(NOON, 120);
const LOT = { value: 500, issued: ISSUED, expires: ISSUED + 30 };
const MONTH = 31 * 24;

const holds = (...lots: readonly (typeof LOT)[]): readonly Purse[] => [{ kind: "cagnotte-lots-2", index: 0, lots }];
const gave: StoredEffect = { ...earned(LOT.value), lots: [LOT] };
const took = (value: number): StoredEffect => ({ ...spent(value), lots: [{ ...LOT, value }] });
const expires = (value: number): StoredEffect => ({ ...earned(value), type: "expire", lots: [{ ...LOT, value }] });

/** A visit that leaves so much of the lot, and does what it says. */
function visit(
  nights: OfficeNights,
  terminal: number,
  hours: number,
  from: HandState,
  left: number,
  ...effects: StoredEffect[]
): HandState {
  const journal = nights.at(terminal, hours);
  const purses = left === 0 ? holds() : holds({ ...LOT, value: left });
  const [step] = journal.intent([{ from, effects, purses }]);
  journal.commit(step!);
  return step!.state;
}

async function books(nights: OfficeNights) {
  const [row] = await rowsOf(nights.ledger, "select sum(amount) as cents from posting where account = 'breakage'");
  return { onCards: await outstanding(nights.ledger, "cents"), expired: row?.cents ?? 0 };
}

describe("value that ends", () => {
  it("needs nothing along one history: a late record was there when the later visits let the rest expire", async () => {
    for (const order of [
      [1, 2, 3],
      [3, 1, 2],
      [1, 3, 2],
    ]) {
      const nights = await OfficeNights.begin();
      const a = visit(nights, 1, 0, CARD, 500, gave);
      const b = visit(nights, 2, 100, a, 200, took(300));
      visit(nights, 3, MONTH, b, 0, expires(200));
      for (const terminal of order) {
        await nights.comes(terminal);
        expect((await nights.night()).expiries).toEqual([]);
      }
      expect(await books(nights)).toEqual({ onCards: 0, expired: 200 });
      await nights.end();
    }
  });

  it("is spent where a late record says so, and did not expire on the history that was restored from the books", async () => {
    const nights = await OfficeNights.begin();
    const a = visit(nights, 1, 0, CARD, 500, gave);
    // The card was spoilt and restored from the books, which did not know yet that it had spent 500 elsewhere.
    visit(nights, 3, MONTH, a, 0, expires(500));
    await nights.comes(1, 3);
    expect((await nights.night()).expiries).toEqual([]);
    expect(await books(nights)).toEqual({ onCards: 0, expired: 500 });
    visit(nights, 2, 100, a, 0, took(500));
    await nights.comes(2);
    expect(await books(nights)).toEqual({ onCards: -500, expired: 500 });
    expect((await nights.night()).expiries).toEqual([{ card: 77, programme: 20, unit: "cents", amount: 500 }]);
    expect(await books(nights)).toEqual({ onCards: 0, expired: 0 });
    expect((await nights.night()).expiries).toEqual([]);
    await nights.end();
  });

  it("expires once where both histories let it expire", async () => {
    const nights = await OfficeNights.begin();
    const a = visit(nights, 1, 0, CARD, 500, gave);
    const b = visit(nights, 2, 1, a, 500);
    visit(nights, 3, MONTH, a, 0, expires(500));
    await nights.comes(1, 2, 3);
    // One side still holds it: the books, too.
    await nights.night();
    expect(await books(nights)).toEqual({ onCards: 500, expired: 0 });
    visit(nights, 4, MONTH + 1, b, 0, expires(500));
    await nights.comes(4);
    expect((await nights.night()).expiries).toEqual([]);
    expect(await books(nights)).toEqual({ onCards: 0, expired: 500 });
    await nights.end();
  });

  it("gives back no more than expired: what two histories spent stays a loss", async () => {
    const nights = await OfficeNights.begin();
    const a = visit(nights, 1, 0, CARD, 500, gave);
    visit(nights, 2, 1, a, 0, took(500));
    const c = visit(nights, 3, 2, a, 200, took(300));
    visit(nights, 3, MONTH, c, 0, expires(200));
    await nights.comes(1, 2, 3);
    expect((await nights.night()).expiries).toMatchObject([{ amount: 200 }]);
    expect(await books(nights)).toEqual({ onCards: -300, expired: 0 });
    await nights.end();
  });
});
