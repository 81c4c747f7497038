import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { answers, NOON, Story, step, storyOf } from "../../../tests/fixtures/book-story.ts";
import { intentArea, intentOf } from "../../../tests/fixtures/journal-bodies.ts";
import { CARDS_REMEMBERED, VISIT_NUMBER_SECONDS } from "../hal/index.ts";
import { decodeCbor, type Entry, encodeCbor, encodeEntry, NO_SUMS } from "../wire/index.ts";
import { IntentBook } from "./book.ts";
import { BookCheckpoint, bookFrom, carriedEntries, checkpointOf } from "./book-checkpoint.ts";
import { CLOCK_SET_BACK_SECONDS } from "./kept.ts";

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
          const { utc } = more;
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
    story.utc += VISIT_NUMBER_SECONDS + CLOCK_SET_BACK_SECONDS;
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
    const checkpoint = checkpointOf(whole, NOON + 2 * VISIT_NUMBER_SECONDS, () => new Uint8Array());
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
