import { toHex } from "@cachet/card-layout";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DAY, IMAGE, JournalDesk, OTHER_IMAGE, SMALL, TestClock } from "../../../tests/fixtures/journal-desk.ts";
import { JOURNAL_ENTRIES_RESERVED } from "../hal/index.ts";
import { JournalDamaged } from "../journal/index.ts";

const CARDS = [1, 2, 3];

const action = fc.record({
  what: fc.constantFrom(
    "sale",
    "sale",
    "sale",
    "intend",
    "commit",
    "abort",
    "release",
    "start",
    "restart",
    "note",
    "checkpoint",
  ),
  card: fc.constantFrom(...CARDS),
  two: fc.boolean(),
  pick: fc.nat(50),
  pause: fc.integer({ min: 1, max: 20_000 }),
});
type Action = typeof action extends fc.Arbitrary<infer T> ? T : never;

/** Two journals to which the same happens; one has little room. */
class Pair {
  readonly dropping: JournalDesk;
  readonly whole: JournalDesk;
  readonly clock: TestClock;
  visit = 0;
  private readonly open: { readonly intent: number; readonly programme: number }[] = [];

  private constructor(dropping: JournalDesk, whole: JournalDesk, clock: TestClock) {
    this.dropping = dropping;
    this.whole = whole;
    this.clock = clock;
  }

  static async open(): Promise<Pair> {
    const clock = new TestClock();
    const size = { capacity: JOURNAL_ENTRIES_RESERVED + 16 };
    return new Pair(await JournalDesk.open(size, clock), await JournalDesk.open({}, clock), clock);
  }

  private async both(step: (desk: JournalDesk) => Promise<unknown>): Promise<void> {
    expect(await step(this.dropping)).toEqual(await step(this.whole));
  }

  async act({ what, card, two, pick, pause }: Action): Promise<void> {
    this.clock.utc += pause;
    if (what === "sale" || what === "intend") await this.intend(card, two ? [11, 20] : [11], what === "sale");
    if (what === "commit" || what === "abort") {
      const [area] = this.open.splice(pick % Math.max(1, this.open.length), 1);
      const outcome = what === "commit" ? "committed" : "aborted";
      if (area !== undefined) await this.both(({ keeper }) => keeper.settle(area.intent, area.programme, outcome));
    }
    if (what === "release") await this.release(pick);
    if (what === "start") await this.both(({ keeper }) => keeper.powerUp(pick % 2 === 0 ? IMAGE : OTHER_IMAGE));
    if (what === "restart") await this.dropping.restart();
    if (what === "checkpoint") await this.dropping.keeper.checkpoint();
    if (what === "note") await this.both(({ keeper }) => keeper.noteImage({ what: "confirmed", to: IMAGE }));
  }

  private async intend(card: number, programmes: readonly number[], settles: boolean): Promise<void> {
    const intent = await this.dropping.intendAs(this.visit + 1, card, programmes);
    if (typeof intent !== "number") return this.release(this.dropping.keeper.count);
    this.visit += 1;
    expect(await this.whole.intendAs(this.visit, card, programmes)).toBe(intent);
    for (const programme of programmes) {
      if (settles) await this.both(({ keeper }) => keeper.settle(intent, programme, "committed"));
      else this.open.push({ intent, programme });
    }
  }

  private async release(pick: number): Promise<void> {
    const { last, releasedTo } = this.dropping.keeper.status();
    if (last === releasedTo) return;
    const to = releasedTo + 1 + (pick % (last - releasedTo));
    await this.both((desk) => desk.release(to));
  }
}

/** A batch, in words that a failure can show. */
function sealed(desk: JournalDesk, first: number, last: number): string {
  const batch = desk.collect(first, last);
  return typeof batch === "string" ? batch : `${batch.name} ${toHex(batch.file)}`;
}

async function expectSame({ dropping, whole, visit: now }: Pair, pick: number): Promise<void> {
  const { first, last, head, openAreas } = dropping.keeper.status();
  expect(whole.keeper.status()).toMatchObject({ last, head, openAreas });
  if (first <= last) {
    const from = first + (pick % (last - first + 1));
    expect(sealed(dropping, from, last)).toBe(sealed(whole, from, last));
  }
  for (const card of CARDS) {
    for (const visit of [0, now, now - 1, now - 5].filter((number) => number >= 0)) {
      const known = await dropping.keeper.lookup(card, visit);
      expect(known).toEqual(await whole.keeper.lookup(card, visit));
      for (const { number, ofThisVisit, outcomes } of known.intents) {
        if (ofThisVisit || outcomes.some(({ outcome }) => outcome === "open")) {
          expect(await dropping.keeper.entry(number)).toEqual(await whole.keeper.entry(number));
        }
      }
    }
  }
}

describe("a journal that dropped entries", () => {
  it("answers, chains and seals as one that dropped nothing", async () => {
    let drops = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(action, { minLength: 30, maxLength: 80 }), async (actions) => {
        const pair = await Pair.open();
        for (const one of actions) {
          await pair.act(one);
          await expectSame(pair, one.pick);
        }
        drops += pair.dropping.file.replaced - 1;
      }),
      { numRuns: 60 },
    );
    console.log(`journals that dropped against whole ones: ${drops} drops`);
    expect(drops).toBeGreaterThan(100);
  });
});

describe("a damaged journal that dropped entries", () => {
  it("does not start, whichever bit of its header or checkpoint is wrong, and nothing is changed", async () => {
    const desk = await JournalDesk.open(SMALL);
    await desk.fill();
    await desk.release(desk.keeper.count - 10);
    await desk.sale();
    const { bytes } = desk.file;
    const size = 8 + 8 + new DataView(bytes.buffer, bytes.byteOffset).getUint32(8);
    expect(size).toBeGreaterThan(300);
    for (let bit = 0; bit < 8 * size; bit += 1) {
      desk.file.bytes = bytes.with(bit >> 3, bytes[bit >> 3]! ^ (1 << (bit & 7)));
      const before = desk.file.bytes.slice();
      await expect(desk.restart(), `bit ${bit}`).rejects.toBeInstanceOf(JournalDamaged);
      expect(desk.file.bytes).toEqual(before);
    }
    desk.file.bytes = bytes;
    await desk.restart();
  });
});

describe("a journal of 50 000 entries", () => {
  it("loads, is collected and drops", async () => {
    const desk = await JournalDesk.open();
    for (let sale = 0; sale < 24_968; sale += 1) await desk.sale(1 + (sale % 20_000));
    expect(desk.keeper.status()).toMatchObject({ last: 49_936, isNearlyFull: true });
    expect(await desk.sale()).toBe("full");
    const size = desk.file.bytes.length;
    const timed = async (what: string, work: () => Promise<unknown> | unknown) => {
      const begin = performance.now();
      const answer = await work();
      console.log(`49 936 entries, ${size} bytes: ${what} in ${Math.round(performance.now() - begin)} ms`);
      return answer;
    };
    await timed("loaded", () => desk.restart());
    expect(await timed("collected", () => desk.collect(1, 49_936))).toMatchObject({ first: 1 });
    await desk.releaseAll();
    desk.clock.utc += 31 * DAY;
    expect(await timed("dropped, and a sale", () => desk.sale())).toBe(49_937);
    expect(desk.keeper.status().first).toBe(49_937);
    console.log(`a file with the memory of 20 000 cards: ${desk.file.bytes.length} bytes`);
    await timed("loaded again", () => desk.restart());
  }, 300_000);
});
