/** What happened to money, in whole cents. */
export interface Sums {
  visits: number;
  /** Purchases as they were rung up. */
  turnoverCents: number;
  /** Value promised: what was earned, bonuses, rewards of full grids, discounts. */
  givenCents: number;
  /** Saved value that was used: money off, and gifts at their value. */
  spentCents: number;
  /** What the programme took at the counter: `spentCents`, rewards and discounts. */
  costCents: number;
  /** Value whose last day was over before it was used. */
  expiredCents: number;
}

/** What one visit moved. */
export type Moved = Omit<Sums, "visits" | "turnoverCents">;

export const noSums = (): Sums => ({
  visits: 0,
  turnoverCents: 0,
  givenCents: 0,
  spentCents: 0,
  costCents: 0,
  expiredCents: 0,
});

export function addMoved(sums: Sums, moved: Moved): void {
  sums.givenCents += moved.givenCents;
  sums.spentCents += moved.spentCents;
  sums.costCents += moved.costCents;
  sums.expiredCents += moved.expiredCents;
}

export function addVisit(sums: Sums, turnoverCents: number, moved: Moved): void {
  sums.visits += 1;
  sums.turnoverCents += turnoverCents;
  addMoved(sums, moved);
}

/** One member's year. */
export interface MemberSums extends Sums {
  /** Cents that the card can still spend at the end. */
  dueCents: number;
}

/** What the programme was worth to a member: what was received and what is still on the card. */
export const valueTo = ({ costCents, dueCents }: MemberSums): number => costCents + dueCents;
