/** The power is gone: whatever the terminal was doing does not go on. Files and cards stay as they are. */
export class PowerCut extends Error {
  constructor(where: string) {
    super(`power cut ${where}`);
    this.name = "PowerCut";
  }
}

/** What a page may hold after a write that was cut in the middle. */
export const TORN_PAGES = ["old", "new", "zero", "mixed"] as const;
export type TornPage = (typeof TORN_PAGES)[number];

/** How a write ends when it is cut inside. A flash write keeps `part` of its bytes, in 256ths; a card page becomes `page`. */
export interface Torn {
  readonly page: TornPage;
  readonly part: number;
}

/**
 * One interruption. `card`: the card leaves the field. `power`: the terminal stops.
 * `before` the operation, `inside` it, or `after` it, when it is done but the answer is lost.
 */
export interface Mishap {
  readonly what: "card" | "power";
  readonly when: "before" | "inside" | "after";
  readonly torn?: Torn;
}

export type OperationKind = "card-read" | "card-write" | "journal-append";

/** Counts the operations of a terminal and lets one mishap happen at one of them. */
export class Mishaps {
  /** Operations seen so far, in order. */
  readonly seen: OperationKind[] = [];
  private readonly plan = new Map<number, Mishap>();

  /** Plans a mishap at the operation with this index, counted from the start. */
  at(operation: number, mishap: Mishap): this {
    this.plan.set(operation, mishap);
    return this;
  }

  /** Counts an operation; gives the mishap that is planned for it. */
  next(kind: OperationKind): Mishap | null {
    const planned = this.plan.get(this.seen.length) ?? null;
    this.seen.push(kind);
    return planned;
  }
}
