import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { answers, NOON, type Story, step, storyOf } from "../../../tests/fixtures/book-story.ts";
import { intentArea, intentOf } from "../../../tests/fixtures/journal-bodies.ts";
import { CARDS_REMEMBERED, VISIT_NUMBER_SECONDS } from "../hal/index.ts";
import { decodeCbor, type Entry, encodeCbor, type Intent, NO_SUMS } from "../wire/index.ts";
import { IntentBook } from "./book.ts";
import { BookState, bookOfState, stateOf, type VisitsRead } from "./book-state.ts";
import { CLOCK_SET_BACK_SECONDS } from "./kept.ts";

const VISITS = [0, 1, 2, 3, 4, 5];

const visitsIn = (entries: readonly Entry[]): VisitsRead => ({
  intent(number) {
    const entry = entries[number - 1];
    if (entry?.kind !== "intent") throw new RangeError(`entry ${number} is no intent`);
    return entry.body as Intent;
  },
  programmes(number) {
    const entry = entries[number - 1];
    if (entry?.kind !== "intent" && entry?.kind !== "account") throw new RangeError(`entry ${number} is no visit`);
    return entry.body.areas.map(({ programme }) => programme);
  },
});

/** The book as it comes back from a file that was written at this time. */
const stored = (book: IntentBook, utc: number, entries: readonly Entry[]): IntentBook =>
  bookOfState(
    BookState.decode(decodeCbor(encodeCbor(BookState.encode(stateOf(book, utc)))), "book"),
    book.memory().cards.written(),
    visitsIn(entries),
  );

/** A book that was written and read again at these entries of a story. */
function restarted(story: Story, at: readonly number[]): IntentBook {
  let book = new IntentBook();
  for (const [i, entry] of story.entries.entries()) {
    if (at.includes(i)) book = stored(book, entry.utc, story.entries);
    book.take(entry);
  }
  return at.includes(story.entries.length) ? stored(book, story.utc, story.entries) : book;
}

const tickets = (book: IntentBook, { entries }: Story) =>
  entries.map(({ number }) => [book.refundsOf(number), ...VISITS.map((visit) => book.ticket(number, visit))]);

describe("the state of an intent book", () => {
  it("goes on as the book does, wherever and however often it was written and read", () => {
    const places = fc.array(fc.nat(50), { maxLength: 4 });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 50 }), places, fc.nat(3 * 86_400), (steps, at, wait) => {
        const story = storyOf(steps);
        const book = restarted(story, at);
        const numbers = story.entries.map(({ number }) => number);
        for (const utc of [story.utc, story.utc + wait]) {
          expect(answers(book, utc, numbers)).toEqual(answers(story.book, utc, numbers));
        }
        expect(tickets(book, story)).toEqual(tickets(story.book, story));
      }),
      { numRuns: 1_000 },
    );
  });

  it("knows a visit of a day ago, should the clock be set back", () => {
    const story = storyOf([]);
    for (const visit of [1, 2]) story.intend(1, visit, [11]);
    for (const _ of [1, 2]) story.settle(0, "commit");
    const over = NOON + VISIT_NUMBER_SECONDS;
    const book = stored(story.book, over + CLOCK_SET_BACK_SECONDS - 1, story.entries);
    expect([book.stateOfVisit(1, over), book.stateOfVisit(1, over - 1)]).toEqual(["unknown", "known"]);
    const later = stored(story.book, over + CLOCK_SET_BACK_SECONDS, story.entries);
    expect([...later.memory().visits.keys()]).toEqual([2]);
  });

  it("knows the last ticket, however long ago it was", () => {
    const story = storyOf([]);
    const number = story.intend(1, 1, [11]);
    story.settle(0, "commit");
    story.utc += 30 * 86_400;
    expect(story.book.lastTicket(1)).toBe(number);
    expect(stored(story.book, story.utc, story.entries).lastTicket(1)).toBe(number);
  });

  it("remembers as many cards, in the same order of forgetting, and takes few bytes for each", () => {
    const [whole, entries]: [IntentBook, Entry[]] = [new IntentBook(), []];
    const take = (books: readonly IntentBook[], body: object) => {
      const entry = { number: entries.length + 1, utc: NOON, offset: 0, previous: new Uint8Array(32), ...body };
      entries.push(entry as Entry);
      for (const book of books) book.take(entry as Entry);
      return entries.length;
    };
    const visit = (books: readonly IntentBook[], card: number, isSettled = true) => {
      const intent = take(books, { kind: "intent", body: intentOf(card, card, [intentArea(card, 11, 1)]) });
      if (isSettled) take(books, { kind: "commit", body: { intent, programme: 11, sums: NO_SUMS } });
      return intent;
    };
    const doubt = visit([whole], 1, false);
    for (let card = 2; card <= CARDS_REMEMBERED; card += 1) visit([whole], card);
    visit([whole], 2);
    const state = stateOf(whole, NOON + 2 * 86_400);
    expect(state.intents.map(({ number }) => number)).toEqual([doubt, doubt + 2 * CARDS_REMEMBERED - 1]);
    const cardBytes = whole.memory().cards.written().length;
    console.log(`${CARDS_REMEMBERED} cards: ${cardBytes} bytes, outcomes ${state.outcomes.length}`);
    expect(cardBytes).toBeLessThan(80 * CARDS_REMEMBERED);
    const book = stored(whole, NOON + 2 * 86_400, entries);
    for (let card = 1; card <= 3; card += 1) visit([whole, book], 50_000 + card);
    take([whole, book], { kind: "commit", body: { intent: doubt, programme: 11, sums: NO_SUMS } });
    for (let card = 4; card <= 6; card += 1) visit([whole, book], 50_000 + card);
    const cards = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 50_001, 50_006];
    const states = (one: IntentBook) => cards.map((card) => one.statesOf(card).length);
    expect(states(book)).toEqual(states(whole));
    expect(states(book)).toContain(0);
  });

  it("is refused where it names an intent that it does not have, or what no book writes", () => {
    const empty = stateOf(new IntentBook(), NOON);
    const read =
      (more: Partial<BookState>, cards = new Uint8Array()) =>
      () =>
        bookOfState({ ...empty, ...more }, cards, visitsIn([]));
    expect(read({ visits: [7] })).toThrow(RangeError);
    expect(read({ outcomes: new Uint8Array(3) })).toThrow(RangeError);
    expect(read({}, new Uint8Array(5))).toThrow(RangeError);
    const open = {
      number: 7,
      card: 1,
      visit: 1,
      utc: 0,
      day: 0,
      outcomes: [{ programme: 1, outcome: "open" as const }],
    };
    expect(read({ intents: [open] })).toThrow(RangeError);
  });
});
