/** Who pays for what a rule gives. */
export type Funder = "merchant" | "association" | "sponsor" | "partner";

/** What a merchant may do in a programme: a supermarket, say, lets customers earn but not spend. */
export type MerchantRole = "earn-and-spend" | "earn-only";

/** What a value is counted in. `units` are sessions, copies, minutes: whatever the rule calls them. */
export type Unit = "cents" | "stamps" | "points" | "units" | "entries" | "minutes";

/** Reasons that are a fault of the programme, not of the visit: somebody has to correct it. */
export const FAULT_REASONS: readonly Reason[] = ["BAD_VALUE", "RULE_THREW", "STEP_BUDGET"];

/** Why a rule gave less, or nothing. Words are never reused or renamed. */
export type Reason =
  | "ABOVE_MAXIMUM"
  | "ALREADY_USED"
  | "BAD_VALUE"
  | "BELOW_MINIMUM"
  | "CAP_BALANCE"
  | "CAP_DAY"
  | "CAP_MONTH"
  | "CAP_TIMES"
  | "CAP_VISIT"
  | "CAP_WEEK"
  | "CAP_YEAR"
  | "CLOCK_SUSPECT"
  | "COOLDOWN"
  | "COUNTER_TORN"
  /** None of so many pieces is left here. */
  | "EPUISE"
  | "INSUFFICIENT"
  | "KEPT_FOR_LATER"
  | "MERCHANT_CANNOT_REDEEM"
  | "NOT_MEMBER"
  | "NOT_SEEN_THERE"
  | "NOT_THE_DATE"
  | "NOT_THE_HOUR"
  | "NOT_THE_MERCHANT"
  | "NOT_THE_TENDER"
  | "NOT_THE_TIER"
  | "NO_BIRTHDAY"
  | "NO_OFFER"
  /** Of paper cards: this grid takes none over. */
  | "NO_PAPER"
  | "NO_PREPAID"
  | "NO_SUCH_CARD"
  | "NO_SUCH_GIFT"
  | "NOTHING_PAID"
  | "OTHER_IS_BETTER"
  | "RULE_THREW"
  | "SAME_CARD"
  | "SEEN_BEFORE"
  | "SEEN_LATELY"
  | "STEP_BUDGET"
  | "TOO_LATE"
  | "WRONG_MERCHANT";
