/** What leaves the terminal: image container, journal entries, batch files, credits, and the CBOR and COSE they are made of. */
export * from "./account-visit.ts";
export * from "./batch.ts";
export * from "./batch-receipt.ts";
export * from "./cbor.ts";
export * from "./cose.ts";
export * from "./credit.ts";
export * from "./crypto.ts";
export * from "./effect.ts";
export * from "./entry.ts";
export * from "./event.ts";
export * from "./hpke.ts";
export * from "./image.ts";
export * from "./image-patch.ts";
export * from "./installer.ts";
export * from "./intent.ts";
export * from "./list-contents.ts";
export * from "./list-sections.ts";
export type { Rows, Table } from "./list-table.ts";
export * from "./phone-number.ts";
export * from "./provisioning.ts";
export * from "./receipt-code.ts";
export * from "./request.ts";
export * from "./schema.ts";
export * from "./settled.ts";
export {
  type AnyCommand,
  type Command,
  GENERAL_CODES,
  type GeneralRefusal,
  type RefusalOf,
  type Refused,
  type RequestOf,
  type ResponseOf,
  refused,
} from "./smp/command.ts";
export * from "./smp/framing.ts";
export * from "./smp/image-group.ts";
export * from "./smp/os-group.ts";
export { encodePacket, HEADER_BYTES as SMP_HEADER_BYTES, type PacketHeader, readHeader } from "./smp/packet.ts";
export * from "./smp/shared-groups.ts";
export * from "./smp/terminal-group.ts";
export * from "./sums.ts";
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
export * from "./visit-entry.ts";
