import { sql } from "kysely";
import { describe, expect, it } from "vitest";
import { earned, freshCard, HandJournal, spent } from "../../../tests/fixtures/hand-journal.ts";
import { AT, newLedger } from "../../../tests/fixtures/ledger.ts";
import { importTown, officeTown, TOWN_PROGRAMME } from "../../../tests/fixtures/office-town.ts";
import { decideDoubts } from "./decisions.ts";
import { holds, identities, identityFault } from "./identities.ts";
import { importBatch } from "./import.ts";
import { type Account, postings } from "./ledger.ts";
import { insertAll, type Ledger } from "./schema.ts";
import { enrolTerminal } from "./terminals.ts";

const P = TOWN_PROGRAMME;
const identityOf = async (ledger: Ledger, name: string, unit = "cents") =>
  (await identities(ledger)).identities.find((one) => one.name === name && one.unit === unit)!;

async function imported(...journals: readonly HandJournal[]): Promise<Ledger> {
  const ledger = await newLedger();
  for (const { terminal, merchant, signer } of journals)
    await enrolTerminal(ledger, terminal, merchant, signer.publicKey, AT);
  for (const journal of journals)
    expect(await importBatch(ledger, { name: "", file: journal.batch() }, AT)).toMatchObject({ status: "accepted" });
  return ledger;
}

const account = (name: Account["account"], holder: number): Account => ({ account: name, holder, programme: P });

/** Posts moves of the office's own, as a settlement will. */
const move = (ledger: Ledger, number: number, from: Account, to: Account, amount: number) =>
  insertAll(ledger, "posting", postings([{ from, to, unit: "cents", amount }], { day: 9_700, terminal: 0, number }));

