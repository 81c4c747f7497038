import { REFUND_CODE_SECONDS } from "../hal/index.ts";
import { CENTS_MAX } from "../wire/index.ts";
import { type Decoded, integer, key, list, map, maybe, orZero, text, uint } from "../wire/schema.ts";
import { AccountSums } from "./account-sums.ts";
import { type BookMemory, elsewhereKey, type TakenBack } from "./book.ts";
import { GivenPieces } from "./given-pieces.ts";
import { isCarried, type KeptIntent } from "./kept.ts";
import { entryNumber, programme } from "./kept-cards.ts";

/** More of any part than a terminal can remember: bounds what a reader takes in. */
export const MANY = 200_000;

export const card = uint(2 ** 49 - 1);

/** Lines of a ticket that a visit took back. */
export const takenBack = {
  ticket: key(2, uint()),
  lines: key(3, list(uint(0xffff), 100)),
  intent: key(4, entryNumber),
  visit: key(5, uint()),
  utc: key(6, uint()),
};

/** What a book remembers beside cards and visits, as every checkpoint writes it. */
export const SUMS = {
  /** Cash that belongs to customers, oldest first. */
  dues: key(
    4,
    list(
      map({
        intent: key(1, entryNumber),
        card: key(2, card),
        visit: key(3, uint()),
        cents: key(4, integer({ min: 1, max: CENTS_MAX })),
      }),
      MANY,
    ),
  ),
  /** Restore credits that were written or begun here: each works once. */
  restored: maybe(
    5,
    list(
      map({ card: key(1, card), programme: key(2, integer({ min: 1, max: 0xffff })), number: key(3, uint(0xffff)) }),
      MANY,
    ),
  ),
  /** Refunds of other terminals' tickets, while a receipt's code serves. */
  elsewhere: maybe(
    6,
    list(
      map({
        terminal: key(1, integer({ min: 1, max: 0xffff })),
        ...takenBack,
      }),
      MANY,
    ),
  ),
  /** Pieces of stocks that were given, and those of open intents. */
  given: maybe(
    7,
    list(map({ programme, stock: key(2, text(40)), pieces: key(3, integer({ min: 1, max: 0xffff_ffff })) }), MANY),
  ),
  /** What visits of accounts without a chip moved in all. */
  accounts: maybe(
    8,
    list(
      map({
        account: key(1, card),
        programme: key(2, integer({ min: 1, max: 0xffff })),
        purse: key(3, integer({ min: 1, max: 0xff })),
        added: orZero(4, uint()),
        taken: orZero(5, uint()),
      }),
      MANY,
    ),
  ),
  /** The last visit of each account without a chip: tickets that are older are refused. */
  lasts: maybe(9, list(map({ account: key(1, card), ticket: key(2, entryNumber), utc: key(3, uint()) }), MANY)),
};
const Sums = map(SUMS);
type Sums = Decoded<typeof Sums>;

/** What a book remembers beside cards and visits, and the intents that it names. */
export function sumsOfMemory(
  { dues, restored, elsewhere, given, accounts }: BookMemory,
  utc: number,
): { readonly sums: Sums; readonly intents: readonly KeptIntent[] } {
  const [moved, lasts] = [accounts.all(), accounts.allLasts()];
  const refunds = [...elsewhere].flatMap(([of, taken]) => {
    const [terminal, ticket] = of.split("/").map(Number) as [number, number];
    const serving = taken.filter((one) => isCarried(one.utc, REFUND_CODE_SECONDS, utc));
    return serving.map((one) => ({ ...one, terminal, ticket }));
  });
  const restores = [...restored].flatMap(([of, credits]) => credits.map((credit) => ({ card: of, ...credit })));
  const sums = {
    dues: [...dues].map(([intent, due]) => ({ intent, ...due })),
    ...(restores.length === 0 ? {} : { restored: restores }),
    ...(given.size === 0 ? {} : { given: given.all() }),
    ...(moved.length === 0 ? {} : { accounts: moved }),
    ...(lasts.length === 0 ? {} : { lasts }),
    ...(refunds.length === 0
      ? {}
      : { elsewhere: refunds.map(({ intent, ...refund }) => ({ ...refund, intent: intent.number })) }),
  };
  return { sums, intents: refunds.map(({ intent }) => intent) };
}

/** The sums as a book remembers them; `kept` gives an intent, or throws `RangeError`. */
export function memoryOfSums(
  sums: Sums,
  kept: (number: number) => KeptIntent,
): Pick<BookMemory, "dues" | "restored" | "elsewhere" | "given" | "accounts"> {
  const memory = {
    dues: new Map(sums.dues.map(({ intent, ...due }) => [intent, due])),
    restored: new Map() as BookMemory["restored"],
    elsewhere: new Map<string, TakenBack[]>(),
    given: new GivenPieces(sums.given),
    accounts: new AccountSums(sums.accounts, sums.lasts),
  };
  for (const { terminal, ticket, intent, ...taken } of sums.elsewhere ?? []) {
    const of = elsewhereKey(terminal, ticket);
    memory.elsewhere.set(of, [...(memory.elsewhere.get(of) ?? []), { ...taken, intent: kept(intent) }]);
  }
  for (const { card: of, ...credit } of sums.restored ?? []) {
    memory.restored.set(of, [...(memory.restored.get(of) ?? []), credit]);
  }
  return memory;
}
