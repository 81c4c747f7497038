import { type Chip, concat, PAGE_BYTES, type2 } from "@cachet/card-layout";
import type { ChipLink } from "./chip-link.ts";

/** Why a chip gave no usable answer: it left the field, or it said no. */
export type NoAnswer = "gone" | "refused";

/** The answers to all commands, or why there are none. */
export async function ask(
  link: ChipLink,
  ...commands: readonly Uint8Array[]
): Promise<readonly Uint8Array[] | NoAnswer> {
  const { answers, end } = await link.exchange(commands);
  if (end === "done") return answers;
  return end === "nak" ? "refused" : "gone";
}

/** The chip by its GET_VERSION answer; "refused" for one that is none of ours. */
export async function identifyChip(link: ChipLink): Promise<Chip | NoAnswer> {
  const answers = await ask(link, type2.getVersion());
  if (typeof answers === "string") return answers;
  return type2.chipOf(answers[0]!) ?? "refused";
}

/** Pages in one reading: 60 bytes and its frame pass every reader. */
const PAGES_AT_A_TIME = 15;

/** The bytes of pages `first` to `last`, both included. */
export async function readPages(link: ChipLink, first: number, last: number): Promise<Uint8Array | NoAnswer> {
  const commands: Uint8Array[] = [];
  for (let page = first; page <= last; page += PAGES_AT_A_TIME) {
    commands.push(type2.fastRead(page, Math.min(last, page + PAGES_AT_A_TIME - 1)));
  }
  const answers = await ask(link, ...commands);
  if (typeof answers === "string") return answers;
  const bytes = concat(...answers);
  return bytes.length === (last - first + 1) * PAGE_BYTES ? bytes : "refused";
}

/** The commands that write `bytes`, whole pages, from page `first` on. */
export function writePages(first: number, bytes: Uint8Array): Uint8Array[] {
  return Array.from({ length: bytes.length / PAGE_BYTES }, (_, i) =>
    type2.write(first + i, bytes.subarray(i * PAGE_BYTES, (i + 1) * PAGE_BYTES)),
  );
}
