/** What a card holds: records, seals and memory maps. Pure bytes: hash and MAC are arguments. */
export * from "./media/budget.ts";
export * from "./media/card-map.ts";
export { EMPTY_NDEF, FACTORY_CONTENT } from "./media/ntag21x.ts";
export * as type2 from "./media/type2.ts";
export * from "./record/area.ts";
export * from "./record/bytes.ts";
export * from "./record/card-number.ts";
export * from "./record/day.ts";
export * from "./record/identity.ts";
export * from "./record/purse.ts";
export type { Decoded, RecordFault } from "./record/record.ts";
export * from "./record/slot.ts";
export * from "./record/state.ts";
export * from "./seal/seal.ts";
