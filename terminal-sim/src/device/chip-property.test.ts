import { type Chip, type2 } from "@cachet/card-layout";
import fc from "fast-check";
import { expect, it } from "vitest";
import { CHIP_MODELS } from "./chip-model.ts";
import { TORN_PAGES } from "./mishap.ts";
import { Type2Chip } from "./type2-chip.ts";

const UID = Uint8Array.of(0x04, 0xa1, 0xb2, 0xc3, 0xd4, 0xe5, 0xf6);
const CHIPS = ["NTAG213", "NTAG215", "NTAG216", "MF0UL11", "MF0UL21"] as const satisfies readonly Chip[];
const NEW_PASSWORD = Uint8Array.of(0xff, 0xff, 0xff, 0xff);
const CODES = [0x60, 0x30, 0x3a, 0xa2, 0xa2, 0xa2, 0xa0, 0x1b, 0x3c, 0x39, 0xa5, 0x3e, 0x50];
const LENGTHS: Readonly<Record<number, number>> = { 96: 1, 58: 3, 162: 6, 27: 5, 165: 6 };
/** Pages that mean something on some chip, and counters. */
const PAGES = [
  0, 1, 1, 2, 2, 2, 3, 4, 5, 9, 15, 0x10, 0x12, 0x24, 0x25, 0x26, 0x28, 0x29, 0x2b, 0x82, 0x83, 0xe2, 0xe4,
];

const command = fc.oneof(
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 18 }) },
  {
    weight: 8,
    arbitrary: fc
      .tuple(fc.constantFrom(...CODES), fc.constantFrom(...PAGES), fc.uint8Array({ minLength: 4, maxLength: 4 }))
      .map(([code, at, rest]) => Uint8Array.of(code, at, ...rest).subarray(0, LENGTHS[code] ?? 2)),
  },
  { weight: 1, arbitrary: fc.constant(type2.passwordAuth(NEW_PASSWORD)) },
  {
    weight: 3,
    arbitrary: fc.tuple(fc.nat(2), fc.nat(300)).map(([counter, by]) => type2.incrementCounter(counter, by)),
  },
);
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ does: fc.constant("send" as const), command }) },
  {
    weight: 1,
    arbitrary: fc.record({ does: fc.constant("tear" as const), command, left: fc.constantFrom(...TORN_PAGES) }),
  },
  {
    weight: 6,
    arbitrary: fc.record({ does: fc.constant("select" as const), wake: fc.constantFrom("power-up", "reselect") }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      does: fc.constant("restore" as const),
      dump: fc.uint8Array({ minLength: 60, maxLength: 99 }),
    }),
  },
);
type Step = typeof step extends fc.Arbitrary<infer One> ? One : never;

function take(chip: Type2Chip, one: Step): void {
  if (one.does === "select") chip.select(one.wake);
  else if (one.does === "restore") chip.restore(one.dump);
  else if (one.does === "tear") chip.tear(one.command, one.left);
  else chip.execute(one.command);
}

const locksOf = (dump: Uint8Array) => dump[10]! | (dump[11]! << 8);
const countsOf = (chip: Type2Chip) => [0, 1, 2].map((counter) => chip.counter(counter));
const gained = (before: Uint8Array, after: Uint8Array, at: number) =>
  [0, 1, 2, 3].every((i) => (after[at * 4 + i]! & before[at * 4 + i]!) === before[at * 4 + i]!);

it("whatever anybody sends, nothing throws, and what may not fall or change does not", () => {
  let [locked, counted, rose] = [0, 0, 0];
  fc.assert(
    fc.property(fc.constantFrom(...CHIPS), fc.array(step, { minLength: 10, maxLength: 80 }), (kind, steps) => {
      const chip = new Type2Chip(kind, UID, { counters: [0, 7, 0xffff00] });
      const { dynamicLock, configPage } = CHIP_MODELS[kind];
      const lockPages = dynamicLock === null ? [2, 3] : [2, 3, dynamicLock.page];
      let [before, counts, locks] = [chip.dump(), countsOf(chip), 0];
      // A page with weak bits reads now so, now so, locked or not.
      const weak = new Set<number>();
      for (const one of steps) {
        // A holder's restore is an activation too.
        if (one.does === "select" || one.does === "restore") locks = locksOf(before);
        if (one.does === "tear" && one.left === "weak") for (let at = 4; at < 16; at += 1) weak.add(at);
        take(chip, one);
        const after = chip.dump();
        expect(after.subarray(0, 10)).toEqual(before.subarray(0, 10));
        expect(lockPages.every((at) => gained(before, after, at))).toBe(true);
        if (lockPages.some((at) => !gained(after, before, at))) rose += 1;
        for (let at = 3; at < 16; at += 1) {
          if (((locks >> at) & 1) === 0 || weak.has(at)) continue;
          locked += 1;
          expect(after.subarray(at * 4, at * 4 + 4), `page ${at}`).toEqual(before.subarray(at * 4, at * 4 + 4));
        }
        for (const [counter, value] of countsOf(chip).entries()) {
          expect(value).toBeGreaterThanOrEqual(counts[counter]!);
          if (value > counts[counter]!) counted += 1;
        }
        expect(after.subarray((configPage + 2) * 4)).toEqual(new Uint8Array(8));
        [before, counts] = [after, countsOf(chip)];
      }
    }),
    { numRuns: 1_000, seed: 20_260_615 },
  );
  // The property has seen what it speaks of.
  expect([locked > 1_000, counted > 100, rose > 100], `${locked}, ${counted}, ${rose}`).toEqual([true, true, true]);
});
