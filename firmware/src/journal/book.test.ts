import { dayOf, packState } from "@cachet/card-layout";
import { describe, expect, it } from "vitest";
import { CARDS_REMEMBERED } from "../hal/index.ts";
import { type Entry, type Intent, NO_SUMS } from "../wire/index.ts";
import { IntentBook } from "./book.ts";

const CARD = 2_800_010_000_421;
const SHOP = 7;
const TOWN = 9;
const hash = (seed: number) => new Uint8Array(32).fill(seed);

function area(programme: number, sequence: number): Intent["areas"][number] {
  const predecessor = new Uint8Array(4);
  const state = { layout: 1, generation: 1, programme, sequence, terminal: 42, day: 9_557, predecessor, credit: 0 };
  return {
    programme,
    version: 1,
    area: 0,
    oldHash: hash(sequence - 1),
    newHash: hash(sequence),
    oldSequence: sequence - 1,
    oldTerminal: 42,
    record: packState({ ...state, purses: [] }, 3),
    effects: [],
  };
}

/** A journal whose entries go into a book as they are made. */
const NOW = 1_781_517_600;

class Journal {
  readonly book = new IntentBook();
  private number = 0;

  private add(content: Pick<Entry, "kind" | "body">): number {
    this.number += 1;
    this.book.take({ number: this.number, utc: NOW, offset: 60, previous: hash(0), ...content } as Entry);
    return this.number;
  }

  intent(card: number, visit: number, ...areas: Intent["areas"][number][]): number {
    const sale = { lines: [{ amount: 100, quantity: 1 }], tip: 0, payable: 100 };
    const body: Intent = { card, uid: new Uint8Array(7), visit, merchant: 1, sale, areas };
    return this.add({ kind: "intent", body });
  }
  nullVisit(card: number, visit: number, ...areas: Intent["areas"][number][]): number {
    const sale = { lines: [], tip: 0, payable: 0 };
    return this.add({ kind: "intent", body: { card, uid: new Uint8Array(7), visit, merchant: 1, sale, areas } });
  }
  topUp(card: number, visit: number, topUp: number, ...areas: Intent["areas"][number][]): number {
    const sale = { lines: [], tip: 0, payable: topUp };
    return this.add({ kind: "intent", body: { card, uid: new Uint8Array(7), visit, merchant: 1, sale, areas, topUp } });
  }
  cashBack(intent: number, cents: number): void {
    this.add({ kind: "cash-back", body: { intent, cents } });
  }
  commit(intent: number, programme: number): void {
    this.add({ kind: "commit", body: { intent, programme, sums: NO_SUMS } });
  }
  abort(intent: number, programme: number): void {
    this.add({ kind: "abort", body: { intent, programme } });
  }
  powerUp(): void {
    this.add({ kind: "power-up", body: { image: hash(1) } });
  }
}

