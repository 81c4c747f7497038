import { toHex } from "@cachet/card-layout";
import { ticketName } from "@cachet/firmware/wire";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { allForks, branches, type Fork } from "../../host/src/office/forks.ts";
import { enrolTerminal, type ImportOutcome, importBatch } from "../../host/src/office/import.ts";
import { outstanding } from "../../host/src/office/ledger.ts";
import { createTables } from "../../host/src/office/schema.ts";
import { statement } from "../../host/src/office/statement.ts";
import { type Database, openSqlite } from "../../host/src/ports/database.ts";
import { earned, freshCard, HandJournal, type HandState, type HandStep, spent } from "../fixtures/hand-journal.ts";

const CARD = 2_800_010_000_421;
const TOWN = 20;
const BAKERY = 11;

function office(journals: readonly HandJournal[]): Database {
  const database = openSqlite(":memory:");
  createTables(database);
  for (const { terminal, merchant, signer } of journals) enrolTerminal(database, terminal, merchant, signer.publicKey);
  return database;
}

const nameOf = ({ terminal, number }: { readonly terminal: number; readonly number: number }) =>
  ticketName(terminal, number);
const pair = ({ first, other }: Fork) => `${nameOf(first)} | ${nameOf(other)}`;
const stepName = ({ terminal, intent }: HandStep) => ticketName(terminal, intent);

/** Imports files; gives the forks that the office was told of, those of files that had waited included. */
function takeIn(database: Database, ...files: readonly Uint8Array[]): string[] {
  const told: string[] = [];
  const hear = (outcome: ImportOutcome) => {
    if (outcome.status === "accepted") told.push(...outcome.forks.map(pair));
    else expect(outcome.status).toMatch(/^(waiting|already-imported)$/);
  };
  for (const file of files) hear(importBatch(database, "a", file, (_name, outcome) => hear(outcome)));
  return told;
}

/** What stands in the ledger; equal for equal entries, in whatever order they came. */
const books = (database: Database) => ({
  forks: allForks(database),
  statement: statement(database),
  balances: database.all(
    "select account, unit, sum(amount) as amount from posting group by account, unit order by 1, 2",
  ),
});

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length === 0) return [[]];
  return items.flatMap((item, at) => permutations(items.toSpliced(at, 1)).map((rest) => [item, ...rest]));
}

describe("what a terminal says of money", () => {
  const status = (database: Database, journal: HandJournal) => importBatch(database, "a", journal.batch());

  it("is set aside where a record moves another sum than its effects", () => {
    const liar = new HandJournal(1);
    const start = liar.visit(freshCard(CARD, TOWN), earned(100)).state;
    liar.nullVisit({ ...start, cents: 1_000_000 });
    const outcome = status(office([liar]), liar);
    expect(outcome).toMatchObject({ status: "quarantined", reason: "bad-intent" });
  });

  it("is taken where they agree, null visits and top-ups among them", () => {
    const honest = new HandJournal(1);
    const start = honest.visit(freshCard(CARD, TOWN), earned(100)).state;
    const after = honest.nullVisit(start).state;
    honest.visit(after, spent(60));
    expect(status(office([honest]), honest)).toMatchObject({ status: "accepted", forks: [] });
  });
});

