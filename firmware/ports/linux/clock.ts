import type { SettableClock } from "../../src/hal/index.ts";
import { native } from "./native.ts";
import { onDisk } from "./storage.ts";

/** 2020-01-01T00:00Z: a system's clock before it was never set. */
const EARLIEST_UTC = 1_577_836_800;
/** Where a setting is kept: two numbers of eight bytes, big-endian. */
const FILE = "clock";
const FILE_BYTES = 16;

/** Seconds that this clock was set ahead of the system's, and what the system's showed then. */
interface Setting {
  readonly ahead: number;
  readonly from: number;
}

const UNSET: Setting = { ahead: 0, from: EARLIEST_UTC };

function keptSetting(): Setting {
  const kept = onDisk("reading", () => native.read(FILE));
  if (kept?.length !== FILE_BYTES) return UNSET;
  const view = new DataView(kept.buffer);
  const [ahead, from] = [view.getBigInt64(0), view.getBigInt64(8)];
  const isWhole = [ahead, from].every((seconds) => BigInt.asIntN(48, seconds) === seconds);
  return isWhole ? { ahead: Number(ahead), from: Number(from) } : UNSET;
}

/** Whether the system's clock still runs as it did then: one that was not set may begin anew, or be set. */
const holds = ({ from }: Setting, wall: number): boolean =>
  from < EARLIEST_UTC ? from <= wall && wall < EARLIEST_UTC : wall >= EARLIEST_UTC;

/**
 * The system's clock, and how far an installer has set it forward or back, kept in the terminal's folder. What he set is over once the
 * system's clock is another one. Throws `DiskFault`.
 */
export function systemClock(): SettableClock {
  let setting = keptSetting();
  return {
    now() {
      const wall = native.wall();
      const utc = wall + (holds(setting, wall) ? setting.ahead : 0);
      return { utc, offset: native.zone(utc), suspect: utc < EARLIEST_UTC };
    },
    set(utc) {
      const from = native.wall();
      const bytes = new Uint8Array(FILE_BYTES);
      const view = new DataView(bytes.buffer);
      view.setBigInt64(0, BigInt(utc - from));
      view.setBigInt64(8, BigInt(from));
      onDisk("writing", () => native.replace(FILE, bytes));
      setting = { ahead: utc - from, from };
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
