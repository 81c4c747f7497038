import { type Chip, CONFIG_PAGES } from "@cachet/card-layout";
import type { ChosenReader, HeldCard } from "./card-reader.ts";
import { simulatedCard } from "./sim.ts";

const CHIPS = Object.keys(CONFIG_PAGES) as readonly Chip[];

/** The chip that `--reader` names: an NTAG215 for "sim", another for "sim:CHIP"; null for the name of a real reader. */
export function simulatedChip(reader: string): Chip | "unknown-chip" | null {
  const [word, chip] = reader.toUpperCase().split(":");
  if (word !== "SIM") return null;
  return chip === undefined ? "NTAG215" : (CHIPS.find((known) => known === chip) ?? "unknown-chip");
}

/** The chips that can be simulated, for people. */
export const simulatedChips = (): string => CHIPS.map((chip) => `sim:${chip}`).join(", ");

/** A reader on which a new blank chip lies each time. Nothing of it is kept. */
export class SimulatedReader implements ChosenReader {
  readonly name: string;
  readonly isSimulated = true;
  private readonly chip: Chip;
  private cards = 0;

  constructor(chip: Chip) {
    this.chip = chip;
    this.name = `simulated, with a new ${chip} on it`;
  }

  async next(): Promise<HeldCard> {
    this.cards += 1;
    return { link: await simulatedCard(this.chip, this.cards), missing: null };
  }

  async removed(): Promise<void> {}

  async close(): Promise<void> {}
}
