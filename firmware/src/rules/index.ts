/** The rule engine and the programme language. Pure: no I/O, no clock, no random, no float. */
export { ArithmeticFault, allocate, divide, plus, type Rounding } from "./arithmetic.ts";
export { parseDay, type Weekday } from "./calendar/period.ts";
export { isAfterZones, isZone, localTime, offsetAt, ZONE_YEARS, ZONES } from "./calendar/zone.ts";
export { type Credited, type CreditedAmount, creditPurses } from "./credited.ts";
export type { CustomEarning, CustomFacts, CustomLine, CustomTime } from "./custom-facts.ts";
export * as customSteps from "./custom-steps.ts";
export { wholeDiv } from "./custom-steps.ts";
export { completed, type ProgrammeDraft, ProgrammeFault, programmeOfJson } from "./draft.ts";
export type { Effect, Note, Skipped } from "./effect.ts";
export { type Evaluation, evaluate, SALE_CENTS_MAX, type Visit } from "./evaluate.ts";
export { type FactorShare, Factors } from "./factors.ts";
export { FORBIDDEN_SOURCE, forbiddenFact } from "./forbidden-facts.ts";
export * from "./language.ts";
export type { LotCount, Validity } from "./lots.ts";
export {
  exposure,
  type MediaReport,
  type MediumReport,
  mediaReport,
  type Place,
  type Protection,
  protectionOf,
} from "./media.ts";
export type {
  BonusRule,
  CapRule,
  DiscountRule,
  DrawRule,
  MultiplierRule,
  ParkingRule,
  Period,
} from "./modifier-rules.ts";
export type { PrepaidRule, UnitsRule } from "./prepaid-rule.ts";
export { type Programme, REFUND_CAP, type Rule } from "./programme.ts";
export { programmeFaults } from "./programme-faults.ts";
export {
  type BasisPoints,
  basisPoints,
  type Cents,
  cents,
  euros,
  type LocalDate,
  localDate,
  type Points,
  percent,
  pts,
  QuantityFault,
  type Written,
} from "./quantity.ts";
export type { ReferralRule } from "./referral-rule.ts";
export type { Refund } from "./refund.ts";
export { isSaid } from "./said.ts";
export type { Facts, Line, Sale, Tender } from "./sale.ts";
export type { CagnotteRule, Gift, PointsFor, PointsRule, Recipient } from "./saving-rule.ts";
export { freeOf, type SharedAccount, type SharedSpending, spendShared, synchronise } from "./shared-account.ts";
export { notesOf, pursesOf } from "./stages.ts";
export { STALE_STEPS, staleCap } from "./stale-cap.ts";
export type { Experience, StampsRule } from "./stamps-rule.ts";
export type { ChallengeRule, ClubRule, Level, TiersRule } from "./status-rules.ts";
export { STEPS_MAX } from "./steps.ts";
export { givenBy, type Stock, stocksOf } from "./stock.ts";
export { playTrial, type TrialResult, type TrialStep } from "./trial.ts";
export { momentText, parseMoment, ValueFault, type Values } from "./values.ts";
export { type Also, type Minimum, parseHour, type When } from "./when.ts";
export { movesOf, pursesToSpend, withMemory, withoutCard } from "./without-card.ts";
export type { Funder, MerchantRole, Reason, Unit } from "./words.ts";
export {
  hasCustomRules,
  stepFaults,
  type TriedFault,
  unknownFactText,
  type WorstSteps,
  worstSteps,
} from "./worst-steps.ts";
