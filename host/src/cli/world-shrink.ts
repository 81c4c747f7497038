import type { Attack, Trouble } from "@cachet/terminal-sim";

/** How large a world is, and what happens in it. */
export interface WorldSize {
  readonly seed: number;
  readonly terminals: number;
  readonly cards: number;
  readonly days: number;
  readonly faults: readonly Trouble[];
  readonly attacks: readonly Attack[];
}

const without = <T>(all: readonly T[]): (readonly T[])[] => all.map((one) => all.filter((other) => other !== one));
const halved = (value: number, least: number): number[] => {
  const sizes = [Math.ceil(value / 4), Math.ceil(value / 2), Math.floor(value * 0.8), value - 1];
  return [...new Set(sizes)].filter((size) => size >= least && size < value);
};

/** Worlds in which a little less happens, the ones that save most first. */
function* smaller(world: WorldSize): Generator<WorldSize> {
  if (world.attacks.length > 1) yield { ...world, attacks: [] };
  for (const attacks of without(world.attacks)) yield { ...world, attacks };
  if (world.faults.length > 1) yield { ...world, faults: [] };
  for (const faults of without(world.faults)) yield { ...world, faults };
  for (const days of halved(world.days, 1)) yield { ...world, days };
  for (const cards of halved(world.cards, 1)) yield { ...world, cards };
  for (const terminals of halved(world.terminals, 1)) yield { ...world, terminals };
}

/**
 * A world that is as small as it gets and still breaks a promise: greedily fewer attacks, faults, days, cards and terminals, with the same
 * seed, until none of the smaller ones breaks any more, or `tries` were made. `breaks` lives through one.
 */
export async function shrunk(
  world: WorldSize,
  breaks: (world: WorldSize) => Promise<boolean>,
  tries: number,
): Promise<WorldSize> {
  let [smallest, left] = [world, tries];
  for (;;) {
    let found: WorldSize | null = null;
    for (const one of smaller(smallest)) {
      if (left === 0) return smallest;
      left -= 1;
      if (!(await breaks(one))) continue;
      found = one;
      break;
    }
    if (found === null) return smallest;
    smallest = found;
  }
}
