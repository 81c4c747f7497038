import type { Purse } from "@cachet/card-layout";
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
import { centsOf, sumsOf, ticketName } from "@cachet/firmware/wire";
import type { Ledger } from "../schema.ts";
import { askedAt, ruleEffects, saleOf, soldTo } from "./asked.ts";
import { Apart, type ApartCard, type Held, heldIn, type StoredVisit, type Story } from "./story.ts";
import { factsOf, type Unsaid, unsaidOf, writtenEffects } from "./unsaid.ts";
import { amountFor, type Moves, movesOf, purseOf, worthIn } from "./value.ts";

/** A visit under the wrong version, as it was, and as it would have been. */
export interface ReplayedVisit {
  readonly visit: StoredVisit;
  readonly stored: Moves;
  readonly right: Moves;
}

const sum = (values: readonly number[]): number => values.reduce((all, value) => all + value, 0);

/** Cents that a card spent, by terminal and day: what the offline cap counts. */
class SpentByDay {
  private readonly cents = new Map<string, number>();
  private keyOf({ terminal, day }: StoredVisit): string {
    return `${terminal} ${day}`;
  }

  add(visit: StoredVisit, effects: readonly Effect[]): void {
    this.cents.set(this.keyOf(visit), this.before(visit) + sumsOf(effects).spentCents);
  }

  before(visit: StoredVisit): number {
    return this.cents.get(this.keyOf(visit)) ?? 0;
  }
}

/** One card under the version that it had and under the right one, visit by visit. */
class Replay {
  private readonly ledger: Ledger;
  private readonly wrong: Programme;
  private readonly right: Programme;
  /** The purses as they would stand. */
  private purses: readonly Purse[];
  /** What visits of this replay came to under the right version, by ticket. */
  private readonly rightEffects = new Map<string, readonly Effect[]>();
  private readonly spentStored = new SpentByDay();
  private readonly spentRight = new SpentByDay();

  constructor(ledger: Ledger, wrong: Programme, right: Programme, { held, sameDay }: Story) {
    this.ledger = ledger;
    this.wrong = wrong;
    this.right = right;
    this.purses = held.purses;
    for (const visit of sameDay) {
      for (const spent of [this.spentStored, this.spentRight]) spent.add(visit, ruleEffects(visit.area.effects));
    }
  }

  /** Plays one visit; `found` is what stood on the card. */
  async play(visit: StoredVisit, found: Held): Promise<ReplayedVisit> {
    const { area } = visit;
    const programme = this.versionOf(visit);
    const stored = ruleEffects(area.effects);
    const before = this.credited(programme, found.purses, visit);
    const rightBefore = this.credited(this.right, this.purses, visit);
    this.purses = rightBefore;
    const solds = await soldTo(this.ledger, visit);
    const held = { purses: before, day: found.day };
    const unsaid = unsaidOf(visit, programme, held, this.spentStored.before(visit), solds);
    let right: readonly Effect[] = [];
    if (unsaid !== null) {
      const evaluation = this.underRight(visit, programme, unsaid, found.day);
      right = writtenEffects(visit, evaluation.effects);
      this.purses = evaluation.newPurses;
    }
    this.rightEffects.set(ticketName(visit.terminal, visit.number), right);
    this.spentStored.add(visit, stored);
    this.spentRight.add(visit, right);
    return {
      visit,
      stored: movesOf(programme, before, heldIn(area.record).purses, stored),
      right: movesOf(this.right, rightBefore, this.purses, right),
    };
  }

  private versionOf({ area: { version } }: StoredVisit): Programme {
    const found = [this.wrong, this.right].find((programme) => programme.version === version);
    if (found === undefined) throw new Apart("other-version", `it was under version ${version}`);
    return found;
  }

  /** Purses with what the office's credits put there. */
  private credited(programme: Programme, purses: readonly Purse[], { area, day }: StoredVisit): readonly Purse[] {
    let now = purses;
    for (const { type, rule: id, value, lots } of area.effects) {
      if (type !== "credit" || value === 0) continue;
      const rule = programme.rules.find((candidate) => candidate.id === id);
      const name = rule === undefined ? null : purseOf(rule, {});
      const more = name && creditPurses(programme, now, [{ ...amountFor(name), value, ...(lots && { lots }) }], day);
      if (more === null) throw new Apart("impossible", `version ${programme.version} has no room for its credit`);
      now = more.purses;
    }
    return now;
  }

