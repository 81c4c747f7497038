import type { SettableClock } from "@cachet/firmware/hal";

/** What a clock keeps over a stop: how many seconds it is ahead of the time it runs by, and whether it lost its own. */
export interface ClockState {
  readonly ahead: number;
  readonly suspect: boolean;
}

/** A clock that runs by another one, and that somebody may set or have lost. */
export class AheadClock implements SettableClock {
  private readonly running: () => number;
  private readonly offsetAt: (utc: number) => number;
  private readonly keep: (state: ClockState) => void;
  private state: ClockState;

  /** `running`: seconds since 1970 of the clock it runs by. `offsetAt`: the zone's offset in minutes at an instant. */
  constructor(
    running: () => number,
    offsetAt: (utc: number) => number,
    state: ClockState = { ahead: 0, suspect: false },
    keep: (state: ClockState) => void = () => {},
  ) {
    this.running = running;
    this.offsetAt = offsetAt;
    this.state = state;
    this.keep = keep;
  }

  private change(state: ClockState): void {
    this.keep(state);
    this.state = state;
  }

  set(utc: number): void {
    this.change({ ahead: utc - this.running(), suspect: false });
  }

  /** Its battery was out: it goes on from another time, and says that it is not to be trusted. */
  lose(utc: number): void {
    this.change({ ahead: utc - this.running(), suspect: true });
  }

  now(): { utc: number; offset: number; suspect: boolean } {
    const utc = this.running() + this.state.ahead;
    return { utc, offset: this.offsetAt(utc), suspect: this.state.suspect };
  }
}
