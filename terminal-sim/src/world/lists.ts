import type { SimTerminal } from "../device/terminal.ts";
import type { NightList, WorldOffice } from "./office.ts";

/** The lists of a world's office, and which of them each terminal holds. */
export class Lists {
  private newest: NightList | null = null;
  private readonly held = new Map<SimTerminal, NightList>();

  /** The office's list of a night. */
  async make(office: WorldOffice, at: number): Promise<void> {
    this.newest = await office.makeList(at);
  }

  /** Cards that the newest list blocks. */
  get blocked(): ReadonlySet<number> {
    return this.newest?.blocked ?? new Set();
  }

  /** Somebody who collects brings the newest list along. Throws where the terminal does not take it. */
  async bring(terminal: SimTerminal): Promise<void> {
    const { newest } = this;
    if (newest === null || this.held.get(terminal) === newest) return;
    const outcome = await terminal.supervisor.takeList(newest.file);
    if (outcome?.applied !== true) throw new Error(`a list is not taken: ${outcome?.detail ?? "a blank terminal"}`);
    this.held.set(terminal, newest);
  }

  /** Whether a terminal knows that a card is blocked. */
  isBlockedAt(terminal: SimTerminal, card: number): boolean {
    return this.held.get(terminal)?.blocked.has(card) ?? false;
  }
}
