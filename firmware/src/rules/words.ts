/** Who pays for what a rule gives. */
export type Funder = "merchant" | "association" | "sponsor" | "partner";

/** What a merchant may do in a programme: a supermarket, say, lets customers earn but not spend. */
export type MerchantRole = "earn-and-spend" | "earn-only";
