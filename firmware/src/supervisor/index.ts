/** Boots and sandboxes the app, keeps keys and journal. Meets the app only as the bytes of an image. */
export type { CollectedBatch, RangeRefusal } from "./batch-seal.ts";
export * from "./crypto.ts";
export type { JournalStatus, MarkOutcome } from "./journal-keeper.ts";
export * from "./key-store.ts";
export * from "./supervisor.ts";
