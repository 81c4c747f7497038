/** A terminal made of fakes around the real image, and a town of them. */
export type { Sandbox } from "@cachet/firmware/hal";
export * from "./device/air-time.ts";
export * from "./device/chance.ts";
export type { ChipAnswer, Wake } from "./device/chip-command.ts";
export * from "./device/mishap.ts";
export * from "./device/paper.ts";
export * from "./device/reader.ts";
export * from "./device/storage.ts";
export * from "./device/terminal.ts";
export * from "./device/timer.ts";
export * from "./device/type2-chip.ts";
export * from "./vm/quickjs.ts";
export * from "./vm/v8.ts";
export * from "./world/town.ts";
