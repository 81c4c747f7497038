/** A batch that cannot count. Thrown inside the import's transaction, which undoes everything of the batch then. */
export class Quarantine extends Error {
  /** A stable word for the reason. */
  readonly reason: string;
  /** The first entry that is wrong, where one is. */
  readonly number: number | undefined;
  constructor(reason: string, detail: string, number?: number) {
    super(detail);
    this.reason = reason;
    this.number = number;
  }
}
