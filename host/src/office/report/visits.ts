import { type Days, firstUse, type Life, type Step, visitsOf } from "./steps.ts";

/** What a merchant, or the whole town, did with cards in some days. Amounts in cents. */
export interface Trade {
  /** Sales with a card. */
  readonly visits: number;
  /** Cards that bought. */
  readonly members: number;
  /** Of these, those that bought more than once. */
  readonly returning: number;
  /** Cards that were used for the first time of all here, and in these days. */
  readonly newMembers: number;
  /** Cards that bought here and were first used at another merchant, and what they bought for; of the town, the sum over merchants. */
  readonly guests: number;
  readonly guestsCents: number;
  /** What the sales came to, tips left out, before anything was taken off. */
  readonly soldCents: number;
  /** What refunds paid out. */
  readonly refundedCents: number;
  readonly earnedCents: number;
  /** What cards took off tickets, points too; `paidCents` of it was money on the card. Less what refunds put back. */
  readonly spentCents: number;
  readonly paidCents: number;
  /** Cash that was taken for what is on cards, and money given on top of it. */
  readonly toppedUpCents: number;
  readonly bonusCents: number;
  /** Sales at which something was spent or a reward was given. */
  readonly redemptions: number;
  readonly rewards: number;
  readonly rewardCents: number;
  readonly discountCents: number;
}

export interface MerchantTrade extends Trade {
  readonly merchant: number;
}

/** The names of what is added up, all of it. */
const NAMES = [
  "visits",
  "members",
  "returning",
  "newMembers",
  "guests",
  "guestsCents",
  "soldCents",
  "refundedCents",
  "earnedCents",
  "spentCents",
  "paidCents",
  "toppedUpCents",
  "bonusCents",
  "redemptions",
  "rewards",
  "rewardCents",
  "discountCents",
] as const satisfies readonly (keyof Trade)[];

type Sums = { -readonly [N in keyof Trade]: Trade[N] };
const noSums = (): Sums => Object.fromEntries(NAMES.map((name) => [name, 0])) as unknown as Sums;
export const NO_TRADE: Trade = noSums();

/** What a card bought at one merchant. */
interface Bought {
  visits: number;
  cents: number;
}

/** What a name stands for, made where there is nothing yet. */
function of<K, T>(all: Map<K, T>, key: K, make: () => T): T {
  const known = all.get(key) ?? make();
  all.set(key, known);
  return known;
}

/** A card that bought. */
function addMember(to: Sums, { visits, cents }: Bought): void {
  to.visits += visits;
  to.soldCents += cents;
  to.members += 1;
  if (visits > 1) to.returning += 1;
}

/** What the steps of one visit come to, but what it sold. */
function addSteps(to: Sums, visit: readonly [Step, ...Step[]]): void {
  const [{ kind, sale_cents }] = visit;
  for (const step of visit) {
    to.earnedCents += step.earned_cents;
    to.spentCents += step.spent_cents;
    to.paidCents += step.paid_cents;
    to.toppedUpCents += step.topped_up_cents;
    if (kind === "top-up") to.bonusCents += step.earned_cents;
    to.rewards += step.rewards;
    to.rewardCents += step.rewards_cents;
    to.discountCents += step.discount_cents;
  }
  if (kind === "refund") to.refundedCents -= sale_cents;
  if (kind === "sale" && visit.some(({ spent_cents, rewards }) => spent_cents > 0 || rewards > 0)) to.redemptions += 1;
}

/** Counts what each card did at each merchant. A card that buys at two of them is one member of the town. */
export class Counting {
  private readonly days: Days;
  /** Of the town: what the sum over merchants is not. */
  private readonly members = noSums();
  private readonly byMerchant = new Map<number, Sums>();

  constructor(days: Days) {
    this.days = days;
  }

  private at(merchant: number): Sums {
    return of(this.byMerchant, merchant, noSums);
  }

  add(life: Life): void {
    const { days, members } = this;
    const first = firstUse(life);
    const [bought, everywhere] = [new Map<number, Bought>(), { visits: 0, cents: 0 }];
    for (const visit of visitsOf(life)) {
      const [{ merchant, kind, day, sale_cents }] = visit;
      if (kind === "null" || day < days.from || day > days.to) continue;
      addSteps(this.at(merchant), visit);
      if (kind !== "sale") continue;
      for (const sum of [everywhere, of(bought, merchant, () => ({ visits: 0, cents: 0 }))]) {
        sum.visits += 1;
        sum.cents += sale_cents;
      }
    }
    if (everywhere.visits > 0) addMember(members, everywhere);
    for (const [merchant, here] of bought) {
      const at = this.at(merchant);
      addMember(at, here);
      if (merchant === first.merchant) continue;
      at.guests += 1;
      at.guestsCents += here.cents;
    }
    if (first.day < days.from) return;
    this.at(first.merchant).newMembers += 1;
    members.newMembers += 1;
  }

  get town(): Trade {
    const all = noSums();
    for (const sums of this.byMerchant.values()) for (const name of NAMES) all[name] += sums[name];
    const { members, returning, newMembers } = this.members;
    return { ...all, members, returning, newMembers };
  }

  /** By number. */
  get merchants(): readonly MerchantTrade[] {
    return [...this.byMerchant].sort(([a], [b]) => a - b).map(([merchant, sums]) => ({ merchant, ...sums }));
  }
}
