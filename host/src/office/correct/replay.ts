import { CARD_EPOCH_SECONDS, type Purse, packPurses, pursesSize, sameBytes } from "@cachet/card-layout";
import {
  ArithmeticFault,
  creditPurses,
  type Effect,
  type Evaluation,
  evaluate,
  type Facts,
  type Programme,
  type Sale,
  type Visit,
} from "@cachet/firmware/rules";
import { centsOf, encodeCbor, type Intent, StoredEffect, sumsOf, ticketName, visitKind } from "@cachet/firmware/wire";
import type { Database } from "../../ports/database.ts";
import { type ApartCard, type ApartReason, areaOf, intentAt, pursesIn, type StoredVisit, type Story } from "./story.ts";
import { type Moves, movesOf } from "./value.ts";

/** A visit under the wrong version, as it was, and as it would have been. */
export interface ReplayedVisit {
  readonly visit: StoredVisit;
  readonly stored: Moves;
  readonly right: Moves;
}

/** The sale that a refund takes back, as the ledger has it. */
interface Sold {
  readonly intent: Intent;
  readonly utc: number;
  /** Lines that were taken back before. */
  readonly before: readonly number[];
}

/** What the journal does not say of a visit, and what was worked out by trying which makes it come to what was stored. */
interface Unsaid {
  readonly at: number;
  readonly earnOnly: boolean;
  readonly before: Facts["before"];
}

class Apart extends Error {
  readonly reason: ApartReason;
  constructor(reason: ApartReason, problem: string) {
    super(problem);
    this.reason = reason;
  }
}

const effectBytes = (effects: readonly Effect[]): Uint8Array =>
  encodeCbor(effects.map((effect) => StoredEffect.encode(effect)));
const purseBytes = (purses: readonly Purse[]): Uint8Array =>
  packPurses(purses, pursesSize(purses.map(({ kind }) => kind)));

/** The effects that the rules had, without those of credits. */
const ruleEffects = (effects: readonly StoredEffect[]): readonly Effect[] =>
  effects.filter(({ credit }) => credit === undefined) as readonly Effect[];

const sum = (values: readonly number[]): number => values.reduce((all, value) => all + value, 0);

/** How long a visit may have taken from its first moment to its journal entry. */
const VISIT_SECONDS_MAX = 600;

/** Instants that the rules may have been told: that of the entry, or the one that a stamp with a cooldown left on the card. */
function instantsOf({ utc, area }: StoredVisit): readonly number[] {
  const at = Math.max(0, utc - CARD_EPOCH_SECONDS);
  const seen = pursesIn(area.record).flatMap((purse) => (purse.kind === "timed-stamps" ? [purse.last] : []));
  return [at, ...seen.filter((last) => last < at && at - last <= VISIT_SECONDS_MAX)];
}

/** What other programmes took off the lines of a sale. */
function takenBy({ sale, areas }: Intent, isBefore: (programme: number) => boolean): NonNullable<Facts["before"]> {
  const nothing = sale.lines.map(() => 0);
  const [discounts, redeemed] = [[...nothing], [...nothing]];
  for (const { type, shares = [] } of areas.flatMap(({ programme, effects }) => (isBefore(programme) ? effects : []))) {
    const sums = type === "discount" ? discounts : type === "redeem" ? redeemed : null;
    if (sums !== null) for (const [i, share] of shares.entries()) sums[i]! += share;
  }
  return { discounts, redeemed, freed: nothing };
}

/** What may have been evaluated before a programme: all the others of the visit, those with a lower number, or none. */
function befores(intent: Intent, { number, scope }: Programme): readonly Facts["before"][] {
  const others = intent.areas.filter(({ programme }) => programme !== number);
  if (others.length === 0) return [undefined];
  const all = takenBy(intent, (programme) => programme !== number);
  const lower = takenBy(intent, (programme) => programme < number);
  return scope === "town" ? [all, lower, undefined] : [lower, undefined, all];
}

