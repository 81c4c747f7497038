import type { AccountArea, AccountVisit } from "@cachet/firmware/wire";
import { entriesOf } from "../entries.ts";
import type { Ledger } from "../schema.ts";

/** A sale to an account without a chip, as its terminal journalled it, and what became of it. */
export interface AccountSale {
  readonly terminal: number;
  readonly number: number;
  /** Seconds since 1970. */
  readonly utc: number;
  readonly offset: number;
  readonly body: AccountVisit;
  /** The programme's part in it. */
  readonly area: AccountArea;
  /** Lines of it that refunds took back, and what these moved in the programme. */
  readonly refunded: ReadonlySet<number>;
  readonly refunds: readonly AccountArea[];
}

/** The accounts that the office opened in a programme. */
async function openAccounts(ledger: Ledger, programme: number): Promise<ReadonlySet<number>> {
  const rows = await ledger
    .selectFrom("account_balance")
    .select("account")
    .distinct()
    .where("programme", "=", programme)
    .execute();
  return new Set(rows.map(({ account }) => account));
}

/** By account, what it bought in a programme, by time; accounts that the office did not open are left out. */
export async function accountSales(
  ledger: Ledger,
  programme: number,
): Promise<ReadonlyMap<number, readonly AccountSale[]>> {
  const open = await openAccounts(ledger, programme);
  const sales = new Map<number, AccountSale[]>();
  /** Of one terminal, by ticket: a refund comes behind its sale, at the terminal that sold. */
  const byTicket = new Map<string, { readonly refunded: Set<number>; readonly refunds: AccountArea[] }>();
  for await (const { terminal, entry } of entriesOf(ledger, "account")) {
    const { number, utc, offset, body } = entry;
    const area = body.areas.find((one) => one.programme === programme);
    if (area === undefined || !open.has(body.account)) continue;
    if (body.refund !== undefined) {
      const sold = byTicket.get(`${terminal} ${body.refund.ticket}`);
      for (const line of body.refund.lines) sold?.refunded.add(line);
      sold?.refunds.push(area);
      continue;
    }
    const undone = { refunded: new Set<number>(), refunds: [] };
    byTicket.set(`${terminal} ${number}`, undone);
    const all = sales.get(body.account) ?? [];
    all.push({ terminal, number, utc, offset, body, area, ...undone });
    sales.set(body.account, all);
  }
  for (const all of sales.values()) all.sort((a, b) => a.utc - b.utc || a.terminal - b.terminal || a.number - b.number);
  return sales;
}
