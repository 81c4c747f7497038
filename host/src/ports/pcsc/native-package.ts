import { createRequire } from "node:module";

/** What a reader's state word says in SCardGetStatusChange (winscard.h): flags below, a count of cards that came or went above. */
export const STATE = { unaware: 0, changed: 0x02, unknown: 0x04, present: 0x20, mute: 0x200 } as const;
export const SHARE_EXCLUSIVE = 1;
export const PROTOCOLS_ANY = 3;
export const LEAVE_CARD = 0;
export const UNPOWER_CARD = 2;

/** Whether a card that answers lies there, and how many came or went so far. */
export const fieldOf = (state: number): { readonly card: boolean; readonly events: number } => ({
  card: (state & STATE.present) !== 0 && (state & STATE.mute) === 0,
  events: state >>> 16,
});

/**
 * An optional native package, or null where it is not installed or was not compiled. Its types are declared by the caller:
 * the package may be absent when the types are checked.
 */
export function nativePackage(name: string): unknown {
  try {
    return createRequire(import.meta.url)(name);
  } catch {
    return null;
  }
}