describe("one card, two histories", () => {
  it("is found when a dump was put back: the batch counts, and both sides are told with what they spent", () => {
    const [bakery, florist] = [new HandJournal(1), new HandJournal(2, 2, Date.UTC(2026, 5, 15, 11) / 1_000)];
    const start = bakery.visit(freshCard(CARD, TOWN), earned(2_000)).state;
    const honest = bakery.visit(start, spent(500));
    const restored = florist.visit(start, earned(10), spent(1_500));
    const after = florist.visit(restored.state, spent(300));
    const database = office([bakery, florist]);
    expect(importBatch(database, "a", bakery.batch())).toMatchObject({ status: "accepted", accepted: 4, forks: [] });
    const outcome = importBatch(database, "b", florist.batch());
    expect(outcome).toMatchObject({ status: "accepted", accepted: 4, duplicates: 0 });
    const [fork] = outcome.status === "accepted" ? outcome.forks : [];
    expect(fork).toMatchObject({
      card: CARD,
      programme: TOWN,
      oldHash: start.hash,
      first: {
        terminal: 1,
        number: honest.intent,
        merchant: 1,
        spentCents: 500,
        offset: 120,
        newHash: honest.state.hash,
      },
      other: { terminal: 2, number: restored.intent, merchant: 2, earnedCents: 10, spentCents: 1_500 },
    });
    expect(allForks(database)).toEqual([fork]);
    const sides = branches(database, fork!);
    expect(sides.first).toMatchObject({ spentCents: 500, tickets: [{ number: honest.intent }] });
    expect(sides.other).toMatchObject({ spentCents: 1_800, earnedCents: 10 });
    expect(sides.other.tickets.map(nameOf)).toEqual([stepName(restored), stepName(after)]);
    expect(statement(database)).toMatchObject({ spentCents: 2_300, earnedCents: 2_010, outstandingCents: -290 });
  });

  it("is found where an area was opened twice, and where one terminal wrote the same step twice", () => {
    const [shop, other] = [new HandJournal(1), new HandJournal(2)];
    const opened = shop.visit(freshCard(CARD, TOWN), earned(100));
    const again = other.visit(freshCard(CARD, TOWN), earned(100));
    const step = shop.visit(opened.state, spent(50));
    const twice = shop.visit(opened.state, spent(50));
    expect(toHex(twice.state.hash)).toBe(toHex(step.state.hash));
    const told = takeIn(office([shop, other]), shop.batch(), other.batch());
    expect(told).toEqual([`${stepName(step)} | ${stepName(twice)}`, `${stepName(opened)} | ${stepName(again)}`]);
  });

  it("is none for another programme, another card, or visits that are open or aborted", () => {
    const [shop, other] = [new HandJournal(1), new HandJournal(2)];
    for (const journal of [shop, other]) {
      const [torn, open] = [1, 2].map(
        () => journal.intent([{ from: freshCard(CARD, TOWN), effects: [earned(100)] }])[0]!,
      );
      journal.abort(torn!);
      expect(open!.intent).toBe(2);
    }
    shop.visit(freshCard(CARD, TOWN), earned(100));
    other.visit(freshCard(CARD, BAKERY), earned(100));
    other.visit(freshCard(CARD + 10, TOWN), earned(100));
    const database = office([shop, other]);
    expect(takeIn(database, shop.batch(), other.batch())).toEqual([]);
    expect(allForks(database)).toEqual([]);
  });

  it("is found when the outcome comes later than the intent, at the import that brings it", () => {
    const [shop, other] = [new HandJournal(1), new HandJournal(2)];
    const [step] = shop.intent([{ from: freshCard(CARD, TOWN), effects: [earned(100)] }]);
    const database = office([shop, other]);
    other.visit(freshCard(CARD, TOWN), earned(70));
    expect(takeIn(database, shop.batch(), other.batch())).toEqual([]);
    shop.commit(step!);
    expect(takeIn(database, shop.batch(2))).toEqual(["T-0001-1 | T-0002-1"]);
  });

  it("counts a record that was written again without a sale as a link, and no visit", () => {
    const [shop, other] = [new HandJournal(1), new HandJournal(2)];
    const start = shop.visit(freshCard(CARD, TOWN), earned(100)).state;
    const rewritten = shop.nullVisit(start);
    const later = shop.visit(rewritten.state, spent(40));
    const restored = other.nullVisit(start);
    const database = office([shop, other]);
    const told = takeIn(database, other.batch(), shop.batch());
    expect(told).toEqual([`${stepName(restored)} | ${stepName(rewritten)}`]);
    expect(branches(database, allForks(database)[0]!).other.tickets.map(nameOf)).toEqual(
      [rewritten, later].map(stepName),
    );
    expect(statement(database)).toMatchObject({ visits: 2, merchants: [{ merchant: 1, visits: 2 }] });
    expect(database.get("select count(*) as n from posting")?.n).toBe(4);
  });

  it("leaves no trace of a batch that is set aside", () => {
    const [shop, other] = [new HandJournal(1), new HandJournal(2)];
    shop.visit(freshCard(CARD, TOWN), earned(100));
    const step = other.visit(freshCard(CARD, TOWN), earned(100));
    other.commit(step);
    const database = office([shop, other]);
    takeIn(database, shop.batch());
    expect(importBatch(database, "b", other.batch())).toMatchObject({ status: "quarantined", reason: "not-open" });
    expect(allForks(database)).toEqual([]);
    expect(takeIn(database, other.batch(1, 2))).toEqual(["T-0001-1 | T-0002-1"]);
  });

  it("is told once, however often its entries come again", () => {
    const [shop, other] = [new HandJournal(1), new HandJournal(2)];
    shop.visit(freshCard(CARD, TOWN), earned(100));
    other.visit(freshCard(CARD, TOWN), earned(100));
    const database = office([shop, other]);
    expect(takeIn(database, shop.batch(), other.batch())).toHaveLength(1);
    const before = books(database);
    expect(takeIn(database, shop.batch(), other.batch(), shop.batch(2), other.batch(1, 1))).toEqual([]);
    expect(books(database)).toEqual(before);
    other.visit(freshCard(CARD, BAKERY), earned(100));
    expect(takeIn(database, other.batch())).toEqual([]);
    expect(books(database).forks).toEqual(before.forks);
  });
});

