import { CARD_EPOCH_SECONDS, toHex } from "@cachet/card-layout";
import { decodeEntry, type Entry, endOfCborItem, type StoredEffect } from "@cachet/firmware/wire";

/** What a card can hold. */
export const UNITS = ["cents", "stamps", "points", "units"] as const;
export type Amounts = Readonly<Record<(typeof UNITS)[number], number>>;
export const NOTHING: Amounts = { cents: 0, stamps: 0, points: 0, units: 0 };

/** Amounts in words. */
export const amountsText = (amounts: Amounts): string => UNITS.map((unit) => `${amounts[unit]} ${unit}`).join(", ");

/** What a card shows of one programme. `hash` is the state hash of its current record; null before the first one. */
export interface AreaShown extends Amounts {
  readonly hash: string | null;
}

/** What simple rules come to, worked out by hand, by programme: whatever the engine says has to be that. */
export interface ByHand {
  /** Basis points of what is paid otherwise, in cents; what is left of a cent is carried on. */
  readonly rates: ReadonlyMap<number, number>;
  /** A stamp for each purchase from so many cents on. */
  readonly stampsFrom: ReadonlyMap<number, number>;
}

/** One step of a card under one programme, as a journal tells it. */
interface Step {
  readonly terminal: number;
  readonly intent: number;
  readonly oldHash: string;
  readonly newHash: string;
  /** It opens the area. */
  readonly opens: boolean;
  readonly moved: Amounts;
  readonly merchant: number;
  /** The visit that it is part of, on its card and under its programme; null of what nobody asked for. */
  readonly visit: string | null;
  /** Cents that the merchant is owed for it; below zero, that he owes. */
  readonly owed: number;
  /** Cents of the purchase, and what it earned and spent; null of a visit that is no plain sale. */
  readonly sale: {
    readonly bought: number;
    readonly spent: number;
    readonly earned: number;
    readonly stamps: number;
  } | null;
  outcome: "open" | "committed" | "aborted";
}

type IntentBody = Extract<Entry, { readonly kind: "intent" }>["body"];

const PUTS: readonly StoredEffect["type"][] = ["earn", "stamp", "topup", "credit", "return", "receive"];
const TAKES: readonly StoredEffect["type"][] = ["redeem", "expire", "clawback", "forfeit", "give", "payout"];

/** By how much effects change what a card holds. */
function movedBy(effects: readonly StoredEffect[]): Amounts {
  const moved = { ...NOTHING };
  for (const { type, unit, value, taken = 0 } of effects) {
    // What a reward is worth comes off the ticket; off the card come stamps.
    if (type === "reward") moved.stamps -= taken;
    if (unit === "entries" || unit === "minutes") continue;
    if (PUTS.includes(type)) moved[unit] += value;
    if (TAKES.includes(type)) moved[unit] -= value;
  }
  return moved;
}

const plus = (a: Amounts, b: Amounts): Amounts => ({
  cents: a.cents + b.cents,
  stamps: a.stamps + b.stamps,
  points: a.points + b.points,
  units: a.units + b.units,
});

export const areSame = (a: Amounts, b: Amounts): boolean => UNITS.every((unit) => a[unit] === b[unit]);

/** Whether somebody asked for it: an intent without is of the terminal's own, and its number names no visit. */
const isAskedFor = ({ sale, topUp, refund, purchase, transfer, closing, paper }: IntentBody): boolean =>
  sale.lines.length > 0 || [topUp, refund, purchase, transfer, closing, paper].some((part) => part !== undefined);

/** Cents that an effect owes the merchant of the visit: what was spent at his shop, less what he gave or took cash for. */
function owedFor({ type, unit, value, funder }: StoredEffect): number {
  if (unit !== "cents") return 0;
  switch (type) {
    case "redeem":
    case "give":
    case "payout":
      return value;
    case "return":
    case "receive":
      return -value;
    case "earn":
    case "topup":
      return funder === "merchant" ? -value : 0;
    case "clawback":
      return funder === "merchant" ? value : 0;
    default:
      return 0;
  }
}

