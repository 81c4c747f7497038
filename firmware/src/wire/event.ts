import { SHA256_BYTES } from "./crypto.ts";
import { bstr, type Decoded, integer, key, list, map, maybe, text, truth, uint, word } from "./schema.ts";

/**
 * Bodies of the entries that tell what happened to the terminal itself: starts, clock, image, lists, provisioning.
 * Maps with integer keys (docs/formats/journal.md, "Entry"); a field that is left out is not known.
 */
const hash = bstr(SHA256_BYTES);
const number = integer({ min: 1, max: 0xffff });
const generation = uint(0xff);
/** A word of ours, as in docs/formats: `older-counter`, `BAD_SIGNATURE`. */
const reason = text(40);

/** The terminal started. */
export const PowerUp = map({
  /** Hash of the image that runs, as its container states it. */
  image: key(1, hash),
  /** The clock was reset since it was last set by a trusted party. */
  clockSuspect: maybe(2, truth),
  /** How the start before this one ended. */
  lastStop: maybe(3, word({ clean: 1, cut: 2 })),
});
export type PowerUp = Decoded<typeof PowerUp>;

/** Somebody set the clock. The entry's own time is the new one. */
export const ClockChange = map({
  /** Seconds since 1970, as the clock stood and as it was set. */
  before: key(1, uint()),
  after: key(2, uint()),
  /** `anyone`: an open test terminal, which asks nobody who he is. */
  by: key(3, word({ office: 1, installer: 2, anyone: 3 })),
  /** Serial of the installer's certificate: entries hold no names. */
  installer: maybe(4, uint(0xffff_ffff)),
  /** The clock was suspect before. */
  wasSuspect: maybe(5, truth),
});
export type ClockChange = Decoded<typeof ClockChange>;

/** What became of an image. `reverted` and `slot-lost` name in `to` the image that runs from now on. */
export const ImageChange = map({
  what: key(1, word({ "test-boot": 1, confirmed: 2, reverted: 3, refused: 4, "slot-lost": 5 })),
  /** Hashes of the image that ran, and of the one that it is about. */
  from: maybe(2, hash),
  to: maybe(3, hash),
  /** Why it was refused or reverted. */
  reason: maybe(4, reason),
});
export type ImageChange = Decoded<typeof ImageChange>;

/** A list of the office was taken or, with a reason, refused. */
export const ListChange = map({
  /** SHA-256 of the list's bytes as they came. */
  list: key(1, hash),
  version: maybe(2, uint()),
  /** The version that a delta builds on. */
  base: maybe(3, uint()),
  reason: maybe(4, reason),
});
export type ListChange = Decoded<typeof ListChange>;

/** The terminal got its keys. */
export const Provisioned = map({
  /** The serial number by which the maker knows the terminal. */
  serial: key(1, text(40)),
  /** Generation of the issuer's card key. */
  cardGeneration: key(2, generation),
  /** Area keys that it holds from now on, with the generation it writes. */
  programmes: key(3, list(map({ programme: key(1, number), generation: key(2, generation) }), 64)),
});
export type Provisioned = Decoded<typeof Provisioned>;
