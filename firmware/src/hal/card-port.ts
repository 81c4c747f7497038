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
   * Sends one command and gives the chip's answer (an ACK or NAK as one byte).
   * "gone" means that the answer was lost: a write may have happened, not happened, or left torn bytes.
   */
  transceive(command: Uint8Array): Promise<Uint8Array | "gone">;
}
