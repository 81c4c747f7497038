import type { AccountVisit } from "../wire/index.ts";

/** What visits here moved in one purse of an account without a chip, in all. */
export interface AccountSum {
  readonly programme: number;
  /** By its head byte on cards. */
  readonly purse: number;
  readonly added: number;
  readonly taken: number;
}

/** By account: what every visit at this terminal ever added and took. Never forgotten: ceilings count from the first entry on. */
export class AccountSums {
  private readonly sums = new Map<number, AccountSum[]>();

  constructor(sums: readonly (AccountSum & { readonly account: number })[] = []) {
    for (const { account, ...sum } of sums) this.sums.set(account, [...this.of(account), sum]);
  }

  /** Takes in one visit. */
  take({ account, areas }: Pick<AccountVisit, "account" | "areas">): void {
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

  all(): readonly (AccountSum & { readonly account: number })[] {
    return [...this.sums].flatMap(([account, sums]) => sums.map((sum) => ({ account, ...sum })));
  }
}
