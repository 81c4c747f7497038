import {
  type CommitStep,
  commitSteps,
  concat,
  MAC_BYTES,
  PAGE_BYTES,
  repairSteps,
  type SlotIndex,
  sameBytes,
  slotPage,
  type2,
} from "@cachet/card-layout";
import type { Hal, SealKey } from "../hal/index.ts";
import { type AreaOnCard, blankRecord, currentSlot } from "./areas.ts";
import { CardGone, type CardOnReader, CardRefused, exchange, readPages } from "./card.ts";
import { unlock } from "./identity.ts";

type AreaKey = Extract<SealKey, { role: "area" }>;
type WriteStep = Extract<CommitStep, { step: "write" }>;
type CountStep = Extract<CommitStep, { step: "count" }>;

/** One area being written: what its slots hold by now, and whether their cells can be trusted. */
class AreaWrite {
  private readonly hal: Hal;
  private readonly card: CardOnReader;
  private readonly area: AreaOnCard;
  private readonly key: AreaKey;
  private readonly cells: [Uint8Array, Uint8Array];

  constructor(hal: Hal, card: CardOnReader, area: AreaOnCard, key: AreaKey) {
    this.hal = hal;
    this.card = card;
    this.area = area;
    this.key = key;
    this.cells = [...area.slots];
  }

  private async sealed(record: Uint8Array): Promise<Uint8Array> {
    const { uid, number } = this.card;
    const mac = await this.hal.seal(this.key, uid, number, record);
    if (mac === "no-key") throw new Error("the terminal does not hold the key it said it holds");
    if (mac.length !== MAC_BYTES) throw new RangeError("a MAC has eight bytes");
    return concat(record, mac);
  }

  /** The writes that put a record into a slot, changed pages only, and the command that reads it back. */
  private writes(slot: SlotIndex, record: Uint8Array): Uint8Array[] {
    const { map, torn } = this.area;
    const old = this.cells[slot];
    if (record.length !== old.length) throw new RangeError("the record does not fill its slot");
    const first = slotPage(map, slot);
    // Cells of a torn write may only seem to hold what they should: they are all written again.
    const all = torn && slot !== currentSlot(this.area);
    const commands: Uint8Array[] = [];
    for (let page = 0; page < map.slotPages; page += 1) {
      const four = record.subarray(page * PAGE_BYTES, (page + 1) * PAGE_BYTES);
      const same = sameBytes(four, old.subarray(page * PAGE_BYTES, (page + 1) * PAGE_BYTES));
      if (all || !same) commands.push(type2.write(first + page, four));
    }
    return [...commands, readPages(first, map.slotPages)];
  }

  /** The answers to commands that write. Throws `CardGone` or `CardRefused`. */
  private exchange(commands: readonly Uint8Array[]): Promise<readonly Uint8Array[]> {
    return exchange(this.hal, commands, "NOT_WRITABLE", this.card.number);
  }

  /** Writes a record to a slot, behind `before`, and reads it back. Throws `CardGone` or `CardRefused`. */
  async write(slot: SlotIndex, unsealed: Uint8Array, before: readonly Uint8Array[] = []): Promise<void> {
    const record = await this.sealed(unsealed);
    const commands = [this.card.password.command, ...before, ...this.writes(slot, record)];
    const answers = await this.exchange(commands);
    if (!sameBytes(answers.at(-1)!, record)) throw new CardGone();
    this.cells[slot] = record;
  }

  /** The bytes that a step of the commit protocol writes. */
  private async recordOf(step: WriteStep, wanted: Uint8Array): Promise<Uint8Array> {
    const { programme, generation } = this.key;
    if (step.what === "new") return resealed(wanted, generation, step.sequence);
    if (step.what === "blank") {
      return blankRecord(this.hal, this.card, this.area.map, programme, generation, step.sequence);
    }
    const { reading } = this.area;
    if (reading.kind !== "current") throw new RangeError("nothing to seal again");
    return resealed(reading.sealed, generation, step.sequence);
  }

  /** Counts, and reads the counter back. Throws `CardGone` where it does not show what it should. */
  private async count(number: number, { by, to }: CountStep): Promise<void> {
    const commands = [type2.incrementCounter(number, by), type2.readCounter(number)];
    const answers = await this.exchange(commands);
    if (type2.counterOf(answers.at(-1)!) !== to) throw new CardGone();
  }

  /** Protocol P2: counts and writes step by step; returns once the last count is read back. */
  async commitByCounter(steps: readonly CommitStep[], wanted: Uint8Array): Promise<void> {
    const { number } = this.area.counter!;
    const [first] = steps;
    // Nothing is overwritten behind the count that opens a write: it goes out with what follows, and need not be read back.
    let opening = first?.step === "count" ? [type2.incrementCounter(number, first.by)] : [];
    for (const step of opening.length > 0 ? steps.slice(1) : steps) {
      if (step.step === "count") await this.count(number, step);
      else {
        await this.write(step.slot, await this.recordOf(step, wanted), opening);
        opening = [];
      }
    }
  }
}

const GENERATION_AT = 1;
const SEQUENCE_AT = 4;

/** The same record under another key generation and sequence: its state hash stays. */
export function resealed(sealed: Uint8Array, generation: number, sequence: number): Uint8Array {
  const again = sealed.slice();
  again[GENERATION_AT] = generation;
  for (let i = 0; i < 3; i += 1) again[SEQUENCE_AT + i] = (sequence >> (16 - 8 * i)) & 0xff;
  return again;
}

/**
 * Writes a record by the medium's own protocol. When it returns, the record is the card's current one, and goods may be
 * released. Throws `CardGone` (the counter, or the highest sequence, decides at the next tap) or `CardRefused`.
 */
export async function writeRecord(
  hal: Hal,
  card: CardOnReader,
  area: AreaOnCard,
  sealed: Uint8Array,
  key: AreaKey,
): Promise<void> {
  await unlock(hal, card);
  const write = new AreaWrite(hal, card, area, key);
  if (area.counter === null) return write.write(currentSlot(area) === 0 ? 1 : 0, sealed);
  const steps = commitSteps(currentSlot(area), area.counter.value);
  if (steps === null) throw new CardRefused("CARD_WORN_OUT", card.number);
  return write.commitByCounter(steps, sealed);
}

/**
 * Writes a record over an area that shows none, by the office's word: as `writeRecord`, and every page of it. Without a counter
 * it goes to slot A.
 */
export async function repairRecord(
  hal: Hal,
  card: CardOnReader,
  area: AreaOnCard,
  sealed: Uint8Array,
  key: AreaKey,
): Promise<void> {
  await unlock(hal, card);
  const write = new AreaWrite(hal, card, { ...area, torn: true }, key);
  if (area.counter === null) return write.write(0, sealed);
  const steps = repairSteps(area.counter.value);
  if (steps === null) throw new CardRefused("CARD_WORN_OUT", card.number);
  return write.commitByCounter(steps, sealed);
}
