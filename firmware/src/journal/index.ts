/** Every visit is kept here before the customer is told. */
export * from "./book.ts";
export { crc32 } from "./crc32.ts";
export * from "./doubt.ts";
export * from "./store.ts";