describe("an honest card", () => {
  it("of 200 states over three terminals shows none, with visits torn, withheld and late", () => {
    const journals = [1, 2, 3].map((number) => new HandJournal(number));
    let state = freshCard(CARD, TOWN);
    let bakery = freshCard(CARD, BAKERY);
    for (let visit = 0; visit < 200; visit += 1) {
      const shop = journals[[0, 1, 2, 1, 0, 0, 2][visit % 7]!]!;
      const torn = journals[visit % 3]!;
      if (visit % 7 === 3) torn.abort(torn.intent([{ from: state, effects: [earned(999)] }])[0]!);
      const effects = visit % 5 === 4 ? [spent(20)] : [earned(30)];
      const two = visit % 10 === 0 ? [{ from: bakery, effects: [earned(1)] }] : [];
      const steps = shop.intent([{ from: state, effects }, ...two]);
      for (const step of steps) shop.commit(step);
      state = steps[0]!.state;
      bakery = steps[1]?.state ?? bakery;
    }
    const [a, b, c] = journals as [HandJournal, HandJournal, HandJournal];
    expect(a.length + b.length + c.length).toBeGreaterThan(400);
    const database = office(journals);
    const half = Math.floor(b.length / 2);
    // The third terminal is silent, the second's halves come in the wrong order: links of the chain are missing for a while.
    expect(takeIn(database, b.batch(half + 1), a.batch(), b.batch(1, half))).toEqual([]);
    expect(takeIn(database, c.batch())).toEqual([]);
    expect(books(database)).toMatchObject({
      forks: [],
      statement: { visits: 200, outstandingCents: state.cents + bakery.cents },
    });
  });
});

describe("whatever order batches come in", () => {
  it("every permutation of a story gives the same forks and balances", () => {
    const journals = [1, 2, 3].map((number) => new HandJournal(number, number, 1_781_500_000 - 40 * number));
    const [a, b, c] = journals as [HandJournal, HandJournal, HandJournal];
    const opened = a.visit(freshCard(CARD, TOWN), earned(500)).state;
    const honest = b.visit(opened, spent(100)).state;
    const cloned = c.visit(opened, spent(120)).state;
    const split = a.length;
    a.visit(opened, spent(200));
    a.topUp(honest, 1_000);
    b.nullVisit(honest);
    c.visit(cloned, earned(7));
    const middle = c.length;
    b.visit(freshCard(CARD, TOWN), earned(3));
    c.visit(cloned, earned(8));
    const files = [a.batch(1, split), a.batch(split + 1), b.batch(), c.batch(1, middle), c.batch(middle + 1)];
    const all = permutations(files).map((order) => {
      const database = office(journals);
      takeIn(database, ...order);
      const result = books(database);
      database.close();
      return result;
    });
    expect(all).toHaveLength(120);
    const [first] = all;
    expect(first!.forks).toHaveLength(5);
    expect(first!.statement).toMatchObject({ visits: 7, toppedUpCents: 1_000 });
    for (const [at, other] of all.entries()) expect(other, `permutation ${at}`).toEqual(first);
  });
});

interface Grown {
  readonly journals: readonly HandJournal[];
  readonly committed: readonly HandStep[];
}

/** One visit of a random tree: which state it continues, where, what it moves, and whether its outcome is known. */
const twig = fc.record({
  parent: fc.nat(),
  terminal: fc.nat(2),
  cents: fc.constantFrom(10, 20),
  outcome: fc.constantFrom("commit", "commit", "commit", "commit", "abort", "open"),
});

function grow(twigs: readonly (typeof twig extends fc.Arbitrary<infer T> ? T : never)[]): Grown {
  const journals = [1, 2, 3].map((number) => new HandJournal(number, number, 1_781_500_000 + 90 * number));
  const states: HandState[] = [freshCard(CARD, TOWN)];
  const committed: HandStep[] = [];
  for (const { parent, terminal, cents, outcome } of twigs) {
    const journal = journals[terminal]!;
    const [step] = journal.intent([{ from: states[parent % states.length]!, effects: [earned(cents)] }]);
    if (outcome === "commit") journal.commit(step!);
    if (outcome === "abort") journal.abort(step!);
    if (outcome === "commit") committed.push(step!);
    states.push(step!.state);
  }
  return { journals, committed };
}

/** Committed visits by the state that they continue. */
function byState(committed: readonly HandStep[]): Map<string, HandStep[]> {
  const groups = new Map<string, HandStep[]>();
  for (const step of committed) groups.set(toHex(step.old.hash), [...(groups.get(toHex(step.old.hash)) ?? []), step]);
  return groups;
}

