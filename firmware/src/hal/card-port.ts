/** A card that came into the field. */
export interface Tap {
  readonly uid: Uint8Array;
}

/** One contactless reader. Every call may find the card gone. */
export interface CardPort {
  /**
   * Waits for a card. With `uid`, for that very card: another one is answered as "other" and the wait is over.
   * "none" after `timeoutMs`; a timeout of 0 waits until a card comes.
   */
  waitCard(timeoutMs: number, uid: Uint8Array | null): Promise<Tap | "other" | "none">;
  /**
   * Sends commands one after the other and gives the chip's answers (an ACK or NAK as one byte). Stops behind a NAK.
   * Fewer answers than commands, the last of them no NAK, means that the card is gone: the first command without an answer
   * may have happened, not happened, or left torn bytes; those behind it were not sent.
   */
  exchange(commands: readonly Uint8Array[]): Promise<readonly Uint8Array[]>;
}
