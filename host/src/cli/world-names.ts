import type { Attack, Trouble } from "@cachet/terminal-sim";
import { usageFailure } from "./key-file.ts";

const FAULTS: Readonly<Record<Trouble, string>> = {
  tears: "cards leave in the middle of a visit",
  power: "terminals lose power at any operation",
  batches: "batches are lost, late, doubled and out of order",
  clocks: "a terminal's clock is wrong for a day",
  silence: "a terminal brings nothing for 14 days",
  repeats: "a till does not hear how a visit ended, and asks for it again",
};
const ATTACKS: Readonly<Record<Attack, string>> = {
  rollback: "an old dump of a thief's own card is put back after its value was spent",
  clone: "a copy of a card is spent beside it",
  transplant: "everything on a card is written to a chip with another UID, which is spent beside it",
  edit: "bytes of a card are changed",
  replay: "a batch is given to the office once more",
  forge: "a batch is changed, and given to the office",
  torn: "a record that a torn purchase left is put back, once its sequence fits",
  "refund-twice": "a purchase is taken back where it was made, and by its receipt in another shop",
  stolen: "a stolen terminal goes on writing cards, and its batch is given to the office",
};

const listed = (words: Readonly<Record<string, string>>): string[] =>
  Object.entries(words).map(([name, does]) => `  ${name.padEnd(14)}${does}`);
/** Every fault and every attack, for the help. */
export const WORLD_WORDS: readonly string[] = ["Faults:", ...listed(FAULTS), "", "Attacks:", ...listed(ATTACKS)];

/** `all`, `none`, or names with commas between them. Fails with C-USAGE-01 on another name. */
function named<T extends string>(option: string, known: Readonly<Record<T, string>>, text: string): readonly T[] {
  const all = Object.keys(known) as T[];
  if (text === "all") return all;
  const names = text === "none" ? [] : text.split(",");
  for (const name of names)
    if (!Object.hasOwn(known, name))
      throw usageFailure(`${option} knows no "${name}"`, `name some of ${all.join(", ")}; or all, or none`);
  return all.filter((name) => names.includes(name));
}

export const faultsNamed = (text = "all"): readonly Trouble[] => named("--faults", FAULTS, text);
export const attacksNamed = (text = "all"): readonly Attack[] => named("--attacks", ATTACKS, text);
