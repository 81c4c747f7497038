import { describe, expect, it } from "vitest";
import { AheadClock } from "./ahead-clock.ts";
import { FAULTS, parseFault } from "./fault.ts";

describe("faults by name", () => {
  it("knows every name that it tells", () => {
    for (const { name } of FAULTS) expect(parseFault(name.replace("N", "2")), name).not.toBeNull();
  });

  it("reads what stands in a name", () => {
    expect(parseFault("tear:in-block-3")).toEqual({ what: "tear", when: "in", block: 3 });
    expect(parseFault("power:after-intent")).toEqual({ what: "power", moment: "after-intent" });
    expect(parseFault("serial:drop=5%")).toEqual({ what: "serial", rates: { drop: 50_000, flip: 0, insert: 0 } });
    expect(parseFault("serial:flip=0.01%,insert=100%")).toEqual({
      what: "serial",
      rates: { drop: 0, flip: 100, insert: 1_000_000 },
    });
  });

  it.each([
    "",
    "tear",
    "tear:after-block-0",
    "tear:after-block-100",
    "power:now",
    "serial:drop=5",
    "serial:drop=101%",
    "serial:lose=1%",
    "serial:",
    "clock:1971",
    "__proto__",
    "toString",
  ])("knows no %j", (name) => expect(parseFault(name)).toBeNull());
});

describe("a clock ahead of another", () => {
  it("is set, lost and set again, and keeps how far it is ahead", () => {
    let now = 1_000;
    const kept: unknown[] = [];
    const clock = new AheadClock(
      () => now,
      () => 60,
      { ahead: 5, suspect: false },
      (state) => kept.push(state),
    );
    expect(clock.now()).toEqual({ utc: 1_005, offset: 60, suspect: false });
    clock.lose(0);
    now += 10;
    expect(clock.now()).toEqual({ utc: 10, offset: 60, suspect: true });
    clock.set(2_000);
    expect(clock.now()).toEqual({ utc: 2_000, offset: 60, suspect: false });
    expect(kept).toEqual([
      { ahead: -1_000, suspect: true },
      { ahead: 990, suspect: false },
    ]);
  });
});
