import { type Lot, NEVER, POINTS_MAX, type Purse, type PurseKind } from "@cachet/card-layout";
import { lastDayOf, parted, type Validity, withLots, withoutValue, worthOf } from "./lots.ts";
import type { Place } from "./place.ts";
import type { Working } from "./working.ts";

/** The most that a purse of cents or points, or what is owed, can hold. */
export const VALUE_MAX = POINTS_MAX;

/** What the card holds of it. */
export interface Balance {
  readonly value: number;
  /** Unearned fraction, in the rule's own denominator. */
  readonly remainder: number;
  readonly lots: readonly Lot[];
  /** What the next earnings pay off first. */
  readonly owed: number;
}

const CAGNOTTE_LOTS = { 2: "cagnotte-lots-2", 4: "cagnotte-lots-4", 8: "cagnotte-lots-8" } as const;
const POINTS_LOTS = { 2: "points-lots-2", 4: "points-lots-4", 8: "points-lots-8" } as const;
const OWED = { cents: "owed-cents", points: "owed-points" } as const;
/** Kinds of purses that keep a unit. */
export const KINDS: Readonly<Record<Place["unit"], readonly PurseKind[]>> = {
  cents: ["cagnotte", "carrying-cagnotte", ...Object.values(CAGNOTTE_LOTS)],
  points: ["points", "carrying-points", ...Object.values(POINTS_LOTS)],
};
/** What a kind of purse keeps value in; nothing for kinds that keep none. */
const UNIT_OF: Readonly<Partial<Record<PurseKind, Place["unit"]>>> = Object.fromEntries(
  Object.entries(KINDS).flatMap(([unit, kinds]) => kinds.map((kind) => [kind, unit])),
);

/** The kind of purse that value lies in. */
export function placeKind({ unit, lots, carries }: Place): PurseKind {
  if (lots !== 0) return (unit === "cents" ? CAGNOTTE_LOTS : POINTS_LOTS)[lots];
  if (unit === "cents") return carries ? "carrying-cagnotte" : "cagnotte";
  return carries ? "carrying-points" : "points";
}

const NO_LOTS: readonly Lot[] = [];

/** What purses hold, under whichever kind a version of the programme kept it. */
export function balanceIn(purses: readonly Purse[], place: Place): Balance {
  const { index, unit } = place;
  let value = 0;
  let remainder = 0;
  let owed = 0;
  let lots = NO_LOTS;
  for (let i = 0; i < purses.length; i += 1) {
    const purse = purses[i]!;
    if (purse.index !== index) continue;
    if (purse.kind === OWED[unit]) owed = purse.value;
    if (UNIT_OF[purse.kind] !== unit) continue;
    if ("remainder" in purse) remainder = purse.remainder;
    if ("lots" in purse) {
      lots = purse.lots;
      value = worthOf(lots);
    } else if ("cents" in purse) value = purse.cents;
    else if ("count" in purse) value = purse.count;
  }
  return { value, remainder, lots, owed };
}

/** The purse that keeps a balance in its place; of lots, where they are kept apart, the lots alone count. */
export function purseOfBalance(place: Place, value: number, remainder: number, lots: readonly Lot[]): Purse {
  const { index, unit, carries } = place;
  if (place.lots !== 0) return { kind: (unit === "cents" ? CAGNOTTE_LOTS : POINTS_LOTS)[place.lots], index, lots };
  if (unit === "cents")
    return carries
      ? { kind: "carrying-cagnotte", index, cents: value, remainder }
      : { kind: "cagnotte", index, cents: value };
  return carries
    ? { kind: "carrying-points", index, count: value, remainder }
    : { kind: "points", index, count: value };
}

/**
 * What a grant is as lots. A clock that was reset on a card without a date of its own knows no day from which anything could last:
 * it takes none away.
 */
export function lotsOf(work: Working, validity: Validity | null, value: number): readonly Lot[] {
  const { facts, countingDay: issued } = work;
  const knowsDay = !facts.clockSuspect || facts.lastDay !== undefined;
  return value === 0 ? [] : [{ value, expires: knowsDay ? lastDayOf(validity, issued) : NEVER, issued }];
}

function hold(work: Working, place: Place, value: number, remainder: number, lots: readonly Lot[], owed: number): void {
  const { unit, index } = place;
  work.put(purseOfBalance(place, value, remainder, lots), KINDS[unit]);
  const kind = OWED[unit];
  if (owed > 0) work.put({ kind, index, value: Math.min(owed, VALUE_MAX) }, [kind]);
  else work.drop(kind, index);
}

