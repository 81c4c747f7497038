import { dayOf } from "@cachet/card-layout";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { intentArea, intentOf } from "../../../tests/fixtures/journal-bodies.ts";
import { CARDS_REMEMBERED, VISIT_NUMBER_SECONDS } from "../hal/index.ts";
import { decodeCbor, type Entry, type EntryBody, encodeCbor, encodeEntry, NO_SUMS } from "../wire/index.ts";
import { IntentBook } from "./book.ts";
import { BookCheckpoint, bookFrom, carriedEntries, checkpointOf } from "./book-checkpoint.ts";

const NOON = 1_781_517_600;
const OFFSET = 120;
const CARDS = [1, 2, 3];
const PROGRAMMES = [11, 20, 33];
/** Few, so that tills use their numbers again. */
const VISITS = [1, 2, 3, 4, 5];

/** A journal in memory, written by a terminal that does only what it may. */
class Story {
  readonly entries: Entry[] = [];
  readonly book = new IntentBook();
  utc = NOON;
  private readonly sequences = new Map<string, number>();

  add(content: EntryBody): number {
    const number = this.entries.length + 1;
    const entry = { number, utc: this.utc, offset: OFFSET, previous: new Uint8Array(32), ...content } as Entry;
    this.entries.push(entry);
    this.book.take(entry);
    return number;
  }

  intend(
    card: number,
    visit: number,
    programmes: readonly number[],
    more: Parameters<typeof intentOf>[3] = {},
  ): number {
    const areas = programmes.map((programme) => {
      const sequence = (this.sequences.get(`${card}/${programme}`) ?? 0) + 1;
      this.sequences.set(`${card}/${programme}`, sequence);
      const area = intentArea(card, programme, sequence, 10 * visit);
      const restore = {
        type: "restore",
        rule: "",
        unit: "cents",
        value: 0,
        funder: "association",
        credit: visit,
      } as const;
      // Seats of an evening: two at a time, and back with a refund.
      const seats = {
        type: more.own === undefined && more.elsewhere === undefined ? "reward" : "return",
        rule: "grille",
        unit: "cents",
        value: 0,
        funder: "association",
        stock: "soiree",
        times: 2,
      } as const;
      const effects = visit % 2 === 0 ? [...area.effects, seats] : area.effects;
      return { ...area, effects: visit % 3 === 0 ? [...effects, restore] : effects };
    });
    return this.add({ kind: "intent", body: intentOf(card, visit, areas, more) });
  }

  /** An account has the number of a card, as a card that was forgotten does. */
  account(account: number, visit: number, programmes: readonly number[], taken: number): number {
    const areas = programmes.map((programme) => ({
      ...{ programme, version: 1, effects: [], purses: [{ purse: 24, added: visit, taken }] },
    }));
    const sale = { lines: [], tip: 0, payable: 0 };
    return this.add({ kind: "account", body: { account, visit, merchant: 1, sale, areas } });
  }

  /** Settles one of the open areas, whichever `pick` says. */
  settle(pick: number, outcome: "commit" | "abort"): void {
    const open = this.entries.flatMap(({ number, kind, body }) =>
      kind !== "intent"
        ? []
        : body.areas.flatMap(({ programme }) =>
            this.book.outcome(number, programme) === "open" ? [{ intent: number, programme }] : [],
          ),
    );
    const area = open[pick % Math.max(1, open.length)];
    if (area === undefined) return;
    this.add(
      outcome === "commit" ? { kind: "commit", body: { ...area, sums: NO_SUMS } } : { kind: "abort", body: area },
    );
  }

  giveBack(card: number): void {
    const [due] = this.book.due(card);
    if (due !== undefined) this.add({ kind: "cash-back", body: due });
  }
}

const step = fc.record({
  what: fc.constantFrom(
    "sale",
    "late",
    "elsewhere",
    "refund",
    "top-up",
    "null",
    "account",
    "commit",
    "commit",
    "commit",
    "abort",
    "cash-back",
    "start",
  ),
  card: fc.constantFrom(...CARDS),
  visit: fc.constantFrom(...VISITS),
  programmes: fc.subarray(PROGRAMMES, { minLength: 1 }),
  pick: fc.nat(20),
  /** Seconds until the next step: the clock may fall back, too. */
  pause: fc.oneof(fc.integer({ min: 1, max: 3_600 }), fc.integer({ min: -7_200, max: 2 * 86_400 })),
});

