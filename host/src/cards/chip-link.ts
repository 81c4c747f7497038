import type { type2 } from "@cachet/card-layout";

/** One chip in the field of a reader, reached by its own commands (card-layout/media/type2.ts). Every exchange may find it gone. */
export interface ChipLink {
  /** The UID by which the reader selected the chip. */
  readonly uid: Uint8Array;
  /** Sends commands one after the other; nobody else's command comes between them. */
  exchange(commands: readonly Uint8Array[]): Promise<type2.Exchange>;
}
