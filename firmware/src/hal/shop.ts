/** A language that staff and customers read. */
export type Language = "fr" | "en";

/** How the shop set its terminal. They may change between two calls. */
export interface ShopSettings {
  readonly language: Language;
  readonly beep: boolean;
  /** Columns of the paper. */
  readonly paper: 48 | 32;
  /** What is due of every sale is collected at the terminal; where the till does it, only what is not the whole sale. */
  readonly collect: boolean;
  /** Minute of the local day at which the day ends; null where it does not by itself. */
  readonly closing: number | null;
}

/** How a terminal stands, as far as staff are told. */
export interface TerminalState {
  /** Entries that nobody has collected yet. */
  readonly waiting: number;
  /** Days that the oldest of them has waited where a collection is late; 0 where none is. */
  readonly lateDays: number;
  /** What cannot be dropped takes nine tenths of the journal. */
  readonly nearlyFull: boolean;
  /** Days since the office issued the list; null where this terminal never had one. */
  readonly listDays: number | null;
}