function storyOf(steps: readonly (typeof step extends fc.Arbitrary<infer T> ? T : never)[]): Story {
  const story = new Story();
  for (const { what, card, visit, programmes, pick, pause } of steps) {
    if (what === "sale") story.intend(card, visit, programmes);
    if (what === "late") story.intend(card, visit, programmes, { late: `A-${pick % 3}` });
    if (what === "elsewhere") story.intend(card, visit, programmes, { elsewhere: 1 + (pick % 3) });
    if (what === "refund") story.intend(card, visit, programmes, { own: 1 + (pick % 3) });
    if (what === "top-up") story.intend(card, visit, [33], { topUp: 500 });
    if (what === "null") story.intend(card, visit, programmes, { lines: false });
    if (what === "account") story.account(card, visit, programmes, pick);
    if (what === "commit" || what === "abort") story.settle(pick, what);
    if (what === "cash-back") story.giveBack(card);
    if (what === "start") story.add({ kind: "power-up", body: { image: new Uint8Array(32) } });
    story.utc += pause;
  }
  return story;
}

/** Everything that a book answers at a time. */
function answers(book: IntentBook, utc: number, intents: readonly number[], cards = CARDS) {
  const day = dayOf(utc, OFFSET);
  return {
    open: book.openAreas(),
    cards: cards.map((card) => ({
      states: book.statesOf(card),
      due: book.due(card),
      restored: book.restoredOn(card),
      last: [-1, 0].map((days) => book.lastOn(card, day + days, utc)),
      spent: [-2, -1, 0, 1].map((days) => book.spentOn(card, day + days)),
      intents: [0, ...VISITS].map((visit) => book.intentsOf(card, visit, utc)),
      moved: book.movedIn(card),
      accounts: VISITS.map((visit) => book.accountVisit(card, visit, utc)),
    })),
    visits: VISITS.map((visit) => [book.stateOfVisit(visit, utc), book.cardOfVisit(visit, utc)]),
    elsewhere: [1, 2, 3].map((ticket) => [0, 1, 2].map((visit) => book.takenElsewhere(9, ticket, visit, utc))),
    added: [0, 1, 2].map((ticket) => [0, 1].map((visit) => book.isAdded(`A-${ticket}`, visit, utc))),
    given: PROGRAMMES.map((programme) => book.given(programme)),
    dues: intents.map((intent) => book.dueOf(intent)),
    bodies: intents.map((intent) => book.body(intent)),
  };
}

/** A checkpoint as it comes back from the file. */
const stored = (checkpoint: BookCheckpoint): BookCheckpoint =>
  BookCheckpoint.decode(decodeCbor(encodeCbor(BookCheckpoint.encode(checkpoint))), "book");

/** The checkpoint at entry `to` of a journal that begins with another one. */
function dropTo(story: Story, before: { readonly book: BookCheckpoint; readonly to: number }, to: number) {
  const book = bookFrom(before.book);
  for (const entry of story.entries.slice(before.to, to)) book.take(entry);
  const carried = carriedEntries(before.book);
  const bytesOf = (number: number) => carried.get(number) ?? encodeEntry(story.entries[number - 1]!);
  return { book: stored(checkpointOf(book, story.utc, bytesOf)), to };
}

const NOTHING = { book: stored(checkpointOf(new IntentBook(), 0, () => new Uint8Array())), to: 0 };

