import type { SaleLine, SaleRequest, VisitReport, VisitRequest } from "@cachet/firmware/hal";
import type { Chance } from "../device/chance.ts";

/** What a programme has beside sales, as far as customers ask for it. */
export interface Offers {
  readonly programme: number;
  /** Cents that can be put on a card. */
  readonly topUps: readonly number[];
  /** Packs of units, each with its number from 1, and memberships without one; cents. */
  readonly packs: readonly { readonly rule: string; readonly pack?: number; readonly cents: number }[];
  /** Gifts of a catalogue, by their ids. */
  readonly gifts: readonly string[];
  /** Saving rules of which value can go to another card. */
  readonly saves: readonly string[];
  readonly hasUnits: boolean;
}

/** What somebody comes for. */
export type Wish =
  | "sale"
  | "refund"
  | "part-refund"
  | "refund-elsewhere"
  | "cancel"
  | "top-up"
  | "pack"
  | "use"
  | "gift"
  | "later"
  | "late"
  | "give"
  | "receive"
  | "balance"
  | "settle";

/** Of a hundred visits so many are for each of these, where it is to be had; all others are sales. */
const OF_HUNDRED: readonly (readonly [wish: Wish, visits: number])[] = [
  ["refund", 4],
  ["part-refund", 4],
  ["refund-elsewhere", 4],
  ["cancel", 2],
  ["top-up", 10],
  ["pack", 6],
  ["use", 8],
  ["gift", 4],
  ["later", 4],
  ["late", 3],
  ["give", 2],
  ["receive", 3],
  ["balance", 4],
  ["settle", 2],
];

export function drawWish(chance: Chance): Wish {
  let drawn = chance.below(100);
  for (const [wish, visits] of OF_HUNDRED) {
    if (drawn < visits) return wish;
    drawn -= visits;
  }
  return "sale";
}

const HAS: Readonly<Partial<Record<Wish, (offers: Offers) => boolean>>> = {
  "top-up": ({ topUps }) => topUps.length > 0,
  pack: ({ packs }) => packs.length > 0,
  use: ({ hasUnits }) => hasUnits,
  gift: ({ gifts }) => gifts.length > 0,
};

/** Whether a wish that leads people to certain shops leads them here. */
export const leadsHere = (wish: Wish, offers: readonly Offers[]): boolean => {
  const has = HAS[wish];
  return has !== undefined && offers.some(has);
};

/** A visit that somebody may want to take back. */
export interface Bought {
  /** The place of the terminal among all. */
  readonly at: number;
  readonly ticket: number;
  readonly lines: number;
  /** The code of the receipt; null where none was printed. */
  readonly code: string | null;
}

/** What a customer has to ask for something with. */
export interface Asking {
  readonly sale: SaleRequest;
  /** When, UTC seconds. */
  readonly utc: number;
  readonly offers: readonly Offers[];
  readonly bought: Bought | null;
  /** Whether the terminal is the one that sold. */
  readonly isThere: boolean;
  /** The ticket of value that was taken off a card here for another one; null where there is none. */
  readonly given: number | null;
}

const first = <T>(all: readonly T[], chance: Chance): T | undefined => all[chance.below(Math.max(1, all.length))];

function refundOf(wish: Wish, { sale: { visit }, bought, isThere }: Asking): VisitRequest | null {
  if (bought === null) return null;
  const whole = { kind: "refund", visit, lines: "all" } as const;
  if (wish === "refund-elsewhere")
    return bought.code === null || isThere ? null : { ...whole, ticket: { code: bought.code } };
  if (!isThere) return null;
  if (wish === "cancel") return { ...whole, ticket: "last" };
  if (wish === "refund") return { ...whole, ticket: bought.ticket };
  return bought.lines < 2 ? null : { ...whole, ticket: bought.ticket, lines: [bought.lines - 1] };
}

/** What is asked of the till for a wish; null where it cannot be had here, now, by this customer. */
function wished(wish: Wish, asking: Asking, chance: Chance): VisitRequest | null {
  const { sale, utc, offers, given } = asking;
  const { visit } = sale;
  switch (wish) {
    case "top-up": {
      const amount = first(
        offers.flatMap(({ topUps }) => topUps),
        chance,
      );
      return amount === undefined ? null : { kind: "top-up", visit, amount };
    }
    case "pack": {
      const packs = offers.flatMap((one) => one.packs.map((pack) => ({ programme: one.programme, ...pack })));
      const bought = first(packs, chance);
      if (bought === undefined) return null;
      const { cents: amount, ...purchase } = bought;
      return { kind: "top-up", visit, amount, purchase };
    }
    case "use":
      return offers.some(({ hasUnits }) => hasUnits) ? { ...sale, lines: [], use: 1 + chance.below(2) } : null;
    case "gift": {
      const gift = first(
        offers.flatMap(({ gifts }) => gifts),
        chance,
      );
      return gift === undefined ? null : { ...sale, gift };
    }
    case "later":
      return { ...sale, rewards: "later" };
    case "late": {
      const { redeem: _nothing, ...paid } = sale;
      return { ...paid, late: { ticket: `till-${visit}`, paidAt: utc - 900 } };
    }
    case "give": {
      const saves = offers.flatMap(({ programme, saves: rules }) => rules.map((rule) => ({ programme, rule })));
      const one = first(saves, chance);
      return one === undefined ? null : { kind: "give", visit, ...one, value: 1 + chance.below(20) };
    }
    case "receive":
      return given === null ? null : { kind: "receive", visit, ticket: given };
    case "balance":
    case "settle":
      return { kind: wish, visit };
    case "sale":
      return null;
    default:
      return refundOf(wish, asking);
  }
}

/** What a customer asks of the till: what he came for, or a sale where that is not to be had. */
export function requestFor(wish: Wish, asking: Asking, chance: Chance): VisitRequest {
  return wished(wish, asking, chance) ?? asking.sale;
}

/** A basket in up to three lines. */
export function linesOf(amount: number, quantity: number, chance: Chance): readonly SaleLine[] {
  const count = 1 + chance.below(Math.min(3, amount));
  const each = Math.floor(amount / count);
  if (count === 1) return [{ amount, quantity }];
  return Array.from({ length: count }, (_, i) => ({
    amount: i === 0 ? amount - (count - 1) * each : each,
    quantity,
    ...(chance.happens(1, 4) ? { category: "cafe" } : {}),
  }));
}

/** What a visit left that may be taken back; null where nothing was bought, or nobody knows. */
export function boughtBy(
  request: VisitRequest,
  report: VisitReport | "power-cut",
  at: number,
  code: string | null,
): Bought | null {
  if (report === "power-cut" || report.result !== "done" || report.ticket === undefined) return null;
  if (request.kind !== "sale" && request.kind !== "top-up") return null;
  return { at, ticket: report.ticket, lines: request.kind === "sale" ? request.lines.length : 0, code };
}
