import type { DeviceFacts, Hal } from "../hal/index.ts";
import type { Programme } from "../rules/index.ts";

/** What a visit needs: the hardware, what the terminal is, and its programmes in the order of evaluation. */
export interface Terminal {
  readonly hal: Hal;
  readonly facts: DeviceFacts;
  readonly programmes: readonly Programme[];
  /** Somebody learns: cards are read, and nothing is written. */
  readonly training?: boolean;
}