/** Whether nothing but a sale happened, and no credit of the office with it. */
const isPlainSale = (
  { topUp, refund, purchase, transfer, closing, paper }: IntentBody,
  effects: readonly StoredEffect[],
) =>
  [topUp, refund, purchase, transfer, closing, paper].every((part) => part === undefined) &&
  effects.every(({ type }) => ["earn", "redeem", "stamp", "reward", "decline"].includes(type));

function saleOf(body: IntentBody, effects: readonly StoredEffect[]): Step["sale"] {
  if (!isPlainSale(body, effects)) return null;
  const sum = (wanted: StoredEffect["type"]) =>
    effects.reduce((total, { type, value }) => (type === wanted ? total + value : total), 0);
  const bought = body.sale.lines.reduce((total, { amount }) => total + amount, 0);
  return { bought, spent: sum("redeem"), earned: sum("earn"), stamps: sum("stamp") };
}

const nameOf = (card: number, programme: number): string => `${card}/${programme}`;

/** The entries in a batch file: a CBOR sequence of a header, the entries and a trailer. */
function entriesIn(file: Uint8Array): Entry[] {
  const entries: Entry[] = [];
  for (let at = endOfCborItem(file, 0); at < file.length; ) {
    const end = endOfCborItem(file, at);
    if (end < file.length) entries.push(decodeEntry(file.subarray(at, end)));
    at = end;
  }
  return entries;
}

/**
 * Hears every journal as it is written, whatever becomes of the batches, and knows from that alone what each card should hold. It shares
 * the formats with the product and none of its decisions.
 */
export class Witness {
  private readonly byHand: ByHand;
  private readonly steps = new Map<string, Step[]>();
  private readonly open = new Map<string, Step>();
  private readonly heard = new Map<number, number>();
  /** Visits that happened, under each programme. */
  private readonly done = new Set<string>();
  /** Defects that it saw: an outcome told twice, or of nothing. */
  readonly faults: string[] = [];

  constructor(byHand: ByHand) {
    this.byHand = byHand;
  }

  /** The first entry of a terminal that it has not heard of. */
  nextOf(terminal: number): number {
    return (this.heard.get(terminal) ?? 0) + 1;
  }

  /** Takes a batch of a terminal's newest entries. */
  hear(terminal: number, file: Uint8Array): void {
    for (const entry of entriesIn(file)) {
      if (entry.number !== this.nextOf(terminal)) this.faults.push(`T-${terminal}: entry ${entry.number} out of turn`);
      this.heard.set(terminal, entry.number);
      if (entry.kind === "intent") this.begin(terminal, entry);
      if (entry.kind === "intent" && entry.utc < CARD_EPOCH_SECONDS) this.beforeTime(terminal, entry);
      if (entry.kind === "commit" || entry.kind === "abort") this.settle(terminal, entry);
    }
  }

  private begin(terminal: number, { number, body }: Entry & { readonly kind: "intent" }): void {
    for (const { programme, oldHash, newHash, oldTerminal, effects } of body.areas) {
      const step: Step = {
        ...{ terminal, intent: number, oldHash: toHex(oldHash), newHash: toHex(newHash), opens: oldTerminal === 0 },
        ...{ merchant: body.merchant, owed: effects.reduce((sum, one) => sum + owedFor(one), 0) },
        ...{ moved: movedBy(effects), sale: saleOf(body, effects) },
        visit: isAskedFor(body) ? `${terminal}/${body.visit}/${nameOf(body.card, programme)}` : null,
        outcome: "open",
      };
      const name = nameOf(body.card, programme);
      this.steps.set(name, [...(this.steps.get(name) ?? []), step]);
      this.open.set(`${terminal}/${number}/${programme}`, step);
    }
  }

  /** A visit of a day before there were cards: the terminal had to know that its clock is wrong, and do nothing that needs a day. */
  private beforeTime(terminal: number, { number, body }: Entry & { readonly kind: "intent" }): void {
    const fault = (what: string) =>
      this.faults.push(`T-${terminal}-${number}, by a clock that stands before all cards: ${what}`);
    if (body.clockSuspect !== true) fault("nothing says that the clock was doubted");
    if (body.late !== undefined) fault("a sale of earlier was added");
    if (body.refund?.terminal !== undefined) fault("a receipt of another terminal was believed");
  }

