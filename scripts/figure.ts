/** One figure beside what it is held against, both from this very run. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly better: "higher" | "lower";
  readonly reference: number;
  readonly reference_name: string;
}
