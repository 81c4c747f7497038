import type { CollectedBatch } from "@cachet/firmware/supervisor";
import type { Chance } from "../device/chance.ts";

/** A batch on its way from a terminal. */
export interface Sent extends CollectedBatch {
  readonly terminal: number;
}

/** What went wrong with batches on their way. */
export interface PostCounts {
  lost: number;
  late: number;
  doubled: number;
  reordered: number;
}

/** Of so many batches one is lost, one late, one doubled. */
const [LOST_ONE_IN, LATE_ONE_IN, DOUBLED_ONE_IN] = [20, 8, 10];
const DAYS_LATE = 3;

/** The way of batches from the terminals to the office: by stick, by mail, by whoever passes. */
export class Post {
  readonly counts: PostCounts = { lost: 0, late: 0, doubled: 0, reordered: 0 };
  private readonly way: { readonly batch: Sent; readonly day: number }[] = [];
  private readonly chance: Chance;
  private readonly isTroubled: boolean;

  constructor(chance: Chance, isTroubled: boolean) {
    this.chance = chance;
    this.isTroubled = isTroubled;
  }

  /** Sends a batch on the evening of a day. */
  send(batch: Sent, day: number): void {
    const { chance, counts } = this;
    if (!this.isTroubled) {
      this.way.push({ batch, day });
      return;
    }
    if (chance.happens(1, LOST_ONE_IN)) {
      counts.lost += 1;
      return;
    }
    const late = chance.happens(1, LATE_ONE_IN) ? 1 + chance.below(DAYS_LATE) : 0;
    if (late > 0) counts.late += 1;
    this.way.push({ batch, day: day + late });
    if (!chance.happens(1, DOUBLED_ONE_IN)) return;
    counts.doubled += 1;
    this.way.push({ batch, day: day + chance.below(DAYS_LATE) });
  }

  /** What arrives by the evening of a day, in no order where there are troubles. */
  arrivals(day: number): Sent[] {
    const here = this.way.filter((one) => one.day <= day);
    this.way.splice(0, this.way.length, ...this.way.filter((one) => one.day > day));
    const batches = here.map(({ batch }) => batch);
    if (!this.isTroubled) return batches;
    for (let i = batches.length - 1; i > 0; i -= 1) {
      const j = this.chance.below(i + 1);
      if (i !== j) this.counts.reordered += 1;
      [batches[i], batches[j]] = [batches[j]!, batches[i]!];
    }
    return batches;
  }
}
