import { type Intent, type IntentArea, type StoredSale, sumsOf } from "@cachet/firmware/wire";
import { appendAudit, queueByArrival } from "./audit.ts";
import { nextAct } from "./decisions.ts";
import { intentAt } from "./entries.ts";
import { claimAccount, issuerAccount, postings } from "./ledger.ts";
import { insertAll, type Ledger, type LedgerTables, type LedgerTransaction } from "./schema.ts";

/** Who bears a second refund: the merchant who gave it, as his own entry says already, or the card's holder, from whom he claims it. */
export type BorneBy = "merchant" | "card";

/** A refund of lines that an earlier one had taken back. */
export interface SecondRefund {
  readonly terminal: number;
  /** Its intent. */
  readonly number: number;
  readonly card: number;
  readonly merchant: number;
  /** A programme of the visit: its books hold the claim. */
  readonly programme: number;
  readonly day: number;
  readonly utc: number;
  /** The ticket that it takes back, and the refund that did so first. */
  readonly seller: number;
  readonly ticket: number;
  readonly first: { readonly terminal: number; readonly number: number };
  /** What it gave for these lines, in money and to the card, less what it took from the card. */
  readonly cents: number;
}

/** A refund that happened. */
interface Refund {
  readonly terminal: number;
  readonly number: number;
  readonly utc: number;
  readonly day: number;
  readonly intent: Intent;
  readonly areas: readonly IntentArea[];
}

/** The refunds of a ticket that happened, earliest first. */
async function refundsOf(ledger: Ledger, seller: number, ticket: number): Promise<Refund[]> {
  const named = await ledger
    .selectFrom("refund")
    .select(["by_terminal", "number"])
    .where("terminal", "=", seller)
    .where("ticket", "=", ticket)
    .execute();
  const found: Refund[] = [];
  for (const { by_terminal: terminal, number } of named) {
    const committed = await ledger
      .selectFrom("intent_area")
      .select(["programme", "utc", "day"])
      .where("terminal", "=", terminal)
      .where("number", "=", number)
      .where("outcome", "=", "committed")
      .execute();
    const [one] = committed;
    const intent = one === undefined ? null : ((await intentAt(ledger, terminal, number))?.body ?? null);
    if (one === undefined || intent === null) continue;
    const programmes = new Set(committed.map(({ programme }) => programme));
    const areas = intent.areas.filter(({ programme }) => programmes.has(programme));
    found.push({ terminal, number, utc: one.utc, day: one.day, intent, areas });
  }
  return found.sort((a, b) => a.utc - b.utc || a.terminal - b.terminal || a.number - b.number);
}

/** What a refund gave to its customer: money, and value on the card less what it took from there. */
const givenBy = ({ intent, areas }: Refund): number =>
  areas.reduce((sum, { effects }) => {
    const { returnedCents, takenBackCents } = sumsOf(effects);
    return sum + returnedCents - takenBackCents;
  }, intent.refund!.cents);

const worth = (sale: StoredSale, lines: readonly number[]): number =>
  lines.reduce((sum, line) => sum + (sale.lines[line]?.amount ?? 0), 0);

/**
 * The lines of the ticket that a refund took back. A receipt's code that had to be short has its lines merged by category, and is taken
 * back whole: told by what it gave, which is more than the lines of these numbers were sold for.
 */
function linesOf(refund: Refund, sale: StoredSale | null): readonly number[] {
  const { lines, terminal } = refund.intent.refund!;
  if (sale === null || terminal === undefined) return lines;
  const merged = new Set(sale.lines.map(({ category }) => category)).size;
  const isWhole = lines.length === merged && lines.every((line) => line < merged);
  return isWhole && givenBy(refund) > worth(sale, lines) ? sale.lines.map((_, line) => line) : lines;
}

/** How much of what a refund gave was for lines that were taken back before; null while the ticket that would tell is not imported. */
function doubledPart(refund: Refund, lines: readonly number[], doubled: readonly number[], sale: StoredSale | null) {
  const given = Math.max(0, givenBy(refund));
  if (doubled.length === lines.length) return given;
  const all = sale === null ? 0 : worth(sale, lines);
  return all === 0 ? null : Math.floor((given * worth(sale!, doubled)) / all);
}

