/** The rule engine and the programme language. Pure: no I/O, no clock, no random, no float. */
export { ArithmeticFault, allocate, divide, type Rounding } from "./arithmetic.ts";
export type { CagnotteRule } from "./cagnotte-rule.ts";
export { type Evaluation, evaluate, notesOf, pursesOf, SALE_CENTS_MAX } from "./evaluate.ts";
export * from "./programme.ts";
export type { StampsRule } from "./stamps-rule.ts";
export type { Funder, MerchantRole } from "./words.ts";
export type { Effect, Facts, Line, Note, Reason, Sale, Skipped } from "./working.ts";