  private settle(terminal: number, { kind, body }: Entry & { readonly kind: "commit" | "abort" }): void {
    const name = `${terminal}/${body.intent}/${body.programme}`;
    const step = this.open.get(name);
    if (step === undefined) this.faults.push(`${name}: an outcome of nothing, or told twice`);
    else step.outcome = kind === "commit" ? "committed" : "aborted";
    this.open.delete(name);
    if (step?.outcome !== "committed" || step.visit === null) return;
    if (this.done.has(step.visit))
      this.faults.push(`T-${terminal}: visit ${body.intent} was done before, under its number`);
    this.done.add(step.visit);
  }

  /**
   * Cents that each merchant is owed for what happened at his terminals. `decided`: areas that no terminal has told of, and of which the
   * office says that they happened, as `terminal/intent/programme`.
   */
  owedTo(decided: ReadonlySet<string>): ReadonlyMap<number, number> {
    const owed = new Map<number, number>();
    const add = ({ merchant, owed: cents }: Step) => owed.set(merchant, (owed.get(merchant) ?? 0) + cents);
    for (const steps of this.steps.values()) for (const step of steps) if (step.outcome === "committed") add(step);
    for (const [name, step] of this.open) if (decided.has(name)) add(step);
    return owed;
  }

  /** Areas of intents whose outcome no terminal has told yet. */
  get inDoubt(): number {
    return this.open.size;
  }

  /**
   * What is wrong with a card: null where it holds what the steps that led to its state come to, and every committed step is among them.
   * A step that is told twice, as after a power cut, counts once.
   */
  faultOf(card: number, programme: number, { hash, ...held }: AreaShown): string | null {
    const steps = this.steps.get(nameOf(card, programme)) ?? [];
    const led = new Set<Step>();
    let [sum, at] = [NOTHING, hash];
    while (at !== null) {
      const step = this.towards(steps, at);
      if (step === undefined || led.has(step)) return `a state that no journal names (${at.slice(0, 8)})`;
      led.add(step);
      sum = plus(sum, step.moved);
      at = step.opens ? null : step.oldHash;
    }
    const lost = steps.find((step) => step.outcome === "committed" && !led.has(step));
    if (lost !== undefined) return `committed by T-${lost.terminal}-${lost.intent}, and not on the card`;
    const wrong = [...led].find(({ outcome }) => outcome === "aborted");
    if (wrong !== undefined) return `aborted by T-${wrong.terminal}-${wrong.intent}, and on the card`;
    if (!areSame(held, sum)) return `holds ${amountsText(held)}; its journals come to ${amountsText(sum)}`;
    return this.ruleFault(programme, [...led]);
  }

  /** Where purchases earned something else than the rules come to by hand; null where they did not, or something else happened. */
  private ruleFault(programme: number, steps: readonly Step[]): string | null {
    const sales = steps.flatMap(({ sale }) => (sale === null ? [] : [sale]));
    if (sales.length < steps.length) return null;
    const rate = this.byHand.rates.get(programme);
    if (rate !== undefined) {
      const earned = sales.reduce((sum, sale) => sum + sale.earned, 0);
      const paid = sales.reduce((sum, { bought, spent }) => sum + bought - spent, 0);
      const right = Math.floor((paid * rate) / 10_000);
      if (earned !== right) return `earned ${earned} cents of ${paid} paid, by hand it is ${right}`;
    }
    const from = this.byHand.stampsFrom.get(programme);
    if (from === undefined) return null;
    const wrong = sales.find(({ bought, stamps }) => stamps !== (bought >= from ? 1 : 0));
    return wrong === undefined ? null : `${wrong.stamps} stamps for a purchase of ${wrong.bought} cents`;
  }

  /** The step that led to a state: the committed one of several that mean the same, else one that is open. */
  private towards(steps: readonly Step[], hash: string): Step | undefined {
    const leading = steps.filter(({ newHash }) => newHash === hash);
    return (
      leading.find(({ outcome }) => outcome === "committed") ??
      leading.findLast(({ outcome }) => outcome === "open") ??
      leading[0]
    );
  }
}
