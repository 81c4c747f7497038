import { unitOfPurse } from "./account-visit.ts";
import type { Account } from "./ledger.ts";
import type { Ledger } from "./schema.ts";

/** One side of an identity: a sum that has a name, and what it is made of. */
export interface Side {
  readonly name: string;
  readonly amount: number;
  readonly parts: Readonly<Record<string, number>>;
}

/** A card whose books and last record do not say the same. Cents. */
export interface CardDifference {
  readonly card: number;
  readonly programme: number;
  readonly books: number;
  readonly record: number;
}

/** Why the last record of a card proves nothing about its books. */
export type ApartBecause = "fork" | "gap" | "doubt" | "alert";

/** A card that is looked at by itself: what it holds is a matter of what is still to come, or to be judged. */
export interface ApartCard extends CardDifference {
  readonly because: readonly ApartBecause[];
}

/** Two sums that are the same in sound books. Whole cents, or stamps, points, units. */
export interface Identity {
  readonly name: "entries" | "cards" | "accounts" | "pivot";
  readonly unit: string;
  readonly left: Side;
  readonly right: Side;
  /** Left less right: 0 where it holds. */
  readonly difference: number;
  /** The first cards that differ, by number. */
  readonly cards: readonly CardDifference[];
}

export interface Identities {
  readonly identities: readonly Identity[];
  readonly apart: readonly ApartCard[];
}

type AccountName = Account["account"];

/** What lies on the pivot account, and what merchants and other funders have still to pay into it: accounts that are negative then. */
const PIVOT: readonly AccountName[] = ["pivot", "merchant", "pays", "corrections", "claim"];
/** What the programme keeps, and what it owes to others than holders of cards, until it leaves the pivot account. */
const NOT_SWEPT: readonly AccountName[] = ["fees", "breakage", "owed"];
/** What is promised to cards and is not on them yet. */
const PROMISED: readonly AccountName[] = ["promised", "credits"];
const CARDS_NAMED = 10;

const sumOf = (parts: Readonly<Record<string, number>>): number =>
  Object.values(parts).reduce((sum, part) => sum + part, 0);
const side = (name: string, parts: Readonly<Record<string, number>>): Side => ({ name, amount: sumOf(parts), parts });
const nameOf = (card: number, programme: number): string => `${card}/${programme}`;

function identity(
  { name, unit }: Pick<Identity, "name" | "unit">,
  left: Side,
  right: Side,
  cards: readonly CardDifference[] = [],
): Identity {
  return { name, unit, left, right, difference: left.amount - right.amount, cards };
}

/** What was put on accounts is what was taken from others, by unit. */
async function entriesHold(ledger: Ledger): Promise<Identity[]> {
  const rows = await ledger
    .selectFrom("posting")
    .select(({ fn, eb }) => [
      "unit",
      fn.sum<number>(eb.case().when("amount", ">", 0).then(eb.ref("amount")).else(0).end()).as("put"),
      fn.sum<number>("amount").as("left"),
    ])
    .groupBy("unit")
    .orderBy("unit")
    .execute();
  return rows.map(({ unit, put, left }) =>
    identity(
      { name: "entries", unit },
      side("put on accounts", { put }),
      side("taken from accounts", { put: put - left }),
    ),
  );
}

/** What the accounts of each kind hold in cents. */
async function balances(ledger: Ledger): Promise<ReadonlyMap<string, number>> {
  const rows = await ledger
    .selectFrom("posting")
    .select(({ fn }) => ["account", fn.sum<number>("amount").as("amount")])
    .where("unit", "=", "cents")
    .groupBy("account")
    .execute();
  return new Map(rows.map(({ account, amount }) => [account, amount]));
}

/** What the pivot account holds, once everybody has paid what he owes it, is what others may claim of it. */
function pivotHolds(held: ReadonlyMap<string, number>): Identity {
  const parts = (names: readonly AccountName[], sign: 1 | -1) =>
    Object.fromEntries(names.map((name) => [name, sign * (held.get(name) ?? 0) || 0]));
  return identity(
    { name: "pivot", unit: "cents" },
    side("pivot", parts(PIVOT, -1)),
    side("liability + not swept", parts(["card", "account", ...NOT_SWEPT, ...PROMISED], 1)),
  );
}

/** Cents of each card by the books, less what the office put there by itself and no record can show yet. */
async function booksOfCards(ledger: Ledger): Promise<ReadonlyMap<string, CardDifference>> {
  const rows = await ledger
    .selectFrom("posting")
    .leftJoin("decision", (join) => join.onRef("decision.number", "=", "posting.number").on("posting.terminal", "=", 0))
    .select(({ fn }) => ["posting.holder as card", "posting.programme", fn.sum<number>("posting.amount").as("books")])
    .where("posting.account", "=", "card")
    .where("posting.unit", "=", "cents")
    .where(({ or, eb }) => or([eb("posting.terminal", "<>", 0), eb("decision.number", "is not", null)]))
    .groupBy(["posting.holder", "posting.programme"])
    .execute();
  return new Map(rows.map((row) => [nameOf(row.card, row.programme), { ...row, record: 0 }]));
}

/**
 * What cards hold by the committed visits that no other one goes on from: one for each card and programme, more where a card shows
 * several histories, or a visit between two of them is not known.
 */
function lastRecords(ledger: Ledger) {
  return ledger
    .selectFrom("intent_area as last")
    .select(["last.card", "last.programme", "last.holds_cents"])
    .where("last.outcome", "=", "committed")
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom("intent_area as next")
            .select("next.terminal")
            .whereRef("next.card", "=", "last.card")
            .whereRef("next.programme", "=", "last.programme")
            .whereRef("next.old_hash", "=", "last.new_hash")
            .where("next.outcome", "=", "committed"),
        ),
      ),
    )
    .execute();
}

