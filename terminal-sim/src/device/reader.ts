import { sameBytes } from "@cachet/card-layout";
import type { CardPort, Exchange, Tap } from "@cachet/firmware/hal";
import type { AirLog } from "./air-time.ts";
import { type ChipAnswer, operationOf, type Wake } from "./chip-command.ts";
import { Mishaps, PowerCut } from "./mishap.ts";
import type { Type2Chip } from "./type2-chip.ts";

/** What a customer does when the terminal asks for a card again: the card to present, or null to walk away. */
export type Customer = (uid: Uint8Array | null) => Type2Chip | null;

/** A reader that a simulated terminal has, and what lies on it. */
export interface CardField extends CardPort {
  /** What the customer does when asked again. */
  customer: Customer;
  /** Lays a chip on the reader, alone. What interrupts the terminal may take it away in the middle of a command. */
  present(chip: Type2Chip, mishaps: () => Mishaps): void;
  /** Takes every chip away. */
  remove(): void;
}

/** A contactless reader and the chips in its field. */
export class SimReader implements CardField {
  /** What the customer does when asked again. By default nothing. */
  customer: Customer = () => null;
  /** Writes down what goes over the air. By default nobody does. */
  air: AirLog | null = null;
  private field: readonly Type2Chip[] = [];
  /** How the next selection finds the chip, and whether one is due before the next command. */
  private wake: Wake = "power-up";
  private selected = false;
  private readonly mishaps: () => Mishaps;

  constructor(mishaps: () => Mishaps) {
    this.mishaps = mishaps;
  }

  /** Lays a chip on the reader, alone. */
  present(chip: Type2Chip): void {
    this.remove();
    this.field = [chip];
  }

  /** Lays a chip beside the one that is there: the next wait finds several. */
  presentAlso(chip: Type2Chip): void {
    this.field = [...this.field, chip];
    this.selected = false;
  }

  /** Takes every chip away. */
  remove(): void {
    this.field = [];
    this.wake = "power-up";
    this.selected = false;
  }

  /** "several" and "other" end with the customer taking the chips away: the next wait asks him again. */
  waitCard(_timeoutMs: number, uid: Uint8Array | null): Promise<Tap | "other" | "several" | "none"> {
    if (this.field.length === 0) {
      const chip = this.customer(uid);
      if (chip !== null) this.present(chip);
    }
    const [chip, second] = this.field;
    if (chip === undefined) return Promise.resolve("none");
    if (second !== undefined || (uid !== null && !sameBytes(uid, chip.uid))) {
      this.remove();
      return Promise.resolve(second === undefined ? "other" : "several");
    }
    this.select(chip);
    return Promise.resolve({ uid: chip.uid });
  }

  private select(chip: Type2Chip): void {
    chip.select(this.wake);
    this.air?.selected(this.wake);
    this.wake = "reselect";
    this.selected = true;
  }

  async exchange(commands: readonly Uint8Array[]): Promise<Exchange> {
    const answers: Uint8Array[] = [];
    for (const command of commands) {
      const answer = this.send(command);
      if (answer === "nak" || answer === "silent") {
        this.selected = false;
        return { answers, end: answer === "nak" ? "nak" : "gone" };
      }
      answers.push(answer);
    }
    return { answers, end: "done" };
  }

  private send(command: Uint8Array): ChipAnswer {
    const [chip, second] = this.field;
    if (chip === undefined || second !== undefined) return "silent";
    if (!this.selected) this.select(chip);
    const answer = this.reach(chip, command);
    this.air?.exchanged(command, answer);
    return answer;
  }

  private reach(chip: Type2Chip, command: Uint8Array): ChipAnswer {
    const mishap = this.mishaps().next(operationOf(command));
    if (mishap === null) return chip.execute(command);
    if (mishap.when === "inside") chip.tear(command, mishap.torn?.page ?? "mixed");
    if (mishap.when === "after") chip.execute(command);
    this.remove();
    if (mishap.what === "power") throw new PowerCut(`${mishap.when} a card command`);
    return "silent";
  }
}

/** One chip in the field, reached by its own commands, as card tools on a host see it. `mishaps` interrupts it. */
export function chipInField(
  chip: Type2Chip,
  mishaps: () => Mishaps = () => new Mishaps(),
): { readonly uid: Uint8Array; exchange(commands: readonly Uint8Array[]): Promise<Exchange> } {
  const reader = new SimReader(mishaps);
  reader.present(chip);
  return { uid: chip.uid, exchange: (commands) => reader.exchange(commands) };
}
