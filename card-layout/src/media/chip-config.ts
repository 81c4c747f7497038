import type { Chip } from "./card-map.ts";

/**
 * Configuration and lock pages (NXP data sheets NTAG213_215_216 section 8.5, MF0ULX1 section 8.5).
 *
 *   page    byte 0   byte 1   byte 2        byte 3
 *   02      BCC1     internal static lock bits (OR only; in force at the next activation)
 *   CFG0    mirror   –        mirror page   AUTH0: first page that needs the password; FF = none
 *   CFG1    ACCESS   –        –             –
 *   PWD     four bytes, read as zeros
 *   PACK    two bytes, read as zeros, and two that stay zero
 *
 *   ACCESS  bit 7 PROT (1: reading needs the password too) · bit 6 CFGLCK (for ever) · bits 4, 3 NFC counter (NTAG) · bits 2-0 AUTHLIM
 */
export interface ConfigPages {
  /** Pages in all. */
  readonly pages: number;
  readonly dynamicLock: number | null;
  readonly cfg0: number;
  readonly cfg1: number;
  readonly password: number;
  readonly pack: number;
}

function configAt(cfg0: number, dynamicLock: number | null): ConfigPages {
  return { pages: cfg0 + 4, dynamicLock, cfg0, cfg1: cfg0 + 1, password: cfg0 + 2, pack: cfg0 + 3 };
}

export const CONFIG_PAGES: Readonly<Record<Chip, ConfigPages>> = {
  NTAG213: configAt(0x29, 0x28),
  NTAG215: configAt(0x83, 0x82),
  NTAG216: configAt(0xe3, 0xe2),
  MF0UL11: configAt(0x10, null),
  MF0UL21: configAt(0x25, 0x24),
};

const PROT = 0x80;
const CFGLCK = 0x40;
const AUTHLIM = 0x07;

/** What the configuration pages of a card say. */
export interface ChipAccess {
  /** First page that needs the password for writing; beyond the last page (FFh as delivered) where none does. */
  readonly firstProtected: number;
  readonly readNeedsPassword: boolean;
  /** The configuration can never be changed again. */
  readonly configLocked: boolean;
  /** Wrong passwords before the chip answers to none any more; 0 = any number. */
  readonly attempts: number;
}

export function readAccess(cfg0: Uint8Array, cfg1: Uint8Array): ChipAccess {
  const access = cfg1[0]!;
  return {
    firstProtected: cfg0[3]!,
    readNeedsPassword: (access & PROT) !== 0,
    configLocked: (access & CFGLCK) !== 0,
    attempts: access & AUTHLIM,
  };
}

/** CFG0 with another first protected page; everything else as it was read. */
export function protectFrom(cfg0: Uint8Array, firstProtected: number): Uint8Array {
  return Uint8Array.of(cfg0[0]!, cfg0[1]!, cfg0[2]!, firstProtected);
}

/**
 * CFG1 with reading left free; everything else as it was read. Throws where the chip already has CFGLCK or AUTHLIM set: such a
 * page is never written, so that neither is ever set by accident.
 */
export function leaveReadable(cfg1: Uint8Array): Uint8Array {
  const access = cfg1[0]!;
  if ((access & (CFGLCK | AUTHLIM)) !== 0) throw new RangeError("CFGLCK or AUTHLIM is set: CFG1 is not written");
  return Uint8Array.of(access & ~PROT, cfg1[1]!, cfg1[2]!, cfg1[3]!);
}

/** Static lock bits: page p from 4 to 15 is bit p of bytes 2 (low) and 3 of page 2; bits 0-2 freeze the lock bits themselves. */
const FREEZE_CC = 0x01;
const FREEZE_4_TO_9 = 0x02;
const FREEZE_10_TO_15 = 0x04;
const LOCK_CC = 0x08;

/**
 * Page 2 with the pages from 4 to `last` (at most 15) locked for ever, the capability container too, and every lock bit frozen,
 * so that nobody can lock the pages that must stay writable. The chip ignores bytes 0 and 1.
 */
export function lockPages(last: number): Uint8Array {
  if (last < 4 || last > 15) throw new RangeError(`static lock bits reach pages 4 to 15, not ${last}`);
  let bits = FREEZE_CC | FREEZE_4_TO_9 | FREEZE_10_TO_15 | LOCK_CC;
  for (let page = 4; page <= last; page += 1) bits |= 1 << page;
  return Uint8Array.of(0, 0, bits & 0xff, bits >> 8);
}

/** Page 2 with no page locked but every lock bit frozen: for chips without an identity record. */
export function freezeLocks(): Uint8Array {
  return Uint8Array.of(0, 0, FREEZE_CC | FREEZE_4_TO_9 | FREEZE_10_TO_15, 0);
}

/** Pages of 4 to 15 that page 2 shows as locked. */
export function lockedPages(page2: Uint8Array): number[] {
  const bits = page2[2]! | (page2[3]! << 8);
  return Array.from({ length: 12 }, (_, i) => i + 4).filter((page) => ((bits >> page) & 1) === 1);
}

/** Whether no lock bit of pages 4 to 15 can be set any more. */
export function areLocksFrozen(page2: Uint8Array): boolean {
  const frozen = FREEZE_4_TO_9 | FREEZE_10_TO_15;
  return (page2[2]! & frozen) === frozen;
}

/** Bits of the dynamic lock page's byte 2 that freeze its own lock bits (NTAG213_215_216 section 8.5.3, MF0ULX1 section 8.5.4). */
const FREEZE_DYNAMIC: Readonly<Partial<Record<Chip, number>>> = {
  NTAG213: 0x3f,
  NTAG215: 0x0f,
  NTAG216: 0x7f,
  MF0UL21: 0x1f,
};

/** The dynamic lock page with nothing locked and every lock bit frozen; null where a chip has none. */
export function freezeDynamicLocks(chip: Chip): Uint8Array | null {
  const bits = FREEZE_DYNAMIC[chip];
  return bits === undefined ? null : Uint8Array.of(0, 0, bits, 0);
}
