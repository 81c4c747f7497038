import type { CardPort } from "./card-port.ts";
import type { Counter } from "./counter.ts";
import type { JournalPort } from "./journal-port.ts";
import type { Keys } from "./keys.ts";
import type { ShopSettings, TerminalState } from "./shop.ts";

/** What a terminal is. Fixed at provisioning. */
export interface DeviceFacts {
  readonly terminal: number;
  readonly merchant: number;
  /** A production terminal refuses test keys. */
  readonly production: boolean;
  /** The issuer whose cards are accepted. */
  readonly issuer: number;
  /** Generation of the issuer's card key that new cards are made with; the one before is accepted too. */
  readonly cardGeneration: number;
  /** Programmes whose area key this terminal holds, with the generation it writes. */
  readonly programmes: readonly { readonly programme: number; readonly generation: number }[];
}

/** A moment by the terminal's clock. */
export interface Moment {
  /** Seconds since 1970-01-01T00:00Z. */
  readonly utc: number;
  /** Minutes that local time is ahead of UTC. */
  readonly offset: number;
  /** The clock was reset since it was last set by a trusted party. */
  readonly suspect: boolean;
}

export interface Device {
  facts(): Promise<DeviceFacts>;
  settings(): Promise<ShopSettings>;
  /** Those that are named hold from now on, and over a start. */
  keepSettings(settings: Partial<ShopSettings>): Promise<void>;
  state(): Promise<TerminalState>;
  now(): Promise<Moment>;
  /** Says that the app has started and can do its work: an image on trial is only kept once it has. */
  healthy(): Promise<void>;
}

/** Customers by their phone number. */
export interface Phones {
  /**
   * The card or account behind a phone number as it was keyed, by the shop's own list of keyed hashes: null where the list names
   * none, or the number is none. "wait" after too many tries (`PHONE_TRIES`), "no-key" where the terminal holds no list key.
   */
  phone(keyed: string): Promise<number | null | "wait" | "no-key">;
}

/** Everything the app can reach. Given the same answers it makes the same calls, on every engine. */
export interface Hal extends Device, CardPort, Keys, JournalPort, Phones, Counter {}
