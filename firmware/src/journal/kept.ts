import type { Day } from "@cachet/card-layout";
import type { RememberedState } from "../hal/index.ts";
import type { Intent } from "../wire/index.ts";
import type { Outcome } from "./area-outcomes.ts";

/** An intent as the book keeps it. */
export interface KeptIntent {
  readonly number: number;
  readonly card: number;
  readonly visit: number;
  readonly utc: number;
  readonly day: Day;
  readonly isTopUp: boolean;
  /** The till's own ticket of a sale that was added afterwards; null of any other visit. */
  readonly tillTicket: string | null;
  readonly outcomes: Map<number, Outcome>;
  /** A visit of an account without a chip: `card` is the account, and everything is committed. */
  readonly isAccount: boolean;
  /** Kept while an area is open; the journal has it afterwards. */
  body: Intent | null;
}

/** What the book keeps of a card. */
export interface KeptCard {
  /** Open intents, oldest first, and the last one. */
  intents: KeptIntent[];
  readonly states: Map<number, RememberedState>;
  /** By programme: what left the card on the last days that anything did, the latest last. */
  readonly spent: Map<number, readonly DaySum[]>;
}

export interface DaySum {
  readonly day: Day;
  readonly cents: number;
}

/** How far a clock may be set back after a checkpoint, and nothing is missing that is young again then. */
export const CLOCK_SET_BACK_SECONDS = 7_200;

/** Whether a checkpoint carries what was at `then` and serves for so many seconds. */
export function isCarried(then: number, seconds: number, utc: number): boolean {
  return utc - then < seconds + CLOCK_SET_BACK_SECONDS;
}

/** Whether an area of the intent has no outcome yet. */
export function isOpen(intent: Pick<KeptIntent, "outcomes">): boolean {
  return [...intent.outcomes.values()].includes("open");
}

/** Whether nothing of it happened. */
export function isVoid(intent: KeptIntent): boolean {
  return [...intent.outcomes.values()].every((outcome) => outcome === "aborted");
}
