import { toHex } from "@cachet/card-layout";
import { type StoredEffect, ticketName } from "@cachet/firmware/wire";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ImportOutcome } from "../../host/src/office/batch-note.ts";
import { allForks, type Branch, branches, type Fork } from "../../host/src/office/forks.ts";
import { importBatch } from "../../host/src/office/import.ts";
import { outstanding } from "../../host/src/office/ledger.ts";
import type { Ledger } from "../../host/src/office/schema.ts";
import { statement } from "../../host/src/office/statement.ts";
import { enrolTerminal } from "../../host/src/office/terminals.ts";
import {
  credited,
  earned,
  freshCard,
  HandJournal,
  type HandState,
  type HandStep,
  restored,
  spent,
} from "../fixtures/hand-journal.ts";
import { AT, newLedger, ON_POSTGRES, rowOf, rowsOf } from "../fixtures/ledger.ts";

const CARD = 2_800_010_000_421;
const TOWN = 20;
const BAKERY = 11;

async function office(journals: readonly HandJournal[]): Promise<Ledger> {
  const ledger = await newLedger();
  for (const { terminal, merchant, signer } of journals)
    await enrolTerminal(ledger, terminal, merchant, signer.publicKey, AT);
  return ledger;
}

const nameOf = ({ terminal, number }: { readonly terminal: number; readonly number: number }) =>
  ticketName(terminal, number);
const pair = ({ first, other }: Fork) => `${nameOf(first)} | ${nameOf(other)}`;
const stepName = ({ terminal, intent }: HandStep) => ticketName(terminal, intent);

/** Imports files; gives the forks that the office was told of, those of files that had waited included. */
async function takeIn(ledger: Ledger, ...files: readonly Uint8Array[]): Promise<string[]> {
  const told: string[] = [];
  const hear = (outcome: ImportOutcome) => {
    if (outcome.status === "accepted") told.push(...outcome.forks.map(pair));
    else expect(outcome.status).toMatch(/^(waiting|already-imported)$/);
  };
  for (const file of files) hear(await importBatch(ledger, { name: "a", file }, AT, (_name, outcome) => hear(outcome)));
  return told;
}

/** What stands in the ledger; equal for equal entries, in whatever order they came. */
const books = async (ledger: Ledger) => ({
  forks: await allForks(ledger),
  statement: await statement(ledger),
  balances: await rowsOf(
    ledger,
    "select account, holder, programme, unit, sum(amount) as amount from posting group by 1, 2, 3, 4 order by 1, 2, 3, 4",
  ),
  alerts: await rowsOf(ledger, "select * from alert order by terminal, number, kind, programme"),
  gaps: await rowsOf(ledger, "select * from gap order by card, programme, old_hash"),
});

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length === 0) return [[]];
  return items.flatMap((item, at) => permutations(items.toSpliced(at, 1)).map((rest) => [item, ...rest]));
}