describe("what must hold every night", () => {
  it("holds in a town with copies, doubts and tears, before and after the doubts are decided", async () => {
    const town = officeTown(3, { terminals: 6, cards: 40, visits: 600, batches: 30 });
    const ledger = await newLedger();
    await importTown(ledger, town, town.files.slice(0, 15), AT);
    expect(await identityFault(ledger)).toBeNull();
    expect((await identities(ledger)).apart.flatMap(({ because }) => because)).toContain("gap");
    await importTown(ledger, town, town.files.slice(15), AT);
    expect(await identityFault(ledger)).toBeNull();
    await decideDoubts(ledger, AT);
    expect(await identityFault(ledger)).toBeNull();
    const { identities: all, apart } = await identities(ledger);
    expect(all.map(({ name, unit }) => `${name} ${unit}`)).toEqual(["entries cents", "cards cents", "pivot cents"]);
    // Of a doubt that no later visit tells about nothing is decided.
    expect(new Set(apart.flatMap(({ because }) => because))).toEqual(new Set(["fork", "doubt"]));
    const cards = all[1]!;
    expect(cards.left.parts.records).toBeGreaterThan(0);
    expect(cards.left.amount).toBe(cards.right.amount);
    await ledger.destroy();
  });

  it("names the card whose books were moved to another one, though the sums stay", async () => {
    const journal = new HandJournal(1);
    for (const card of [11, 12, 13]) journal.visit(freshCard(card, P), earned(100));
    const ledger = await imported(journal);
    await sql`update posting set holder = 13 where account = 'card' and holder = 11`.execute(ledger);
    const cards = await identityOf(ledger, "cards");
    expect(cards.difference).toBe(0);
    expect(holds(cards)).toBe(false);
    expect(cards.cards).toEqual([
      { card: 11, programme: P, books: 0, record: 100 },
      { card: 13, programme: P, books: 200, record: 100 },
    ]);
    expect(await identityFault(ledger)).toMatch(/first card 11, programme 20: 0 by the books, 100 by its last record/);
    await ledger.destroy();
  });

  it("names an amount that was changed on one line, and an account that nobody knows", async () => {
    const journal = new HandJournal(1);
    journal.visit(freshCard(11, P), earned(100));
    const ledger = await imported(journal);
    await sql`update posting set amount = 90 where account = 'card'`.execute(ledger);
    const [entries, cards, pivot] = (await identities(ledger)).identities;
    expect([entries!.difference, cards!.difference, pivot!.difference]).toEqual([-10, 10, 10]);
    await sql`update posting set amount = 100 where account = 'card'`.execute(ledger);
    expect(await identityFault(ledger)).toBeNull();
    await sql`update posting set account = 'drawer' where account = 'merchant'`.execute(ledger);
    expect(await identityFault(ledger)).toBe("pivot 0 and liability + not swept 100 cents are not the same");
    await ledger.destroy();
  });

  it("takes the office's word where a record is out of line, and lists the card", async () => {
    const [one, two] = [new HandJournal(1), new HandJournal(2)];
    const first = one.visit(freshCard(11, P), earned(100));
    // What it holds was never earned.
    two.visit({ ...first.state, cents: 500 }, earned(5));
    const ledger = await imported(one, two);
    const { apart } = await identities(ledger);
    expect(apart).toEqual([{ card: 11, programme: P, books: 105, record: 505, because: ["alert"] }]);
    expect(await identityFault(ledger)).toBeNull();
    await ledger.destroy();
  });

  it("is what settlement of three merchants comes to: case C39", async () => {
    const [a, b, gms] = [new HandJournal(1), new HandJournal(2), new HandJournal(3)];
    const card = (number: number) => freshCard(number, P);
    const ofA = a.visit(card(11), earned(5_000));
    const ofB = b.visit(card(12), earned(3_000));
    const ofGms = gms.visit(card(13), earned(4_000));
    a.visit(ofB.state, spent(2_000));
    b.visit(ofA.state, spent(5_000));
    b.visit(ofGms.state, spent(2_000));
    const ledger = await imported(a, b, gms);
    const before = await identityOf(ledger, "pivot");
    expect(before.left).toMatchObject({ amount: 3_000, parts: { merchant: 3_000 } });
    expect(before.right.parts.card).toBe(3_000);
    const [pivot, fees] = [account("pivot", 0), account("fees", 0)];
    const owes = { 1: 1_000, 2: 600, 3: 2_000 };
    let number = 1;
    for (const [merchant, fee] of Object.entries(owes))
      await move(ledger, number++, account("merchant", Number(merchant)), fees, fee);
    expect((await identityOf(ledger, "pivot")).left.amount).toBe(6_600);
    for (const [merchant, net] of [[1, 4_000] as const, [2, -3_400] as const, [3, 6_000] as const])
      await move(ledger, number++, pivot, account("merchant", merchant), net);
    const settled = await identityOf(ledger, "pivot");
    expect(settled.left).toMatchObject({ amount: 6_600, parts: { pivot: 6_600, merchant: 0 } });
    expect(settled.right).toMatchObject({ amount: 6_600, parts: { card: 3_000, fees: 3_600 } });
    await move(ledger, number++, fees, pivot, 3_600);
    expect((await identityOf(ledger, "pivot")).left.parts).toMatchObject({ pivot: 3_000 });
    expect(await identityFault(ledger)).toBeNull();
    await ledger.destroy();
  });

  it("keeps what is never spent, and what others than the merchant pay, on accounts of their own", async () => {
    const journal = new HandJournal(1);
    const bonus = { ...earned(200), funder: "association" } as const;
    const first = journal.visit(freshCard(11, P), earned(1_000), bonus);
    const over = { ...spent(300), type: "expire" } as const;
    journal.visit(first.state, over);
    const ledger = await imported(journal);
    const { left, right, difference } = await identityOf(ledger, "pivot");
    expect(difference).toBe(0);
    expect(left.parts).toMatchObject({ merchant: 1_000, pays: 200 });
    expect(right.parts).toMatchObject({ card: 900, breakage: 300 });
    await ledger.destroy();
  });

  it("counts cash for what is on cards as the merchant's debt", async () => {
    const journal = new HandJournal(4, 9);
    journal.topUp(freshCard(11, P), 2_000);
    const ledger = await imported(journal);
    expect((await identityOf(ledger, "pivot")).left.parts.merchant).toBe(2_000);
    await ledger.destroy();
  });
});
