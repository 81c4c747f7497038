/** Time that passes, for waits and speeds. */
export interface Clock {
  /** Milliseconds by a clock that nobody sets. */
  now(): number;
  /** Calls `then` once after so many milliseconds; the answer calls it off. */
  after(ms: number, then: () => void): () => void;
}

export const realClock: Clock = {
  now: () => performance.now(),
  after: (ms, then) => {
    const timer = setTimeout(then, ms);
    return () => clearTimeout(timer);
  },
};

/** Resolves after so many milliseconds. */
export const pause = (clock: Clock, ms: number): Promise<void> =>
  new Promise((resolve) => {
    clock.after(ms, resolve);
  });
