/** The rule engine and the programme language. Pure: no I/O, no clock, no random, no float. */
export { ArithmeticFault, allocate, divide, type Rounding } from "./arithmetic.ts";
export type { CagnotteRule } from "./cagnotte-rule.ts";
export { type Credited, type CreditedAmount, creditPurses } from "./credited.ts";
export * from "./draft.ts";
export { type Evaluation, evaluate, evaluateTopUp, SALE_CENTS_MAX } from "./evaluate.ts";
export {
  exposure,
  type MediaReport,
  type MediumReport,
  mediaReport,
  type Place,
  type Protection,
  protectionOf,
} from "./media.ts";
export type { PrepaidRule } from "./prepaid-rule.ts";
export type { Programme, Rule } from "./programme.ts";
export { programmeFaults } from "./programme-faults.ts";
export { notesOf, pursesOf } from "./rule-kinds.ts";
export { STALE_STEPS, staleCap } from "./stale-cap.ts";
export type { StampsRule } from "./stamps-rule.ts";
export type { Funder, MerchantRole } from "./words.ts";
export type { Effect, Facts, Line, Note, Reason, Sale, Skipped } from "./working.ts";
