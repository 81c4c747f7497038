import { sameBytes } from "@cachet/card-layout";
import type { CardPort, Chance, CounterPort, Sandbox, SettableClock, Storage, Timer } from "../../hal/index.ts";

/** What a port supplies, as far as it can be tried from inside. */
export interface TriedPorts {
  readonly storage: Storage;
  readonly clock: SettableClock;
  readonly timer: Timer;
  readonly chance: Chance;
  readonly newSandbox: () => Sandbox;
  readonly card: CardPort;
  readonly counter: CounterPort;
}

/** One promise of the interfaces towards hardware, and how it is tried. */
export interface Check {
  readonly name: string;
  /** What somebody does for it: nothing; a card is held there, or taken away; a restart lies between its two halves. */
  readonly needs: "nothing" | "card" | "away" | "restart";
  /** Throws `Wrong`. `again`: the second half. */
  run(ports: TriedPorts, again: boolean): Promise<void>;
}

/** The port does not keep a promise; the message says which, and what came instead. */
export class Wrong extends Error {
  constructor(message: string) {
    super(message);
    this.name = "Wrong";
  }
}

export function must(isRight: boolean, message: string): void {
  if (!isRight) throw new Wrong(message);
}

/** Throws `Wrong` where these are other bytes. */
export function mustBe(what: string, got: Uint8Array, wanted: Uint8Array): void {
  const length = got.length === wanted.length ? "bytes that differ" : `${got.length} bytes instead of ${wanted.length}`;
  must(sameBytes(got, wanted), `${what}: ${length}`);
}

export const waited = ({ timer }: Pick<TriedPorts, "timer">, ms: number): Promise<void> =>
  new Promise((resolve) => void timer.after(ms, resolve));

/** Bytes that hold every value, and no block of them twice. */
export function pattern(length: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = seed;
  for (let i = 0; i < length; i += 1) {
    state = (state * 1_103_515_245 + 12_345) % 0x8000_0000;
    bytes[i] = state >>> 16;
  }
  return bytes;
}

const SENTENCE_MAX = 160;

/** Tries one promise. Null where the port keeps it, else what is wrong. */
export async function outcomeOf(check: Check, ports: TriedPorts, again: boolean): Promise<string | null> {
  try {
    await check.run(ports, again);
    return null;
  } catch (error) {
    const { name = "Error", message = String(error) } = (error ?? {}) as Partial<Error>;
    return (error instanceof Wrong ? message : `${name}: ${message}`).slice(0, SENTENCE_MAX);
  }
}
