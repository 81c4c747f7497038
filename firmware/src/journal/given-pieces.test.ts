import { describe, expect, it } from "vitest";
import { intentArea, intentOf } from "../../../tests/fixtures/journal-bodies.ts";
import { GivenPieces } from "./given-pieces.ts";

const effect = (type: "reward" | "return" | "discount", stock?: string, times?: number) => ({
  ...({ type, rule: "grille", unit: "cents", value: 0, funder: "merchant" } as const),
  ...(stock === undefined ? {} : { stock }),
  ...(times === undefined ? {} : { times }),
});
const area = (programme: number, ...effects: readonly ReturnType<typeof effect>[]) => ({
  ...intentArea(1, programme, 1),
  effects,
});
const SALE = intentOf(1, 1, []);

describe("pieces of what runs out", () => {
  it("count from the intent on, each programme's for itself, and are there again where it never happened", () => {
    const given = new GivenPieces();
    given.promise(area(11, effect("reward", "lampe", 3), effect("discount", "flash"), effect("reward", undefined, 2)));
    given.promise(area(20, effect("reward", "lampe", 1)));
    expect(given.of(11)).toEqual([
      { stock: "lampe", pieces: 3 },
      { stock: "flash", pieces: 1 },
    ]);
    given.takeBack(area(11, effect("discount", "flash")), SALE);
    given.release(area(11, effect("reward", "lampe", 2)));
    expect(given.of(11)).toEqual([
      { stock: "lampe", pieces: 1 },
      { stock: "flash", pieces: 1 },
    ]);
    given.release(area(11, effect("reward", "lampe", 1)));
    expect(given.of(11)).toEqual([{ stock: "flash", pieces: 1 }]);
    expect(given.of(20)).toEqual([{ stock: "lampe", pieces: 1 }]);
  });

  it("come back with a refund once it is committed, of a ticket of this terminal only", () => {
    const given = new GivenPieces([{ programme: 11, stock: "lampe", pieces: 2 }]);
    const back = area(11, effect("return", "lampe", 1));
    given.promise(back);
    given.release(back);
    given.takeBack(back, intentOf(1, 1, [], { elsewhere: 4 }));
    expect(given.of(11)).toEqual([{ stock: "lampe", pieces: 2 }]);
    given.takeBack(back, intentOf(1, 1, [], { own: 4 }));
    expect(given.of(11)).toEqual([{ stock: "lampe", pieces: 1 }]);
    // More than was given never comes back.
    given.takeBack(area(11, effect("return", "lampe", 5)), intentOf(1, 1, [], { own: 4 }));
    expect(given.of(11)).toEqual([]);
  });
});
