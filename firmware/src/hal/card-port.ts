/** A card that came into the field. */
export interface Tap {
  readonly uid: Uint8Array;
}

/** What became of a list of commands sent one after the other. */
export interface Exchange {
  /** One answer for each command that was answered, in their order; an ACK as one byte. */
  readonly answers: readonly Uint8Array[];
  /**
   * `done`: every command was answered. `nak`: the chip refused the command behind the last answer and did nothing for it; it
   * has forgotten its password, and the next exchange finds it selected anew. `gone`: the command behind the last answer got
   * none: it may have happened, not happened, or left torn bytes. Commands behind it were not sent.
   */
  readonly end: "done" | "nak" | "gone";
}

/** One contactless reader. Every call may find the card gone. */
export interface CardPort {
  /**
   * Waits for a card and selects it. With `uid`, for that very card: another one is answered as "other" and the wait is over.
   * "several" when more than one is in the field: none of them is touched, and the wait is over.
   * "none" after `timeoutMs`; a timeout of 0 waits until a card comes.
   */
  waitCard(timeoutMs: number, uid: Uint8Array | null): Promise<Tap | "other" | "several" | "none">;
  /**
   * Sends commands one after the other and gives the chip's answers. Nobody else's command comes between them. A password that
   * the chip took holds until the end of the exchange; readers may select the chip anew before the next.
   */
  exchange(commands: readonly Uint8Array[]): Promise<Exchange>;
}
