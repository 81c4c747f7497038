import { CARD_EPOCH_SECONDS, dayOf, type Purse } from "@cachet/card-layout";
import {
  ArithmeticFault,
  evaluate,
  type Facts,
  movesOf,
  type Programme,
  pursesToSpend,
  type Sale,
  withMemory,
  withoutCard,
} from "@cachet/firmware/rules";
import { type StoredEffect, ticketName } from "@cachet/firmware/wire";
import { accountMoves, type Move, together } from "../ledger.ts";
import type { AccountSale } from "./sales.ts";

/** What an account's visits come to where somebody counts for it. */
export interface CountedAccount {
  readonly account: number;
  readonly visits: number;
  /** What it reached by the last of them; null where the programme has no levels. */
  readonly level: string | null;
  /** What it would have earned more, or less, than its terminals gave it, by who gives: each from and to once for a unit. */
  readonly more: readonly Move[];
}

/** Why an account is set aside: a visit is under a version whose file was not named, or that file does not come to what was stored. */
export interface ApartAccount {
  readonly account: number;
  readonly ticket: string;
  readonly problem: string;
}

class Apart extends Error {}

const isSame = (one: Purse, other: Purse): boolean => one.kind === other.kind && one.index === other.index;

/** Per line of those that are left. */
const left = <T>(lines: readonly T[], { refunded }: Pick<AccountSale, "refunded">): T[] =>
  lines.filter((_, i) => !refunded.has(i));

/** What the programmes before this one took off each line. */
function before({ body, area }: AccountSale): NonNullable<Facts["before"]> {
  const nothing = body.sale.lines.map(() => 0);
  const [discounts, redeemed] = [[...nothing], [...nothing]];
  for (const { type, shares = [] } of body.areas.slice(0, body.areas.indexOf(area)).flatMap(({ effects }) => effects)) {
    const sums = type === "discount" ? discounts : type === "redeem" ? redeemed : null;
    if (sums !== null) for (const [i, share] of shares.entries()) sums[i]! += share;
  }
  return { discounts, redeemed, freed: nothing };
}

function factsOf(sale: AccountSale): Facts & { readonly lastDay: number } {
  const { utc, offset, body } = sale;
  return {
    ...{ card: body.account, merchant: body.merchant, clockSuspect: body.clockSuspect === true },
    at: Math.max(0, utc - CARD_EPOCH_SECONDS),
    lastDay: dayOf(utc, offset),
    before: before(sale),
  };
}

/** What was taken out of a purse of the account, less what refunds put back. */
const takenOf =
  ({ area, refunds }: AccountSale) =>
  (head: number): number =>
    [area, ...refunds].reduce((sum, { purses }) => sum + (purses.find(({ purse }) => purse === head)?.taken ?? 0), 0);

/** One account's purchases, played again with a memory. */
class Replay {
  private memory: readonly Purse[] = [];
  private readonly versions: ReadonlyMap<number, Programme>;

  constructor(versions: ReadonlyMap<number, Programme>) {
    this.versions = versions;
  }

  /** What one purchase would have given more. */
  play(sale: AccountSale): readonly Move[] {
    const programme = this.versions.get(sale.area.version);
    if (programme === undefined) throw new Apart(`it was under version ${sale.area.version}, whose file was not named`);
    this.check(sale, withoutCard(programme));
    if (left(sale.body.sale.lines, sale).length === 0) return [];
    const base = this.evaluated(sale, withoutCard(programme), []);
    const full = this.evaluated(sale, withMemory(programme), this.memory);
    this.memory = full.memory;
    const minus = base.earned.map((move) => ({ ...move, amount: -move.amount }));
    return [...full.earned, ...minus];
  }

  /** The file is what the terminal ran: without a card it comes to what was stored. */
  private check(sale: AccountSale, programme: Programme): void {
    const { moves } = this.evaluated({ ...sale, refunded: new Set(), refunds: [] }, programme, []);
    const text = (all: typeof moves) => JSON.stringify(all.map(({ purse, added, taken }) => [purse, added, taken]));
    if (text(moves) !== text(sale.area.purses))
      throw new Apart(`version ${programme.version} of the file does not come to what the terminal stored`);
  }

  /** A purchase, or what is left of it, in which exactly so much is spent as was. */
  private evaluated(sale: AccountSale, programme: Programme, memory: readonly Purse[]) {
    const { body } = sale;
    const { prepaid: _, redeem: __, ...asked } = body.sale;
    const facts = factsOf(sale);
    const taken = takenOf(sale);
    const values = pursesToSpend(programme, taken, facts.lastDay);
    const purses = [...memory.filter((one) => !values.some((value) => isSame(one, value))), ...values];
    const isRewarded = values.some((purse) => purse.kind === "stamps" && purse.count > 0);
    const one: Sale = {
      ...asked,
      lines: left(asked.lines, sale),
      redeem: "max",
      ...(isRewarded ? {} : { rewards: "later" }),
    };
    const known = facts.before!;
    const shares = {
      discounts: left(known.discounts, sale),
      redeemed: left(known.redeemed, sale),
      freed: left(known.freed, sale),
    };
    const evaluation = evaluate(programme, purses, one, { ...facts, before: shares });
    // The places of a challenge are in its own memory, and no stamps of a grid.
    const places = programme.rules.filter(({ kind }) => kind === "challenge").map(({ id }) => id);
    const kept = evaluation.effects.filter(({ type, rule }) => type !== "stamp" || !places.includes(rule));
    const effects = kept as readonly StoredEffect[];
    const area = { programme: programme.number, version: programme.version, effects: [...effects], purses: [] };
    return {
      moves: movesOf(programme, values, evaluation.newPurses, evaluation.effects),
      earned: accountMoves(body, area).filter(({ to }) => to.account === "promised"),
      memory: evaluation.newPurses.filter((purse) => !values.some((value) => isSame(purse, value))),
    };
  }

  /** The level that was reached. */
  levelIn({ rules }: Programme): string | null {
    const tiers = rules.find(({ kind }) => kind === "tiers");
    if (tiers?.kind !== "tiers") return null;
    const purse = this.memory.find(
      ({ kind, index }) => (kind === "year-tier" || kind === "rolling-tier") && index === tiers.purse,
    );
    return tiers.levels[purse !== undefined && "level" in purse ? purse.level : 0]!.name;
  }
}

/**
 * Plays an account's purchases in their order with what no terminal counts for it: levels, turns of a bonus, challenges. What it spent
 * is spent as it was. `versions`: the programme, each version that its terminals ran.
 */
export function countAccount(
  account: number,
  sales: readonly AccountSale[],
  versions: readonly Programme[],
): CountedAccount | ApartAccount {
  const byVersion = new Map(versions.map((programme) => [programme.version, programme]));
  const replay = new Replay(byVersion);
  const more: Move[] = [];
  for (const sale of sales) {
    try {
      more.push(...replay.play(sale));
    } catch (error) {
      if (!(error instanceof Apart || error instanceof ArithmeticFault)) throw error;
      return { account, ticket: ticketName(sale.terminal, sale.number), problem: error.message };
    }
  }
  const last = byVersion.get(sales.at(-1)?.area.version ?? Number.NaN) ?? versions[0]!;
  return {
    account,
    visits: sales.length,
    level: replay.levelIn(last),
    more: together(more).filter(({ amount }) => amount !== 0),
  };
}
