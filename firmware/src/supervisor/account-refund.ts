import type { AccountVisit, Entry } from "../wire/index.ts";

/** What a visit without a card that is taken back moved, and what refunds of it took back before. */
export interface TakenBackSoFar {
  readonly entry: Entry | null;
  readonly refunds: readonly Entry[];
  /** Lines that they took back. */
  readonly lines: readonly number[];
}

const movesOf = (entry: Entry) =>
  entry.kind !== "account"
    ? []
    : entry.body.areas.flatMap(({ programme, purses }) => purses.map((move) => ({ ...move, programme })));

/**
 * Why a terminal does not store a refund that its app asks for; null where it does. `over`: no such visit of this account, or it takes back more of a
 * purse than was moved there. `used`: a line is back already.
 */
export function refundRefusal(
  { account, refund, areas }: AccountVisit,
  { entry, refunds, lines }: TakenBackSoFar,
): "over" | "used" | null {
  if (refund === undefined) return null;
  const isOurs = entry?.kind === "account" && entry.body.account === account && entry.body.refund === undefined;
  if (!isOurs || refund.terminal !== undefined) return "over";
  if (refund.lines.length === 0 || refund.lines.some((line) => lines.includes(line))) return "used";
  const known = [entry, ...refunds].flatMap(movesOf);
  const isMore = areas.some(({ programme, purses }) =>
    purses.some(({ purse, added, taken }) => {
      const same = known.filter((move) => move.programme === programme && move.purse === purse);
      const left = (of: "added" | "taken") => same.reduce((sum, move) => sum + move[of], 0);
      return left("added") + added < 0 || left("taken") + taken < 0;
    }),
  );
  return isMore ? "over" : null;
}
