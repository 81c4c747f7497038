import { randomBytes } from "node:crypto";
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import type { Chance, Timer } from "@cachet/firmware/hal";
import { AheadClock, type ClockState } from "./ahead-clock.ts";

/** Waiting by this computer's own count. */
export const systemTimer: Timer = {
  after(ms, then) {
    const waiting = setTimeout(then, ms);
    return () => clearTimeout(waiting);
  },
};

/** Chance of this computer: for keys and challenges. */
export const systemChance: Chance = { bytes: (size) => Uint8Array.from(randomBytes(size)) };

const systemSeconds = (): number => Math.floor(Date.now() / 1_000);

function keptState(path: string): ClockState {
  try {
    const { ahead, suspect } = JSON.parse(readFileSync(path, "utf8")) as Partial<ClockState>;
    if (Number.isSafeInteger(ahead)) return { ahead: ahead!, suspect: suspect === true };
  } catch {
    // A clock that nobody has set yet, or a file that is none: this computer's time.
  }
  return { ahead: 0, suspect: false };
}

/** This computer's time, and how far somebody has set it forward or back, kept in a file. `offsetAt`: the zone's minutes at an instant. */
export function folderClock(path: string, offsetAt: (utc: number) => number, system = systemSeconds): AheadClock {
  return new AheadClock(system, offsetAt, keptState(path), (state) => {
    writeFileSync(`${path}.new`, JSON.stringify(state), { mode: 0o600 });
    renameSync(`${path}.new`, path);
  });
}
