import type { Hal } from "../hal/index.ts";
import type { Programme } from "../rules/index.ts";
import { serveCounter } from "./counter/counter.ts";

/** The terminal's life: one visit after the other. */
export async function runTerminal(hal: Hal, programmes: readonly Programme[]): Promise<never> {
  const facts = await hal.facts();
  const held = programmes.filter(
    ({ number, merchants }) =>
      facts.programmes.some(({ programme }) => programme === number) && merchants[facts.merchant] !== undefined,
  );
  // Shop first, town second: the town sees the shop's discounts.
  const inOrder = [...held].sort((a, b) => (a.scope === b.scope ? a.number - b.number : a.scope === "shop" ? -1 : 1));
  await hal.show({ says: "ready" });
  await hal.healthy();
  return serveCounter({ hal, facts, programmes: inOrder });
}
