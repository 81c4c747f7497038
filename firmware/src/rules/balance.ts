import { type Lot, NEVER, POINTS_MAX, type Purse, type PurseKind } from "@cachet/card-layout";
import { type LotCount, lastDayOf, parted, type Validity, withLots, withoutValue, worthOf } from "./lots.ts";
import type { Working } from "./working.ts";

/** Where a rule keeps its value on a card. */
export interface Place {
  readonly index: number;
  readonly unit: "cents" | "points";
  readonly lots: LotCount;
  /** Keeps the unearned fraction. */
  readonly carries: boolean;
}

/** The most that a purse of cents or points, or what is owed, can hold. */
const VALUE_MAX = POINTS_MAX;

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
const KINDS: Readonly<Record<Place["unit"], readonly PurseKind[]>> = {
  cents: ["cagnotte", "carrying-cagnotte", ...Object.values(CAGNOTTE_LOTS)],
  points: ["points", "carrying-points", ...Object.values(POINTS_LOTS)],
};

/** The kind of purse that value lies in. */
export function placeKind({ unit, lots, carries }: Place): PurseKind {
  if (lots !== 0) return (unit === "cents" ? CAGNOTTE_LOTS : POINTS_LOTS)[lots];
  if (unit === "cents") return carries ? "carrying-cagnotte" : "cagnotte";
  return carries ? "carrying-points" : "points";
}

function isOf(purse: Purse, { unit, index }: Place): boolean {
  return purse.index === index && KINDS[unit].includes(purse.kind);
}

/** What purses hold, under whichever kind a version of the programme kept it. */
export function balanceIn(purses: readonly Purse[], place: Place): Balance {
  let [value, remainder, owed] = [0, 0, 0];
  let lots: readonly Lot[] = [];
  for (const purse of purses) {
    if (purse.kind === OWED[place.unit] && purse.index === place.index) owed = purse.value;
    if (!isOf(purse, place)) continue;
    if ("remainder" in purse) remainder = purse.remainder;
    if ("lots" in purse) {
      lots = purse.lots;
      value = worthOf(lots);
    } else if ("cents" in purse) value = purse.cents;
    else if ("count" in purse) value = purse.count;
  }
  return { value, remainder, lots, owed };
}

function purseOfBalance(place: Place, { value, remainder, lots }: Balance): Purse {
  const { index } = place;
  const kind = placeKind(place);
  switch (kind) {
    case "cagnotte-lots-2":
    case "cagnotte-lots-4":
    case "cagnotte-lots-8":
    case "points-lots-2":
    case "points-lots-4":
    case "points-lots-8":
      return { kind, index, lots };
    case "carrying-cagnotte":
      return { kind, index, cents: value, remainder };
    case "carrying-points":
      return { kind, index, count: value, remainder };
    case "points":
      return { kind, index, count: value };
    default:
      return { kind: "cagnotte", index, cents: value };
  }
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

  private hold({ owed, ...balance }: Balance): void {
    const { place, work } = this;
    // A version of the programme that kept more lots apart may have left more of them here.
    const lots = place.lots > 0 ? withLots(this.lotsOf(balance), [], place.lots) : [];
    work.put(purseOfBalance(place, { ...balance, owed, lots }), KINDS[place.unit]);
    const kind = OWED[place.unit];
    if (owed > 0) work.put({ kind, index: place.index, value: Math.min(owed, VALUE_MAX) }, [kind]);
    else work.drop(kind, place.index);
  }

  /** Value that was kept in one sum before its lots were kept apart came today, for all anybody knows, and never ends. */
  private lotsOf({ value, lots }: Pick<Balance, "value" | "lots">): readonly Lot[] {
    if (lots.length > 0 || value === 0) return lots;
    return [{ value, expires: NEVER, issued: this.work.countingDay }];
  }

  /** Puts value in; what is owed is paid off first. */
  add(lots: readonly Lot[], remainder: number): void {
    const { held, place } = this;
    const value = worthOf(lots);
    const paid = Math.min(held.owed, value);
    const { left } = withoutValue(lots, paid);
    this.hold({
      value: held.value + value - paid,
      remainder,
      lots: place.lots > 0 ? withLots(this.lotsHeld(), left, place.lots) : [],
      owed: held.owed - paid,
    });
  }

  private lotsHeld(): readonly Lot[] {
    return this.place.lots === 0 ? this.held.lots : this.lotsOf(this.held);
  }

  /** Takes value out that is there; gives the lots it came from, none where they are not kept apart. */
  take(value: number): readonly Lot[] {
    const { held } = this;
    const { left, taken } = withoutValue(this.lotsHeld(), value);
    this.hold({ ...held, value: held.value - value, lots: left });
    return taken;
  }

  /** Takes exactly these lots out as far as they are there, then any others; gives what was missing. */
  takeBack(lots: readonly Lot[], value: number): number {
    const { held, place } = this;
    if (place.lots === 0) {
      const taken = Math.min(held.value, value);
      this.hold({ ...held, value: held.value - taken });
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
    this.hold({ ...held, value: worthOf(left), lots: left });
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
    this.hold({ ...held, owed: held.owed + value });
  }

  keepRemainder(remainder: number): void {
    this.hold({ ...this.held, remainder });
  }

  private keepLots(lots: readonly Lot[]): void {
    this.hold({ ...this.held, value: worthOf(lots), lots });
  }
}
