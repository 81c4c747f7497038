import { whole } from "./arithmetic.ts";
import { StepsExhausted } from "./steps.ts";

/**
 * What a custom function is compiled against: the compiler puts a call of these at the start of each function and of each round
 * of a loop, so that V8 and QuickJS count the same steps and stop at the same one.
 */

/** Steps that a programme's file may take before its `export default`, where it is read and where the terminal starts. */
export const LOADING_STEPS_MAX = 1_000_000;
/** Functions of a programme under way inside each other: far less than any engine's stack holds. */
const DEPTH_MAX = 50;

// One meter for all: evaluations are never interleaved, and a function of a programme cannot begin another one.
let left = LOADING_STEPS_MAX;
let depth = 0;

/** One step. Once the budget is used up every further one throws again: no `catch` goes on behind it. */
export function step(): void {
  left -= 1;
  if (left < 0) throw new StepsExhausted();
}

/** A function begins. */
export function enter(): void {
  step();
  if (depth >= DEPTH_MAX)
    throw new RangeError(
      `functions call each other more than ${DEPTH_MAX} deep: one that calls itself must come to an end before`,
    );
  depth += 1;
}

/** A function ends, however it does. */
export function leave(): void {
  depth -= 1;
}

/** The members of what is spread: a step for each, before the next one is asked for. */
export function each<T>(values: Iterable<T>): readonly T[] {
  const all: T[] = [];
  for (const value of values) {
    step();
    all.push(value);
  }
  return all;
}

/** The fields of an object that is spread or listed: a step for each. */
export function fields<T>(value: T): T {
  if (typeof value === "object" && value !== null) for (const _ of Object.keys(value)) step();
  return value;
}

/** A list whose method goes through it all in the engine's own code: a step for every ten members. */
export function sized<T>(value: T): T {
  if (Array.isArray(value)) for (let i = 0; i < value.length; i += 10) step();
  return value;
}

/** A sum of numbers. Text is not put together: it could double with each step. */
export function plus(a: unknown, b: unknown): number {
  if (typeof a !== "number" || typeof b !== "number") throw new TypeError("only numbers are added up");
  return a + b;
}

const refused = (): never => {
  throw new TypeError("what a programme's file keeps is not changed by a visit");
};

/** Makes what a programme's file names for good unchangeable: nothing is remembered from one visit to the next. */
export function keep(...values: readonly unknown[]): void {
  for (const value of values) {
    // Of a number or a text there is nothing to freeze.
    if (Object.isFrozen(value)) continue;
    if (value instanceof Map || value instanceof Set) {
      Object.assign(value, { set: refused, add: refused, delete: refused, clear: refused });
      Object.freeze(value);
      keep(...value.keys(), ...value.values());
    } else {
      Object.freeze(value);
      keep(...Object.values(value as object));
    }
  }
}

/** Runs a function with so many steps. `left` is less than nothing where it took more, whatever it made of that itself. */
export function metered<T>(steps: number, run: () => T): { readonly left: number } & Ending<T> {
  left = steps;
  depth = 0;
  let ending: Ending<T>;
  try {
    ending = { threw: false, value: run() };
  } catch (error) {
    ending = { threw: true, error };
  }
  return { left, ...ending };
}

type Ending<T> = { readonly threw: false; readonly value: T } | { readonly threw: true; readonly error: unknown };

/** For custom rules: a quotient of whole numbers, rounded down; `/` would leave a fraction. Throws where `by` is not positive. */
export function wholeDiv(value: number, by: number): number {
  if (whole(by, "by") <= 0) throw new RangeError(`cannot divide by ${by}`);
  const rest = whole(value, "value") % by;
  return (value - (rest < 0 ? rest + by : rest)) / by;
}