describe("what a terminal says of money and credits", () => {
  /** What stands in the ledger, whatever order the terminals' batches come in. */
  async function inAnyOrder(...journals: readonly HandJournal[]) {
    const all: Awaited<ReturnType<typeof books>>[] = [];
    for (const order of permutations(journals)) {
      const ledger = await office(journals);
      await takeIn(ledger, ...order.map((journal) => journal.batch()));
      all.push(await books(ledger));
      await ledger.destroy();
    }
    const [first] = all;
    for (const other of all) expect(other).toEqual(first);
    return first!;
  }

  /** A visit of terminal 1, and one of terminal 2 that goes on from a state which is told otherwise. */
  function lie(told: (start: HandState) => HandState, ...effects: readonly StoredEffect[]) {
    const [shop, liar] = [new HandJournal(1), new HandJournal(2)];
    const start = shop.visit(freshCard(CARD, TOWN), earned(100), credited(1, 50));
    const step = liar.visit(told(start.state), ...effects);
    return inAnyOrder(shop, liar).then(({ alerts, gaps, forks }) => {
      expect([gaps, forks]).toEqual([[], []]);
      for (const alert of alerts)
        expect(alert).toMatchObject({ terminal: 2, number: step.intent, card: CARD, programme: TOWN });
      return alerts.map(({ kind, detail }) => `${kind}: ${detail}`);
    });
  }

  it("is taken and raises an alert where a record moves another sum than its effects, whatever came first", async () => {
    expect(await lie((start) => ({ ...start, cents: 1_000_000 }))).toEqual([
      "balance: the record holds 1000000 cents; those before it and what its effects moved are 150",
    ]);
    expect(await lie((start) => ({ ...start, cents: 149 }), spent(20))).toEqual([
      "balance: the record holds 129 cents; those before it and what its effects moved are 130",
    ]);
  });

  it("raises one alert for each intent, in the batch that has the visit before it, too", async () => {
    const liar = new HandJournal(1);
    const start = liar.visit(freshCard(CARD, TOWN), earned(100)).state;
    const first = liar.nullVisit({ ...start, cents: 1_000_000 });
    liar.visit(first.state, spent(400_000));
    const ledger = await office([liar]);
    expect(await importBatch(ledger, { name: "a", file: liar.batch() }, AT)).toMatchObject({
      status: "accepted",
      accepted: 6,
      forks: [],
    });
    const { number, utc, ...rest } = (await rowsOf(ledger, "select * from alert"))[0]!;
    expect([number, rest]).toEqual([first.intent, expect.objectContaining({ kind: "balance", terminal: 1 })]);
    expect(utc).toBe(Number((await rowOf(ledger, `select utc from entry where number = ${first.intent}`))?.utc));
    expect((await books(ledger)).alerts).toHaveLength(1);
    await importBatch(ledger, { name: "a", file: liar.batch() }, AT);
    expect((await books(ledger)).alerts).toHaveLength(1);
  });

  it("raises an alert where credits do not go on from the record before, or are taken for applied", async () => {
    expect(await lie((start) => start, credited(3, 20))).toEqual([
      "credits: the record applies credits up to 3; those before it and its own are 2",
    ]);
    expect(await lie((start) => start, credited(1, 50))).toEqual([
      "credits: the record applies credits up to 1; those before it and its own are 2",
    ]);
    expect(await lie((start) => ({ ...start, credit: 4 }))).toEqual([
      "credits: the record applies credits up to 4; those before it and its own are 1",
    ]);
    expect(await lie((start) => start, credited(2, 20), credited(3, 20))).toEqual([]);
  });

  it("is nothing that an opened area began with, and what the books say where a card is restored", async () => {
    const shop = new HandJournal(1);
    shop.visit({ ...freshCard(CARD, TOWN), cents: 500, credit: 2 }, earned(1));
    expect((await inAnyOrder(shop)).alerts.map(({ kind }) => kind)).toEqual(["balance", "credits"]);
    const lost = (start: HandState) => ({ ...start, terminal: 0 });
    expect(await lie(lost, restored(7))).toEqual([]);
    expect(await lie((start) => ({ ...lost(start), cents: 9_000 }), restored(7))).toEqual([
      "balance: the record holds 9000 cents; those before it and what its effects moved are 150",
    ]);
    // One that says it was opened does not go on from anything.
    expect(await lie((start) => ({ ...lost(start), credit: 0 }), credited(1, 50))).toEqual([
      "balance: the record holds 200 cents; those before it and what its effects moved are 50",
    ]);
  });

  it("is taken where they agree, null visits and top-ups among them", async () => {
    const honest = new HandJournal(1);
    const start = honest.visit(freshCard(CARD, TOWN), earned(100)).state;
    const after = honest.nullVisit(start).state;
    honest.topUp(honest.visit(after, spent(60)).state, 500);
    expect(await inAnyOrder(honest)).toMatchObject({ forks: [], alerts: [], gaps: [] });
  });
});

describe("a visit that is missing", () => {
  it("is a gap until it comes, the same one whatever came first", async () => {
    const [lost, shop, other] = [1, 2, 3].map((number) => new HandJournal(number, number, 1_781_500_000 - number)) as [
      HandJournal,
      HandJournal,
      HandJournal,
    ];
    const start = lost.visit(freshCard(CARD, TOWN), earned(100)).state;
    shop.visit(start, spent(10));
    other.visit(start, spent(20));
    const gaps: unknown[] = [];
    for (const order of [
      [shop, other],
      [other, shop],
    ]) {
      const ledger = await office([lost, shop, other]);
      await takeIn(ledger, ...order.map((journal) => journal.batch()));
      gaps.push((await books(ledger)).gaps);
      await takeIn(ledger, lost.batch());
      expect((await books(ledger)).gaps).toEqual([]);
      await ledger.destroy();
    }
    const gap = { card: CARD, programme: TOWN, old_hash: start.hash, old_terminal: 1 };
    expect(gaps).toEqual([[gap], [gap]]);
  });
});

