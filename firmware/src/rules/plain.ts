/**
 * The same words with plain numbers and dates, as JSON and the engine have them: for programmes that no author writes, such as
 * those that tests and generators put together.
 */
export {
  bonus,
  cagnotte,
  cap,
  challenge,
  club,
  discount,
  draw,
  multiplier,
  parking,
  points,
  prepaid,
  programme,
  referral,
  stamps,
  tiers,
  units,
} from "./draft.ts";
export * from "./index.ts";
