import { NumberTable } from "./number-table.ts";

export type Outcome = "open" | "committed" | "aborted";

/** Two bits for each area, the first one's lowest; 0 where there is none. */
const CODES: readonly (Outcome | null)[] = [null, "open", "committed", "aborted"];
const AREAS_MAX = 8;

/** What became of every area of every visit from one entry on, two bytes for each entry. */
export class AreaOutcomes {
  private first: number;
  private readonly codes: NumberTable;

  /** `codes`: what `written` gave for the entries from `first` on. Throws `RangeError` on bytes that are none. */
  constructor(first = 0, codes: Uint8Array = new Uint8Array()) {
    this.first = first;
    this.codes = new NumberTable(2, codes);
  }

  /** An entry comes in; `areas`: how many areas it opens, or settles by itself as `outcome` says; 0 for what is no visit. */
  begin(number: number, areas: number, outcome: Outcome = "open"): void {
    if (this.codes.length === 0) this.first = number;
    while (this.first + this.codes.length < number) this.codes.push(0);
    let code = 0;
    for (let area = Math.min(areas, AREAS_MAX); area > 0; area -= 1) code = (code << 2) | CODES.indexOf(outcome);
    this.codes.push(code);
  }

  settle(number: number, area: number, outcome: Outcome): void {
    const place = number - this.first;
    const code = this.codes.at(place);
    if (code === undefined) return;
    this.codes.set(place, (code & ~(3 << (2 * area))) | (CODES.indexOf(outcome) << (2 * area)));
  }

  /** The outcomes of an intent's areas, in their order; null where no visit of this number was taken in. */
  of(number: number): readonly Outcome[] | null {
    const outcomes: Outcome[] = [];
    for (let code = this.codes.at(number - this.first) ?? 0; code !== 0; code >>= 2) outcomes.push(CODES[code & 3]!);
    return outcomes.length === 0 ? null : outcomes;
  }

  written(): { readonly first: number; readonly codes: Uint8Array } {
    return { first: this.first, codes: this.codes.written() };
  }
}
