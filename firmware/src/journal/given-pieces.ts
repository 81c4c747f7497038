import type { Given } from "../hal/index.ts";
import type { Intent, IntentArea } from "../wire/index.ts";

type OfProgramme = Given & { readonly programme: number };
type Area = Pick<IntentArea, "programme" | "effects">;

const keyOf = (programme: number, stock: string): string => `${programme}/${stock}`;

/**
 * Pieces of what runs out: counted when an intent is stored, so that no other card gets one that is in doubt, and back when the intent
 * is aborted, or a refund of this terminal's own ticket is committed.
 */
export class GivenPieces {
  private readonly counts = new Map<string, OfProgramme>();

  constructor(counts: readonly OfProgramme[] = []) {
    for (const count of counts) this.counts.set(keyOf(count.programme, count.stock), count);
  }

  get size(): number {
    return this.counts.size;
  }

  /** An intent is stored. */
  promise(area: Area): void {
    this.move(area, false, 1);
  }

  /** It never happened. */
  release(area: Area): void {
    this.move(area, false, -1);
  }

  /** It is on the card: what a refund gives back can be given again. Pieces of another terminal's ticket were counted there. */
  takeBack(area: Area, { refund }: Pick<Intent, "refund">): void {
    if (refund?.terminal === undefined) this.move(area, true, -1);
  }

  private move({ programme, effects }: Area, isBack: boolean, sign: 1 | -1): void {
    for (const { type, stock, times = 1 } of effects) {
      if (stock === undefined || (type === "return") !== isBack) continue;
      const key = keyOf(programme, stock);
      const pieces = (this.counts.get(key)?.pieces ?? 0) + sign * times;
      if (pieces > 0) this.counts.set(key, { programme, stock, pieces });
      else this.counts.delete(key);
    }
  }

  /** Of one programme, those of which any are given. */
  of(programme: number): readonly Given[] {
    return this.all().flatMap(({ programme: own, stock, pieces }) => (own === programme ? [{ stock, pieces }] : []));
  }

  all(): readonly OfProgramme[] {
    return [...this.counts.values()];
  }
}
