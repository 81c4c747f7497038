/** A reason word, told. */
export interface ReasonTold {
  /** What the word means. */
  readonly meaning: string;
  /** What whoever stands at the till does. */
  readonly staff: string;
  /** What the customer is told, in French and English. */
  readonly fr: string;
  readonly en: string;
}
