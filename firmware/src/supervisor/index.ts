/** Boots and sandboxes the app, keeps keys and journal. Meets the app only as the bytes of an image. */

export * from "./access.ts";
export * from "./crypto.ts";
export * from "./device-identity.ts";
export type { CollectedBatch } from "./journal-keeper.ts";
export * from "./key-store.ts";
export * from "./provision-store.ts";
export * from "./supervisor.ts";
