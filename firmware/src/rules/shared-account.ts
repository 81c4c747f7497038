import { sum, whole } from "./arithmetic.ts";

/**
 * Prepaid money that several cards of a family spend. A balance cannot lie on two cards at once: each card holds a part reserved
 * for it, its allowance, and the parts together are never more than the balance.
 */
export interface SharedAccount {
  /** Cents of the account. */
  readonly balance: number;
  /** What a card is filled up to. */
  readonly allowanceMax: number;
  /** Cents reserved for each card, by its name. */
  readonly allowances: Readonly<Record<string, number>>;
  /** Cards that spent more than their own part since the last synchronisation, the earliest first: they can be reached. */
  readonly reached: readonly string[];
}

export type SharedSpending =
  | { readonly account: SharedAccount }
  | { readonly declined: "ALLOWANCE_EXCEEDED"; readonly mostAccepted: number };

/** Cents that are reserved for no card. */
export const freeOf = ({ balance, allowances }: SharedAccount): number => balance - sum(Object.values(allowances));

/**
 * Spends with one card: offline its own allowance, online what is free as well. Declined whole where that is not enough.
 * Throws `ArithmeticFault` on an amount that is not whole.
 */
export function spendShared(account: SharedAccount, card: string, amount: number, isOnline: boolean): SharedSpending {
  const own = account.allowances[card] ?? 0;
  const most = isOnline ? own + freeOf(account) : own;
  if (whole(amount, "amount") > most) return { declined: "ALLOWANCE_EXCEEDED", mostAccepted: most };
  const allowances = { ...account.allowances, [card]: Math.max(0, own - amount) };
  const reached = isOnline && !account.reached.includes(card) ? [...account.reached, card] : account.reached;
  return { account: { ...account, balance: account.balance - amount, allowances, reached } };
}

/** Fills the cards that can be reached from what is free, the earliest first. A card out of reach keeps what it holds. */
export function synchronise(account: SharedAccount): SharedAccount {
  let free = freeOf(account);
  const allowances: Record<string, number> = { ...account.allowances };
  for (const card of account.reached) {
    const more = Math.min(free, Math.max(0, account.allowanceMax - allowances[card]!));
    allowances[card]! += more;
    free -= more;
  }
  return { ...account, allowances, reached: [] };
}
