import { NEVER } from "@cachet/card-layout";
import type { CloseRequest, GiveRequest, PaperRequest, ReceiveRequest } from "../hal/index.ts";
import type { Effect, Programme, Rule, Visit } from "../rules/index.ts";
import { centsOf, decodeVisit, type StoredEffect } from "../wire/index.ts";
import { CardRefused } from "./card.ts";
import { type CardFound, programmesFor } from "./found.ts";
import { type Proposal, proposeIn } from "./proposal.ts";
import type { Terminal } from "./terminal.ts";

const SAVING: readonly Rule["kind"][] = ["cagnotte", "points"];

/** A programme of the terminal. Throws `CardRefused` where it has none with this number, or no rule of this name and of these kinds in it. */
function programmeWith(
  terminal: Terminal,
  found: CardFound,
  number: number,
  rule: string | null,
  kinds: readonly Rule["kind"][] = SAVING,
): Programme {
  const programme = programmesFor(terminal, found).find((candidate) => candidate.number === number);
  const isThere = programme?.rules.some(({ id, kind }) => id === rule && kinds.includes(kind));
  if (programme === undefined || (rule !== null && isThere !== true))
    throw new CardRefused("RULE_UNKNOWN", found.card.number);
  return programme;
}

/** A visit to one programme that is done whole, or declined and then written nowhere. */
async function wholeOrNothing(
  terminal: Terminal,
  found: CardFound,
  programme: Programme,
  visit: Visit,
): Promise<Proposal & { readonly effects: readonly Effect[] }> {
  const { evaluation, areas } = await proposeIn(terminal, found, programme, visit);
  const { effects } = evaluation;
  const isDeclined = effects.some(({ type }) => type === "decline");
  return { evaluations: [{ programme, evaluation }], areas: isDeclined ? [] : areas, payable: 0, effects };
}

/** Takes value off the card, for whoever brings the ticket. */
export async function proposeGive(terminal: Terminal, found: CardFound, request: GiveRequest): Promise<Proposal> {
  const { programme: number, rule, value } = request;
  const programme = programmeWith(terminal, found, number, rule);
  const proposal = await wholeOrNothing(terminal, found, programme, { kind: "give", rule, value });
  return { ...proposal, found: { transfer: { programme: number, rule, value } } };
}

/** What a visit at this terminal took off a card. Throws `CardRefused`: not known, still in doubt, or on a card by now. */
async function givenBy(
  { hal }: Terminal,
  card: number,
  { ticket: number, visit }: ReceiveRequest,
): Promise<{ readonly programme: number; readonly effect: StoredEffect }> {
  const ticket = await hal.ticket(number, visit);
  if (ticket === null) throw new CardRefused("TICKET_UNKNOWN", card);
  const entry = decodeVisit(await hal.entry(number));
  const { transfer, areas } = entry?.kind === "intent" ? entry.body : { transfer: undefined, areas: [] };
  const area = areas.find(({ programme }) => programme === transfer?.programme);
  const effect = area?.effects.find(({ type }) => type === "give");
  if (transfer === undefined || area === undefined || effect === undefined)
    throw new CardRefused("TICKET_UNKNOWN", card);
  const { programme } = area;
  const outcome = ticket.outcomes.find((one) => one.programme === programme)?.outcome;
  if (outcome === "aborted") throw new CardRefused("TICKET_UNKNOWN", card);
  if (outcome !== "committed") throw new CardRefused("TICKET_IN_DOUBT", card);
  if (ticket.refunded.length > 0) throw new CardRefused("ALREADY_USED", card);
  return { programme, effect };
}

/** Puts on the card what another one, or the very same, gave away here: with its days, once. */
export async function proposeReceive(terminal: Terminal, found: CardFound, request: ReceiveRequest): Promise<Proposal> {
  const { programme: number, effect } = await givenBy(terminal, found.card.number, request);
  const { rule, value, lots } = effect;
  const programme = programmeWith(terminal, found, number, rule);
  const came = lots ?? [{ value, expires: NEVER, issued: 0 }];
  const proposal = await wholeOrNothing(terminal, found, programme, { kind: "receive", rule, lots: came });
  return { ...proposal, found: { transfer: { programme: number, rule, value, from: request.ticket } } };
}

/** Closes the card's account in one programme. */
export async function proposeClosing(terminal: Terminal, found: CardFound, request: CloseRequest): Promise<Proposal> {
  const { programme: number } = request;
  const programme = programmeWith(terminal, found, number, null);
  const proposal = await wholeOrNothing(terminal, found, programme, { kind: "close" });
  const cents = proposal.effects.reduce((sum, effect) => (effect.type === "payout" ? sum + centsOf(effect) : sum), 0);
  return { ...proposal, found: { closing: { programme: number, cents } } };
}

/** Enters the stamps of a customer's paper card. */
export function proposePaper(terminal: Terminal, found: CardFound, request: PaperRequest): Promise<Proposal> {
  const { programme: number, rule, stamps } = request;
  const programme = programmeWith(terminal, found, number, rule, ["stamps"]);
  return wholeOrNothing(terminal, found, programme, { kind: "paper", rule, stamps });
}
