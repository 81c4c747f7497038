import { describe, expect, it } from "vitest";
import { earned, freshCard, type HandState, spent } from "../../../../tests/fixtures/hand-journal.ts";
import { OfficeNights } from "../../../../tests/fixtures/office-nights.ts";
import { suspicious } from "./findings.ts";

const CARD = freshCard(77, 20);

/** Ten taps of one card, so many of them torn and never written; each goes on by a step of the counter. */
async function taps(torn: number, step: number, afterTorn: number) {
  const nights = await OfficeNights.begin();
  const journal = nights.at(1, 0);
  let state: HandState = CARD;
  for (let tap = 0; tap < 10; tap += 1) {
    const isTorn = tap > 0 && tap <= torn;
    if (isTorn) journal.abort(journal.intent([{ from: state, effects: [spent(1)] }])[0]!);
    else {
      const [next] = journal.intent([{ from: state, effects: [earned(9)], step: tap === torn + 1 ? afterTorn : step }]);
      journal.commit(next!);
      state = next!.state;
    }
  }
  await nights.comes(1);
  return nights;
}

describe("a card that is torn away", () => {
  it("is one to look at when more than two visits in ten were never committed, and bars nobody", async () => {
    const nights = await taps(3, 1, 1);
    expect(await nights.seen(1)).toEqual([expect.objectContaining({ kind: "torn", card: 77 })]);
    expect((await nights.seen(1))[0]!.what).toContain("3 of 10");
    expect(await suspicious(nights.ledger, 0)).toEqual([]);
    await nights.end();
  });

  it("is nothing at two in ten", async () => {
    const nights = await taps(2, 1, 1);
    expect(await nights.seen(1)).toEqual([]);
    await nights.end();
  });
});

describe("a counter that moved by itself", () => {
  it("is told by how much its sequences went on without a visit", async () => {
    const nights = await taps(0, 2, 2);
    expect(await nights.seen(1)).toEqual([]);
    const [next] = nights.at(2, 1).intent([{ from: await tip(nights), effects: [earned(1)], step: 8 }]);
    nights.at(2, 1).commit(next!);
    await nights.comes(2);
    const [found] = (await nights.seen(1)).filter(({ kind }) => kind === "counter");
    expect(found).toMatchObject({ card: 77, programme: 20 });
    expect(found!.what).toContain("went on by 6");
    await nights.ledger.destroy();
  });

  it("is nothing where visits that were cut account for it", async () => {
    const nights = await taps(1, 2, 4);
    expect((await nights.kinds(1)).filter((kind) => kind === "counter")).toEqual([]);
    await nights.end();
  });
});

/** The last state of the card, as the ledger has it. */
async function tip(nights: OfficeNights): Promise<HandState> {
  const row = await nights.ledger
    .selectFrom("intent_area")
    .select(["new_hash", "sequence", "holds_cents"])
    .where("outcome", "=", "committed")
    .orderBy("sequence", "desc")
    .limit(1)
    .executeTakeFirstOrThrow();
  return { ...CARD, hash: row.new_hash, sequence: row.sequence, terminal: 1, cents: row.holds_cents };
}

describe("a card that more left than came", () => {
  it("is told with the sum that no journal gave", async () => {
    const nights = await OfficeNights.begin();
    const a = nights.at(1, 0).visit(CARD, earned(500)).state;
    nights.at(2, 1).visit(a, spent(400));
    nights.at(3, 2).visit(a, spent(450));
    await nights.comes(1, 2, 3);
    const seen = await nights.seen(1);
    expect(seen.map(({ kind, cents }) => [kind, cents])).toEqual([
      ["fork", 450],
      ["overdrawn", 350],
    ]);
    expect(await suspicious(nights.ledger, 0)).toEqual([{ card: 77, reasons: ["fork"] }]);
    await nights.end();
  });

  it("is not judged while a visit is missing: that may have given it", async () => {
    const nights = await OfficeNights.begin();
    const a = nights.at(1, 0).visit(CARD, earned(500)).state;
    const b = nights.at(2, 1).visit(a, spent(400)).state;
    nights.at(3, 2).visit(a, spent(450));
    nights.at(1, 4).visit(nights.at(4, 3).topUp(b, 5_000).state, spent(5_000));
    await nights.comes(1, 2, 3);
    expect(await nights.kinds(1)).toEqual(["fork"]);
    await nights.comes(4);
    expect((await nights.seen(1)).map(({ kind, cents }) => [kind, cents])).toContainEqual(["overdrawn", 350]);
    await nights.end();
  });
});
