import type { Clock, ShopSettings, Timer } from "../hal/index.ts";

const DAY_SECONDS = 86_400;
/** How often the clock is looked at: somebody may set it meanwhile. */
const LOOK_MS = 30_000;

/** Says when the shop's day ends, by the terminal's own clock and the shop's own hour. */
export class ClosingTime {
  private readonly clock: Clock;
  private readonly timer: Timer;
  private readonly settings: () => ShopSettings;
  /** The hour as it was last looked at, and how many ends of days were over then. */
  private seen: { readonly closing: number; readonly ended: number } | null = null;

  constructor(clock: Clock, timer: Timer, settings: () => ShopSettings) {
    this.clock = clock;
    this.timer = timer;
    this.settings = settings;
    this.isOver();
  }

  /** Whether the day has ended since this was asked before. */
  private isOver(): boolean {
    const { closing } = this.settings();
    const { utc, offset } = this.clock.now();
    const before = this.seen;
    this.seen = closing === null ? null : { closing, ended: Math.floor((utc + (offset - closing) * 60) / DAY_SECONDS) };
    return this.seen !== null && before?.closing === closing && this.seen.ended > before.ended;
  }

  /** Calls once the day ends, at once where it has since the last time; never where no hour is set. Gives what calls it off. */
  wait(then: () => void): () => void {
    if (this.isOver()) {
      then();
      return () => {};
    }
    if (this.seen === null) return () => {};
    let callOff = () => {};
    const look = () => {
      callOff = this.timer.after(LOOK_MS, () => (this.isOver() ? then() : look()));
    };
    look();
    return () => callOff();
  }
}
