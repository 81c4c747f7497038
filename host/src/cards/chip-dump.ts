import { type Chip, CONFIG_PAGES, sameBytes, type2 } from "@cachet/card-layout";
import { ask, identifyChip } from "./chip.ts";
import type { ChipLink } from "./chip-link.ts";
import type { DumpCounter, Type2Dump } from "./dumps/dump.ts";
import { readAll } from "./read.ts";

/** A chip taken as a dump, or why not. `unsteady`: two readings one after the other differ, in these pages or beside them. */
export type ChipDump =
  | { readonly result: "read"; readonly dump: Type2Dump }
  | { readonly result: "unsteady"; readonly pages: readonly number[] }
  | { readonly result: "gone" }
  | { readonly result: "unknown-chip" };

const answerOf = (answers: readonly Uint8Array[] | "refused"): Uint8Array | null =>
  answers === "refused" ? null : answers[0]!;

/** One counter; null where the chip has none of this number, or does not give it. */
async function counterOf(link: ChipLink, chip: Chip, number: number): Promise<DumpCounter | null | "gone"> {
  const isNtag = chip.startsWith("NTAG");
  if (isNtag && number !== 2) return null;
  const answer = await ask(link, type2.readCounter(number));
  const tearing = isNtag ? "refused" : await ask(link, type2.checkTearing(number));
  if (answer === "gone" || tearing === "gone") return "gone";
  const bytes = answerOf(answer);
  const value = bytes === null ? null : type2.counterOf(bytes);
  return value === null ? null : { value, tearing: answerOf(tearing)?.[0] ?? type2.NOT_TORN };
}

async function readOnce(link: ChipLink, chip: Chip): Promise<Type2Dump | "gone"> {
  const pages = await readAll(link, CONFIG_PAGES[chip].pages);
  const [version, signature] = [await ask(link, type2.getVersion()), await ask(link, type2.readSignature())];
  if (pages === "gone" || version === "gone" || signature === "gone") return "gone";
  const counters: (DumpCounter | null)[] = [];
  for (const number of [0, 1, 2]) {
    const counter = await counterOf(link, chip, number);
    if (counter === "gone") return counter;
    counters.push(counter);
  }
  const whole = { version: answerOf(version), signature: answerOf(signature), counters, pages };
  return { family: "type2", chip, uid: link.uid, ...whole };
}

const same = (a: Uint8Array | null, b: Uint8Array | null): boolean =>
  a === null || b === null ? a === b : sameBytes(a, b);

/**
 * Takes a chip as a dump: everything it gives without a password. Read twice, because a page whose write was cut can read
 * differently each time. Writes nothing.
 */
export async function dumpChip(link: ChipLink): Promise<ChipDump> {
  const chip = await identifyChip(link);
  if (chip === "gone" || chip === "refused") return { result: chip === "gone" ? chip : "unknown-chip" };
  const first = await readOnce(link, chip);
  const second = first === "gone" ? first : await readOnce(link, chip);
  if (first === "gone" || second === "gone") return { result: "gone" };
  const pages = [...first.pages.keys()].filter((page) => !same(first.pages[page]!, second.pages[page]!));
  const beside =
    same(first.version, second.version) &&
    same(first.signature, second.signature) &&
    JSON.stringify(first.counters) === JSON.stringify(second.counters);
  return pages.length === 0 && beside ? { result: "read", dump: first } : { result: "unsteady", pages };
}