describe("one card, two histories", () => {
  it("is found when a dump was put back: the batch counts, and both sides are told with what they spent", async () => {
    const [bakery, florist] = [new HandJournal(1), new HandJournal(2, 2, Date.UTC(2026, 5, 15, 11) / 1_000)];
    const start = bakery.visit(freshCard(CARD, TOWN), earned(2_000)).state;
    const honest = bakery.visit(start, spent(500));
    const restored = florist.visit(start, earned(10), spent(1_500));
    const after = florist.visit(restored.state, spent(300));
    const ledger = await office([bakery, florist]);
    expect(await importBatch(ledger, { name: "a", file: bakery.batch() }, AT)).toMatchObject({
      status: "accepted",
      accepted: 4,
      forks: [],
    });
    const outcome = await importBatch(ledger, { name: "b", file: florist.batch() }, AT);
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
    expect(await allForks(ledger)).toEqual([fork]);
    const sides = await branches(ledger, fork!);
    expect(sides.first).toMatchObject({ spentCents: 500, tickets: [{ number: honest.intent }] });
    expect(sides.other).toMatchObject({ spentCents: 1_800, earnedCents: 10 });
    expect(sides.other.tickets.map(nameOf)).toEqual([stepName(restored), stepName(after)]);
    expect(await statement(ledger)).toMatchObject({ spentCents: 2_300, earnedCents: 2_010, outstandingCents: -290 });
  });

  it("is found where an area was opened twice, and where one terminal wrote the same step twice", async () => {
    const [shop, other] = [new HandJournal(1), new HandJournal(2)];
    const opened = shop.visit(freshCard(CARD, TOWN), earned(100));
    const again = other.visit(freshCard(CARD, TOWN), earned(100));
    const step = shop.visit(opened.state, spent(50));
    const twice = shop.visit(opened.state, spent(50));
    expect(toHex(twice.state.hash)).toBe(toHex(step.state.hash));
    const told = await takeIn(await office([shop, other]), shop.batch(), other.batch());
    expect(told).toEqual([`${stepName(step)} | ${stepName(twice)}`, `${stepName(opened)} | ${stepName(again)}`]);
  });

  it("is none for another programme, another card, or visits that are open or aborted", async () => {
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
    const ledger = await office([shop, other]);
    expect(await takeIn(ledger, shop.batch(), other.batch())).toEqual([]);
    expect(await allForks(ledger)).toEqual([]);
  });

  it("is found when the outcome comes later than the intent, at the import that brings it", async () => {
    const [shop, other] = [new HandJournal(1), new HandJournal(2)];
    const [step] = shop.intent([{ from: freshCard(CARD, TOWN), effects: [earned(100)] }]);
    const ledger = await office([shop, other]);
    other.visit(freshCard(CARD, TOWN), earned(70));
    expect(await takeIn(ledger, shop.batch(), other.batch())).toEqual([]);
    shop.commit(step!);
    expect(await takeIn(ledger, shop.batch(2))).toEqual(["T-0001-1 | T-0002-1"]);
  });

  it("counts a record that was written again without a sale as a link, and no visit", async () => {
    const [shop, other] = [new HandJournal(1), new HandJournal(2)];
    const start = shop.visit(freshCard(CARD, TOWN), earned(100)).state;
    const rewritten = shop.nullVisit(start);
    const later = shop.visit(rewritten.state, spent(40));
    const restored = other.nullVisit(start);
    const ledger = await office([shop, other]);
    const told = await takeIn(ledger, other.batch(), shop.batch());
    expect(told).toEqual([`${stepName(restored)} | ${stepName(rewritten)}`]);
    expect((await branches(ledger, (await allForks(ledger))[0]!)).other.tickets.map(nameOf)).toEqual(
      [rewritten, later].map(stepName),
    );
    expect(await statement(ledger)).toMatchObject({ visits: 2, merchants: [{ merchant: 1, visits: 2 }] });
    expect((await rowOf(ledger, "select count(*) as n from posting"))?.n).toBe(4);
  });

  it("leaves no trace of a batch that is set aside", async () => {
    const [shop, other] = [new HandJournal(1), new HandJournal(2)];
    shop.visit(freshCard(CARD, TOWN), earned(100));
    const step = other.visit(freshCard(CARD, TOWN), earned(100));
    other.commit(step);
    const ledger = await office([shop, other]);
    await takeIn(ledger, shop.batch());
    expect(await importBatch(ledger, { name: "b", file: other.batch() }, AT)).toMatchObject({
      status: "quarantined",
      reason: "not-open",
    });
    expect(await allForks(ledger)).toEqual([]);
    expect(await takeIn(ledger, other.batch(1, 2))).toEqual(["T-0001-1 | T-0002-1"]);
  });

  it("is told once, however often its entries come again", async () => {
    const [shop, other] = [new HandJournal(1), new HandJournal(2)];
    shop.visit(freshCard(CARD, TOWN), earned(100));
    other.visit(freshCard(CARD, TOWN), earned(100));
    const ledger = await office([shop, other]);
    expect(await takeIn(ledger, shop.batch(), other.batch())).toHaveLength(1);
    const before = await books(ledger);
    expect(await takeIn(ledger, shop.batch(), other.batch(), shop.batch(2), other.batch(1, 1))).toEqual([]);
    expect(await books(ledger)).toEqual(before);
    other.visit(freshCard(CARD, BAKERY), earned(100));
    expect(await takeIn(ledger, other.batch())).toEqual([]);
    expect((await books(ledger)).forks).toEqual(before.forks);
  });
});

