export { fromCrossing, sayBytesInJson, toCrossing } from "./characters.ts";

/** Every call the app can make, by name. */
export const HAL_METHODS = [
  "facts",
  "settings",
  "keepSettings",
  "state",
  "now",
  "healthy",
  "waitCard",
  "exchange",
  "hash",
  "seal",
  "open",
  "sealCode",
  "openCode",
  "password",
  "lookup",
  "newVisit",
  "ticket",
  "lastTicket",
  "lastVisit",
  "visits",
  "refundedHere",
  "isAdded",
  "given",
  "entry",
  "entryHash",
  "intend",
  "settle",
  "giveBack",
  "account",
  "enter",
  "phone",
  "refuse",
  "nextEvent",
  "show",
  "print",
  "report",
] as const;
export type HalMethod = (typeof HAL_METHODS)[number];
/** A call by which the app says that it failed; it gets no answer. */
export const FAULT_METHOD = "fault";
