import { describe, expect, it } from "vitest";
import { newLedger, plantArea, rowsOf } from "../../../tests/fixtures/ledger.ts";
import { openDatabase } from "../ports/database/index.ts";
import { allForks, branches, type CardLink, type Fork, forkCount, recordForks } from "./forks.ts";
import { migrate } from "./migrations.ts";
import type { Ledger } from "./schema.ts";

const CARD = 2_800_010_000_421;
const PROGRAMME = 20;
const state = (name: string): Uint8Array => new Uint8Array(32).fill(name.charCodeAt(0));

interface Visit {
  readonly ticket: readonly [terminal: number, number: number];
  readonly from: string;
  readonly to: string;
  readonly utc?: number;
  readonly outcome?: "open" | "committed" | "aborted";
  readonly card?: number;
  readonly programme?: number;
  readonly spent?: number;
}

async function ledgerOf(...visits: readonly Visit[]): Promise<Ledger> {
  const ledger = await newLedger();
  for (const visit of visits) await add(ledger, visit);
  return ledger;
}

function add(ledger: Ledger, visit: Visit): Promise<void> {
  const { ticket, from, to, utc = 0, outcome = "committed", card = CARD, programme = PROGRAMME, spent = 0 } = visit;
  const [terminal, number] = ticket;
  const moved = { earned_cents: 10, spent_cents: spent, stamps: 1 };
  const link = { card, programme, old_hash: state(from), new_hash: state(to) };
  return plantArea(ledger, { ...link, ...moved, terminal, number, merchant: 7, utc, utc_offset: 120, outcome });
}

const link = (from: string, over: Partial<CardLink> = {}): CardLink => ({
  ...{ card: CARD, programme: PROGRAMME, oldHash: state(from) },
  ...over,
});
const record = (ledger: Ledger, links: readonly CardLink[]) =>
  ledger.transaction().execute((transaction) => recordForks(transaction, links));
const pair = ({ first, other }: Fork) =>
  [first, other].map(({ terminal, number }) => `${terminal}-${number}`).join(" ");
const stands = async (ledger: Ledger) => (await allForks(ledger)).map(pair);

describe("recording forks", () => {
  it("finds two committed visits that continue one state, tells the pair once, and both sides in full", async () => {
    const ledger = await ledgerOf(
      { ticket: [1, 17], from: "a", to: "b", utc: 100, spent: 200 },
      { ticket: [2, 5], from: "a", to: "c", utc: 160, spent: 500 },
    );
    const found = await record(ledger, [link("a"), link("a")]);
    const moved = { earnedCents: 10, toppedUpCents: 0, stamps: 1, rewards: 0 };
    expect(found).toEqual([
      {
        ...link("a"),
        first: {
          ...moved,
          terminal: 1,
          number: 17,
          merchant: 7,
          utc: 100,
          offset: 120,
          newHash: state("b"),
          spentCents: 200,
        },
        other: {
          ...moved,
          terminal: 2,
          number: 5,
          merchant: 7,
          utc: 160,
          offset: 120,
          newHash: state("c"),
          spentCents: 500,
        },
      },
    ]);
    expect(await allForks(ledger)).toEqual(found);
    expect(await record(ledger, [link("a")])).toEqual([]);
    expect(await forkCount(ledger)).toBe(1);
  });

  it("counts committed visits of the same card, programme and state alone", async () => {
    const ledger = await ledgerOf(
      { ticket: [1, 1], from: "a", to: "b" },
      { ticket: [1, 2], from: "a", to: "c", outcome: "open" },
      { ticket: [1, 3], from: "a", to: "c", outcome: "aborted" },
      { ticket: [1, 4], from: "a", to: "c", programme: 11 },
      { ticket: [1, 5], from: "a", to: "c", card: CARD + 1 },
      { ticket: [1, 6], from: "b", to: "c" },
    );
    expect(await record(ledger, [link("a"), link("b"), link("c"), link("a", { programme: 11 })])).toEqual([]);
    expect(await forkCount(ledger)).toBe(0);
  });

  it("sets each further visit against the earliest, and tells the pairs anew when an earlier one comes late", async () => {
    const ledger = await ledgerOf(
      { ticket: [1, 1], from: "a", to: "b", utc: 50 },
      { ticket: [2, 1], from: "a", to: "c", utc: 90 },
    );
    expect((await record(ledger, [link("a")])).map(pair)).toEqual(["1-1 2-1"]);
    await add(ledger, { ticket: [3, 1], from: "a", to: "d", utc: 70 });
    expect((await record(ledger, [link("a")])).map(pair)).toEqual(["1-1 3-1"]);
    expect(await stands(ledger)).toEqual(["1-1 3-1", "1-1 2-1"]);
    await add(ledger, { ticket: [4, 1], from: "a", to: "e", utc: 10 });
    expect((await record(ledger, [link("a")])).map(pair)).toEqual(["4-1 1-1", "4-1 3-1", "4-1 2-1"]);
    expect(await stands(ledger)).toEqual(["4-1 1-1", "4-1 3-1", "4-1 2-1"]);
  });

  it("goes by terminal and number where clocks show the same second", async () => {
    const ledger = await ledgerOf(
      { ticket: [2, 9], from: "a", to: "b" },
      { ticket: [10, 1], from: "a", to: "c" },
      { ticket: [2, 10], from: "a", to: "d" },
    );
    expect((await record(ledger, [link("a")])).map(pair)).toEqual(["2-9 2-10", "2-9 10-1"]);
  });

  it("takes the same step, written twice, for a fork", async () => {
    const ledger = await ledgerOf({ ticket: [1, 1], from: "a", to: "b" }, { ticket: [1, 3], from: "a", to: "b" });
    expect((await record(ledger, [link("a")])).map(pair)).toEqual(["1-1 1-3"]);
  });

  it("looks states up by an index", async () => {
    const ledger: Ledger = openDatabase("sqlite::memory:");
    await migrate(ledger);
    const plan = await rowsOf(
      ledger,
      `explain query plan select terminal from intent_area
       where card = 1 and programme = 1 and old_hash = x'00' and outcome = 'committed'`,
    );
    // The index of the table's own key.
    expect(plan.map(({ detail }) => detail)).toEqual([
      "SEARCH intent_area USING INDEX sqlite_autoindex_intent_area_1 (card=? AND programme=? AND old_hash=?)",
    ]);
  });
});