describe("an honest card", () => {
  it("of 200 states over three terminals shows none, with visits torn, withheld and late", async () => {
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
    const ledger = await office(journals);
    const half = Math.floor(b.length / 2);
    // The third terminal is silent, the second's halves come in the wrong order: links of the chain are missing for a while.
    expect(await takeIn(ledger, b.batch(half + 1), a.batch(), b.batch(1, half))).toEqual([]);
    expect(await takeIn(ledger, c.batch())).toEqual([]);
    expect(await books(ledger)).toMatchObject({
      forks: [],
      statement: { visits: 200, outstandingCents: state.cents + bakery.cents },
    });
  });
});

describe("whatever order batches come in", () => {
  it("every permutation of a story gives the same forks and balances", async () => {
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
    const all: Awaited<ReturnType<typeof books>>[] = [];
    const orders = permutations(files).filter((_, at) => !ON_POSTGRES || at % 15 === 0);
    for (const order of orders) {
      const ledger = await office(journals);
      await takeIn(ledger, ...order);
      all.push(await books(ledger));
      await ledger.destroy();
    }
    expect(all).toHaveLength(ON_POSTGRES ? 8 : 120);
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

  it("have a fork at exactly the states that more than one committed visit continues, told once each", async () => {
    await fc.assert(
      fc.asyncProperty(story, async ({ twigs, cuts, order }) => {
        const { journals, committed } = grow(twigs);
        const files = journals.flatMap((journal) => cutUp(journal, cuts));
        const shuffled = files.map((file, i) => ({ file, at: order[i]! })).sort((x, y) => x.at - y.at);
        const ledger = await office(journals);
        const told = await takeIn(ledger, ...shuffled.map(({ file }) => file));
        const forks = await allForks(ledger);
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
        expect(await outstanding(ledger, "cents")).toBe(committed.reduce((sum, { sums }) => sum + sums.earnedCents, 0));
        await ledger.destroy();
      }),
      { numRuns: ON_POSTGRES ? 8 : 150 },
    );
  });

  it("tell each side with every visit that follows, and no visit on two sides of one state", async () => {
    await fc.assert(
      fc.asyncProperty(story, async ({ twigs }) => {
        const { journals, committed } = grow(twigs);
        const ledger = await office(journals);
        await takeIn(ledger, ...journals.flatMap((journal) => cutUp(journal, [])));
        const groups = byState(committed);
        const under = (hash: string): string[] => {
          const steps = groups.get(hash) ?? [];
          const next = new Set(steps.map(({ state }) => toHex(state.hash)));
          return [...steps.map(stepName), ...[...next].flatMap(under)];
        };
        for (const [hash, steps] of groups) {
          if (steps.length < 2) continue;
          const here = (await allForks(ledger)).filter(({ oldHash }) => toHex(oldHash) === hash);
          const sides: Branch[] = [];
          for (const fork of here) {
            const { first, other } = await branches(ledger, fork);
            if (sides.length === 0) sides.push(first);
            sides.push(other);
          }
          expect(sides.flatMap(({ tickets }) => tickets.map(nameOf)).sort()).toEqual(under(hash).sort());
        }
        await ledger.destroy();
      }),
      { numRuns: ON_POSTGRES ? 8 : 100 },
    );
  });
});

describe("top-ups", () => {
  it("are cash that the merchant holds and the card can spend: the books still balance", async () => {
    const [cafe, florist] = [new HandJournal(1), new HandJournal(2)];
    let state = cafe.topUp(freshCard(CARD, TOWN), 2_000).state;
    state = florist.visit(state, spent(1_250)).state;
    state = cafe.visit(state, earned(15)).state;
    state = florist.topUp(state, 500).state;
    const ledger = await office([cafe, florist]);
    await takeIn(ledger, florist.batch(), cafe.batch());
    expect(await statement(ledger)).toMatchObject({
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
    expect((await books(ledger)).balances).toEqual([
      { account: "card", holder: CARD, programme: TOWN, unit: "cents", amount: 1_265 },
      { account: "merchant", holder: 1, programme: TOWN, unit: "cents", amount: -2_015 },
      { account: "merchant", holder: 2, programme: TOWN, unit: "cents", amount: 750 },
    ]);
  });
});
