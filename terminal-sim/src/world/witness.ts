import { toHex } from "@cachet/card-layout";
import { centsMoved, decodeEntry, type Entry, endOfCborItem, type StoredEffect } from "@cachet/firmware/wire";

/** What a card shows of one programme. `hash` is the state hash of its current record; null before the first one. */
export interface AreaShown {
  readonly hash: string | null;
  readonly cents: number;
  readonly stamps: number;
}

/** One step of a card under one programme, as a journal tells it. */
interface Step {
  readonly terminal: number;
  readonly intent: number;
  readonly oldHash: string;
  readonly newHash: string;
  /** It opens the area. */
  readonly opens: boolean;
  readonly cents: number;
  readonly stamps: number;
  outcome: "open" | "committed" | "aborted";
}

/** Stamps by which an effect changes the grid of a card. */
const stampsMoved = ({ type, unit, value, taken = 0 }: StoredEffect): number =>
  unit === "stamps" && type === "stamp" ? value : -taken;

const nameOf = (card: number, programme: number): string => `${card}/${programme}`;

/** The entries in a batch file: a CBOR sequence of a header, the entries and a trailer. */
function entriesIn(file: Uint8Array): Entry[] {
  const entries: Entry[] = [];
  for (let at = endOfCborItem(file, 0); at < file.length; ) {
    const end = endOfCborItem(file, at);
    if (end < file.length) entries.push(decodeEntry(file.subarray(at, end)));
    at = end;
  }
  return entries;
}

/**
 * Hears every journal as it is written, whatever becomes of the batches, and knows from that alone what each card should hold. It shares
 * the formats with the product and none of its decisions.
 */
export class Witness {
  private readonly steps = new Map<string, Step[]>();
  private readonly open = new Map<string, Step>();
  private readonly heard = new Map<number, number>();
  /** Defects that it saw: an outcome told twice, or of nothing. */
  readonly faults: string[] = [];

  /** The first entry of a terminal that it has not heard of. */
  nextOf(terminal: number): number {
    return (this.heard.get(terminal) ?? 0) + 1;
  }

  /** Takes a batch of a terminal's newest entries. */
  hear(terminal: number, file: Uint8Array): void {
    for (const entry of entriesIn(file)) {
      if (entry.number !== this.nextOf(terminal)) this.faults.push(`T-${terminal}: entry ${entry.number} out of turn`);
      this.heard.set(terminal, entry.number);
      if (entry.kind === "intent") this.begin(terminal, entry);
      if (entry.kind === "commit" || entry.kind === "abort") this.settle(terminal, entry);
    }
  }

  private begin(terminal: number, { number, body }: Entry & { readonly kind: "intent" }): void {
    for (const { programme, oldHash, newHash, oldTerminal, effects } of body.areas) {
      const step: Step = {
        ...{ terminal, intent: number, oldHash: toHex(oldHash), newHash: toHex(newHash), opens: oldTerminal === 0 },
        ...{ cents: centsMoved(effects), stamps: effects.reduce((sum, one) => sum + stampsMoved(one), 0) },
        outcome: "open",
      };
      const name = nameOf(body.card, programme);
      this.steps.set(name, [...(this.steps.get(name) ?? []), step]);
      this.open.set(`${terminal}/${number}/${programme}`, step);
    }
  }

  private settle(terminal: number, { kind, body }: Entry & { readonly kind: "commit" | "abort" }): void {
    const name = `${terminal}/${body.intent}/${body.programme}`;
    const step = this.open.get(name);
    if (step === undefined) this.faults.push(`${name}: an outcome of nothing, or told twice`);
    else step.outcome = kind === "commit" ? "committed" : "aborted";
    this.open.delete(name);
  }

  /** Areas of intents whose outcome no terminal has told yet. */
  get inDoubt(): number {
    return this.open.size;
  }

  /**
   * What is wrong with a card: null where it holds what the steps that led to its state come to, and every committed step is among them.
   * A step that is told twice, as after a power cut, counts once.
   */
  faultOf(card: number, programme: number, { hash, cents, stamps }: AreaShown): string | null {
    const steps = this.steps.get(nameOf(card, programme)) ?? [];
    const led = new Set<Step>();
    let [sumCents, sumStamps, at] = [0, 0, hash];
    while (at !== null) {
      const step = this.towards(steps, at);
      if (step === undefined || led.has(step)) return `a state that no journal names (${at.slice(0, 8)})`;
      led.add(step);
      sumCents += step.cents;
      sumStamps += step.stamps;
      at = step.opens ? null : step.oldHash;
    }
    const lost = steps.find((step) => step.outcome === "committed" && !led.has(step));
    if (lost !== undefined) return `committed by T-${lost.terminal}-${lost.intent}, and not on the card`;
    const wrong = [...led].find(({ outcome }) => outcome === "aborted");
    if (wrong !== undefined) return `aborted by T-${wrong.terminal}-${wrong.intent}, and on the card`;
    if (cents !== sumCents) return `holds ${cents} cents, its journals come to ${sumCents}`;
    return stamps === sumStamps ? null : `holds ${stamps} stamps, its journals come to ${sumStamps}`;
  }

  /** The step that led to a state: the committed one of several that mean the same, else one that is open. */
  private towards(steps: readonly Step[], hash: string): Step | undefined {
    const leading = steps.filter(({ newHash }) => newHash === hash);
    return (
      leading.find(({ outcome }) => outcome === "committed") ??
      leading.findLast(({ outcome }) => outcome === "open") ??
      leading[0]
    );
  }
}