/** Whether what the rules came to is nothing that a terminal writes down. */
const isNothing = ({ effects, newPurses }: Evaluation, before: readonly Purse[]): boolean =>
  effects.every(({ type, value, taken = 0 }) => type === "decline" || (value === 0 && taken === 0)) &&
  movesNothing(before, newPurses);

function movesNothing(before: readonly Purse[], after: readonly Purse[]): boolean {
  return [...before, ...after].every((purse) => {
    const [was, is] = [before, after].map((purses) =>
      purses.find(({ kind, index }) => kind === purse.kind && index === purse.index),
    );
    const [a, b] = [was, is].map((one) => (one === undefined ? null : purseBytes([one]).subarray(1)));
    if (a === null || b === null) return (a ?? b)!.every((byte) => byte === 0);
    return sameBytes(a!, b!);
  });
}

/** One card under the version that it had and under the right one, visit by visit. */
class Replay {
  private readonly database: Database;
  private readonly wrong: Programme;
  private readonly right: Programme;
  /** The purses as they would stand. */
  private purses: readonly Purse[];
  /** What sales of this replay came to under the right version, by ticket. */
  private readonly rightEffects = new Map<string, readonly Effect[]>();
  /** Cents spent under either version, by terminal and day: what the offline cap counts. */
  private readonly spentStored = new Map<string, number>();
  private readonly spentRight = new Map<string, number>();

  constructor(database: Database, wrong: Programme, right: Programme, { purses }: Story) {
    this.database = database;
    this.wrong = wrong;
    this.right = right;
    this.purses = purses;
  }

  /** Plays one visit; `found` are the purses that it found on the card. */
  play(visit: StoredVisit, found: readonly Purse[]): ReplayedVisit {
    const { area, intent } = visit;
    const held = this.versionOf(visit);
    const after = pursesIn(area.record);
    const own = ruleEffects(area.effects);
    const before = this.credited(held, found, area.effects);
    this.purses = this.credited(this.right, this.purses, area.effects);
    const rightBefore = this.purses;
    const kind = visitKind(intent);
    const isNull = kind === "null" || (kind !== "sale" && own.length === 0);
    if (isNull && !movesNothing(before, after))
      throw new Apart("differs", "a record that was written again moved value");
    let rightEffects: readonly Effect[] = [];
    if (!isNull) {
      const sold = intent.refund === undefined ? null : this.soldTo(visit, intent.refund.ticket);
      const unsaid = this.unsaid(held, visit, before, after, own, sold);
      const evaluation = this.underRight(visit, unsaid, own, held, sold);
      rightEffects = evaluation.effects;
      this.purses = evaluation.newPurses;
    }
    this.rightEffects.set(ticketName(visit.terminal, visit.number), rightEffects);
    this.count(this.spentStored, visit, own);
    this.count(this.spentRight, visit, rightEffects);
    return {
      visit,
      stored: movesOf(held, before, after, own),
      right: movesOf(this.right, rightBefore, this.purses, rightEffects),
    };
  }

  private versionOf({ area: { version } }: StoredVisit): Programme {
    const held = [this.wrong, this.right].find((programme) => programme.version === version);
    if (held === undefined) throw new Apart("other-version", `it was under version ${version}`);
    return held;
  }

  /** Purses with what the office's credits put there. */
  private credited(programme: Programme, purses: readonly Purse[], effects: readonly StoredEffect[]): readonly Purse[] {
    let now = purses;
    for (const { type, rule: id, value } of effects) {
      if (type !== "credit" || value === 0) continue;
      const rule = programme.rules.find((candidate) => candidate.id === id);
      const known = rule?.kind === "stamps" || rule?.kind === "cagnotte" || rule?.kind === "prepaid" ? rule : null;
      const more = known && creditPurses(programme, now, [{ purse: known.kind, index: known.purse, value }]);
      if (more === null) throw new Apart("impossible", `version ${programme.version} has no room for its credit`);
      now = more.purses;
    }
    return now;
  }

