import { ArithmeticFault } from "./arithmetic.ts";
import { planOf } from "./plan.ts";
import type { Programme } from "./programme.ts";
import { ValueFault } from "./values.ts";

/** What is read of an event here; its fields are of the right shape already. */
interface Named {
  readonly type: string;
  readonly id?: string;
  readonly card?: string;
  readonly of?: string;
  readonly use?: number;
  readonly gift?: string;
  readonly giftPoints?: number;
  readonly referredBy?: number;
  readonly prepaid?: number | "none";
  readonly lines?: unknown;
  readonly tenders?: readonly { readonly kind: string }[];
}

export interface TrialDocument {
  readonly card?: unknown;
  readonly cards?: Readonly<Record<string, unknown>>;
  readonly events: readonly Named[];
}

/** The card of events that name none. */
export const DEFAULT_CARD = "card";

const UNDONE_BY: Readonly<Record<string, string>> = { sale: "refund", "top-up": "cancel", pack: "cancel" };

/** Why an event means nothing where it stands; null when it means something. */
function strangeness(programme: Programme, { cards, events }: TrialDocument, at: number): string | null {
  const event = events[at]!;
  const on = event.card ?? DEFAULT_CARD;
  if (cards !== undefined && !Object.hasOwn(cards, on))
    return `card: there is no card "${on}"; write every card under "cards", an empty object for a new one`;
  const earlier = events.slice(0, at);
  if (event.id !== undefined && earlier.some(({ id }) => id === event.id))
    return `id: "${event.id}" is the id of an event before this one`;
  if (event.of !== undefined) return undoing(event, on, earlier);
  return event.type === "sale" ? strangeSale(programme, event) : null;
}

function undoing({ type, of }: Named, on: string, earlier: readonly Named[]): string | null {
  const done = earlier.find(({ id }) => id === of);
  const by = done === undefined ? undefined : UNDONE_BY[done.type];
  if (done === undefined || by === undefined)
    return `of: no event before this one has the id "${of}" and can be undone`;
  if (by !== type) return `of: "${of}" is a ${done.type}, which is undone by the event "${by}"`;
  const card = done.card ?? DEFAULT_CARD;
  return card === on ? null : `of: "${of}" was on the card "${card}"`;
}

function strangeSale(
  programme: Programme,
  { lines = [], tenders = [], use, gift, giftPoints, referredBy, prepaid }: Named,
): string | null {
  const plan = planOf(programme);
  const ids = (lines as readonly { readonly id?: string }[]).map(({ id }, i) => id ?? `${i + 1}`);
  const twice = ids.find((id, i) => ids.indexOf(id) !== i);
  if (twice !== undefined) return `lines: "${twice}" names two of them`;
  if (tenders.some(({ kind }) => kind === "prepaid"))
    return 'tenders: prepaid money of the card is none of them; write "prepaid": 500 for 500 cents of it';
  if (use !== undefined && use > 0 && plan.units.length === 0) return "use: the programme has no rule of units";
  if (typeof prepaid === "number" && prepaid > 0 && plan.prepaid === null)
    return "prepaid: the programme has no rule of prepaid money";
  if (referredBy !== undefined && plan.referral === null) return "referredBy: the programme has no rule of referral";
  if (giftPoints !== undefined && gift === undefined) return "giftPoints: they are of a gift; write its id in gift";
  const hasGifts = plan.savings.some(({ rule }) => rule.kind === "points" && rule.gifts.length > 0);
  return gift !== undefined && !hasGifts ? "gift: the programme has no rule with gifts" : null;
}

/** Refuses what could be read and would quietly mean nothing, or something else. Throws `ValueFault` naming the field. */
export function checkDocument(programme: Programme, document: TrialDocument): void {
  if (document.card !== undefined && document.cards !== undefined)
    throw new ValueFault('write "card" or "cards", not both');
  for (const at of document.events.keys()) {
    const problem = strangeness(programme, document, at);
    if (problem !== null) throw new ValueFault(`events[${at}].${problem}`);
  }
}

/** What an event comes to; a fault in it says which one it is. */
export function numbered<T>(event: number, play: () => T): T {
  try {
    return play();
  } catch (error) {
    if (error instanceof ValueFault) throw new ValueFault(`events[${event}]: ${error.message}`);
    if (error instanceof ArithmeticFault) throw new ArithmeticFault(`events[${event}]: ${error.message}`);
    throw error;
  }
}
