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

/**
 * The memory of the app is counted with the first of so many calls to the hardware: the count goes through everything that the app holds,
 * and took two fifths of a visit when it was made with each.
 */
export const MEMORY_CHECK_CALLS = 8;

/** How long a customer may hold the card away before a visit gives up waiting for it. */
export const CARD_RETURN_TIMEOUT_MS = 20_000;

/** Tills begin their numbers anew: after so long the same number is another visit. */
export const VISIT_NUMBER_SECONDS = 86_400;

/** Visits without a till are numbered from here: tills do not count so far. */
export const OWN_VISITS = 2 ** 52;

/** Cards a terminal remembers, so that one that goes back in time is refused. */
export const CARDS_REMEMBERED = 20_000;

/** Visits of a card that a terminal tells of. */
export const HISTORY_VISITS = 10;

/** A collection is late where an entry has waited for it so many days. */
export const COLLECT_DAYS = 2;

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
/**
 * Bytes of the journal's file, memory of cards included. 50 000 entries of visits of one to twenty lines take 8 to 15 MiB, the memory of 20 000 cards
 * 1.5 MiB for each programme; the rest is for long baskets. Writing the file anew needs as much again for a moment.
 */
export const JOURNAL_BYTES_MAX = 32 * 1024 * 1024;
/** More than any entry but an intent takes in the file. */
export const SYSTEM_ENTRY_BYTES_MAX = 512;
/** How long the code of a receipt serves for a refund. */
export const REFUND_CODE_SECONDS = 30 * 86_400;
/** Phone numbers that may be looked up in `PHONE_SECONDS`: nobody tries out a range of them. */
export const PHONE_TRIES = 10;
export const PHONE_SECONDS = 600;
/** How long released entries are kept where there is room for them. */
export const RELEASED_SECONDS = 30 * 86_400;
/** Equal refusals (same chip, same reason) that are journalled on one day. */
export const EQUAL_REFUSALS_PER_DAY = 5;
