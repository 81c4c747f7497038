/** The power is gone: whatever the terminal was doing does not go on. Files and cards stay as they are. */
export class PowerCut extends Error {
  constructor(where: string) {
    super(`power cut ${where}`);
    this.name = "PowerCut";
  }
}

/**
 * What a page may hold after a write that was cut in the middle: what it held, what it was to hold, zeros (erased, not yet
 * programmed), some bits of each, or bits so weakly programmed that they read differently from one READ to the next.
 */
export const TORN_PAGES = ["old", "new", "zero", "mixed", "weak"] as const;
export type TornPage = (typeof TORN_PAGES)[number];

/** What became of something that a chip protects against tears, so that it is whole afterwards: it happened ("new", "mixed") or not. */
export function happened(left: TornPage): boolean {
  return left === "new" || left === "mixed";
}

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

/**
 * `card-write`: a page of a card changes. `card-count`: a one-way counter of a card goes up. `card-read`: any other command.
 * `file-replace` and `file-truncate` are the journal's file as well, written anew or shortened.
 */
export type OperationKind =
  | "card-read"
  | "card-write"
  | "card-count"
  | "journal-append"
  | "file-replace"
  | "file-truncate";

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
