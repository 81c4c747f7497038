import { ascii, concat, sameBytes } from "@cachet/card-layout";
import { encodeCbor } from "./cbor.ts";
import type { Sha256 } from "./crypto.ts";
import { TableFault } from "./list-column.ts";
import {
  PutRows,
  type RemovedRows,
  SECTION_NAMES,
  SECTIONS,
  type Section,
  type SectionRow,
  type Sections,
} from "./list-sections.ts";
import { differenceOfRows, mergeRows, type Rows } from "./list-table.ts";
import { type Decoded, key, map, uint } from "./schema.ts";
import {
  issuerCodec,
  layoutCodec,
  listVersionCodec,
  officeKeyCodec,
  type RefusedList,
  refuseList,
  type TerminalList,
} from "./terminal-list.ts";

/** What a terminal holds, and the office means it to hold, at one version: however it came there, by one full list or by deltas. */
export interface ListContents {
  readonly issuer: number;
  readonly version: number;
  /** UTC seconds. */
  readonly issued: number;
  /** The key that signs the next list, and receipts. */
  readonly officeKey: Uint8Array;
  /** The newest state layout that terminals may write; 1 until a list says more. */
  readonly writeLayout: number;
  readonly sections: Sections;
}

const NO_LAYOUT_SAID = 1;
const CONTENTS_TAG = ascii("cachet/list/1");

/** Contents as a CBOR map, keys as in `TerminalList`. */
export const StoredContents = map({
  issuer: key(1, issuerCodec),
  version: key(2, listVersionCodec),
  issued: key(4, uint()),
  officeKey: key(5, officeKeyCodec),
  writeLayout: key(6, layoutCodec),
  put: key(7, PutRows),
});

type AnyRows = Rows<unknown, unknown>;
type RowsBySection = Partial<Record<Section, AnyRows>>;

/** Every section, from those that have rows. */
function sectionsOf(put: PutRows | undefined): Sections {
  const given = (put ?? {}) as RowsBySection;
  return Object.fromEntries(
    SECTION_NAMES.map((name) => [name, given[name] ?? SECTIONS[name].none()]),
  ) as unknown as Sections;
}

/** The sections that have rows. */
function putOf(sections: Partial<Sections>): PutRows {
  return Object.fromEntries(Object.entries(sections).filter(([, rows]) => (rows as AnyRows).count > 0)) as PutRows;
}

const unlessEmpty = <T extends object>(rows: T): T | undefined => (Object.keys(rows).length > 0 ? rows : undefined);

export function toStored({ sections, ...rest }: ListContents): Decoded<typeof StoredContents> {
  return { ...rest, put: putOf(sections) };
}

/** What is read must be what a terminal once held: the check of lists is not done again. */
export function fromStored({ put, ...rest }: Decoded<typeof StoredContents>): ListContents {
  return { ...rest, sections: sectionsOf(put) };
}

/** SHA-256 over "cachet/list/1" and the contents' deterministic CBOR: the same for a full list as for deltas that lead there. */
export function contentsHash(sha256: Sha256, contents: ListContents): Uint8Array {
  return sha256(concat(CONTENTS_TAG, encodeCbor(StoredContents.encode(toStored(contents)))));
}

/** Contents by their rows, in any order. Throws `RangeError` on what no list may say. */
export function contentsOf(
  head: Omit<ListContents, "sections" | "writeLayout"> & { readonly writeLayout?: number },
  rows: { readonly [S in Section]?: readonly SectionRow<S>[] },
): ListContents {
  const packed = SECTION_NAMES.map((name) => [name, SECTIONS[name].pack((rows[name] ?? []) as never)]);
  const contents = { writeLayout: NO_LAYOUT_SAID, ...head, sections: Object.fromEntries(packed) as Sections };
  const fault = faultAfter(null, contents);
  if (fault !== null) throw new RangeError(fault);
  return contents;
}

/** The first credit that does not follow the one before it. A list carries all open credits of a card and programme, or none. */
function creditGap(credits: Sections["credits"]): string | null {
  let before: SectionRow<"credits"> | null = null;
  for (let at = 0; at < credits.count; at += 1) {
    const credit = credits.at(at);
    const isNext = before?.card === credit.card && before.programme === credit.programme;
    if (isNext && credit.number !== before!.number + 1)
      return `credits of card ${credit.card}, programme ${credit.programme} jump from ${before!.number} to ${credit.number}`;
    before = credit;
  }
  return null;
}

function isLeftOut(held: AnyRows, next: AnyRows): boolean {
  return differenceOfRows(held, next).removed.count > 0;
}

/** Why contents may not follow others; null when they may. */
function faultAfter(held: ListContents | null, next: ListContents): string | null {
  const gap = creditGap(next.sections.credits);
  if (gap !== null || held === null) return gap;
  if (next.writeLayout < held.writeLayout)
    return `write layout ${next.writeLayout} below ${held.writeLayout}, which cards may carry already`;
  for (const name of ["revokedGenerations", "revokedKeys"] as const) {
    if (isLeftOut(held.sections[name], next.sections[name])) return `${name}: what is revoked stays revoked`;
  }
  return null;
}