/** Every refund of lines that an earlier one had taken back, as far as is known: by the terminals' clocks, whatever came first. */
export async function secondRefunds(ledger: Ledger): Promise<readonly SecondRefund[]> {
  const tickets = await ledger
    .selectFrom("refund")
    .select(["terminal", "ticket"])
    .groupBy(["terminal", "ticket"])
    .having(({ fn }) => fn.countAll<number>(), ">", 1)
    .orderBy("terminal")
    .orderBy("ticket")
    .execute();
  const found: SecondRefund[] = [];
  for (const { terminal: seller, ticket } of tickets) {
    const sale = (await intentAt(ledger, seller, ticket))?.body.sale ?? null;
    const taken = new Map<number, Refund>();
    for (const refund of await refundsOf(ledger, seller, ticket)) {
      const lines = linesOf(refund, sale);
      const doubled = lines.filter((line) => taken.has(line));
      const cents = doubled.length === 0 ? null : doubledPart(refund, lines, doubled, sale);
      if (cents !== null) {
        const { terminal, number, utc, day, intent, areas } = refund;
        const { card, merchant } = intent;
        const first = taken.get(doubled[0]!)!;
        found.push({
          ...{ terminal, number, card, merchant, utc, day, seller, ticket, cents },
          programme: areas[0]!.programme,
          first: { terminal: first.terminal, number: first.number },
        });
      }
      for (const line of lines) if (!taken.has(line)) taken.set(line, refund);
    }
  }
  return found;
}

type ChargeRow = LedgerTables["refund_charge"];
const nameOf = (terminal: number, number: number) => `${terminal}-${number}`;

/** What stands of the charges: the last word about each refund that was not taken back. */
async function standing(ledger: Ledger): Promise<ReadonlyMap<string, ChargeRow>> {
  const rows = await ledger.selectFrom("refund_charge").selectAll().orderBy("number").execute();
  const last = new Map(rows.map((row) => [nameOf(row.terminal, row.intent), row]));
  return new Map([...last].filter(([, { borne_by }]) => borne_by !== "withdrawn"));
}

/** Where a claim is posted: the refund's own visit. */
async function placeOf(ledger: Ledger, terminal: number, number: number) {
  return ledger
    .selectFrom("intent_area")
    .select(["card", "merchant", "programme", "day"])
    .where("terminal", "=", terminal)
    .where("number", "=", number)
    .orderBy("programme")
    .limit(1)
    .executeTakeFirstOrThrow();
}

async function act(
  ledger: LedgerTransaction,
  { terminal, intent, cents }: Pick<ChargeRow, "terminal" | "intent" | "cents">,
  borneBy: BorneBy | "withdrawn",
  /** Cents that go from the claim on the card's holder to the merchant. */
  claimed: number,
  policy: BorneBy,
  at: number,
): Promise<void> {
  const number = await nextAct(ledger);
  await ledger.insertInto("refund_charge").values({ number, terminal, intent, borne_by: borneBy, cents, at }).execute();
  const { card, merchant, programme, day } = await placeOf(ledger, terminal, intent);
  const [from, to] = [claimAccount(card, programme), issuerAccount("cents", merchant, programme)];
  const lines = postings([{ from, to, unit: "cents", amount: claimed }], { day, terminal: 0, number });
  await insertAll(ledger, "posting", lines);
  const content = [number, terminal, intent, borneBy, cents, policy];
  await appendAudit(ledger, { kind: "second-refund", at, content });
}

/**
 * Charges every second refund once, and takes back what does not hold any more because of what came since. The merchant's own entry made
 * him bear it: nothing is posted then; what is claimed from the card's holder is posted for him. What was charged stays as it was
 * when the policy changes. Once all batches of a night are in. Gives what is charged anew. `at` in UTC seconds.
 */
export function chargeRefunds(ledger: Ledger, policy: BorneBy, at: number): Promise<readonly SecondRefund[]> {
  return ledger.transaction().execute(async (transaction) => {
    await queueByArrival(transaction);
    const found = await secondRefunds(transaction);
    const wanted = new Map(found.map((one) => [nameOf(one.terminal, one.number), one]));
    const before = await standing(transaction);
    for (const [name, row] of before) {
      if (wanted.get(name)?.cents === row.cents) continue;
      await act(transaction, row, "withdrawn", row.borne_by === "card" ? -row.cents : 0, policy, at);
    }
    const fresh = found.filter((one) => before.get(nameOf(one.terminal, one.number))?.cents !== one.cents);
    for (const { terminal, number, cents } of fresh) {
      await act(transaction, { terminal, intent: number, cents }, policy, policy === "card" ? cents : 0, policy, at);
    }
    return fresh;
  });
}
