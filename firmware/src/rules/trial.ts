import { CARD_EPOCH_SECONDS, dayText, NEVER, type Purse } from "@cachet/card-layout";
import { parseDay } from "./calendar/period.ts";
import { isAfterZones, localTime } from "./calendar/zone.ts";
import type { Effect, Note, Skipped } from "./effect.ts";
import { type Evaluation, evaluate, isSale, type Visit } from "./evaluate.ts";
import { type FactorShare, Factors } from "./factors.ts";
import { type Check, count, fits, isObject, listOf, oneOf, optional, shape, variants, words } from "./field-faults.ts";
import type { Programme } from "./programme.ts";
import type { Facts, Sale } from "./sale.ts";
import { givenBy } from "./stock.ts";
import { checkDocument, DEFAULT_CARD, numbered, type TrialDocument } from "./trial-checks.ts";
import {
  isDay,
  isMoment,
  lotOf,
  lotsCheck,
  parseMoment,
  pursesFrom,
  ValueFault,
  type Values,
  valuesFrom,
} from "./values.ts";

/** What became of one event. */
export interface TrialStep {
  readonly effects: readonly WrittenEffect[];
  readonly declined: readonly { readonly rule: string; readonly reason: string }[];
  readonly skipped: readonly Skipped[];
  /** What multipliers and levels made of what other rules earned; left out where there are none. */
  readonly factors?: readonly FactorShare[];
  /** The event is after the years that time zones are known for: its hour is without summer time. Left out where it is not. */
  readonly isAfterZones?: true;
  readonly payable: number;
  readonly earningBase: number;
  /** What is left of each line after discounts and redemptions that lower taxes: what taxes are due on. */
  readonly taxed: readonly number[];
  readonly notes: readonly Note[];
  /** What the card holds now. */
  readonly card: Values;
}

/** An effect with its lots as people write them. */
export type WrittenEffect = Omit<Effect, "lots"> & {
  readonly lots?: readonly { readonly value: number; readonly issued: string; readonly expires: string | null }[];
};

export interface TrialResult {
  readonly steps: readonly TrialStep[];
  readonly cards: Readonly<Record<string, Values>>;
}

const CENTS = count(0, 90_000_000, "cents");
const COMMON: Readonly<Record<string, Check>> = {
  type: () => [],
  id: optional(words(40)),
  at: optional(isMoment),
  merchant: optional(count(1, 65_535)),
  card: optional(words(40)),
  clockSuspect: optional(fits((value) => typeof value === "boolean", "must be true or false")),
  birthday: optional(
    fits((value) => typeof value === "string" && parseDay(`2000-${value}`) !== null, 'must be month and day, "02-29"'),
  ),
  lastDay: optional(isDay),
  cardNumber: optional(count(1, 562_949_953_421_311)),
};
const line = shape({
  id: optional(words(40)),
  amount: CENTS,
  quantity: optional(count(1, 9_999)),
  category: optional(words(40)),
});
const redeem: Check = (value, name) => (value === "max" ? [] : CENTS(value, name));
const prepaid: Check = (value, name) => (value === "none" ? [] : CENTS(value, name));

const EVENT = variants("type", {
  sale: shape({
    ...COMMON,
    lines: optional(listOf(line, 1, 100)),
    tip: optional(CENTS),
    redeem: optional(redeem),
    prepaid: optional(prepaid),
    tenders: optional(listOf(shape({ kind: words(40), amount: CENTS }), 0, 20)),
    rewards: optional(oneOf(["later"])),
    gift: optional(words(40)),
    giftPoints: optional(count(1, 16_777_215)),
    referredBy: optional(count(1, 562_949_953_421_311)),
    use: optional(count(0, 9_999)),
  }),
  "top-up": shape({ ...COMMON, amount: CENTS }),
  pack: shape({ ...COMMON, rule: words(40), pack: count(1, 100) }),
  join: shape({ ...COMMON, rule: words(40) }),
  refund: shape({
    ...COMMON,
    of: words(40),
    lines: (value, name) => (value === "all" ? [] : listOf(words(40), 1, 100)(value, name)),
  }),
  cancel: shape({ ...COMMON, of: words(40) }),
  look: shape(COMMON),
  close: shape(COMMON),
  paper: shape({ ...COMMON, rule: words(40), stamps: count(1, 199) }),
  give: shape({ ...COMMON, rule: words(40), value: count(1, 16_777_215) }),
  receive: shape({ ...COMMON, rule: words(40), lots: lotsCheck }),
});

/** An event that has been checked. */
interface Event {
  readonly type: string;
  readonly id?: string;
  readonly at?: string;
  readonly merchant?: number;
  readonly card?: string;
  readonly clockSuspect?: boolean;
  readonly birthday?: string;
  readonly lastDay?: string;
  readonly cardNumber?: number;
  readonly lines?: unknown;
  readonly of?: string;
  readonly rule?: string;
  readonly amount?: number;
  readonly pack?: number;
  readonly value?: number;
  readonly stamps?: number;
  readonly lots?: readonly Parameters<typeof lotOf>[0][];
}

