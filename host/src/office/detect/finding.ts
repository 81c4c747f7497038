import type { Fork } from "../forks.ts";

/** What somebody should look at, worst first. */
export const KINDS = [
  /** One card, two histories. */
  "fork",
  /** A card shows less than what is known of it already, and the histories do not meet. */
  "step-back",
  /** A record that the journal of the terminal named in it does not tell of. */
  "no-journal",
  /** More left a card than any journal gave it. */
  "overdrawn",
  /** Facts of the import: the record holds something else than it should (reconcile.ts), or is sealed under a strange key (facts.ts). */
  "balance",
  "credits",
  "key",
  /** A visit behind the last entry of a terminal that is revoked or replaced. */
  "ended",
  "second-refund",
  /** More cash was put on cards in an hour than a terminal should take. */
  "top-ups",
  "quarantined",
  /** A terminal has to tell of a record, and did not for too long. */
  "gap",
  "clock",
  "late",
  "waiting",
  "silent",
  /** Scores of cards: to look at, no proof of anything. */
  "torn",
  "counter",
] as const;
export type FindingKind = (typeof KINDS)[number];

/** Something that somebody should look at: a judgement, made anew from what is known. It names what it is about. */
export interface Finding {
  readonly kind: FindingKind;
  readonly card?: number;
  readonly programme?: number;
  readonly terminal?: number;
  /** Entry of the terminal. */
  readonly number?: number;
  readonly merchant?: number;
  /** UTC seconds, by the clock of the terminal; of clocks and late records the trusted times before and after. */
  readonly utc?: number;
  readonly between?: readonly [from: number | null, to: number | null];
  /** Cents that may be lost. */
  readonly cents?: number;
  /** What was found, in one sentence. */
  readonly what: string;
  /** Whether it shows that the card should be barred. */
  readonly bars?: boolean;
  readonly fork?: Fork;
}

/** What a finding is about: the same as long as it stands. */
export const nameOf = ({ kind, card = 0, programme = 0, terminal = 0, number = 0, fork }: Finding): string =>
  fork === undefined
    ? [kind, card, programme, terminal, number].join("/")
    : ["fork", fork.card, fork.programme, fork.other.terminal, fork.other.number].join("/");

/** By how many seconds the clocks of two honest terminals may differ. */
export const CLOCKS_DIFFER = 3_600;
/** What somebody carries to the office is on its way for so many seconds at most. */
export const BATCH_TRAVELS = 4 * 86_400;
/** Times before 2020 are those of clocks that were never set. */
export const CLOCK_WAS_SET = 1_577_836_800;

/** Limits of what is judged. */
export interface Limits {
  /** Days after which a terminal should have told, and after which it counts as silent. */
  readonly gapDays: number;
  readonly silentDays: number;
  /** Cents of cash that one terminal takes for cards in one hour of the clock. */
  readonly topUpCents: number;
}
export const LIMITS: Limits = { gapDays: 7, silentDays: 3, topUpCents: 50_000 };
export const DAY_SECONDS = 86_400;
