import { beforeEach, describe, expect, it } from "vitest";
import type { ShopSettings } from "../hal/index.ts";
import { ClosingTime } from "./closing.ts";

/** 2026-06-18T17:00 in Paris. */
const FIVE = Date.UTC(2026, 5, 18, 15) / 1_000;
const HOUR = 3_600;

let now: { utc: number; offset: number };
let looks: (() => void)[];
let closing: number | null;
let ended: number;
let time: ClosingTime;

beforeEach(() => {
  now = { utc: FIVE, offset: 120 };
  looks = [];
  closing = 19 * 60 + 30;
  ended = 0;
  time = begin();
});

function begin(): ClosingTime {
  const clock = { now: () => ({ ...now, suspect: false }) };
  const timer = {
    after: (_ms: number, then: () => void) => {
      looks.push(then);
      return () => {
        looks = looks.filter((one) => one !== then);
      };
    },
  };
  return new ClosingTime(clock, timer, () => ({ closing }) as ShopSettings);
}

const wait = () =>
  time.wait(() => {
    ended += 1;
  });
/** So many seconds pass, and whoever looks at the clock does. */
function pass(seconds: number): void {
  now.utc += seconds;
  for (const look of looks.splice(0)) look();
}

describe("the end of the shop's day", () => {
  it("comes at its hour, once, and again the next day", () => {
    wait();
    pass(2.5 * HOUR - 1);
    expect(ended).toBe(0);
    pass(1);
    expect(ended).toBe(1);
    expect(looks).toEqual([]);
    wait();
    pass(23 * HOUR);
    expect(ended).toBe(1);
    pass(HOUR);
    expect(ended).toBe(2);
  });

  it("comes at once where it came while nobody waited, and never twice for one day", () => {
    pass(4 * HOUR);
    wait();
    expect(ended).toBe(1);
    wait();
    pass(HOUR);
    expect(ended).toBe(1);
  });

  it("never comes where no hour is set, and asks for no timer", () => {
    closing = null;
    wait();
    expect(looks).toEqual([]);
    pass(48 * HOUR);
    expect(ended).toBe(0);
  });

  it("an hour that is set when it is over already is that of the next day", () => {
    closing = 16 * 60;
    wait();
    pass(60);
    expect(ended).toBe(0);
    pass(23 * HOUR);
    expect(ended).toBe(1);
  });

  it("comes once for a clock that jumps over several, and after a jump back at the hour again", () => {
    wait();
    pass(100 * HOUR);
    expect(ended).toBe(1);
    wait();
    pass(-100 * HOUR);
    expect(ended).toBe(1);
    pass(3 * HOUR);
    expect(ended).toBe(2);
  });

  it("follows the local hour when the zone changes", () => {
    closing = 18 * 60;
    wait();
    now.offset = 60;
    pass(HOUR);
    expect(ended).toBe(0);
    pass(HOUR);
    expect(ended).toBe(1);
  });

  it("is called off with the wait", () => {
    const callOff = wait();
    pass(60);
    callOff();
    expect(looks).toEqual([]);
  });
});
