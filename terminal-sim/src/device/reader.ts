import { sameBytes, type2 } from "@cachet/card-layout";
import type { CardPort, Tap } from "@cachet/firmware/hal";
import { type Mishaps, PowerCut } from "./mishap.ts";
import type { Type2Chip } from "./type2-chip.ts";

/** What a customer does when the terminal asks for a card again: the card to present, or null to walk away. */
export type Customer = (uid: Uint8Array | null) => Type2Chip | null;

/** A contactless reader with at most one chip in its field. */
export class SimReader implements CardPort {
  /** What the customer does when asked again. By default nothing. */
  customer: Customer = () => null;
  private field: Type2Chip | null = null;
  private readonly mishaps: () => Mishaps;

  constructor(mishaps: () => Mishaps) {
    this.mishaps = mishaps;
  }

  present(chip: Type2Chip): void {
    this.field = chip;
  }

  remove(): void {
    this.field = null;
  }

  waitCard(_timeoutMs: number, uid: Uint8Array | null): Promise<Tap | "other" | "none"> {
    this.field ??= this.customer(uid);
    if (this.field === null) return Promise.resolve("none");
    if (uid !== null && !sameBytes(uid, this.field.uid)) {
      this.remove();
      return Promise.resolve("other");
    }
    return Promise.resolve({ uid: this.field.uid });
  }

  async exchange(commands: readonly Uint8Array[]): Promise<readonly Uint8Array[]> {
    const answers: Uint8Array[] = [];
    for (const command of commands) {
      const answer = this.send(command);
      if (answer === "gone") break;
      answers.push(answer);
      if (type2.isNak(answer)) break;
    }
    return answers;
  }

  private send(command: Uint8Array): Uint8Array | "gone" {
    if (this.field === null) return "gone";
    const chip = this.field;
    const writes = command[0] === 0xa2;
    const mishap = this.mishaps().next(writes ? "card-write" : "card-read");
    if (mishap === null) return chip.execute(command);
    if (mishap.when === "inside" && writes) chip.tear(command, mishap.torn?.page ?? "mixed");
    if (mishap.when === "after") chip.execute(command);
    this.remove();
    if (mishap.what === "power") throw new PowerCut(`${mishap.when} a card command`);
    return "gone";
  }
}
