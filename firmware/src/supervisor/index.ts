/** Boots and sandboxes the app, keeps keys, slots and journal, serves the installer's line. Meets the app only as the bytes of an image. */
export * from "./access.ts";
export type { CollectedBatch, RangeRefusal } from "./batch-seal.ts";
export type { Belonging, TrustedImageKey } from "./belonging.ts";
export * from "./crypto.ts";
export * from "./device-identity.ts";
export { ListDamaged } from "./held-list.ts";
export type { JournalStatus, MarkOutcome } from "./journal-keeper.ts";
export * from "./key-store.ts";
export * from "./list-store.ts";
export type { Hardware } from "./management/managed.ts";
export { PACKETS_AT_ONCE } from "./management/os-commands.ts";
export * from "./provision-store.ts";
export { Slots } from "./slots.ts";
export * from "./supervisor.ts";