/** Events beside sales that can be undone. */
const CANCELLED: readonly string[] = ["top-up", "pack", "paper"];

/** What is remembered of a sale or top-up, so that it can be undone. */
interface Done {
  readonly sale: Sale;
  readonly lineIds: readonly string[];
  readonly effects: readonly Effect[];
  readonly soldAt: number;
  readonly merchant: number;
  readonly before: number[];
}

const DEFAULT_AT = "2027-01-12T10:00:00+01:00";

interface WrittenLine {
  readonly id?: string;
  readonly amount: number;
  readonly quantity?: number;
  readonly category?: string;
}

function saleOf(event: Event): Sale {
  const { type: _type, id: _id, at: _at, merchant: _merchant, card: _card, clockSuspect: _suspect, ...rest } = event;
  const { birthday: _birthday, lastDay: _lastDay, cardNumber: _number, lines = [], ...asked } = rest;
  return {
    tip: 0,
    ...(asked as Partial<Sale>),
    lines: (lines as readonly WrittenLine[]).map(({ amount, quantity = 1, category }) => ({
      amount,
      quantity,
      ...(category === undefined ? {} : { category }),
    })),
  };
}

/** Pieces given so far, with those of one more visit. */
const withGiven = (given: Readonly<Record<string, number>>, effects: readonly Effect[]): Record<string, number> => ({
  ...given,
  ...Object.fromEntries([...givenBy(effects)].map(([name, more]) => [name, (given[name] ?? 0) + more])),
});

/** One trial under way. */
class Trial {
  private readonly programme: Programme;
  private readonly cards = new Map<string, readonly Purse[]>();
  private readonly lastDays = new Map<string, number>();
  private readonly done = new Map<string, Done>();
  private readonly factors: Factors;
  /** Pieces that each merchant's one terminal gave of each stock. */
  private readonly given = new Map<number, Record<string, number>>();

  constructor(programme: Programme) {
    this.programme = programme;
    this.factors = new Factors(programme);
  }

  dayOf(at: number): number {
    return localTime(this.programme.zone, at + CARD_EPOCH_SECONDS).day;
  }

  open(name: string, values: Values, today: number): void {
    this.cards.set(name, pursesFrom(this.programme, values, today));
  }

  /** Lines of a refund by their ids, or by their place from 1. */
  private linesOf(done: Done, wanted: unknown): number[] {
    const all = done.sale.lines.map((_, i) => i).filter((i) => !done.before.includes(i));
    if (wanted === "all") return all;
    return (wanted as readonly string[]).map((id) => {
      const at = done.lineIds.indexOf(id);
      if (at < 0) throw new ValueFault(`lines: the sale has no line "${id}"`);
      return at;
    });
  }

  private remembered(id: string | undefined): Done {
    const done = this.done.get(id ?? "");
    if (done === undefined) throw new ValueFault(`of: no event before this one has the id "${id}"`);
    return done;
  }

  /** A top-up or pack that is undone now, and only once. */
  private undone(id: string | undefined): Done {
    const done = this.remembered(id);
    if (done.before.length > 0) throw new ValueFault(`of: "${id}" was undone before`);
    done.before.push(0);
    return done;
  }

  private cancelling({ effects }: Done): Visit {
    const isPaper = effects.some(({ type }) => type === "stamp");
    return { kind: isPaper ? "cancel-paper" : "cancel-top-up", effects };
  }

  private visitOf(event: Event): Visit {
    switch (event.type) {
      case "sale":
        return saleOf(event);
      case "top-up":
        return { kind: "top-up", amount: event.amount! };
      case "pack":
        return { kind: "pack", rule: event.rule!, pack: event.pack! };
      case "join":
        return { kind: "join", rule: event.rule! };
      case "refund": {
        const done = this.remembered(event.of);
        const { sale, effects, soldAt, merchant, before } = done;
        return {
          kind: "refund",
          sale,
          effects,
          soldAt,
          merchant,
          before: [...before],
          lines: this.linesOf(done, event.lines),
        };
      }
      case "cancel":
        return this.cancelling(this.undone(event.of));
      case "paper":
        return { kind: "paper", rule: event.rule!, stamps: event.stamps! };
      case "give":
        return { kind: "give", rule: event.rule!, value: event.value! };
      case "receive":
        return { kind: "receive", rule: event.rule!, lots: event.lots!.map(lotOf) };
      case "close":
        return { kind: "close" };
      default:
        return { kind: "look" };
    }
  }

