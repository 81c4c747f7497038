import { sameBytes } from "@cachet/card-layout";
import { KEYS, type Key } from "@cachet/firmware/hal";
import type { Type2Chip } from "@cachet/terminal-sim";
import { beforeAll, describe, expect, it } from "vitest";
import { journalledAreas, shown } from "../fixtures/audit.ts";
import { CounterDesk } from "../fixtures/counter.ts";
import { card, fixtureFile, imageOf } from "../fixtures/town.ts";
import { checkArea } from "./check-area.ts";

const PURSE = 33;
const CARDS = 4;
/** One terminal and its cards live so long: their journal is read through after every write. */
const EVENTS_OF_A_DESK = 1_000;
const EVENTS = process.env.CACHET_SOAK === "1" ? 1_000_000 : 24_000;
const SEED = 33;

/** xorshift32: the same walk everywhere. */
class Dice {
  private state: number;
  constructor(seed: number) {
    this.state = seed * 2_654_435_761 || 1;
  }
  below(limit: number): number {
    this.state ^= this.state << 13;
    this.state ^= this.state >>> 17;
    this.state ^= this.state << 5;
    return (this.state >>> 0) % limit;
  }
  one<T>(of: readonly T[]): T {
    return of[this.below(of.length)]!;
  }
}

/** Keys as often as hands press them: green and digits most. */
const HANDS: readonly Key[] = [...KEYS, "ok", "ok", "ok", "ok", "ok", "1", "2", "5", "00", "cagnotte", "top-up"];

/** Somebody who presses whatever there is, and customers who come and go. */
class Walk {
  private readonly dice: Dice;
  private readonly desk: CounterDesk;
  private readonly cards: readonly Type2Chip[];
  private readonly origins: readonly string[];
  private readonly seen: Uint8Array[];
  readonly screens = new Set<string>();
  writes = 0;
  readonly told: string[] = [];

  private constructor(seed: number, desk: CounterDesk, cards: readonly Type2Chip[], origins: readonly string[]) {
    this.dice = new Dice(seed);
    this.desk = desk;
    this.cards = cards;
    this.origins = origins;
    this.seen = cards.map((chip) => chip.dump());
  }

  static async begin(seed: number, image: Uint8Array): Promise<Walk> {
    const desk = await CounterDesk.open({ programmes: [PURSE], image });
    const cards = await Promise.all(Array.from({ length: CARDS }, (_, i) => card(i + 1)));
    const origins = await Promise.all(cards.map(async (chip) => (await shown(chip, PURSE)).hash));
    return new Walk(seed, desk, cards, origins);
  }

  private async event(): Promise<void> {
    const { dice, desk } = this;
    const what = dice.below(100);
    this.told.push(String(what));
    if (what < 64) {
      const key = dice.one(HANDS);
      this.told.push(key);
      // Two at once, now and then.
      desk.terminal.counter.press(key);
      if (dice.below(20) === 0) desk.terminal.counter.press(dice.one(HANDS));
    } else if (what < 80) desk.terminal.hold(dice.one(this.cards));
    else if (what < 90) desk.terminal.take();
    else if (what < 91)
      desk.terminal.counter.swipe(dice.one([{ kind: "bank-card" }, { kind: "unreadable", why: "cut" }]));
    else if (what < 92) desk.terminal.counter.scan(dice.one(["", "ABCDEFGH", "\u0000\u0007", "4".repeat(400)]));
    else if (what < 95) await desk.wait(dice.one([1, 19, 20, 59, 60, 3_600]));
    else if (what < 97)
      desk.terminal.faults.plan({ what: "tear", when: dice.one(["before", "in", "after"]), block: 1 + dice.below(4) });
    else if (what < 98)
      desk.terminal.faults.plan({
        what: "power",
        moment: dice.one(["before-intent", "after-intent", "before-commit", "after-commit"]),
      });
    else if (what < 99) desk.terminal.hasPaper = dice.below(2) === 0;
    else desk.clock.set(desk.clock.now().utc + dice.one([-3_600, -60, 60, 3_600]));
  }

  /** Every card that changed shows a state that the journal names, and that nobody has called undone. */
  private async check(label: string): Promise<void> {
    for (const [i, chip] of this.cards.entries()) {
      const now = chip.dump();
      if (sameBytes(now, this.seen[i]!)) continue;
      this.seen[i] = now;
      this.writes += 1;
      const journal = await this.desk.storage.file("journal").read();
      const uid = chip.uid.join();
      const ofCard = journalledAreas(new Map([[1, journal]])).filter(({ body }) => body.uid.join() === uid);
      checkArea(label, await shown(chip, PURSE), this.origins[i]!, ofCard, false);
    }
  }

  private async backToIdle(label: string): Promise<void> {
    const from = JSON.stringify(this.desk.screen);
    for (let keys = 0; keys < 2 && !this.desk.isIdle; keys += 1) await this.desk.press("cancel");
    // A cut that was planned came meanwhile.
    if (!this.desk.terminal.isOn) await this.desk.powerOn();
    expect(this.desk.isIdle, `${label}: from ${from} two red keys lead to ${JSON.stringify(this.desk.screen)}`).toBe(
      true,
    );
  }

  async go(events: number, name: string): Promise<void> {
    const { desk, dice } = this;
    for (let i = 0; i < events; i += 1) {
      const label = `${name}, event ${i}`;
      await this.event();
      // Rejects where the terminal hangs.
      await desk.settle();
      if (!desk.terminal.isOn) await desk.powerOn();
      expect(desk.terminal.running.app?.fault ?? null, label).toBeNull();
      this.screens.add(desk.screen.says);
      await this.check(label);
      if (dice.below(25) === 0) await this.backToIdle(label);
    }
    desk.terminal.powerOff();
  }
}

describe("a counter where anybody presses anything", () => {
  let image: Uint8Array;
  beforeAll(async () => {
    image = await imageOf([fixtureFile("purse")]);
  });

  it(`never hangs, never writes a card that the journal does not know of, and is idle within two red keys: ${EVENTS} events`, async () => {
    const screens = new Set<string>();
    let writes = 0;
    for (let desk = 0; desk * EVENTS_OF_A_DESK < EVENTS; desk += 1) {
      const walk = await Walk.begin(SEED + desk, image);
      await walk.go(EVENTS_OF_A_DESK, `desk ${desk}`);
      for (const screen of walk.screens) screens.add(screen);
      writes += walk.writes;
    }
    console.log(`${EVENTS} events, ${writes} writes of cards, screens: ${[...screens].sort().join(" ")}`);
    expect(writes).toBeGreaterThan(EVENTS / 200);
    expect(screens.size).toBeGreaterThan(25);
  }, 7_200_000);
});