/** Puts value in that comes today, beside what is held; what is owed is paid off first. */
export function putIn(
  work: Working,
  place: Place,
  held: Balance,
  value: number,
  validity: Validity | null,
  remainder: number,
): void {
  if (place.lots > 0) {
    new Holding(work, place).add(lotsOf(work, validity, value), remainder);
    return;
  }
  if (held.owed === 0) {
    work.put(purseOfBalance(place, held.value + value, remainder, NO_LOTS), KINDS[place.unit]);
    return;
  }
  const paid = Math.min(held.owed, value);
  hold(work, place, held.value + value - paid, remainder, NO_LOTS, held.owed - paid);
}

/** One balance of a card while a visit is evaluated. */
export class Holding {
  private readonly work: Working;
  private readonly place: Place;

  constructor(work: Working, place: Place) {
    this.work = work;
    this.place = place;
  }

  get held(): Balance {
    return balanceIn(this.work.purses, this.place);
  }

  /** How much more a purse can hold, whatever the programme allows. */
  get room(): number {
    const { value, owed } = this.held;
    return VALUE_MAX - value + owed;
  }

  private hold(value: number, remainder: number, lots: readonly Lot[], owed: number): void {
    const { place, work } = this;
    // A version of the programme that kept more lots apart may have left more of them here.
    const kept = place.lots > 0 ? withLots(this.lotsOf(value, lots), [], place.lots) : lots;
    hold(work, place, value, remainder, kept, owed);
  }

  /** Value that was kept in one sum before its lots were kept apart came today, for all anybody knows, and never ends. */
  private lotsOf(value: number, lots: readonly Lot[]): readonly Lot[] {
    if (lots.length > 0 || value === 0) return lots;
    return [{ value, expires: NEVER, issued: this.work.countingDay }];
  }

  /** Puts lots in; what is owed is paid off first. */
  add(lots: readonly Lot[], remainder: number): void {
    const { held, place } = this;
    const value = worthOf(lots);
    const paid = Math.min(held.owed, value);
    const { left } = withoutValue(lots, paid);
    const kept = place.lots > 0 ? withLots(this.lotsHeld(), left, place.lots) : NO_LOTS;
    this.hold(held.value + value - paid, remainder, kept, held.owed - paid);
  }

  private lotsHeld(): readonly Lot[] {
    const { value, lots } = this.held;
    return this.place.lots === 0 ? lots : this.lotsOf(value, lots);
  }

  /** Takes value out that is there; gives the lots it came from, none where they are not kept apart. */
  take(value: number): readonly Lot[] {
    const { held } = this;
    const { left, taken } = withoutValue(this.lotsHeld(), value);
    this.hold(held.value - value, held.remainder, left, held.owed);
    return taken;
  }

  /** Takes exactly these lots out as far as they are there, then any others; gives what was missing. */
  takeBack(lots: readonly Lot[], value: number): number {
    const { held, place } = this;
    if (place.lots === 0) {
      const taken = Math.min(held.value, value);
      this.hold(held.value - taken, held.remainder, held.lots, held.owed);
      return value - taken;
    }
    let missing = value;
    const own = this.lotsHeld().map((lot) => {
      const wanted = lots.find(({ expires, issued }) => expires === lot.expires && issued === lot.issued);
      const part = Math.min(lot.value, wanted?.value ?? 0, missing);
      missing -= part;
      return { ...lot, value: lot.value - part };
    });
    const rest = own.filter((lot) => lot.value > 0);
    const more = Math.min(missing, worthOf(rest));
    const { left } = withoutValue(rest, more);
    this.hold(worthOf(left), held.remainder, left, held.owed);
    return missing - more;
  }

  /** Lets what is over before a day go; gives it. */
  expire(today: number): readonly Lot[] {
    const { lots } = this.held;
    if (lots.length === 0) return lots;
    const { usable, over } = parted(lots, today);
    if (over.length > 0) this.keepLots(usable);
    return over;
  }

  owe(value: number): void {
    const { held } = this;
    this.hold(held.value, held.remainder, held.lots, held.owed + value);
  }

  keepRemainder(remainder: number): void {
    const { value, lots, owed } = this.held;
    this.hold(value, remainder, lots, owed);
  }

  private keepLots(lots: readonly Lot[]): void {
    const { remainder, owed } = this.held;
    this.hold(worthOf(lots), remainder, lots, owed);
  }
}
