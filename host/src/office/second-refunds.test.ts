import type { Intent, StoredEffect } from "@cachet/firmware/wire";
import { describe, expect, it } from "vitest";
import { earned, freshCard, type HandState, spent } from "../../../tests/fixtures/hand-journal.ts";
import { rowsOf } from "../../../tests/fixtures/ledger.ts";
import { OfficeNights } from "../../../tests/fixtures/office-nights.ts";

const CARD = freshCard(77, 20);
const NOTHING = { lines: [], tip: 0, payable: 0 };
const effect = (type: StoredEffect["type"], value: number): StoredEffect => ({ ...earned(value), type });

/** A sale of two lines at terminal 1 that spends 100 and earns 40, on a card that held 500; all three terminals are one merchant's. */
async function sold() {
  const nights = await OfficeNights.begin(3, [1, 1, 1]);
  const journal = nights.at(1, 0);
  const start = journal.visit(CARD, earned(500)).state;
  const lines = [
    { amount: 3_000, quantity: 1 },
    { amount: 1_000, quantity: 1 },
  ];
  const [sale] = journal.intent([{ from: start, effects: [spent(100), earned(40)] }], {
    sale: { lines, tip: 0, payable: 3_900 },
  });
  journal.commit(sale!);
  return { nights, ticket: sale!.intent, state: sale!.state };
}

/** Lines of the ticket taken back: half or all of the money, of what was spent and of what was earned. */
function takesBack(
  nights: OfficeNights,
  terminal: number,
  hours: number,
  from: HandState,
  ticket: number,
  lines = [0, 1],
  cents = 3_900,
) {
  const journal = nights.at(terminal, hours);
  const refund: Intent["refund"] = { ticket, lines, cents, ...(terminal === 1 ? {} : { terminal: 1 }) };
  const [step] = journal.intent([{ from, effects: [effect("return", 100), effect("clawback", 40)] }], {
    sale: NOTHING,
    refund,
  });
  journal.commit(step!);
  return step!.state;
}

async function claims(nights: OfficeNights) {
  const rows = await rowsOf(
    nights.ledger,
    "select account, holder, sum(amount) as cents from posting where terminal = 0 group by account, holder order by account",
  );
  return rows.filter(({ cents }) => cents !== 0).map(({ account, holder, cents }) => `${account} ${holder} ${cents}`);
}