describe("intent book", () => {
  it("knows nothing of a card it never saw", () => {
    const { book } = new Journal();
    expect(book.intentsOf(CARD, 0, NOW)).toEqual([]);
    expect(book.statesOf(CARD)).toEqual([]);
    expect(book.outcome(1, SHOP)).toBeNull();
    expect(book.body(1)).toBeNull();
    expect(book.openAreas()).toBe(0);
  });

  it("keeps each area of an intent open until its own outcome comes", () => {
    const journal = new Journal();
    const { book } = journal;
    const number = journal.intent(CARD, 31, area(SHOP, 5), area(TOWN, 2));
    expect(book.openAreas()).toBe(2);
    journal.commit(number, SHOP);
    journal.powerUp();
    expect(book.openAreas()).toBe(1);
    expect(book.intentsOf(CARD, 0, NOW)).toEqual([
      {
        number,
        ofThisVisit: false,
        outcomes: [
          { programme: SHOP, outcome: "committed" },
          { programme: TOWN, outcome: "open" },
        ],
      },
    ]);
    journal.abort(number, TOWN);
    expect(book.openAreas()).toBe(0);
    expect(book.outcome(number, TOWN)).toBe("aborted");
    expect(book.outcome(number, 8)).toBeNull();
    expect(book.body(number)).toBeNull();
  });

  it("remembers the state that an intent found, then the one that it committed, and never goes back", () => {
    const journal = new Journal();
    const first = journal.intent(CARD, 1, area(SHOP, 5), area(TOWN, 2));
    const found = journal.book.statesOf(CARD).map(({ programme, sequence }) => [programme, sequence]);
    expect(found).toEqual([
      [SHOP, 4],
      [TOWN, 1],
    ]);
    journal.commit(first, SHOP);
    expect(journal.book.statesOf(CARD)[0]).toEqual({ programme: SHOP, sequence: 5, hash: hash(5) });
    const second = journal.intent(CARD, 2, area(SHOP, 9));
    journal.commit(second, SHOP);
    journal.commit(first, TOWN);
    expect(journal.book.statesOf(CARD).map(({ programme, sequence }) => [programme, sequence])).toEqual([
      [SHOP, 9],
      [TOWN, 2],
    ]);
  });

  it("knows the card of a visit that happened, or may still have, and no longer when it was aborted", () => {
    const journal = new Journal();
    const number = journal.intent(CARD, 31, area(SHOP, 5));
    expect(journal.book.cardOfVisit(31, NOW)).toBe(CARD);
    expect(journal.book.cardOfVisit(32, NOW)).toBeNull();
    journal.abort(number, SHOP);
    expect(journal.book.cardOfVisit(31, NOW)).toBeNull();
  });

  it("takes the number for another visit once a day has passed, open or not; a clock that fell back makes nothing long ago", () => {
    const journal = new Journal();
    const number = journal.intent(CARD, 31, area(SHOP, 5));
    const nextDay = NOW + 86_400;
    for (const settled of [false, true]) {
      if (settled) journal.commit(number, SHOP);
      expect(journal.book.cardOfVisit(31, nextDay - 1)).toBe(CARD);
      expect(journal.book.cardOfVisit(31, nextDay)).toBeNull();
      expect(journal.book.cardOfVisit(31, 1_000)).toBe(CARD);
      expect(journal.book.intentsOf(CARD, 31, NOW)).toMatchObject([{ number, ofThisVisit: true }]);
      expect(journal.book.intentsOf(CARD, 31, nextDay)).toMatchObject([{ number, ofThisVisit: false }]);
    }
  });

  it("knows what cash of top-ups is due, until it was handed back or used for another try", () => {
    const journal = new Journal();
    const { book } = journal;
    const state = () => [book.due(CARD), book.stateOfVisit(7, NOW)];
    expect(state()).toEqual([[], "unknown"]);
    const first = journal.topUp(CARD, 7, 2_000, area(SHOP, 5));
    expect(state()).toEqual([[], "known"]);
    journal.abort(first, SHOP);
    expect(state()).toEqual([[{ intent: first, cents: 2_000 }], "known"]);
    const second = journal.topUp(CARD, 7, 2_000, area(SHOP, 5));
    expect(state()).toEqual([[], "known"]);
    journal.abort(second, SHOP);
    expect(book.dueOf(second)).toBe(2_000);
    journal.cashBack(second, 2_000);
    expect(state()).toEqual([[], "over"]);
    expect(book.stateOfVisit(7, NOW + 86_400)).toBe("unknown");
  });

  it("finds the intent of a visit however many came after it", () => {
    const journal = new Journal();
    const first = journal.intent(CARD, 31, area(SHOP, 5));
    journal.commit(first, SHOP);
    const second = journal.intent(CARD, 32, area(SHOP, 6));
    journal.commit(second, SHOP);
    expect(journal.book.intentsOf(CARD, 31, NOW).map(({ number }) => number)).toEqual([first, second]);
    expect(journal.book.intentsOf(CARD + 1, 31, NOW)).toEqual([]);
  });

  it("refuses an outcome of what is not open", () => {
    const journal = new Journal();
    const number = journal.intent(CARD, 1, area(SHOP, 5));
    expect(() => journal.commit(number, TOWN)).toThrow(RangeError);
    journal.commit(number, SHOP);
    expect(() => journal.abort(number, SHOP)).toThrow(RangeError);
  });

  it("keeps the last intent of a card though it is settled, and drops it with the next", () => {
    const journal = new Journal();
    const { book } = journal;
    const first = journal.intent(CARD, 1, area(SHOP, 5));
    journal.commit(first, SHOP);
    expect(book.intentsOf(CARD, 0, NOW).map(({ number }) => number)).toEqual([first]);
    const second = journal.intent(CARD, 2, area(SHOP, 6));
    expect(book.intentsOf(CARD, 0, NOW).map(({ number }) => number)).toEqual([second]);
    expect(book.outcome(first, SHOP)).toBe("committed");
    expect(book.body(first)).toBeNull();
  });

  it("keeps open intents, oldest first, whatever comes after them", () => {
    const journal = new Journal();
    const open = journal.intent(CARD, 1, area(SHOP, 5));
    const settled = journal.intent(CARD, 2, area(SHOP, 5));
    journal.abort(settled, SHOP);
    const last = journal.intent(CARD, 3, area(SHOP, 5));
    expect(journal.book.intentsOf(CARD, 0, NOW).map(({ number }) => number)).toEqual([open, last]);
    expect(journal.book.openAreas()).toBe(2);
  });

  it("keeps cards apart", () => {
    const journal = new Journal();
    const one = journal.intent(CARD, 1, area(SHOP, 5));
    const other = journal.intent(CARD + 1, 2, area(SHOP, 9));
    journal.commit(other, SHOP);
    expect(journal.book.outcome(one, SHOP)).toBe("open");
    expect(journal.book.statesOf(CARD)).toMatchObject([{ sequence: 4 }]);
    expect(journal.book.statesOf(CARD + 1)).toEqual([{ programme: SHOP, sequence: 9, hash: hash(9) }]);
  });

  it("throws on an outcome of an intent it does not know", () => {
    const journal = new Journal();
    expect(() => journal.commit(1, SHOP)).toThrow(RangeError);
    const number = journal.intent(CARD, 1, area(SHOP, 5));
    expect(() => journal.commit(number, TOWN)).toThrow(RangeError);
  });
});