/** Batches of a journal, cut where the numbers say. */
function cutUp(journal: HandJournal, cuts: readonly number[]): Uint8Array[] {
  const ends = [...new Set(cuts.map((cut) => 1 + (cut % Math.max(1, journal.length))))].sort((x, y) => x - y);
  if (journal.length === 0) return [];
  const firsts = [1, ...ends.filter((end) => end < journal.length).map((end) => end + 1)];
  return firsts.map((first, i) => journal.batch(first, (firsts[i + 1] ?? journal.length + 1) - 1));
}

describe("random histories", () => {
  const story = fc.record({
    twigs: fc.array(twig, { maxLength: 25 }),
    cuts: fc.array(fc.nat(), { maxLength: 4 }),
    order: fc.array(fc.nat(), { minLength: 15, maxLength: 15 }),
  });

  it("have a fork at exactly the states that more than one committed visit continues, told once each", () => {
    fc.assert(
      fc.property(story, ({ twigs, cuts, order }) => {
        const { journals, committed } = grow(twigs);
        const files = journals.flatMap((journal) => cutUp(journal, cuts));
        const shuffled = files.map((file, i) => ({ file, at: order[i]! })).sort((x, y) => x.at - y.at);
        const database = office(journals);
        const told = takeIn(database, ...shuffled.map(({ file }) => file));
        const forks = allForks(database);
        const groups = [...byState(committed)].filter(([, steps]) => steps.length > 1);
        const expected = groups.flatMap(([hash, steps]) => steps.slice(1).map(() => hash));
        expect(forks.map(({ oldHash }) => toHex(oldHash)).sort()).toEqual(expected.sort());
        // Each pair that stands was told, and no pair twice.
        expect(new Set(told).size).toBe(told.length);
        for (const fork of forks) expect(told).toContain(pair(fork));
        for (const [hash, steps] of groups) {
          const here = forks.filter(({ oldHash }) => toHex(oldHash) === hash);
          const tickets = new Set(here.flatMap(({ first, other }) => [nameOf(first), nameOf(other)]));
          expect(tickets).toEqual(new Set(steps.map(stepName)));
          expect(new Set(here.map(({ first }) => nameOf(first))).size).toBe(1);
        }
        expect(outstanding(database, "cents")).toBe(committed.reduce((sum, { sums }) => sum + sums.earnedCents, 0));
        database.close();
      }),
      { numRuns: 150 },
    );
  });

  it("tell each side with every visit that follows, and no visit on two sides of one state", () => {
    fc.assert(
      fc.property(story, ({ twigs }) => {
        const { journals, committed } = grow(twigs);
        const database = office(journals);
        takeIn(database, ...journals.flatMap((journal) => cutUp(journal, [])));
        const groups = byState(committed);
        const under = (hash: string): string[] => {
          const steps = groups.get(hash) ?? [];
          const next = new Set(steps.map(({ state }) => toHex(state.hash)));
          return [...steps.map(stepName), ...[...next].flatMap(under)];
        };
        for (const [hash, steps] of groups) {
          if (steps.length < 2) continue;
          const here = allForks(database).filter(({ oldHash }) => toHex(oldHash) === hash);
          const sides = [branches(database, here[0]!).first, ...here.map((fork) => branches(database, fork).other)];
          expect(sides.flatMap(({ tickets }) => tickets.map(nameOf)).sort()).toEqual(under(hash).sort());
        }
        database.close();
      }),
      { numRuns: 100 },
    );
  });
});

describe("top-ups", () => {
  it("are cash that the merchant holds and the card can spend: the books still balance", () => {
    const [cafe, florist] = [new HandJournal(1), new HandJournal(2)];
    let state = cafe.topUp(freshCard(CARD, TOWN), 2_000).state;
    state = florist.visit(state, spent(1_250)).state;
    state = cafe.visit(state, earned(15)).state;
    state = florist.topUp(state, 500).state;
    const database = office([cafe, florist]);
    takeIn(database, florist.batch(), cafe.batch());
    expect(statement(database)).toMatchObject({
      visits: 2,
      toppedUpCents: 2_500,
      spentCents: 1_250,
      outstandingCents: state.cents,
      merchants: [
        { merchant: 1, visits: 1, toppedUpCents: 2_000, earnedCents: 15, spentCents: 0 },
        { merchant: 2, visits: 1, toppedUpCents: 500, earnedCents: 0, spentCents: 1_250 },
      ],
    });
    expect(state.cents).toBe(1_265);
    expect(books(database).balances).toEqual([
      { account: `card/${CARD}/${TOWN}`, unit: "cents", amount: 1_265 },
      { account: `merchant/1/${TOWN}`, unit: "cents", amount: -2_015 },
      { account: `merchant/2/${TOWN}`, unit: "cents", amount: 750 },
    ]);
  });
});