/** Throws `TableFault` where rows of a delta do not fit what is held. */
function merged(held: ListContents | null, list: TerminalList, signedWith: Uint8Array): ListContents {
  const removed = (list.removed ?? {}) as RowsBySection;
  const put = sectionsOf(list.put);
  const from = list.base === 0 || held === null ? null : held;
  const sections = SECTION_NAMES.map((name) => {
    const none = SECTIONS[name].keys().none() as AnyRows;
    const rows = put[name] as AnyRows;
    return [name, from === null ? rows : mergeRows(from.sections[name] as AnyRows, removed[name] ?? none, rows)];
  });
  return {
    issuer: list.issuer,
    version: list.version,
    issued: list.issued,
    officeKey: list.officeKey ?? signedWith,
    writeLayout: list.writeLayout ?? from?.writeLayout ?? NO_LAYOUT_SAID,
    sections: Object.fromEntries(sections) as Sections,
  };
}

/** Whether a list leads to just what is held, at the version that is held. */
function leadsTo(sha256: Sha256, held: ListContents, list: TerminalList, signedWith: Uint8Array): boolean {
  const result = list.result ?? contentsHash(sha256, merged(null, list, signedWith));
  return sameBytes(result, contentsHash(sha256, held));
}

/**
 * What a terminal holds after a list whose signature is verified, or why it does not take the list. `held` is null where it
 * has none yet; `signedWith` is the office key that verified.
 */
export function nextContents(
  sha256: Sha256,
  held: ListContents | null,
  list: TerminalList,
  issuer: number,
  signedWith: Uint8Array,
): { readonly ok: true; readonly contents: ListContents } | RefusedList {
  const holds = held === null ? "no list is held" : `version ${held.version} is held`;
  if (list.issuer !== issuer)
    return refuseList("other-issuer", `of issuer ${list.issuer}, this terminal is of ${issuer}`);
  if (held !== null && list.version < held.version) return refuseList("older", `version ${list.version}; ${holds}`);
  if (held !== null && list.version === held.version) {
    return leadsTo(sha256, held, list, signedWith)
      ? refuseList("already", holds)
      : refuseList("inconsistent", `version ${list.version} with other contents; ${holds}`);
  }
  if (list.base !== 0 && list.base !== held?.version)
    return refuseList("missing-delta", `leads from version ${list.base} to ${list.version}; ${holds}`);
  try {
    const contents = merged(held, list, signedWith);
    const fault = faultAfter(held, contents);
    if (fault !== null) return refuseList("inconsistent", fault);
    if (list.result !== undefined && !sameBytes(list.result, contentsHash(sha256, contents)))
      return refuseList("inconsistent", "does not lead where it says");
    return { ok: true, contents };
  } catch (error) {
    if (error instanceof TableFault && error.reason !== "form") return refuseList(error.reason, error.message);
    throw error;
  }
}

/** The full list of contents, to be signed with this key. */
export function fullListOf(contents: ListContents, signedWith: Uint8Array): TerminalList {
  const { issuer, version, issued, officeKey, writeLayout, sections } = contents;
  const put = unlessEmpty(putOf(sections));
  return {
    issuer,
    version,
    base: 0,
    issued,
    ...(sameBytes(officeKey, signedWith) ? {} : { officeKey }),
    ...(writeLayout === NO_LAYOUT_SAID ? {} : { writeLayout }),
    ...(put === undefined ? {} : { put }),
  };
}

/**
 * The delta from older contents to newer ones of the same issuer, to be signed with this key. Throws `RangeError` where no delta may
 * lead there: a lower write layout, a revocation taken back.
 */
export function deltaListOf(
  sha256: Sha256,
  held: ListContents,
  next: ListContents,
  signedWith: Uint8Array,
): TerminalList {
  if (held.issuer !== next.issuer) throw new RangeError(`from issuer ${held.issuer} to ${next.issuer}`);
  const fault = faultAfter(held, next);
  if (fault !== null) throw new RangeError(fault);
  const steps = SECTION_NAMES.map((name) => {
    const step = differenceOfRows(held.sections[name] as AnyRows, next.sections[name] as AnyRows);
    return [name, step] as const;
  });
  const rows = (side: "put" | "removed") =>
    Object.fromEntries(steps.map(([name, step]) => [name, step[side]] as const).filter(([, { count }]) => count > 0));
  const put = unlessEmpty(rows("put")) as PutRows | undefined;
  const removed = unlessEmpty(rows("removed")) as RemovedRows | undefined;
  const { issuer, version, issued, officeKey, writeLayout } = next;
  return {
    issuer,
    version,
    base: held.version,
    issued,
    ...(sameBytes(officeKey, signedWith) ? {} : { officeKey }),
    ...(writeLayout === held.writeLayout ? {} : { writeLayout }),
    ...(put === undefined ? {} : { put }),
    ...(removed === undefined ? {} : { removed }),
    result: contentsHash(sha256, next),
  };
}
