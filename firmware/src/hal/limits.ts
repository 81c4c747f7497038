/** What the app may use. The supervisor enforces it on every engine; a port may give less time, never more memory. */
export const APP_LIMITS = {
  /** Memory that QuickJS counts as used, buffers included. */
  memoryBytes: 2 * 1024 * 1024,
  stackBytes: 256 * 1024,
  /** Interrupt checks of the engine (one per some ten thousand steps) between two calls to the hardware. */
  interruptChecks: 2_000,
  /** Continuations of promises between two calls to the hardware. */
  jobs: 20_000,
} as const;

/** How long a customer may hold the card away before a visit gives up waiting for it. */
export const CARD_RETURN_TIMEOUT_MS = 20_000;

/** Tills begin their numbers anew: after so long the same number is another visit. */
export const VISIT_NUMBER_SECONDS = 86_400;

/** Cards a terminal remembers, so that one that goes back in time is refused. */
export const CARDS_REMEMBERED = 20_000;

/** Entries a journal holds. */
export const JOURNAL_ENTRIES_MAX = 50_000;
/** Room kept for the supervisor's own entries: an intent is not accepted into it. */
export const JOURNAL_ENTRIES_RESERVED = 64;

/** How long an image on trial may run without being confirmed. */
export const TRIAL_MS = 60_000;
/** Starts of the app without a visit in between, after which the supervisor leaves it stopped. */
export const APP_STARTS_MAX = 3;
/** How long after its answer a terminal starts anew, so that the answer is on the line before. */
export const RESET_DELAY_MS = 250;

/** Level of the interface in this folder: raised when the app gets to see something new of it. */
export const HAL_LEVEL = 1;