  private soldTo({ terminal, number, intent }: StoredVisit, ticket: number): Sold {
    const sold = intentAt(this.database, terminal, ticket);
    const earlier = this.database.all(
      `select distinct number from intent_area
       where terminal = ? and card = ? and kind = 'refund' and number < ? and outcome <> 'aborted'`,
      terminal,
      intent.card,
      number,
    );
    const refunds = earlier.map((row) => intentAt(this.database, terminal, Number(row.number)).intent.refund);
    const before = refunds.flatMap((refund) => (refund?.ticket === ticket ? refund.lines : []));
    return { ...sold, before };
  }

  private factsOf(visit: StoredVisit, spent: ReadonlyMap<string, number>, unsaid: Unsaid): Facts {
    const { intent } = visit;
    const { at, earnOnly, before } = unsaid;
    return {
      merchant: intent.merchant,
      at,
      clockSuspect: intent.clockSuspect === true,
      spentToday: spent.get(dayKey(visit)) ?? 0,
      earnOnly,
      ...(before === undefined ? {} : { before }),
    };
  }

  /** What the rules are asked, with the effects of the sale that a refund is about. */
  private asked({ intent }: StoredVisit, sale: Sale, sold: Sold | null, effects: readonly Effect[]): Visit {
    if (intent.topUp !== undefined) return { kind: "top-up", amount: intent.topUp };
    if (sold === null) return { kind: "sale", ...sale };
    const { intent: of, utc, before } = sold;
    const soldAt = Math.max(0, utc - CARD_EPOCH_SECONDS);
    const { lines } = intent.refund!;
    return { kind: "refund", sale: of.sale, effects, soldAt, merchant: of.merchant, lines, before };
  }

  /** What the journal does not say: whatever makes the version of the day come to what was stored. */
  private unsaid(
    held: Programme,
    visit: StoredVisit,
    before: readonly Purse[],
    after: readonly Purse[],
    own: readonly Effect[],
    sold: Sold | null,
  ): Unsaid {
    const soldEffects = ruleEffects((sold && areaOf(sold.intent, held.number)?.effects) ?? []);
    const asked = this.asked(visit, visit.intent.sale, sold, soldEffects);
    const [wanted, written] = [effectBytes(own), purseBytes(after)];
    for (const earnOnly of [false, true]) {
      for (const earlier of befores(sold?.intent ?? visit.intent, held)) {
        for (const at of instantsOf(visit)) {
          const unsaid = { at, earnOnly, before: earlier };
          const evaluation = evaluate(held, before, asked, this.factsOf(visit, this.spentStored, unsaid));
          // A sale that moved nothing in this programme is there for what it did elsewhere, or for a credit.
          if (own.length === 0 && isNothing(evaluation, before)) return unsaid;
          const effects = evaluation.effects.filter(({ type }) => sold === null || type !== "payout");
          if (sameBytes(effectBytes(effects), wanted) && sameBytes(purseBytes(evaluation.newPurses), written))
            return unsaid;
        }
      }
    }
    throw new Apart("differs", `version ${held.version} of the file does not come to what the terminal stored`);
  }

  /**
   * The visit under the right version. What the customer spent is a fact: as much is spent as then, where it is there, and as much of
   * it as is there where it is not.
   */
  private underRight(
    visit: StoredVisit,
    unsaid: Unsaid,
    own: readonly Effect[],
    held: Programme,
    sold: Sold | null,
  ): Evaluation {
    const { intent } = visit;
    const soldEffects =
      sold === null
        ? []
        : (this.rightEffects.get(ticketName(visit.terminal, intent.refund!.ticket)) ??
          ruleEffects(areaOf(sold.intent, held.number)?.effects ?? []));
    const facts = this.factsOf(visit, this.spentRight, unsaid);
    const ask = (sale: Sale) => evaluate(this.right, this.purses, this.asked(visit, sale, sold, soldEffects), facts);
    if (visitKind(intent) !== "sale") {
      const evaluation = ask(intent.sale);
      if (intent.topUp !== undefined && evaluation.payable !== intent.topUp)
        throw new Apart("impossible", `version ${this.right.version} refuses the top-up`);
      return evaluation;
    }
    const spent = spentIn(held, own);
    const earlier = sum(facts.before?.redeemed ?? []);
    let best: Evaluation | null = null;
    let most = -1;
    for (const sale of asItHappened(intent.sale, spent, earlier)) {
      const evaluation = ask(sale);
      const now = spentIn(this.right, evaluation.effects);
      if (now.saved > spent.saved || now.prepaid > spent.prepaid) continue;
      if (now.saved + now.prepaid > most) [best, most] = [evaluation, now.saved + now.prepaid];
      if (most === spent.saved + spent.prepaid) break;
    }
    return best!;
  }

