import type { Timer } from "@cachet/firmware/hal";

interface Waiting {
  readonly at: number;
  readonly then: () => void;
}

/** A timer that somebody moves on by hand. */
export class SimTimer implements Timer {
  private now = 0;
  private waiting: Waiting[] = [];

  after(ms: number, then: () => void): () => void {
    const one = { at: this.now + ms, then };
    this.waiting.push(one);
    return () => {
      this.waiting = this.waiting.filter((other) => other !== one);
    };
  }

  /** Lets so many milliseconds pass; what falls due happens in its order. */
  advance(ms: number): void {
    const end = this.now + ms;
    for (;;) {
      const due = this.waiting.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (due === undefined) break;
      this.waiting = this.waiting.filter((other) => other !== due);
      this.now = due.at;
      due.then();
    }
    this.now = end;
  }
}
