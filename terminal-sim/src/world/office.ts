import type { Day } from "@cachet/card-layout";
import type { Belonging, CollectedBatch } from "@cachet/firmware/supervisor";
import type { Type2Chip } from "../device/type2-chip.ts";
import type { Amounts, AreaShown } from "./witness.ts";

/** What became of a batch at the office: its word for it, and one sentence. */
export interface Received {
  readonly status: string;
  readonly said: string;
}

/** Something that the office says should be looked at. */
export interface WorldFinding {
  readonly kind: string;
  readonly card?: number;
  readonly terminal?: number;
}

/** What a card holds of one programme. */
export interface Held extends Amounts {
  readonly card: number;
  readonly programme: number;
}

/** A list as terminals get it. */
export interface NightList {
  readonly file: Uint8Array;
  readonly blocked: ReadonlySet<number>;
}

/** The association behind a world: the real office, given by the caller. Times in UTC seconds, by the world's clock. */
export interface WorldOffice {
  /** Provisions a terminal of a merchant: what it is, its keys, and its place in the office's books. */
  enrol(terminal: number, merchant: number, at: number): Promise<Belonging>;
  /** Personalises a blank card; gives its number. */
  personalise(chip: Type2Chip, serial: number, day: Day): Promise<number>;
  /** A terminal is in wrong hands: nothing counts that is not imported yet. */
  revoke(terminal: number, at: number): Promise<void>;
  receive(batch: CollectedBatch, at: number): Promise<Received>;
  /** The last entry of each terminal that is imported. */
  importedTo(): Promise<ReadonlyMap<number, number>>;
  /**
   * Blocks the cards that its books accuse, makes the night's list and signs it. Gives the file, and every card that it blocks.
   */
  makeList(at: number): Promise<NightList>;
  /** Another card takes the place of one that was lost. */
  replace(lost: number, card: number, at: number): Promise<void>;
  /** What the office does at a night's end: it decides doubts, charges second refunds, puts right what expired twice. */
  endNight(at: number): Promise<void>;
  findings(at: number): Promise<readonly WorldFinding[]>;
  /** The first identity of the books that does not hold; null where all do. */
  identityFault(): Promise<string | null>;
  /** What the books say that cards hold; a card without value is left out. */
  held(): Promise<readonly Held[]>;
  /** Cents that the books owe each merchant for visits; below zero, that he owes. */
  owedTo(): Promise<ReadonlyMap<number, number>>;
  /** Areas in doubt of which the office says that they happened: `terminal/intent/programme`. */
  decided(): Promise<ReadonlySet<string>>;
  /** What a card shows, by programme; null where it cannot be read, as after a tear. */
  look(chip: Type2Chip): Promise<ReadonlyMap<number, AreaShown> | null>;
}
