import type { TopUpRequest } from "../hal/index.ts";
import type { Programme, Visit } from "../rules/index.ts";
import { CardRefused } from "./card.ts";
import { type CardFound, programmesFor } from "./found.ts";
import { type Proposal, proposeIn } from "./proposal.ts";
import type { Terminal } from "./terminal.ts";

type Purchase = NonNullable<TopUpRequest["purchase"]>;

/** What the cash buys. Throws `CardRefused` where nothing of the kind is for sale, or the price is another one. */
function purchaseOf({ rules }: Programme, { rule: id, pack }: Purchase, amount: number, card: number): Visit {
  const rule = rules.find((candidate) => candidate.id === id);
  const units = rule?.kind === "units" && pack !== undefined ? rule : null;
  const club = rule?.kind === "club" && pack === undefined ? rule : null;
  if (units === null && club === null) throw new CardRefused("RULE_UNKNOWN", card);
  const price = units === null ? club!.fee : units.packs[pack! - 1]?.price;
  if (price === undefined) throw new CardRefused("RULE_UNKNOWN", card);
  if (price !== amount) throw new CardRefused("WRONG_AMOUNT", card);
  return units === null ? { kind: "join", rule: id } : { kind: "pack", rule: id, pack: pack! };
}

/**
 * Puts money on the card, in the first programme that keeps any, or what it was paid for. A decline leaves `areas` empty.
 * Throws `CardRefused` as for a sale, and where it buys nothing that is for sale.
 */
export async function proposeTopUp(
  terminal: Terminal,
  found: CardFound,
  { amount, purchase }: TopUpRequest,
): Promise<Proposal> {
  const { number: card } = found.card;
  const programmes = programmesFor(terminal, found);
  if (programmes.length === 0) throw new CardRefused("WRONG_MEDIUM", card);
  const named = programmes.find(({ number }) => number === purchase?.programme);
  const keeps = programmes.find(({ rules }) => rules.some(({ kind }) => kind === "prepaid"));
  const programme = purchase === undefined ? (keeps ?? programmes[0]) : named;
  if (programme === undefined) throw new CardRefused("RULE_UNKNOWN", card);
  const visit: Visit =
    purchase === undefined ? { kind: "top-up", amount } : purchaseOf(programme, purchase, amount, card);
  const { evaluation, areas } = await proposeIn(terminal, found, programme, visit);
  const { payable } = evaluation;
  // Cash that is not taken has no intent, whatever the day did to the card: it goes back at once.
  return { evaluations: [{ programme, evaluation }], areas: payable === 0 ? [] : areas, payable };
}