describe("memory of cards", () => {
  function visited(cards: number, journal = new Journal()): Journal {
    for (let card = 1; card <= cards; card += 1) journal.commit(journal.intent(card, card, area(SHOP, 5)), SHOP);
    return journal;
  }
  const known = (journal: Journal, card: number) => journal.book.statesOf(card).length > 0;

  it("holds as many cards as the limit says, then forgets the one that was away longest", () => {
    const journal = visited(CARDS_REMEMBERED);
    expect(CARDS_REMEMBERED).toBe(20_000);
    expect(known(journal, 1)).toBe(true);
    const forgotten = journal.book.intentsOf(1, 0, NOW)[0]!.number;
    journal.intent(CARD, 1, area(SHOP, 5));
    expect(known(journal, 1)).toBe(false);
    expect(journal.book.intentsOf(1, 0, NOW)).toEqual([]);
    expect(journal.book.body(forgotten)).toBeNull();
    expect(known(journal, 2)).toBe(true);
  });

  it("counts a card that comes again as new", () => {
    const journal = visited(CARDS_REMEMBERED);
    journal.commit(journal.intent(1, 1, area(SHOP, 6)), SHOP);
    journal.intent(CARD, 1, area(SHOP, 5));
    expect(known(journal, 1)).toBe(true);
    expect(known(journal, 2)).toBe(false);
  });

  it("never forgets a card with an open intent", () => {
    const journal = new Journal();
    const open = journal.intent(CARD, 1, area(SHOP, 5), area(TOWN, 2));
    journal.commit(open, SHOP);
    visited(CARDS_REMEMBERED + 10, journal);
    expect(journal.book.outcome(open, TOWN)).toBe("open");
    expect(journal.book.intentsOf(CARD, 0, NOW)).toHaveLength(1);
    expect(known(journal, CARD)).toBe(true);
    expect(known(journal, 11)).toBe(false);
    expect(known(journal, 12)).toBe(true);
  });

  it("counts what a card spent on a day by programme, what is in doubt with it, and what was aborted not", () => {
    const journal = new Journal();
    const { book } = journal;
    const today = dayOf(NOW, 60);
    const spending = (programme: number, sequence: number, value: number) => ({
      ...area(programme, sequence),
      effects: [{ type: "redeem", rule: "r", unit: "cents", value, funder: "merchant" } as const],
    });
    const first = journal.intent(CARD, 1, spending(SHOP, 5, 300), spending(TOWN, 5, 20));
    journal.commit(first, SHOP);
    expect(book.spentOn(CARD, today)).toEqual([
      { programme: SHOP, cents: 300 },
      { programme: TOWN, cents: 20 },
    ]);
    journal.abort(first, TOWN);
    journal.intent(CARD, 2, spending(SHOP, 6, 50), area(TOWN, 5));
    expect(book.spentOn(CARD, today)).toEqual([
      { programme: SHOP, cents: 350 },
      { programme: TOWN, cents: 0 },
    ]);
    expect(book.spentOn(CARD, today + 1)).toEqual([]);
    expect(book.spentOn(CARD + 1, today)).toEqual([]);
  });

  it("does not take a null visit for the visit whose number it carries", () => {
    const journal = new Journal();
    const sale = journal.intent(CARD, 7, area(SHOP, 5));
    journal.commit(sale, SHOP);
    const nothing = journal.nullVisit(CARD, 7, area(SHOP, 6));
    const known = journal.book.intentsOf(CARD, 7, NOW);
    expect(known.map(({ number, ofThisVisit }) => [number, ofThisVisit])).toEqual([
      [sale, true],
      [nothing, false],
    ]);
    journal.abort(nothing, SHOP);
    expect(journal.book.cardOfVisit(7, NOW)).toBe(CARD);
  });

  it("never forgets a restore credit that was begun, whatever became of it and however many cards came since", () => {
    const journal = new Journal();
    const { book } = journal;
    const restoring = (programme: number, credit: number) => ({
      ...area(programme, 5),
      effects: [
        { type: "restore", rule: "", unit: "cents", value: 0, funder: "association", credit } as const,
        { type: "credit", rule: "", unit: "cents", value: 0, funder: "association", credit: credit + 1 } as const,
      ],
    });
    expect(book.restoredOn(CARD)).toEqual([]);
    journal.abort(journal.nullVisit(CARD, 1, restoring(SHOP, 4)), SHOP);
    journal.commit(journal.nullVisit(CARD, 2, restoring(TOWN, 1)), TOWN);
    for (let card = 1; card <= CARDS_REMEMBERED + 1; card += 1)
      journal.commit(journal.intent(card, 3, area(SHOP, 2)), SHOP);
    expect(book.statesOf(CARD)).toEqual([]);
    expect(book.restoredOn(CARD)).toEqual([
      { programme: SHOP, number: 4 },
      { programme: TOWN, number: 1 },
    ]);
    expect(book.restoredOn(1)).toEqual([]);
  });
});
