import { CONFIG_PAGES, concat, PAGE_BYTES } from "@cachet/card-layout";
import { writeBinary, writeProxmarkBinary } from "./binary.ts";
import type { Type2Dump } from "./dump.ts";
import { writeEml } from "./eml.ts";
import { writeFlipper } from "./flipper.ts";
import { writeProxmarkJson } from "./proxmark-json.ts";

/** Formats that dumps are written in. Proxmark3 JSON carries the most; `eml` and `bin` are pages and nothing else. */
export const WRITTEN_FORMATS = ["flipper", "proxmark-json", "proxmark-bin", "eml", "bin"] as const;
export type WrittenFormat = (typeof WRITTEN_FORMATS)[number];

/** A card's password and its answer, for a dump that somebody wants complete. */
export interface CardPassword {
  /** Four bytes. */
  readonly password: Uint8Array;
  /** Two bytes. */
  readonly pack: Uint8Array;
}

export interface WrittenDump {
  readonly content: Uint8Array;
  /** What the format could not say of this dump, as sentences for a person. */
  readonly losses: readonly string[];
}

const WRITERS: Readonly<Record<WrittenFormat, (dump: Type2Dump) => string | Uint8Array>> = {
  flipper: writeFlipper,
  "proxmark-json": writeProxmarkJson,
  "proxmark-bin": writeProxmarkBinary,
  eml: writeEml,
  bin: writeBinary,
};

function withPassword(dump: Type2Dump, { password, pack }: CardPassword): Type2Dump {
  if (dump.chip === null) throw new RangeError("writeDump: nobody knows where this chip keeps its password");
  if (password.length !== PAGE_BYTES || pack.length !== 2)
    throw new RangeError("writeDump: a password of another size");
  const config = CONFIG_PAGES[dump.chip];
  const pages = dump.pages.with(config.password, password).with(config.pack, concat(pack, new Uint8Array(2)));
  return { ...dump, pages };
}

function lossesOf(dump: Type2Dump, format: WrittenFormat): string[] {
  const losses: string[] = [];
  const unknown = dump.pages.filter((page) => page === null).length;
  const firstUnknown = dump.pages.indexOf(null);
  const zeros = format === "bin" || format === "eml" || format === "proxmark-bin";
  if (zeros && unknown > 0) losses.push(`${unknown} unknown pages are written as zeros`);
  if (format === "flipper" && dump.pages.some((page, i) => page !== null && unknown > 0 && i > firstUnknown)) {
    losses.push(`every page from ${firstUnknown} on counts as not read`);
  }
  const beside = dump.version ?? dump.signature ?? dump.counters.find((counter) => counter !== null) ?? null;
  if ((format === "bin" || format === "eml") && beside !== null) {
    losses.push("version, signature and counters have no place in this format");
  }
  return losses;
}

/**
 * Writes a dump of a Type 2 chip. The password and PACK pages are zeros, as the chip answers them, unless `withKeys` gives what
 * to put there; then the file opens the card for whoever has it. Throws a RangeError on keys for a chip that is none of ours.
 */
export function writeDump(dump: Type2Dump, format: WrittenFormat, withKeys?: CardPassword): WrittenDump {
  const whole = withKeys === undefined ? dump : withPassword(dump, withKeys);
  const content = WRITERS[format](whole);
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  return { content: bytes, losses: lossesOf(whole, format) };
}
