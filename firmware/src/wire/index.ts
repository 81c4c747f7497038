/** What leaves the terminal: image container, journal entries, batch files, and the CBOR and COSE they are made of. */
export * from "./batch.ts";
export * from "./batch-receipt.ts";
export * from "./cbor.ts";
export * from "./cose.ts";
export * from "./crypto.ts";
export * from "./entry.ts";
export * from "./image.ts";
export * from "./list-contents.ts";
export * from "./list-sections.ts";
export type { Rows, Table } from "./list-table.ts";
export { FormatFault } from "./schema.ts";
export {
  encodeTerminalList,
  LIST_BYTES_MAX,
  LIST_VERSION,
  type ListRefusal,
  type RefusedList,
  readTerminalList,
  TerminalList,
} from "./terminal-list.ts";
export { utf8Decode, utf8Encode } from "./utf8.ts";
