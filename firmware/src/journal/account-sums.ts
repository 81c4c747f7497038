import type { AccountVisit } from "../wire/index.ts";

/** What visits here moved in one purse of an account without a chip, in all. */
export interface AccountSum {
  readonly programme: number;
  /** By its head byte on cards. */
  readonly purse: number;
  readonly added: number;
  readonly taken: number;
}

/** The last visit of an account at this terminal. */
export interface LastVisit {
  readonly ticket: number;
  /** Seconds since 1970. */
  readonly utc: number;
}

/** By account: what every visit at this terminal ever added and took. Never forgotten: ceilings count from the first entry on. */
export class AccountSums {
  private readonly sums = new Map<number, AccountSum[]>();
  private readonly lasts = new Map<number, LastVisit>();

  constructor(
    sums: readonly (AccountSum & { readonly account: number })[] = [],
    lasts: readonly (LastVisit & { readonly account: number })[] = [],
  ) {
    for (const { account, ...sum } of sums) this.sums.set(account, [...this.of(account), sum]);
    for (const { account, ...last } of lasts) this.lasts.set(account, last);
  }

  /** Takes in one visit. */
  take({ account, areas }: Pick<AccountVisit, "account" | "areas">, last: LastVisit): void {
    this.lasts.set(account, last);
    const sums = [...this.of(account)];
    for (const { programme, purses } of areas) {
      for (const { purse, added, taken } of purses) {
        const at = sums.findIndex((sum) => sum.programme === programme && sum.purse === purse);
        const before = sums[at] ?? { added: 0, taken: 0 };
        const sum = { programme, purse, added: before.added + added, taken: before.taken + taken };
        if (at < 0) sums.push(sum);
        else sums[at] = sum;
      }
    }
    this.sums.set(account, sums);
  }

  of(account: number): readonly AccountSum[] {
    return this.sums.get(account) ?? [];
  }

  lastOf(account: number): LastVisit | null {
    return this.lasts.get(account) ?? null;
  }

  allLasts(): readonly (LastVisit & { readonly account: number })[] {
    return [...this.lasts].map(([account, last]) => ({ account, ...last }));
  }

  all(): readonly (AccountSum & { readonly account: number })[] {
    return [...this.sums].flatMap(([account, sums]) => sums.map((sum) => ({ account, ...sum })));
  }
}
