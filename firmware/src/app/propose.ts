import type { CardRequest } from "../hal/index.ts";
import { proposeClosing, proposeGive, proposePaper, proposeReceive } from "./account.ts";
import type { Asked } from "./asked.ts";
import type { CardFound } from "./found.ts";
import type { Proposal } from "./proposal.ts";
import { proposeRefund } from "./refund.ts";
import { proposeLateSale, proposeSale } from "./sale.ts";
import type { Terminal } from "./terminal.ts";
import { proposeTopUp } from "./top-up.ts";

/** What the rules make of a request; null of one that only asks. */
export function propose(
  terminal: Terminal,
  found: CardFound,
  request: CardRequest,
  asked: Asked,
): Promise<Proposal | null> {
  switch (request.kind) {
    case "sale":
      return request.late === undefined
        ? proposeSale(terminal, found, request)
        : proposeLateSale(terminal, found, request, request.late);
    case "top-up":
      return proposeTopUp(terminal, found, request);
    case "refund":
      return proposeRefund(terminal, found, request.visit, asked.refund!);
    case "give":
      return proposeGive(terminal, found, request);
    case "receive":
      return proposeReceive(terminal, found, request);
    case "close":
      return proposeClosing(terminal, found, request);
    case "paper":
      return proposePaper(terminal, found, request);
    case "settle":
    case "balance":
      return Promise.resolve(null);
  }
}