  /** The visit under the right version. What the customer spent is a fact: as much is spent as then, as far as it is there. */
  private underRight(visit: StoredVisit, programme: Programme, { facts, sold }: Unsaid, day: number): Evaluation {
    const { intent, area } = visit;
    const own = ruleEffects(area.effects);
    const storedOf = sold?.areas.find((one) => one.programme === programme.number)?.effects ?? [];
    const undone = (sold && this.rightEffects.get(sold.ticket)) ?? ruleEffects(storedOf);
    const all: Facts = { at: 0, ...factsOf(visit, this.spentRight.before(visit), day), ...facts };
    const ask = (asked: Visit) => evaluate(this.right, this.purses, asked, all);
    const sale = saleOf(intent);
    const asked = askedAt(visit, sale, sold, undone)!;
    switch (asked.kind) {
      case undefined:
      case "sale": {
        const earlier = sum(all.before?.redeemed ?? []);
        return this.saleAsItHappened(sale, spentIn(programme, own), earlier, (one) => ask({ kind: "sale", ...one }));
      }
      case "give": {
        const rule = this.right.rules.find(({ id }) => id === asked.rule);
        const left = worthIn(this.purses).get((rule && purseOf(rule, {})) ?? "points 0") ?? 0;
        return ask(left <= 0 ? { kind: "look" } : { ...asked, value: Math.min(asked.value, left) });
      }
      case "top-up":
      case "pack":
      case "join":
      case "receive": {
        const evaluation = ask(asked);
        const isPaid = intent.topUp === undefined || evaluation.payable === intent.topUp;
        if (isPaid && evaluation.effects.every(({ type }) => type !== "decline")) return evaluation;
        throw new Apart("impossible", `version ${this.right.version} refuses what was put on the card`);
      }
      default:
        return ask(asked);
    }
  }

  private saleAsItHappened(sale: Sale, spent: Spent, earlier: number, ask: (sale: Sale) => Evaluation): Evaluation {
    let best: Evaluation | null = null;
    let most = -1;
    for (const one of asItHappened(sale, spent, earlier)) {
      const evaluation = ask(one);
      const now = spentIn(this.right, evaluation.effects);
      if (now.saved > spent.saved || now.prepaid > spent.prepaid) continue;
      if (now.saved + now.prepaid > most) [best, most] = [evaluation, now.saved + now.prepaid];
      if (most === spent.saved + spent.prepaid) break;
    }
    return best!;
  }
}

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
  const { redeem: _redeem, prepaid: _prepaid, gift, giftPoints, use, ...rest } = sale;
  const base: Sale = {
    ...rest,
    ...(tookGift && gift !== undefined ? { gift, ...(giftPoints === undefined ? {} : { giftPoints }) } : {}),
    ...(usedUnits && use !== undefined ? { use } : {}),
  };
  const redeems: readonly Pick<Sale, "redeem">[] =
    saved === 0 ? [{}] : [{ redeem: saved + earlier }, { redeem: "max" }, {}];
  const pays: readonly Pick<Sale, "prepaid">[] =
    prepaid === 0 ? [{ prepaid: "none" }] : [{ prepaid }, {}, { prepaid: "none" }];
  return redeems.flatMap((redeem) => pays.map((pay) => ({ ...base, ...redeem, ...pay })));
}

/** Plays a card's visits under the wrong version and the right one; or says why that cannot be done. */
export async function replayStory(
  ledger: Ledger,
  wrong: Programme,
  right: Programme,
  story: Story,
): Promise<readonly ReplayedVisit[] | ApartCard> {
  const replay = new Replay(ledger, wrong, right, story);
  const replayed: ReplayedVisit[] = [];
  let found = story.held;
  for (const visit of story.visits) {
    try {
      replayed.push(await replay.play(visit, found));
    } catch (error) {
      const reason = error instanceof Apart ? error.reason : "impossible";
      if (!(error instanceof Apart || error instanceof ArithmeticFault)) throw error;
      const ticket = ticketName(visit.terminal, visit.number);
      return { card: story.card, reason, ticket, problem: error.message };
    }
    found = heldIn(visit.area.record);
  }
  return replayed;
}
