import type { SettableClock } from "../../src/hal/index.ts";
import { native } from "./native.ts";

/** 2020-01-01T00:00Z: a system's clock before it was never set. */
const EARLIEST_UTC = 1_577_836_800;
/** Where it is kept how far the clock was set forward or back: eight bytes, seconds, big-endian. */
const FILE = "clock";
const FILE_BYTES = 8;

function keptAhead(): number {
  const kept = native.read(FILE);
  if (kept?.length !== FILE_BYTES) return 0;
  const ahead = new DataView(kept.buffer).getBigInt64(0);
  return BigInt.asIntN(48, ahead) === ahead ? Number(ahead) : 0;
}

/** The system's clock, and how far an installer has set it forward or back, kept in the terminal's folder. */
export function systemClock(): SettableClock {
  let ahead = keptAhead();
  return {
    now() {
      const utc = native.wall() + ahead;
      return { utc, offset: native.zone(utc), suspect: utc < EARLIEST_UTC };
    },
    set(utc) {
      ahead = utc - native.wall();
      const bytes = new Uint8Array(FILE_BYTES);
      new DataView(bytes.buffer).setBigInt64(0, BigInt(ahead));
      native.replace(FILE, bytes);
    },
  };
}

type Moment = ReturnType<SettableClock["now"]>;

/** A clock that the till tells: what it said last holds until it says something else. */
export class ToldClock implements SettableClock {
  private moment: Moment = { utc: 0, offset: 0, suspect: true };
  private begin: () => void = () => {};
  /** Resolves once it was told the time for the first time. */
  readonly begun = new Promise<void>((resolve) => {
    this.begin = resolve;
  });

  /** False where it is no moment. */
  tell(value: unknown): boolean {
    const { utc, offset, suspect } = (value ?? {}) as Partial<Moment>;
    if (!Number.isSafeInteger(utc) || !Number.isSafeInteger(offset) || typeof suspect !== "boolean") return false;
    this.moment = { utc: utc!, offset: offset!, suspect };
    this.begin();
    return true;
  }

  now(): Moment {
    return this.moment;
  }

  set(utc: number): void {
    this.moment = { ...this.moment, utc, suspect: false };
  }
}
