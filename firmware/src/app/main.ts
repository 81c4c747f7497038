import type { Hal, VisitReport, VisitRequest } from "../hal/index.ts";
import type { Programme } from "../rules/index.ts";
import { reprint } from "./reprint.ts";
import { fr } from "./screen-messages-fr.ts";
import type { Terminal } from "./terminal.ts";
import { visit } from "./visit.ts";
import { tellWithoutCard } from "./without-card.ts";

function serve(terminal: Terminal, request: VisitRequest): Promise<VisitReport> {
  if (request.kind === "reprint") return reprint(terminal, request);
  return request.kind === "without-card" ? tellWithoutCard(terminal, request) : visit(terminal, request);
}

/** The terminal's life: one visit after the other. */
export async function runTerminal(hal: Hal, programmes: readonly Programme[]): Promise<never> {
  const facts = await hal.facts();
  const held = programmes.filter(
    ({ number, merchants }) =>
      facts.programmes.some(({ programme }) => programme === number) && merchants[facts.merchant] !== undefined,
  );
  // Shop first, town second: the town sees the shop's discounts.
  const inOrder = [...held].sort((a, b) => (a.scope === b.scope ? a.number - b.number : a.scope === "shop" ? -1 : 1));
  await hal.show(fr.ready);
  await hal.healthy();
  // How a visit ended stays on the screen until the next one begins.
  for (;;) {
    const request = await hal.nextRequest();
    await hal.report(await serve({ hal, facts, programmes: inOrder }, request));
  }
}
