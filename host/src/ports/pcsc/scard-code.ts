/**
 * Return codes of PC/SC (Interoperability Specification part 5, section 3.1.2; winscard.h of Windows and pcsc-lite) and what
 * they mean here.
 */
export const SCARD = {
  success: 0,
  invalidHandle: 0x80100003,
  unknownReader: 0x80100009,
  timeout: 0x8010000a,
  sharingViolation: 0x8010000b,
  noCard: 0x8010000c,
  commError: 0x80100013,
  notTransacted: 0x80100016,
  readerUnavailable: 0x80100017,
  noService: 0x8010001d,
  serviceStopped: 0x8010001e,
  noReaders: 0x8010002e,
  unresponsiveCard: 0x80100066,
  unpoweredCard: 0x80100067,
  resetCard: 0x80100068,
  removedCard: 0x80100069,
} as const;

/**
 * What a refused call means. `no-card`: none there, or it left before anything was sent. `reset`: another program switched the
 * card off and on; nothing was sent. `broken`: something may have been sent.
 */
export type ScardProblem = "no-card" | "in-use" | "reader-gone" | "service-gone" | "reset" | "broken";

const PROBLEMS: ReadonlyMap<number, ScardProblem> = new Map([
  [SCARD.noCard, "no-card"],
  [SCARD.removedCard, "no-card"],
  [SCARD.unresponsiveCard, "no-card"],
  [SCARD.unpoweredCard, "no-card"],
  [SCARD.sharingViolation, "in-use"],
  [SCARD.unknownReader, "reader-gone"],
  [SCARD.readerUnavailable, "reader-gone"],
  [SCARD.noReaders, "reader-gone"],
  [SCARD.invalidHandle, "service-gone"],
  [SCARD.noService, "service-gone"],
  [SCARD.serviceStopped, "service-gone"],
  [SCARD.resetCard, "reset"],
]);

/** `code` as an unsigned number; everything that is not known to have stopped before sending counts as broken. */
export const problemOf = (code: number): ScardProblem => PROBLEMS.get(code >>> 0) ?? "broken";

/** The npm package smartcard throws plain errors that carry only these texts (its pcsc_errors.h). */
const TEXTS: ReadonlyMap<string, number> = new Map([
  ["No smart card present", SCARD.noCard],
  ["Card was removed", SCARD.removedCard],
  ["Card is unresponsive", SCARD.unresponsiveCard],
  ["Card is unpowered", SCARD.unpoweredCard],
  ["Sharing violation", SCARD.sharingViolation],
  ["Unknown reader", SCARD.unknownReader],
  ["Reader unavailable", SCARD.readerUnavailable],
  ["No readers available", SCARD.noReaders],
  ["Invalid handle", SCARD.invalidHandle],
  ["PC/SC service not running", SCARD.noService],
  ["PC/SC service stopped", SCARD.serviceStopped],
  ["Card was reset", SCARD.resetCard],
]);

/** The problem behind an error of a native package: by the number in its text, by its text, else broken. */
export function problemOfError(error: unknown): ScardProblem {
  const text = error instanceof Error ? error.message : String(error);
  const number = /\(?0x([0-9a-f]{8})\)?/i.exec(text)?.[1];
  if (number !== undefined) return problemOf(Number.parseInt(number, 16));
  return problemOf(TEXTS.get(text) ?? SCARD.commError);
}
