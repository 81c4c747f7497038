import { readScenarioText, type ScenarioFault, type ScenarioNode } from "./scenario-text.ts";
import { attacksNamed, faultsNamed } from "./world-names.ts";
import type { WorldSize } from "./world-shrink.ts";

const FIELDS = ["seed", "terminals", "cards", "days", "faults", "attacks"] as const;
const MOST: Readonly<Record<string, number>> = { seed: 0xffff_ffff, terminals: 1_000, cards: 1_000_000, days: 3_650 };

/** A world as a scenario file, to be played by `cachet sim run`. */
export function worldText(title: string, { seed, terminals, cards, days, faults, attacks }: WorldSize): string {
  const list = (names: readonly string[]) => (names.length === 0 ? "none" : names.join(","));
  return [
    `title: ${JSON.stringify(title)}`,
    "world:",
    ...Object.entries({ seed, terminals, cards, days }).map(([name, value]) => `  ${name}: ${value}`),
    `  faults: ${list(faults)}`,
    `  attacks: ${list(attacks)}`,
    "",
  ].join("\n");
}

/** The world of a scenario file, or what is wrong with it; null where the file is about no world. */
export function worldIn(
  text: string,
): { readonly world: WorldSize } | { readonly faults: readonly ScenarioFault[] } | null {
  const { root, faults: unread } = readScenarioText(text);
  const node = root.kind === "map" ? root.fields.get("world") : undefined;
  if (root.kind !== "map" || node === undefined) return null;
  const faults: ScenarioFault[] = [...unread];
  const fault = ({ line, path }: ScenarioNode, problem: string) => faults.push({ line, field: path, problem });
  for (const [name, field] of root.fields)
    if (name !== "world" && name !== "title") fault(field, "a file with a world has a title and that world alone");
  const fields = node.kind === "map" ? node.fields : new Map<string, ScenarioNode>();
  if (node.kind !== "map") fault(node, "not a map of fields");
  for (const [name, field] of fields)
    if (!(FIELDS as readonly string[]).includes(name)) fault(field, `no such field; there are ${FIELDS.join(", ")}`);
  const number = (name: "seed" | "terminals" | "cards" | "days"): number => {
    const field = fields.get(name);
    const [least, most] = [name === "seed" ? 0 : 1, MOST[name]!];
    const value = field?.kind === "word" && /^\d{1,10}$/.test(field.text) ? Number(field.text) : Number.NaN;
    if (value >= least && value <= most) return value;
    fault(field ?? node, `${name} is a whole number from ${least} to ${most}`);
    return least;
  };
  const names = <T>(name: "faults" | "attacks", read: (text?: string) => readonly T[]): readonly T[] => {
    const field = fields.get(name);
    if (field === undefined) return read();
    try {
      return read(field.kind === "word" ? field.text : "");
    } catch (error) {
      fault(field, error instanceof Error ? error.message : String(error));
      return [];
    }
  };
  const world: WorldSize = {
    ...{ seed: number("seed"), terminals: number("terminals"), cards: number("cards"), days: number("days") },
    ...{ faults: names("faults", faultsNamed), attacks: names("attacks", attacksNamed) },
  };
  return faults.length > 0 ? { faults } : { world };
}