describe("both sides of a fork", () => {
  const sides = async (ledger: Ledger) => {
    const [fork] = await record(ledger, [link("a")]);
    const { first, other } = await branches(ledger, fork!);
    const told = ({ tickets, spentCents }: typeof first) => ({
      tickets: tickets.map(({ terminal, number }) => `${terminal}-${number}`),
      spentCents,
    });
    return { first: told(first), other: told(other) };
  };

  it("are followed visit by visit, through forks of their own", async () => {
    const ledger = await ledgerOf(
      { ticket: [1, 1], from: "a", to: "b", utc: 1, spent: 1 },
      { ticket: [2, 1], from: "a", to: "c", utc: 2, spent: 10 },
      { ticket: [1, 3], from: "c", to: "d", utc: 5, spent: 100 },
      { ticket: [2, 3], from: "c", to: "e", utc: 3, spent: 1_000 },
      { ticket: [3, 1], from: "e", to: "f", utc: 4, spent: 10_000 },
      { ticket: [3, 3], from: "z", to: "a", utc: 0, spent: 5 },
      { ticket: [3, 5], from: "b", to: "g", utc: 6, outcome: "aborted", spent: 7 },
    );
    expect(await sides(ledger)).toEqual({
      first: { tickets: ["1-1"], spentCents: 1 },
      other: { tickets: ["2-1", "2-3", "3-1", "1-3"], spentCents: 11_110 },
    });
  });

  it("do not share what follows where both lead to one state: it stands on the side of the earliest", async () => {
    const ledger = await ledgerOf(
      { ticket: [1, 1], from: "a", to: "b", utc: 1, spent: 1 },
      { ticket: [1, 3], from: "a", to: "b", utc: 2, spent: 1 },
      { ticket: [2, 1], from: "b", to: "c", utc: 3, spent: 10 },
    );
    expect(await sides(ledger)).toEqual({
      first: { tickets: ["1-1", "2-1"], spentCents: 11 },
      other: { tickets: ["1-3"], spentCents: 1 },
    });
  });

  it("come to an end where a forged history runs in a circle", async () => {
    const ledger = await ledgerOf(
      { ticket: [1, 1], from: "a", to: "b", utc: 1 },
      { ticket: [2, 1], from: "a", to: "c", utc: 2 },
      { ticket: [2, 3], from: "c", to: "a", utc: 3 },
    );
    expect((await sides(ledger)).other.tickets).toEqual(["2-1", "1-1", "2-3"]);
  });
});
