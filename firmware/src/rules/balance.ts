import { type Lot, NEVER, type Purse, type PurseKind } from "@cachet/card-layout";
import { type LotCount, withLots, withoutValue, worthOf } from "./lots.ts";
import type { Working } from "./working.ts";

/** Where a rule keeps its value on a card. */
export interface Place {
  readonly index: number;
  readonly unit: "cents" | "points";
  readonly lots: LotCount;
  /** Keeps the unearned fraction. */
  readonly carries: boolean;
}

/** What the card holds of it. */
export interface Balance {
  readonly value: number;
  /** Unearned fraction, in the rule's own denominator. */
  readonly remainder: number;
  readonly lots: readonly Lot[];
  /** What the next earnings pay off first. */
  readonly owed: number;
}

const LOT_KINDS: readonly PurseKind[] = ["lots-2", "lots-4", "lots-8"];
const KINDS: Readonly<Record<Place["unit"], readonly PurseKind[]>> = {
  cents: ["cagnotte", "carrying-cagnotte", ...LOT_KINDS],
  points: ["points", "carrying-points", ...LOT_KINDS],
};

/** The kind of purse that value lies in. */
export function placeKind({ unit, lots, carries }: Place): PurseKind {
  if (lots > 0) return `lots-${lots}` as PurseKind;
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
    if (purse.kind === "owed" && purse.index === place.index) owed = purse.value;
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
    case "lots-2":
    case "lots-4":
    case "lots-8":
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

  private hold(balance: Balance): void {
    const { place, work } = this;
    // Value that was kept in one sum before its lots were kept apart came today, for all anybody knows, and never ends.
    const lots =
      place.lots > 0 && balance.lots.length === 0 && balance.value > 0
        ? [{ value: balance.value, expires: NEVER, issued: work.now.day }]
        : balance.lots;
    work.put(purseOfBalance(place, { ...balance, lots }), KINDS[place.unit]);
    if (balance.owed > 0) work.put({ kind: "owed", index: place.index, value: balance.owed }, ["owed"]);
    else work.drop("owed", place.index);
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
    const { value, lots } = this.held;
    if (this.place.lots === 0 || lots.length > 0 || value === 0) return lots;
    return [{ value, expires: NEVER, issued: this.work.now.day }];
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

  owe(value: number): void {
    const { held } = this;
    this.hold({ ...held, owed: held.owed + value });
  }

  keepRemainder(remainder: number): void {
    this.hold({ ...this.held, remainder });
  }

  keepLots(lots: readonly Lot[]): void {
    this.hold({ ...this.held, value: worthOf(lots), lots });
  }
}
