import { NEVER, type Purse } from "@cachet/card-layout";
import type { Programme } from "./programme.ts";
import type { Working } from "./working.ts";

/** An offer that a rule puts on the card: its number, and for how many days after today. */
interface GivenOffer {
  readonly offer: number;
  readonly days: number;
}

/** A card has this many places for offers. */
const PLACES = 8;

type OfferPurse = Extract<Purse, { kind: "offer" }>;

const offersIn = (purses: readonly Purse[]): OfferPurse[] =>
  purses.flatMap((purse) => (purse.kind === "offer" ? [purse] : []));

/** The numbers of the offers that rules of a programme give. */
export const offersGiven = ({ rules }: Pick<Programme, "rules">): number[] =>
  rules.flatMap((rule) => (rule.kind === "stamps" && rule.reward.kind === "offer" ? [rule.reward.offer] : []));

/** Where an offer may be written: no other one that may still be used gives way to it. */
function placeFor({ purses, now }: Working, number: number): number | null {
  const held = offersIn(purses);
  if (held.some(({ offer, until }) => offer === number && until >= now.day)) return null;
  const over = held.find(({ offer, until }) => offer === number || until < now.day);
  if (over !== undefined) return over.index;
  const taken = held.map(({ index }) => index);
  const free = Array.from({ length: PLACES }, (_, index) => index).find((index) => !taken.includes(index));
  return free ?? null;
}

/** Whether an offer can be put on the card today: it holds each one once, and a reset clock knows no days. */
export const canOffer = (work: Working, { offer }: GivenOffer): boolean =>
  !work.facts.clockSuspect && placeFor(work, offer) !== null;

/** Puts an offer on the card, open from today; only where `canOffer`. */
export function putOffer(work: Working, { offer, days }: GivenOffer): void {
  const { day } = work.now;
  const until = Math.min(day + days, NEVER - 1);
  work.put({ kind: "offer", index: placeFor(work, offer)!, offer, from: day, until }, ["offer"]);
}

/** Takes an offer that was given on a day off the card again, where it is still there. */
export function dropOffer(work: Working, number: number, day: number): void {
  const found = offersIn(work.purses).find(({ offer, from }) => offer === number && from === day);
  if (found !== undefined) work.drop("offer", found.index);
}

/** The last day of an offer on the card; null where it is not there. */
export const lastDayOf = (purses: readonly Purse[], number: number): number | null =>
  offersIn(purses).find(({ offer }) => offer === number)?.until ?? null;