  private factsOf(event: Event, name: string, at: number): Facts {
    const [first] = Object.keys(this.programme.merchants).map(Number);
    const lastDay =
      event.lastDay === undefined ? this.lastDays.get(name) : this.dayOf(parseMoment(`${event.lastDay}T12:00:00Z`)!);
    const born = event.birthday?.split("-").map(Number);
    const merchant = event.merchant ?? first!;
    return {
      merchant,
      at,
      given: this.given.get(merchant) ?? {},
      clockSuspect: event.clockSuspect ?? false,
      ...(event.cardNumber === undefined ? {} : { card: event.cardNumber }),
      ...(lastDay === undefined ? {} : { lastDay }),
      ...(born === undefined ? {} : { birthday: { month: born[0]!, dayOfMonth: born[1]! } }),
    };
  }

  play(event: Event): TrialStep {
    const name = event.card ?? DEFAULT_CARD;
    const at = parseMoment(event.at ?? DEFAULT_AT)!;
    const purses = this.cards.get(name) ?? [];
    const visit = this.visitOf(event);
    const facts = this.factsOf(event, name, at);
    const evaluation = evaluate(this.programme, purses, visit, facts);
    this.remember(event, visit, evaluation, facts);
    const { merchant, given = {} } = facts;
    this.given.set(merchant, withGiven(given, evaluation.effects));
    this.cards.set(name, evaluation.newPurses);
    const factors = this.factors.sharesOf(evaluation.effects, purses, visit, facts);
    if (event.type !== "look") this.lastDays.set(name, this.dayOf(at));
    return {
      ...this.written(visit, evaluation),
      ...(factors.length === 0 ? {} : { factors }),
      ...(isAfterZones(this.dayOf(at)) ? { isAfterZones: true } : {}),
    };
  }

  private remember(
    { id, lines, of, type }: Event,
    visit: Visit,
    { effects }: Evaluation,
    { at, merchant }: Facts,
  ): void {
    if (!isSale(visit)) {
      if (visit.kind === "refund" && effects.every((effect) => effect.type !== "decline"))
        this.remembered(of).before.push(...(visit.sale.lines.length === 0 ? [0] : visit.lines));
      if (id === undefined || !CANCELLED.includes(type)) return;
    }
    if (id === undefined) return;
    const sale = isSale(visit) ? visit : { lines: [], tip: 0 };
    const lineIds = ((lines ?? []) as readonly WrittenLine[]).map((one, i) => one.id ?? `${i + 1}`);
    this.done.set(id, { sale, lineIds, effects, soldAt: at, merchant, before: [] });
  }

  private written(
    visit: Visit,
    { effects, skipped, payable, earningBase, receipt, newPurses, discounts, untaxed }: Evaluation,
  ): TrialStep {
    const lines = isSale(visit) ? visit.lines : [];
    return {
      effects: effects.map(({ lots, ...effect }) => ({
        ...effect,
        ...(lots === undefined
          ? {}
          : {
              lots: lots.map(({ value, issued, expires }) => ({
                value,
                issued: dayText(issued),
                expires: expires === NEVER ? null : dayText(expires),
              })),
            }),
      })),
      declined: effects.flatMap(({ type, rule, reason }) =>
        type === "decline" && reason !== undefined ? [{ rule, reason }] : [],
      ),
      skipped,
      payable,
      earningBase,
      taxed: lines.map(({ amount }, i) => amount - discounts[i]! - untaxed[i]!),
      notes: receipt,
      card: valuesFrom(this.programme, newPurses),
    };
  }

  values(): Readonly<Record<string, Values>> {
    return Object.fromEntries([...this.cards].map(([name, purses]) => [name, valuesFrom(this.programme, purses)]));
  }
}

const GIVEN = shape({
  card: optional(fits(isObject, "must be an object")),
  cards: optional(fits(isObject, "must be an object of cards by name")),
  events: (value, name) => listOf(EVENT, 0, 10_000)(value, name),
});

/**
 * Plays written events on written cards: `{"card": {...}, "events": [...]}`, or several `"cards"` by name. Throws `ValueFault` where
 * something cannot be read, naming the field, and `ArithmeticFault` as `evaluate` does.
 */
export function playTrial(programme: Programme, given: unknown): TrialResult {
  if (!isObject(given)) throw new ValueFault("it must be an object with a card and its events");
  const [problem] = GIVEN(given, "");
  if (problem !== undefined) throw new ValueFault(problem);
  checkDocument(programme, given as unknown as TrialDocument);
  const {
    card = {},
    cards,
    events,
  } = given as {
    readonly card?: Values;
    readonly cards?: Readonly<Record<string, Values>>;
    readonly events: readonly Event[];
  };
  const trial = new Trial(programme);
  const today = trial.dayOf(parseMoment(events[0]?.at ?? DEFAULT_AT)!);
  for (const [name, values] of Object.entries(cards ?? { [DEFAULT_CARD]: card })) trial.open(name, values, today);
  return { steps: events.map((event, i) => numbered(i, () => trial.play(event))), cards: trial.values() };
}
