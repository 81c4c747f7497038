/** Interfaces towards hardware, and the limits. */
export * from "./card-port.ts";
export * from "./counter.ts";
export * from "./crossing.ts";
export * from "./hal.ts";
export * from "./journal-port.ts";
export * from "./keys.ts";
export * from "./limits.ts";
export * from "./line.ts";
export * from "./payment.ts";
export * from "./receipt.ts";
export * from "./sandbox.ts";
export * from "./screen.ts";
export * from "./shop.ts";
export * from "./storage.ts";
export * from "./swipe.ts";
