import { CARD_EPOCH_SECONDS, dayOf } from "@cachet/card-layout";
import type { SaleRequest } from "../hal/index.ts";
import {
  type Evaluation,
  evaluate,
  type Facts,
  givenBy,
  type Programme,
  plus,
  type Sale,
  stocksOf,
} from "../rules/index.ts";
import { encodeCbor, type IntentArea, Refusal } from "../wire/index.ts";
import { changedArea } from "./area-intents.ts";
import { CardRefused } from "./card.ts";
import { type CardFound, currentOf, factsOf, freeFor, planFor, programmesFor } from "./found.ts";
import { changesNothing, losesValue, type Proposal } from "./proposal.ts";
import type { Terminal } from "./terminal.ts";

/** A record that cannot be written as the programme needs it, in the slot that it has or in the layout of the day, stays as it is. */
function keptAsItIs(error: unknown): null {
  if (error instanceof CardRefused && (error.reason === "TO_REPLACE" || error.reason === "LAYOUT_NOT_YET")) return null;
  throw error;
}

/** The card goes on without this programme, and the office counts it among those that are to be replaced. */
function noteKept({ hal }: Terminal, { card }: CardFound, { number: programme }: Programme): Promise<void> {
  return hal.refuse(encodeCbor(Refusal.encode({ reason: "TO_REPLACE", uid: card.uid, card: card.number, programme })));
}

/** What this terminal gave so far of what runs out, less what this visit makes void. */
async function givenOf({ hal }: Terminal, { voided }: CardFound, programme: Programme): Promise<Pick<Facts, "given">> {
  if (stocksOf(programme).length === 0) return {};
  const given = await hal.given(programme.number);
  const back = givenBy(voided.flatMap((area) => (area.programme === programme.number ? area.effects : [])));
  return {
    given: Object.fromEntries(
      given.map(({ stock, pieces }) => [stock, Math.max(0, pieces - Math.max(0, back.get(stock) ?? 0))]),
    ),
  };
}

/** What programmes took off the lines of a sale before the next one is evaluated. */
type Before = Required<NonNullable<Facts["before"]>>;

export function nothingBefore({ lines }: Pick<Sale, "lines">): Before {
  const nothing = lines.map(() => 0);
  return { discounts: nothing, redeemed: nothing, freed: nothing, prepaid: nothing };
}

/** What one more programme took, added. */
export const andBefore = (before: Before, evaluation: Evaluation): Before => ({
  discounts: plus(before.discounts, evaluation.discounts),
  redeemed: plus(before.redeemed, evaluation.redeemed),
  freed: plus(before.freed, evaluation.freed),
  prepaid: plus(before.prepaid, evaluation.prepaid),
});

/**
 * Evaluates a sale under every programme of the terminal and works out the records to write.
 * Throws `CardRefused` where a programme finds no room or no sequence left on the card.
 */
export async function proposeSale(
  terminal: Terminal,
  found: CardFound,
  request: Sale,
  known: Partial<Facts> = {},
): Promise<Proposal> {
  const programmes = programmesFor(terminal, found);
  if (programmes.length === 0) throw new CardRefused("WRONG_MEDIUM", found.card.number);
  const evaluations: Proposal["evaluations"][number][] = [];
  const areas: IntentArea[] = [];
  const kept: Programme[] = [];
  const free = found.areas.filter(({ reading }) => reading.kind === "free");
  let before = nothingBefore(request);
  for (const programme of programmes) {
    const current = currentOf(found.areas, programme.number);
    if (current === undefined && freeFor(found.card, free, programme) === null) continue;
    const plan = planFor(found, programme)!;
    const given = await givenOf(terminal, found, programme);
    const facts = { ...factsOf(terminal, found, programme, before), ...given, ...known };
    const evaluation = evaluate(programme, plan.purses, request, facts);
    if (!changesNothing(plan, evaluation)) {
      const area = await changedArea(terminal, found, free, programme, evaluation).catch(keptAsItIs);
      if (area === null) {
        kept.push(programme);
        continue;
      }
      areas.push(area);
    }
    evaluations.push({ programme, evaluation });
    before = andBefore(before, evaluation);
  }
  // One programme without room does not bar the others.
  const [first] = kept;
  if (evaluations.length === 0) {
    throw new CardRefused(first === undefined ? "NO_ROOM" : "TO_REPLACE", found.card.number, first?.number);
  }
  for (const programme of kept) await noteKept(terminal, found, programme);
  const losers = areas.filter(losesValue);
  const gainers = areas.filter((area) => !losesValue(area));
  const payable = evaluations.at(-1)?.evaluation.payable ?? 0;
  return { evaluations, areas: [...losers, ...gainers], payable };
}

/**
 * Evaluates a sale that was paid without the card, at the time when it was paid: nothing is taken off it, and nothing leaves the card.
 * Throws `CardRefused` where it is not of this day, was added before, or asks for more than to earn.
 */
export async function proposeLateSale(
  terminal: Terminal,
  found: CardFound,
  request: SaleRequest,
  { ticket, paidAt }: NonNullable<SaleRequest["late"]>,
): Promise<Proposal> {
  const { card, moment } = found;
  const { redeem = 0, gift, use = 0, prepaid } = request;
  if (redeem !== 0 || gift !== undefined || use !== 0 || typeof prepaid === "number")
    throw new CardRefused("ALREADY_PAID", card.number);
  if (moment.suspect) throw new CardRefused("CLOCK_SUSPECT", card.number);
  if (paidAt > moment.utc) throw new CardRefused("IN_THE_FUTURE", card.number);
  const isToday = dayOf(paidAt, moment.offset) === dayOf(moment.utc, moment.offset);
  if (!isToday) throw new CardRefused("TOO_LATE", card.number);
  if (await terminal.hal.isAdded(ticket, request.visit)) throw new CardRefused("ALREADY_USED", card.number);
  const sale = { ...request, prepaid: "none", rewards: "later" } as const;
  const proposal = await proposeSale(terminal, found, sale, {
    at: paidAt - CARD_EPOCH_SECONDS,
    paid: true,
  });
  return { ...proposal, payable: 0 };
}
