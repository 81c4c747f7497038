/** What a reader needs of a chip: `Type2Chip` is one. */
export interface ChipInField {
  readonly uid: Uint8Array;
  /** Power-up, or selection anew: the chip forgets its password session. */
  select(): void;
  /** The answer, an ACK as one byte 0Ah; "silent" from a chip that was halted or said NAK, until it is selected. */
  execute(command: Uint8Array): Uint8Array | "nak" | "silent";
}
