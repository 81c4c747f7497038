import { type Chip, FACTORY_CONTENT } from "@cachet/card-layout";

/** What tells one chip from another: where things lie, and what a new one holds. */
export interface ChipModel {
  readonly pages: number;
  readonly lastUserPage: number;
  /** The page with lock bits for page 10h and those behind it; null where static lock bits cover everything. */
  readonly dynamicLock: { readonly page: number; readonly pagesPerBit: number } | null;
  /** CFG0; CFG1, PWD and PACK are the three pages behind it. */
  readonly configPage: number;
  /** CFG0 and CFG1 of a new chip. */
  readonly config: readonly number[];
  /** Page 3 of a new chip: capability container (NTAG21x) or one-time bits (MF0ULx1). */
  readonly page3: readonly number[];
  /** What stands from page 4 on a new chip; zeros follow. */
  readonly content: readonly number[];
  /** The GET_VERSION answer. */
  readonly version: readonly number[];
  /** `increments`: three counters that INCR_CNT moves. `reads`: counter 2 alone, moved by the chip itself. */
  readonly counting: "increments" | "reads";
}

/** NTAG213/215/216 data sheet, sections 8.5 (memory, locks, delivery content) and 10.1 (GET_VERSION). */
function ntag(pages: number, pagesPerBit: number, size: number, storage: number, chip: 0 | 1): ChipModel {
  const lockPage = pages - 5;
  return {
    pages,
    lastUserPage: lockPage - 1,
    dynamicLock: { page: lockPage, pagesPerBit },
    configPage: lockPage + 1,
    config: [0x04, 0, 0, 0xff, 0, 0x05, 0, 0],
    page3: [0xe1, 0x10, size, 0],
    content: FACTORY_CONTENT[chip]!,
    version: [0, 4, 4, 2, 1, 0, storage, 3],
    counting: "reads",
  };
}

/** MF0ULX1 data sheet, sections 8.5 (memory, locks) and 10.1. New chips are blank; CFG1 byte 1 is VCTID 05h. */
function ultralight(pages: number, lockPage: number | null, storage: number): ChipModel {
  const configPage = pages - 4;
  return {
    pages,
    lastUserPage: (lockPage ?? configPage) - 1,
    dynamicLock: lockPage === null ? null : { page: lockPage, pagesPerBit: 2 },
    configPage,
    config: [0, 0, 0, 0xff, 0, 0x05, 0, 0],
    page3: [0, 0, 0, 0],
    content: [],
    version: [0, 4, 3, 1, 1, 0, storage, 3],
    counting: "increments",
  };
}

export const CHIP_MODELS: Readonly<Record<Chip, ChipModel>> = {
  NTAG213: ntag(45, 2, 0x12, 0x0f, 0),
  NTAG215: ntag(135, 16, 0x3e, 0x11, 1),
  NTAG216: ntag(231, 16, 0x6d, 0x13, 1),
  MF0UL11: ultralight(20, null, 0x0b),
  MF0UL21: ultralight(41, 0x24, 0x0e),
};
