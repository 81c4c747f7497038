import type { Cbor } from "@cachet/firmware/wire";
import { type BlockReason, decodeCredit } from "@cachet/firmware/wire";
import { putCounted } from "../count/post.ts";
import type { Ledger, LedgerTransaction } from "../schema.ts";
import { setBlock } from "./blocked.ts";
import { makeList } from "./build.ts";
import { changeBalance } from "./ceilings.ts";
import { addCredit, creditsToCome, type Source, settleCredits, voidCredit, type Why } from "./credits.ts";
import { heldLists } from "./held.ts";
import { setPhone } from "./phones.ts";
import { putMoved, putReplacement } from "./replace.ts";

type Row = readonly Cbor[];
type Act = (ledger: LedgerTransaction, content: Row, at: number) => Promise<unknown>;

/** The open credit that a row of the audit chain names. Throws `RangeError` where there is none. */
async function creditAt(ledger: Ledger, card: number, programme: number, number: number) {
  const row = (await creditsToCome(ledger, card)).find((one) => one.programme === programme && one.number === number);
  if (row === undefined) throw new RangeError(`card ${card}, programme ${programme} has no credit ${number}`);
  return row;
}

/** What the office did for lists, done again from its row of the audit chain. */
const ACTS: Readonly<Record<string, Act>> = {
  block: (ledger, [card, reason], at) => setBlock(ledger, card as number, reason as BlockReason | null, at),
  credit: async (ledger, [card, programme, , why, source, body, whose, isPosted, day], at) => {
    const credit = decodeCredit(body as Uint8Array);
    if (credit === null) throw new RangeError("a credit does not read");
    const [account, holder] = (whose as Row | null) ?? [];
    const from = whose === null ? null : ({ account, holder } as Source);
    const one = { card: card as number, programme: programme as number, source: source as string };
    const more = { credit, why: why as Why, from, isPosted: isPosted as boolean };
    return addCredit(ledger, { ...one, ...more }, day as number, at);
  },
  void: async (ledger, [card, programme, number, moves, day], at) => {
    const row = await creditAt(ledger, card as number, programme as number, number as number);
    return voidCredit(ledger, row, moves as boolean, day as number, at);
  },
  moved: (ledger, [card, programme, ...numbers], at) =>
    putMoved(
      ledger,
      numbers.map((number) => ({ card: card as number, programme: programme as number, number: number as number })),
      at,
    ),
  replace: (ledger, [old_card, new_card, begun, version, moved_at], at) => {
    const row = { old_card, new_card, at: begun, version, moved_at } as Parameters<typeof putReplacement>[1];
    return putReplacement(ledger, row, at);
  },
  account: async (ledger, [account, programme, purse, value, whose, holder, day], at) => {
    const of = { account: account as number, programme: programme as number, purse: purse as number };
    const change = { value: value as number, from: { account: whose, holder } as Source, day: day as number };
    return changeBalance(ledger, of, change, await heldLists(ledger), at);
  },
  count: (ledger, [programme, day, rows], at) =>
    putCounted(
      ledger,
      programme as number,
      (rows as readonly Row[]).map(([account, giver, holder, unit, value]) => ({
        ...{ account: account as number, programme: programme as number, giver: giver as string },
        ...{ holder: holder as number, unit: unit as string, value: value as number },
      })),
      day as number,
      at,
    ),
  phone: (ledger, [merchant, hash, card], at) =>
    setPhone(ledger, merchant as number, hash as Uint8Array, card as number | null, at),
  list: (ledger, [, , issuer, officeKey, writeLayout, generations, keys], at) =>
    makeList(ledger, {
      issuer: issuer as number,
      issued: at,
      officeKey: officeKey as Uint8Array,
      writeLayout: writeLayout as number,
      revokedGenerations: (generations as Row[]).map(([role, number, generation]) => ({
        ...{ role: role as "area" | "identity", number: number as number, generation: generation as number },
      })),
      revokedKeys: keys as Uint8Array[],
    }),
};

/** Does an act about lists again; false where a row of the audit chain is of none. */
export async function listActAgain(scratch: Ledger, kind: string, content: Row, at: number): Promise<boolean> {
  if (kind === "credits") {
    await settleCredits(scratch, content[0] as number, at);
    return true;
  }
  const act = ACTS[kind];
  if (act === undefined) return false;
  await scratch.transaction().execute((transaction) => act(transaction, content, at));
  return true;
}
