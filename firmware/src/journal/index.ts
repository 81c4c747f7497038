/** Every visit is kept here before the customer is told. */
export * from "./account-sums.ts";
export * from "./area-outcomes.ts";
export * from "./book.ts";
export * from "./book-checkpoint.ts";
export * from "./book-state.ts";
export * from "./checkpoint.ts";
export { crc32 } from "./crc32.ts";
export * from "./damage.ts";
export * from "./doubt.ts";
export * from "./drop.ts";
export * from "./frames.ts";
export * from "./header.ts";
export * from "./kept.ts";
export * from "./marks.ts";
export * from "./refusals.ts";
export * from "./room.ts";
export * from "./store.ts";
