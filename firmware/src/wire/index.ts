/** What leaves the terminal: image container, journal entries, batch files, credits, and the CBOR and COSE they are made of. */
export * from "./batch.ts";
export * from "./cbor.ts";
export * from "./cose.ts";
export * from "./credit.ts";
export * from "./crypto.ts";
export * from "./entry.ts";
export * from "./image.ts";
export { FormatFault } from "./schema.ts";
export { utf8Decode, utf8Encode } from "./utf8.ts";
