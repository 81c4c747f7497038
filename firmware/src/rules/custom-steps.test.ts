import { describe, expect, it } from "vitest";
import { each, enter, fields, keep, leave, metered, plus, sized, step } from "./custom-steps.ts";
import { STEPS_MAX, StepsExhausted } from "./steps.ts";

const stepped = (count: number) => () => {
  for (let i = 0; i < count; i += 1) step();
};

describe("the meter of custom functions", () => {
  it("ends with the step behind the last one, and with each further one", () => {
    expect(metered(5, stepped(5))).toEqual({ left: 0, threw: false, value: undefined });
    expect(metered(5, stepped(6))).toMatchObject({
      left: -1,
      threw: true,
      error: expect.objectContaining({ name: "StepsExhausted" }),
    });
    const again = () => {
      expect(stepped(3)).toThrow(StepsExhausted);
      expect(step).toThrow(`more than ${STEPS_MAX} steps`);
      return 7;
    };
    expect(metered(2, again)).toEqual({ left: -2, threw: false, value: 7 });
  });

  it("begins anew each time", () => {
    metered(1, stepped(2));
    expect(metered(2, stepped(2))).toMatchObject({ left: 0, threw: false });
    metered(100, () => {
      for (let i = 0; i < 50; i += 1) enter();
    });
    expect(metered(1, enter)).toMatchObject({ left: 0, threw: false });
  });

  it("counts each function, and holds 50 of them inside each other", () => {
    const deep = (count: number) => () => {
      for (let i = 0; i < count; i += 1) enter();
    };
    expect(metered(100, deep(50))).toMatchObject({ left: 50, threw: false });
    expect(metered(100, deep(51))).toMatchObject({ left: 49, threw: true, error: expect.any(RangeError) });
    const oneAfterTheOther = () => {
      for (let i = 0; i < 60; i += 1) {
        enter();
        leave();
      }
    };
    expect(metered(60, oneAfterTheOther)).toMatchObject({ left: 0, threw: false });
    const [inner, tooDeep] = [49, 50].map((outer) => () => {
      deep(outer)();
      oneAfterTheOther();
    });
    expect(metered(200, inner!)).toMatchObject({ threw: false });
    expect(metered(200, tooDeep!)).toMatchObject({ threw: true });
    const leaving = () => {
      deep(50)();
      leave();
      enter();
      enter();
    };
    expect(metered(200, leaving)).toMatchObject({ threw: true });
  });

  it("counts the members of what is spread, whatever it is", () => {
    const map = new Map([
      [1, 1],
      [2, 2],
    ]);
    for (const values of [[1, 2], new Set([1, 2]), "ab", map.values(), map] as Iterable<unknown>[])
      expect(metered(10, () => [...each(values)].length)).toEqual({ left: 8, threw: false, value: 2 });
    expect(metered(2, () => each([1, 2, 3]))).toMatchObject({ left: -1, threw: true });
  });

  it("counts the fields of an object, and every ten members of a list that a method goes through", () => {
    expect(metered(10, () => fields({ a: 1, b: 2 }))).toEqual({ left: 8, threw: false, value: { a: 1, b: 2 } });
    expect(metered(10, () => fields(null))).toEqual({ left: 10, threw: false, value: null });
    for (const [length, left] of [
      [0, 10],
      [1, 9],
      [10, 9],
      [11, 8],
    ])
      expect(metered(10, () => sized(Array.from({ length: length! }, () => 1))).left).toBe(left);
    expect(metered(10, () => sized("a long text that is none")).left).toBe(10);
  });

  it("adds numbers alone", () => {
    expect(plus(2, -5)).toBe(-3);
    for (const [a, b] of [
      ["a", 1],
      [1, "a"],
      [undefined, 1],
    ])
      expect(() => plus(a, b)).toThrow(/only numbers/);
  });
});

describe("what is kept", () => {
  it("is frozen all the way down, sets and maps too, and may name itself", () => {
    const own: { list: number[][]; again?: unknown } = { list: [[1]] };
    own.again = own;
    const [map, set, inSet] = [new Map([[1, { a: 1 }]]), new Set<object>(), { a: 1 }];
    set.add(inSet);
    const named = Object.assign(() => 1, { more: [1] });
    keep(own, map, set, named, null, undefined, 3, "text");
    expect(() => own.list[0]!.push(2)).toThrow(TypeError);
    expect(() => map.set(2, { a: 2 })).toThrow(/not changed by a visit/);
    expect(() => map.clear()).toThrow(/not changed/);
    expect(() => map.delete(1)).toThrow(/not changed/);
    expect(() => set.add({})).toThrow(/not changed/);
    for (const inner of [map, set, map.get(1), inSet, named, named.more]) expect(Object.isFrozen(inner)).toBe(true);
    expect([map.get(1)?.a, set.size, named()]).toEqual([1, 1, 1]);
  });
});
