/** Every visit is kept here before the customer is told. */
export * from "./book.ts";
export * from "./doubt.ts";
export * from "./store.ts";
