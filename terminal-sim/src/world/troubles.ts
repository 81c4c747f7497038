import type { VisitReport } from "@cachet/firmware/hal";
import { Chance } from "../device/chance.ts";
import { type Mishap, Mishaps, type OperationKind, TORN_PAGES } from "../device/mishap.ts";

/**
 * What may go wrong in a town, by name: cards that leave in the middle of a visit, power that goes at any operation, batches that are lost,
 * late, doubled and out of order, clocks that are wrong for a day, terminals that bring nothing for 14 days, tills that did not hear what
 * became of a visit.
 */
export type Trouble = "tears" | "power" | "batches" | "clocks" | "silence" | "repeats";

/** One visit in so many is troubled by a card that leaves, by the power, and by a till that did not hear how it ended. */
const [TEAR_ONE_IN, POWER_ONE_IN, UNHEARD_ONE_IN] = [12, 60, 25];
/** A visit takes some fifty operations; a mishap planned behind its last one does not happen. */
const OPERATIONS = 48;
/** One boot in so many loses power again; one terminal in so many has a wrong clock on a day, or falls silent. */
const [BOOT_ONE_IN, CLOCK_ONE_IN, SILENT_ONE_IN] = [8, 30, 200];
const SILENT_DAYS = 14;
const DAY = 86_400;

const drawMishap = (chance: Chance, what: Mishap["what"]): Mishap => ({
  what,
  when: (["before", "inside", "after"] as const)[chance.below(3)]!,
  torn: { page: TORN_PAGES[chance.below(4)]!, part: chance.below(256) },
});

/** Mishaps that count those of them that came about. */
class Counted extends Mishaps {
  private readonly counts: CutCounts;

  constructor(counts: CutCounts) {
    super();
    this.counts = counts;
  }

  override next(kind: OperationKind): Mishap | null {
    const mishap = super.next(kind);
    if (mishap !== null) this.counts[mishap.what] += 1;
    return mishap;
  }
}

/** How many visits were cut by a card that left, and how many operations by the power. */
export interface CutCounts {
  card: number;
  power: number;
}

/** Draws what goes wrong, from a seed of its own: with less going wrong, the same customers make the same visits. */
export class Troubles {
  readonly chance: Chance;
  readonly cuts: CutCounts = { card: 0, power: 0 };
  private readonly on: ReadonlySet<Trouble>;

  constructor(seed: number, on: ReadonlySet<Trouble>) {
    this.chance = new Chance(seed ^ 0x5eed);
    this.on = on;
  }

  has(trouble: Trouble): boolean {
    return this.on.has(trouble);
  }

  /** What interrupts one visit. */
  ofVisit(): Mishaps {
    const { chance } = this;
    const mishaps = new Counted(this.cuts);
    if (this.has("tears") && chance.happens(1, TEAR_ONE_IN))
      mishaps.at(chance.below(OPERATIONS), drawMishap(chance, "card"));
    if (this.has("power") && chance.happens(1, POWER_ONE_IN))
      mishaps.at(chance.below(OPERATIONS), drawMishap(chance, "power"));
    return mishaps;
  }

  /** Whether a till did not hear how a visit ended, and asks for it again: always where the power went. */
  isUnheard(report: VisitReport | "power-cut"): boolean {
    return this.has("repeats") && (report === "power-cut" || this.chance.happens(1, UNHEARD_ONE_IN));
  }

  /** What interrupts a boot. */
  ofBoot(): Mishaps {
    const mishaps = new Counted(this.cuts);
    if (this.has("power") && this.chance.happens(1, BOOT_ONE_IN))
      mishaps.at(this.chance.below(3), drawMishap(this.chance, "power"));
    return mishaps;
  }

  /** What a terminal's clock is wrong by on one day, in seconds; null for one that says 1970 and knows it. */
  ofClock(): number | null {
    if (!this.has("clocks") || !this.chance.happens(1, CLOCK_ONE_IN)) return 0;
    return [-2 * DAY, -7_200, 3 * DAY, null][this.chance.below(4)]!;
  }

  /** Days for which a terminal brings nothing, from today on. */
  ofSilence(): number {
    return this.has("silence") && this.chance.happens(1, SILENT_ONE_IN) ? SILENT_DAYS : 0;
  }
}