/** Cards whose last record is not the last word, and why. */
async function setApart(ledger: Ledger): Promise<ReadonlyMap<string, readonly ApartBecause[]>> {
  const found = new Map<string, Set<ApartBecause>>();
  const add = (because: ApartBecause, rows: readonly { readonly card: number; readonly programme: number }[]) => {
    for (const { card, programme } of rows) {
      const name = nameOf(card, programme);
      found.set(name, (found.get(name) ?? new Set()).add(because));
    }
  };
  const of = ["card", "programme"] as const;
  add("fork", await ledger.selectFrom("fork").select(of).distinct().execute());
  add("gap", await ledger.selectFrom("gap").select(of).distinct().execute());
  add("doubt", await ledger.selectFrom("intent_area").select(of).distinct().where("outcome", "=", "open").execute());
  add("alert", await ledger.selectFrom("alert").select(of).distinct().where("kind", "=", "balance").execute());
  return new Map([...found].map(([name, because]) => [name, [...because]]));
}

const byCard = (a: CardDifference, b: CardDifference): number => a.card - b.card || a.programme - b.programme;

/** What cards hold by their last records is what the books say of them; of those that are set apart the books are taken. */
async function cardsHold(ledger: Ledger, liability: number): Promise<{ identity: Identity; apart: ApartCard[] }> {
  const cards = new Map(await booksOfCards(ledger));
  for (const { card, programme, holds_cents } of await lastRecords(ledger)) {
    const name = nameOf(card, programme);
    const { books, record } = cards.get(name) ?? { books: 0, record: 0 };
    cards.set(name, { card, programme, books, record: record + holds_cents });
  }
  const reasons = await setApart(ledger);
  const apart: ApartCard[] = [];
  const differ: CardDifference[] = [];
  let [records, ofApart, books] = [0, 0, 0];
  for (const [name, card] of cards) {
    const because = reasons.get(name);
    books += card.books;
    if (because !== undefined) {
      ofApart += card.books;
      apart.push({ ...card, because });
    } else {
      records += card.record;
      if (card.books !== card.record) differ.push(card);
    }
  }
  const office = liability - books;
  return {
    identity: identity(
      { name: "cards", unit: "cents" },
      side("balances of cards", { records, apart: ofApart, office }),
      side("liability", { card: liability }),
      differ.sort(byCard).slice(0, CARDS_NAMED),
    ),
    apart: apart.sort(byCard),
  };
}

/** What accounts without a chip hold is what the books say of them, by unit: none where there are no such accounts. */
async function accountsHold(ledger: Ledger): Promise<Identity[]> {
  const books = await ledger
    .selectFrom("posting")
    .select(({ fn }) => ["holder as card", "programme", "unit", fn.sum<number>("amount").as("books")])
    .where("account", "=", "account")
    .groupBy(["holder", "programme", "unit"])
    .execute();
  const all = new Map(books.map((row) => [`${nameOf(row.card, row.programme)}/${row.unit}`, { ...row, record: 0 }]));
  for (const { account: card, programme, purse, balance } of await ledger
    .selectFrom("account_balance")
    .selectAll()
    .execute()) {
    const unit = unitOfPurse(purse) ?? "";
    const name = `${nameOf(card, programme)}/${unit}`;
    const known = all.get(name) ?? { card, programme, unit, books: 0, record: 0 };
    all.set(name, { ...known, record: known.record + balance });
  }
  const units = [...new Set([...all.values()].map(({ unit }) => unit))].sort();
  return units.map((unit) => {
    const rows = [...all.values()].filter((row) => row.unit === unit);
    const total = (of: "books" | "record") => rows.reduce((sum, row) => sum + row[of], 0);
    return identity(
      { name: "accounts", unit },
      side("balances of accounts", { balances: total("record") }),
      side("their liability", { account: total("books") }),
      rows
        .filter((row) => row.books !== row.record)
        .map(({ unit: _unit, ...row }) => row)
        .sort(byCard)
        .slice(0, CARDS_NAMED),
    );
  });
}

/**
 * What must hold every night (docs/ledger.md): the lines of entries come to zero; the balances of all cards are the liability; the pivot is
 * the liability and what is not swept from it yet. Looks only.
 */
export async function identities(ledger: Ledger): Promise<Identities> {
  const held = await balances(ledger);
  const { identity: cards, apart } = await cardsHold(ledger, held.get("card") ?? 0);
  return {
    identities: [...(await entriesHold(ledger)), cards, ...(await accountsHold(ledger)), pivotHolds(held)],
    apart,
  };
}

/** Whether it holds: two cards that differ by as much, one up and one down, do not make up for each other. */
export const holds = ({ difference, cards }: Identity): boolean => difference === 0 && cards.length === 0;

/** The first identity that does not hold, in words; null where all do. */
export async function identityFault(ledger: Ledger): Promise<string | null> {
  const broken = (await identities(ledger)).identities.find((one) => !holds(one));
  if (broken === undefined) return null;
  const { left, right, unit, cards } = broken;
  const [first] = cards;
  const where =
    first === undefined
      ? ""
      : `; first card ${first.card}, programme ${first.programme}: ${first.books} by the books, ${first.record} by its last record`;
  return `${left.name} ${left.amount} and ${right.name} ${right.amount} ${unit} are not the same${where}`;
}