describe("the checkpoint of an intent book", () => {
  it("and the rest of the journal answer as the whole journal does, wherever it was cut, once or twice", () => {
    const times = fc.array(fc.integer({ min: 0, max: 3 * 86_400 }), { minLength: 2, maxLength: 2 });
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 40 }),
        fc.array(step, { maxLength: 10 }),
        fc.nat(),
        fc.nat(),
        times,
        (steps, later, a, b, waits) => {
          const story = storyOf(steps);
          const length = story.entries.length;
          const [first, second] = [a % (length + 1), b % (length + 1)].sort((x, y) => x - y) as [number, number];
          const once = dropTo(story, NOTHING, second);
          const twice = dropTo(story, dropTo(story, NOTHING, first), second);
          expect(twice).toEqual(once);
          const book = bookFrom(twice.book);
          for (const entry of story.entries.slice(second)) book.take(entry);
          const numbers = story.entries.map(({ number }) => number);
          for (const wait of [0, ...waits]) {
            const utc = story.utc + wait;
            expect(answers(book, utc, numbers)).toEqual(answers(story.book, utc, numbers));
          }
          // It goes on as the other does.
          const more = storyOf([...steps, ...later]);
          for (const entry of more.entries.slice(length)) book.take(entry);
          const utc = Math.max(story.utc, more.utc);
          expect(answers(book, utc, numbers)).toEqual(answers(more.book, utc, numbers));
        },
      ),
      { numRuns: 1_000 },
    );
  });

  it("carries every open intent as it was stored, and what a visit of the last day needs", () => {
    const story = new Story();
    const open = story.intend(1, 1, [11, 20]);
    story.settle(0, "commit");
    story.utc += 30 * 86_400;
    const old = story.intend(2, 2, [11]);
    story.settle(1, "commit");
    story.utc += VISIT_NUMBER_SECONDS;
    const recent = story.intend(3, 3, [11]);
    story.settle(1, "commit");
    const { book } = dropTo(story, NOTHING, story.entries.length);
    const carried = carriedEntries(book);
    expect([...carried.keys()]).toEqual([open, recent]);
    for (const [number, bytes] of carried) expect(bytes).toEqual(encodeEntry(story.entries[number - 1]!));
    const rebuilt = bookFrom(book);
    expect(rebuilt.outcome(open, 20)).toBe("open");
    expect(rebuilt.outcome(old, 11)).toBe("committed");
    expect(rebuilt.stateOfVisit(2, story.utc)).toBe("unknown");
    expect(rebuilt.stateOfVisit(3, story.utc)).toBe("known");
  });

  it("remembers as many cards, in the same order of forgetting", () => {
    const whole = new IntentBook();
    const entries: Entry[] = [];
    const visit = (book: readonly IntentBook[], card: number) => {
      for (const body of [
        { kind: "intent", body: intentOf(card, card, [intentArea(card, 11, 1)]) },
        { kind: "commit", body: { intent: entries.length + 1, programme: 11, sums: NO_SUMS } },
      ] as const) {
        const entry = {
          number: entries.length + 1,
          utc: NOON,
          offset: 0,
          previous: new Uint8Array(32),
          ...body,
        } as Entry;
        entries.push(entry);
        for (const one of book) one.take(entry);
      }
    };
    for (let card = 1; card <= CARDS_REMEMBERED; card += 1) visit([whole], card);
    visit([whole], 1);
    const checkpoint = checkpointOf(whole, NOON + VISIT_NUMBER_SECONDS, () => new Uint8Array());
    const bytes = encodeCbor(BookCheckpoint.encode(checkpoint));
    console.log(`checkpoint of ${CARDS_REMEMBERED} cards with one programme: ${bytes.length} bytes`);
    const book = bookFrom(BookCheckpoint.decode(decodeCbor(bytes), "book"));
    for (let card = 1; card <= 3; card += 1) visit([whole, book], 50_000 + card);
    const cards = [1, 2, 3, 4, 5, 6, 50_001, 50_003];
    const states = (one: IntentBook) => cards.map((card) => one.statesOf(card).length);
    expect(states(book)).toEqual([1, 0, 0, 0, 1, 1, 1, 1]);
    expect(states(book)).toEqual(states(whole));
  });

  it("is refused where it names an intent that it does not carry, or carries as open without its entry", () => {
    const empty = NOTHING.book;
    expect(() => bookFrom({ ...empty, visits: [7] })).toThrow(RangeError);
    expect(() => bookFrom({ ...empty, cards: [{ card: 1, states: [], intents: [7] }] })).toThrow(RangeError);
    const other = encodeEntry({
      number: 8,
      utc: NOON,
      offset: 0,
      previous: new Uint8Array(32),
      kind: "abort",
      body: { intent: 1, programme: 11 },
    });
    expect(() => bookFrom({ ...empty, intents: [{ number: 8, outcomes: [], stored: other }] })).toThrow(RangeError);
    expect(() =>
      bookFrom({ ...empty, intents: [{ number: 8, outcomes: [{ programme: 1, outcome: "open" }] }] }),
    ).toThrow(RangeError);
  });
});