  private count(spent: Map<string, number>, visit: StoredVisit, effects: readonly Effect[]): void {
    const { spentCents } = sumsOf(effects);
    const key = dayKey(visit);
    if (spentCents > 0) spent.set(key, (spent.get(key) ?? 0) + spentCents);
  }
}

const dayKey = ({ terminal, day }: StoredVisit): string => `${terminal} ${day}`;

/** What paid at a sale: cents of what was saved, cents of prepaid money, whether a gift was taken, and units. */
interface Spent {
  readonly saved: number;
  readonly prepaid: number;
  readonly tookGift: boolean;
  readonly usedUnits: boolean;
}

function spentIn({ rules }: Programme, effects: readonly Effect[]): Spent {
  const redeemed = (kinds: readonly string[]) =>
    effects.filter(
      ({ type, rule }) => type === "redeem" && kinds.includes(rules.find(({ id }) => id === rule)?.kind ?? ""),
    );
  const cents = (kinds: readonly string[]) => sum(redeemed(kinds).map(centsOf));
  return {
    saved: cents(["cagnotte", "points"]),
    prepaid: cents(["prepaid"]),
    tookGift: redeemed(["points"]).some(({ cents: off }) => off === 0),
    usedUnits: redeemed(["units"]).length > 0,
  };
}

/** The sale with the very amounts that were spent, then with as much as there is. `earlier`: cents that other programmes paid before. */
function asItHappened(sale: Sale, { saved, prepaid, tookGift, usedUnits }: Spent, earlier: number): readonly Sale[] {
  const { redeem: _redeem, prepaid: _prepaid, gift, use, ...rest } = sale;
  const base: Sale = {
    ...rest,
    ...(tookGift && gift !== undefined ? { gift } : {}),
    ...(usedUnits && use !== undefined ? { use } : {}),
  };
  const redeems: readonly Pick<Sale, "redeem">[] =
    saved === 0 ? [{}] : [{ redeem: saved + earlier }, { redeem: "max" }, {}];
  const pays: readonly Pick<Sale, "prepaid">[] =
    prepaid === 0 ? [{ prepaid: "none" }] : [{ prepaid }, {}, { prepaid: "none" }];
  return redeems.flatMap((redeem) => pays.map((pay) => ({ ...base, ...redeem, ...pay })));
}

/** Plays a card's visits under the wrong version and the right one; or says why that cannot be done. */
export function replayStory(
  database: Database,
  wrong: Programme,
  right: Programme,
  story: Story,
): readonly ReplayedVisit[] | ApartCard {
  const replay = new Replay(database, wrong, right, story);
  const replayed: ReplayedVisit[] = [];
  let found = story.purses;
  for (const visit of story.visits) {
    try {
      replayed.push(replay.play(visit, found));
    } catch (error) {
      const reason = error instanceof Apart ? error.reason : "impossible";
      if (!(error instanceof Apart || error instanceof ArithmeticFault)) throw error;
      const ticket = ticketName(visit.terminal, visit.number);
      return { card: story.card, reason, ticket, problem: error.message };
    }
    found = pursesIn(visit.area.record);
  }
  return replayed;
}