describe("a ticket that was taken back at two terminals", () => {
  it("is found at the night's end, and borne by the merchant who gave it: his own entry says so", async () => {
    const { nights, ticket, state } = await sold();
    const after = takesBack(nights, 1, 1, state, ticket);
    takesBack(nights, 2, 2, after, ticket);
    await nights.comes(1, 2);
    const { refunds } = await nights.night();
    const second = { terminal: 2, number: 1, card: 77, merchant: 1, seller: 1, ticket, cents: 3_960 };
    expect(refunds).toEqual([expect.objectContaining({ ...second, first: { terminal: 1, number: 5 } })]);
    expect((await nights.night()).refunds).toEqual([]);
    expect(await claims(nights)).toEqual([]);
    expect(await nights.seen(1)).toEqual([
      expect.objectContaining({ kind: "second-refund", terminal: 2, cents: 3_960 }),
    ]);
    await nights.end();
  });

  it("is claimed from the card's holder where that is the policy, once", async () => {
    const { nights, ticket, state } = await sold();
    takesBack(nights, 2, 2, takesBack(nights, 1, 1, state, ticket), ticket);
    await nights.comes(2, 1);
    await nights.night("card");
    await nights.night("card");
    expect(await claims(nights)).toEqual(["claim 77 -3960", "merchant 1 3960"]);
    await nights.end();
  });

  it("is the same whatever came first: the charge goes where the later refund is", async () => {
    const { nights, ticket, state } = await sold();
    const first = takesBack(nights, 2, 1, state, ticket);
    const second = takesBack(nights, 3, 2, first, ticket);
    takesBack(nights, 1, 3, second, ticket);
    await nights.comes(1);
    expect((await nights.night("card")).refunds).toEqual([]);
    await nights.comes(3);
    expect((await nights.night("card")).refunds).toMatchObject([{ terminal: 1 }]);
    await nights.comes(2);
    // Now the one at terminal 3 turns out to be a second one as well.
    expect((await nights.night("card")).refunds).toMatchObject([{ terminal: 3 }]);
    expect(await claims(nights)).toEqual(["claim 77 -7920", "merchant 1 7920"]);
    await nights.end();
  });

  it("takes a charge back when an earlier refund comes late", async () => {
    const { nights, ticket, state } = await sold();
    const first = takesBack(nights, 2, 1, state, ticket, [1], 1_000);
    takesBack(nights, 3, 2, first, ticket, [1], 1_000);
    // By its clock before both of them, of the other line too.
    takesBack(nights, 1, 0.5, { ...state, hash: new Uint8Array(32).fill(3) }, ticket);
    await nights.comes(2, 3);
    expect((await nights.night("card")).refunds).toMatchObject([{ terminal: 3, cents: 1_060 }]);
    await nights.comes(1);
    expect((await nights.night("card")).refunds).toMatchObject([{ terminal: 2, cents: 1_060 }]);
    expect(await claims(nights)).toEqual(["claim 77 -2120", "merchant 1 2120"]);
    await nights.end();
  });

  it("counts the part of the lines that were taken back before", async () => {
    const { nights, ticket, state } = await sold();
    const first = takesBack(nights, 1, 1, state, ticket, [1], 975);
    takesBack(nights, 2, 2, first, ticket);
    await nights.comes(1, 2);
    // A quarter of what it gave, as the line was a quarter of the sale.
    expect((await nights.night()).refunds).toMatchObject([{ terminal: 2, cents: 990 }]);
    await nights.end();
  });

  it("is charged anew, and no more, where an earlier refund that comes late makes more of it a second one", async () => {
    const { nights, ticket, state } = await sold();
    const first = takesBack(nights, 2, 1, state, ticket, [1], 975);
    takesBack(nights, 3, 2, first, ticket);
    await nights.comes(2);
    await nights.comes(1, 3);
    expect((await nights.night("card")).refunds).toMatchObject([{ terminal: 3, cents: 990 }]);
    takesBack(nights, 1, 0.5, { ...state, hash: new Uint8Array(32).fill(3) }, ticket, [0], 2_925);
    await nights.comes(1);
    expect((await nights.night("card")).refunds).toMatchObject([{ terminal: 3, cents: 3_960 }]);
    expect(await rowsOf(nights.ledger, "select borne_by, cents from refund_charge order by number")).toEqual([
      { borne_by: "card", cents: 990 },
      { borne_by: "withdrawn", cents: 990 },
      { borne_by: "card", cents: 3_960 },
    ]);
    expect(await claims(nights)).toEqual(["claim 77 -3960", "merchant 1 3960"]);
    await nights.end();
  });

  it("is nothing where each line came back once, or a refund did not happen", async () => {
    const { nights, ticket, state } = await sold();
    const first = takesBack(nights, 1, 1, state, ticket, [0], 2_925);
    takesBack(nights, 2, 2, first, ticket, [1], 975);
    const refund: Intent["refund"] = { ticket, lines: [0, 1], cents: 3_900, terminal: 1 };
    const [cut] = nights
      .at(3, 3)
      .intent([{ from: first, effects: [effect("return", 100)] }], { sale: NOTHING, refund });
    nights.at(3, 4).abort(cut!);
    await nights.comes(1, 2, 3);
    expect((await nights.night()).refunds).toEqual([]);
    await nights.end();
  });
});

describe("a receipt's code with merged lines", () => {
  it("is a whole refund, whatever the numbers of its lines", async () => {
    const { nights, ticket, state } = await sold();
    const first = takesBack(nights, 1, 1, state, ticket, [1], 975);
    // Both lines are of one category: merged they are one line, 0.
    takesBack(nights, 2, 2, first, ticket, [0], 3_900);
    await nights.comes(1, 2);
    expect((await nights.night()).refunds).toMatchObject([{ terminal: 2, cents: 990 }]);
    await nights.end();
  });
});
