/** What every port of a terminal shares of its counter: what the app says as data becomes paper and screens here, and what is swiped or scanned is read. */
export { KEYS, type Key, type Screen, type ShopSettings } from "../hal/index.ts";
export * from "./characters.ts";
export { printable } from "./cp858.ts";
export * from "./drawn.ts";
export * from "./escpos.ts";
export * from "./key-reader.ts";
export * from "./page.ts";
export * from "./receipt-layout.ts";
export * from "./receipt-text.ts";
export * from "./receipt-words.ts";
export * from "./refusals.ts";
export * from "./scanned.ts";
export * from "./serial-scanner.ts";
export * from "./serial-stripe.ts";
export * from "./stripe.ts";
export * from "./track-bits.ts";
export * from "./tty-keys.ts";
export * from "./typed-keys.ts";
