import { dayOf, dayText } from "@cachet/card-layout";
import { decodeEntry } from "@cachet/firmware/wire";
import type { Database } from "../ports/database.ts";

/** What somebody is owed for the visits of one month, who is not the card of these visits. */
export interface Owed {
  readonly programme: number;
  /** An association or a partner by name, a card by its number. */
  readonly to: string | number;
  /** The local month of the commits: `2027-01`. */
  readonly month: string;
  readonly unit: "cents" | "points" | "stamps" | "units";
  /** Below zero where refunds of the month took more back than its sales promised. */
  readonly amount: number;
}

function creditorOf(account: string): Pick<Owed, "programme" | "to"> {
  const [kind, programme, ...name] = account.split("/");
  const to = name.join("/");
  return { programme: Number(programme), to: kind === "promised" ? Number(to) : to };
}

function monthOf(stored: Uint8Array): string {
  const { utc, offset } = decodeEntry(stored);
  return dayText(dayOf(utc, offset)).slice(0, 7);
}

/** Everything that is owed to associations, partners and cards by visits of other cards, over all time: the rows of the ledger, by month. */
export function owedTo(database: Database): readonly Owed[] {
  const rows = database.all(
    `select posting.account, posting.unit, posting.amount, entry.stored from posting
     join entry on entry.terminal = posting.terminal and entry.number = posting.number
     where account glob 'owed/*' or account glob 'promised/*' order by account, unit, entry.utc`,
  );
  const all = new Map<string, Owed>();
  for (const row of rows) {
    const [account, unit, month] = [String(row.account), row.unit as Owed["unit"], monthOf(row.stored as Uint8Array)];
    const key = `${account} ${unit} ${month}`;
    const before = all.get(key) ?? { ...creditorOf(account), month, unit, amount: 0 };
    all.set(key, { ...before, amount: before.amount + Number(row.amount) });
  }
  return [...all.values()].filter(({ amount }) => amount !== 0);
}
